#!/bin/sh
# SPDX-License-Identifier: MIT
#
# status ADDRESS: what Nebula says of its path to the peer with this overlay address (vpns/README.md, "The status
# script"), asked over its debugging SSH on loopback. This is a template too: variables are written without braces.

set -eu

overlay=$1
cd "$(dirname "$0")"

# Twice -y: the key of a server on loopback is not checked, and nobody is asked.
map=$(timeout 8 dbclient -y -y -i ssh_client.key -p 2222 hermesh@127.0.0.1 list-hostmap -json 2>/dev/null) || {
  echo '{"path":"unknown","via":"","endpoint":""}'
  exit 0
}

# Up to 1.9 `vpnIp` and `currentRemote: {ip, port}`; later `vpnAddrs` and `currentRemote: "ip:port"`.
printf '%s\n' "$map" | jq -c --arg overlay "$overlay" '
  def endpoint: if type == "object" then "\(.ip):\(.port)" else . // "" end;
  [.[] | select(([.vpnIp] + (.vpnAddrs // [])) | index($overlay))][0]
  | if . == null then {path: "unreachable", via: "", endpoint: ""}
    elif (.currentRemote | endpoint) != "" then {path: "direct", via: "", endpoint: (.currentRemote | endpoint)}
    elif (.currentRelaysToMe // []) != [] then {path: "relayed", via: (.currentRelaysToMe | join(" ")), endpoint: ""}
    else {path: "unreachable", via: "", endpoint: ""} end'
