# SPDX-License-Identifier: MIT
# What a NixOS guest needs for this VPN; nothing is started, the harness does that from vpn.json.
{ pkgs, ... }:
{
  boot.kernelModules = [ "tun" ];
  environment.systemPackages = [ pkgs.iproute2 ];
}
