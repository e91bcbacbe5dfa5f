# SPDX-License-Identifier: MIT
# What a NixOS guest needs for this VPN; nothing is started, the harness does that from vpn.json.
{ pkgs, ... }:
{
  boot.kernelModules = [ "tun" ];
  environment.systemPackages = [
    pkgs.dropbear
    pkgs.jq
    pkgs.nebula
  ];

  # vpn.json names the program by the path that Debian has it at.
  systemd.tmpfiles.rules = [ "L+ /usr/bin/nebula - - - - ${pkgs.nebula}/bin/nebula" ];
}
