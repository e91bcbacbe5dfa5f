# SPDX-License-Identifier: MIT
#
# The NixOS guest: the same contract as the Debian one (../README.md), with systemd as init. Parsed, not run: see there.
# `hermeshProbe` (the package of the static probe) comes in by specialArgs.
{ config, lib, pkgs, modulesPath, hermeshProbe, ... }:

let
  packages = lib.importJSON ../packages.json;
  packagesOf = group: lib.mapAttrsToList (_: entry: pkgs.${entry.nixos}) group;
  # The contract's script looks for `setsid`, `timeout` and the like on the PATH of whoever calls it.
  daemon = pkgs.writeScript "hermesh-daemon" (builtins.readFile ../common/daemon);
  probePort = "/dev/virtio-ports/org.hermesh.probe.0";
in
{
  imports = [
    (modulesPath + "/profiles/image-based-appliance.nix")
    (modulesPath + "/profiles/qemu-guest.nix")
  ];

  boot = {
    loader.grub.enable = false;
    initrd.systemd.enable = true;
    initrd.includeDefaultModules = false;
    initrd.availableKernelModules = [ "virtio_pci" "virtio_blk" "erofs" "overlay" ];
    kernelModules = [ "virtio_net" "virtio_console" "virtio_rng" "tun" ];
    kernelParams = [ "console=ttyS0" "quiet" "panic=1" "net.ifnames=0" "mitigations=off" "8250.nr_uarts=1" "random.trust_cpu=on" ];
    kernel.sysctl = {
      "net.ipv4.conf.all.rp_filter" = 0;
      "net.ipv4.conf.default.rp_filter" = 0;
    };
    swraid.enable = false;
  };

  fileSystems."/" = {
    device = "tmpfs";
    fsType = "tmpfs";
    options = [ "mode=0755" "size=80%" ];
  };
  fileSystems."/nix/store" = {
    device = "/dev/vda";
    fsType = "erofs";
    options = [ "ro" ];
    neededForBoot = true;
    noCheck = true;
  };

  # Cards, addresses and names are the harness's: nothing here may touch them.
  networking = {
    useDHCP = false;
    useNetworkd = false;
    dhcpcd.enable = false;
    firewall.enable = false;
    resolvconf.enable = false;
    hostName = "";
  };
  services.resolved.enable = false;
  services.timesyncd.enable = false;
  services.journald.storage = "volatile";
  documentation.enable = false;

  environment.systemPackages = packagesOf packages.vpns ++ packagesOf packages.tools ++ [ hermeshProbe pkgs.util-linux ];
  systemd.tmpfiles.rules = [
    "d /run/hermesh 0755 root root -"
    "L+ /usr/lib/hermesh/daemon - - - - ${daemon}"
    "L+ /usr/bin/hermesh-probe - - - - ${lib.getExe' hermeshProbe "hermesh-probe"}"
  ];

  # Control channel: every RPC, guest-exec included.
  services.qemuGuest.enable = true;

  systemd.services.hermesh-probe-channel = {
    description = "hermesh probe on its virtio port";
    wantedBy = [ "multi-user.target" ];
    unitConfig.ConditionPathExists = probePort;
    serviceConfig = {
      ExecStart = "${lib.getExe' hermeshProbe "hermesh-probe"} serve ${probePort}";
      Restart = "always";
      RestartSec = 1;
    };
  };

  systemd.services.hermesh-shell = {
    description = "root shell on the second virtio console";
    wantedBy = [ "multi-user.target" ];
    # The device node is there even without a console behind it; then it cannot be opened, and the unit gives up.
    unitConfig.StartLimitIntervalSec = 30;
    unitConfig.StartLimitBurst = 5;
    serviceConfig = {
      ExecStart = "${lib.getExe pkgs.bash} --login";
      StandardInput = "tty-force";
      StandardOutput = "tty";
      StandardError = "tty";
      TTYPath = "/dev/hvc0";
      TTYReset = true;
      Restart = "always";
      RestartSec = 1;
    };
  };

  systemd.services.hermesh-hostname = {
    description = "host name from the kernel command line";
    wantedBy = [ "sysinit.target" ];
    unitConfig.ConditionKernelCommandLine = "hermesh.hostname";
    serviceConfig.Type = "oneshot";
    script = ''
      for word in $(< /proc/cmdline); do
        case $word in hermesh.hostname=*) echo "''${word#*=}" > /proc/sys/kernel/hostname ;; esac
      done
    '';
  };

  systemd.services.hermesh-ready = {
    description = "last line of the boot on the serial console";
    wantedBy = [ "multi-user.target" ];
    after = [ "multi-user.target" ];
    serviceConfig.Type = "oneshot";
    script = "echo 'hermesh: guest ready' > /dev/ttyS0";
  };

  users.users.root.initialHashedPassword = "";
  system.stateVersion = lib.trivial.release;
}
