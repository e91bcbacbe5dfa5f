#!/bin/sh
# SPDX-License-Identifier: MIT
#
# status ADDRESS: what WireGuard says of its path to the peer with this overlay address (vpns/README.md, "The status
# script"). This is a template too: variables are written without braces.

set -eu

overlay=$1
# A session that has seen no handshake for so long carries nothing any more (REJECT_AFTER_TIME, WireGuard paper, 6.1).
fresh=180

dump=$(timeout 5 wg show wg0 dump) || {
  echo '{"path":"unknown","via":"","endpoint":""}'
  exit 0
}

# Of each peer: public key, preshared key, endpoint, allowed addresses, last handshake, received, sent, keepalive.
printf '%s\n' "$dump" | jq -cRn --arg overlay "$overlay" --argjson now "$(date +%s)" --argjson fresh "$fresh" '
  [inputs | split("\t") | select(length == 8)
          | select(.[3] | split(",") | any(. == $overlay + "/32" or . == $overlay + "/128"))][0]
  | if . == null then {path: "unknown", via: "", endpoint: ""}
    elif .[2] == "(none)" or $now - (.[4] | tonumber) > $fresh then {path: "unreachable", via: "", endpoint: ""}
    else {path: "direct", via: "", endpoint: .[2]} end'
