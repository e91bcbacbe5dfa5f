# SPDX-License-Identifier: MIT
#
# The directory of the guest contract from a NixOS system: kernel, initrd, the store as erofs, manifest.json.
# Parsed, not run: see ../README.md.
{ lib, pkgs, system, hermeshProbe }:

let
  inherit (system.config.system) build;
  packages = lib.importJSON ../packages.json;
  versions = lib.mapAttrs (_: entry: lib.getVersion pkgs.${entry.nixos});
  closure = pkgs.closureInfo { rootPaths = [ build.toplevel ]; };
  head = builtins.toJSON {
    schema = 1;
    name = "nixos";
    release = lib.trivial.release;
    cmdline = lib.concatStringsSep " " ([ "init=${build.toplevel}/init" ] ++ system.config.boot.kernelParams);
    vpns = versions packages.vpns;
    tools = versions packages.tools;
    # What pins the packages is flake.lock; the store paths below say what it came to.
    lock = { matches = true; differences = [ ]; };
    fingerprint = builtins.hashString "sha256" (toString build.toplevel);
  };
in
pkgs.runCommand "hermesh-guest-nixos"
{
  nativeBuildInputs = [ pkgs.erofs-utils pkgs.jq ];
  __structuredAttrs = true;
  # Without this the image would drag the whole closure along as a dependency.
  unsafeDiscardReferences.out = true;
  inherit head;
} ''
  mkdir -p "$out" store
  cp ${build.kernel}/${system.config.system.boot.loader.kernelFile} "$out/vmlinuz"
  cp ${build.initialRamdisk}/initrd "$out/initrd"
  xargs -I path cp -a path store/ < ${closure}/store-paths
  mkfs.erofs --quiet -zlz4hc --all-root -T0 -U6865726d-6573-4800-8000-000000000002 -Lnix-store "$out/root.erofs" store

  sum() { sha256sum "$1" | cut -d' ' -f1; }
  jq --null-input --argjson head "$head" \
    --arg kernel "$(sum "$out/vmlinuz")" --arg version ${build.kernel.version} \
    --arg initrd "$(sum "$out/initrd")" --arg root "$(sum "$out/root.erofs")" \
    --arg probe "$(sum ${hermeshProbe}/bin/hermesh-probe)" --rawfile paths ${closure}/store-paths '
    $head + {
      kernel: { file: "vmlinuz", version: $version, sha256: $kernel },
      initrd: { file: "initrd", sha256: $initrd },
      root: { file: "root.erofs", format: "erofs", sha256: $root },
      probe: { sha256: $probe },
      packages: [ $paths | split("\n")[] | select(. != "")
        | . as $path | capture("^/nix/store/[a-z0-9]{32}-(?<name>.*?)(-(?<version>[0-9].*))?$")
        | { name, version: (.version // ""), store_path: $path } ]
    }' > "$out/manifest.json"
''
