# SPDX-License-Identifier: MIT
{
  description = "Mesh VPNs against NATs, in virtual machines: the path off the wire, next to what theory says";

  # The revision of the vpn-bench study: its VPN versions are those behind the published figures.
  inputs.nixpkgs.url = "github:NixOS/nixpkgs/e1ebeec86b771e9d387dd02d82ffdc77ac753abc";

  outputs =
    { self, nixpkgs }:
    let
      inherit (nixpkgs) lib;
      systems = [
        "x86_64-linux"
        "aarch64-linux"
      ];
      forEachSystem = f: lib.genAttrs systems (system: f nixpkgs.legacyPackages.${system});
      ours = pkgs: self.packages.${pkgs.stdenv.hostPlatform.system};

      # Only what the build reads, so that a change elsewhere does not build anew.
      source = lib.fileset.toSource {
        root = ./.;
        fileset = lib.fileset.unions [
          ./CMakeLists.txt
          ./harness
          ./nat-scenarios
          ./tests
          ./vm-topologies
          ./vpns
        ];
      };

      harness =
        pkgs:
        pkgs.stdenv.mkDerivation {
          pname = "hermesh";
          version = "0.1.0";
          src = source;
          strictDeps = true;
          nativeBuildInputs = [
            pkgs.cmake
            pkgs.makeWrapper
            pkgs.ninja
            pkgs.pkg-config
          ];
          buildInputs = [
            pkgs.cli11
            pkgs.fmt
            pkgs.gtest
            pkgs.libsodium
            pkgs.libvirt
            pkgs.nlohmann_json
            pkgs.robin-map
            pkgs.spdlog
            pkgs.stdenv.cc.libc.static # the guests' probe is a static program
          ];
          nativeCheckInputs = [
            pkgs.python3
            pkgs.wireshark-cli
          ];
          cmakeBuildType = "RelWithDebInfo";
          cmakeFlags = [ (lib.cmakeBool "HERMESH_WERROR" true) ];
          doCheck = true;
          # Lints want the whole tree, the other tiers guests or an idle machine.
          checkPhase = ''
            runHook preCheck
            ctest --output-on-failure --no-tests=error --label-regex '^unit$' --parallel "$NIX_BUILD_CORES"
            runHook postCheck
          '';
          postInstall = ''
            wrapProgram $out/bin/hermesh --prefix PATH : ${lib.makeBinPath [ pkgs.qemu_kvm ]}
          '';
          meta = {
            description = "Says off the wire whether a mesh VPN's path is direct, relayed or unreachable";
            license = lib.licenses.mit;
            mainProgram = "hermesh";
            platforms = systems;
          };
        };

      # What a guest gets of it: one static program, without the harness's closure.
      probe =
        pkgs:
        pkgs.runCommand "hermesh-probe" { meta.mainProgram = "hermesh-probe"; } ''
          install -D ${(ours pkgs).hermesh}/libexec/hermesh/hermesh-probe $out/bin/hermesh-probe
        '';

      guestSystem =
        pkgs:
        lib.nixosSystem {
          system = pkgs.stdenv.hostPlatform.system;
          specialArgs.hermeshProbe = probe pkgs;
          modules = [ ./vm-topologies/guests/nixos/guest.nix ];
        };
    in
    {
      packages = forEachSystem (pkgs: {
        default = (ours pkgs).hermesh;
        hermesh = harness pkgs;
        guest = import ./vm-topologies/guests/nixos/image.nix {
          inherit lib pkgs;
          system = guestSystem pkgs;
          hermeshProbe = probe pkgs;
        };
      });

      apps = forEachSystem (pkgs: rec {
        default = hermesh;
        hermesh = {
          type = "app";
          program = lib.getExe (ours pkgs).hermesh;
        };
      });

      devShells = forEachSystem (pkgs: {
        default = pkgs.mkShell {
          inputsFrom = [ (ours pkgs).hermesh ];
          packages = [
            pkgs.clang-tools
            pkgs.gdb
            pkgs.jq
            pkgs.nixfmt-rfc-style
            pkgs.qemu_kvm
            pkgs.shellcheck
            pkgs.tcpdump
          ];
        };
      });

      checks = forEachSystem (pkgs: {
        unit = (ours pkgs).hermesh;
        lint =
          pkgs.runCommand "hermesh-lint"
            {
              nativeBuildInputs = [
                pkgs.cmake
                pkgs.python3
                pkgs.shellcheck
              ];
            }
            ''
              for name in shell json top-level foreign licence length; do
                echo "lint $name"
                python3 ${./.}/tests/lint/lint "$name" ${./.}
              done
              cmake -DROOT=${./harness} -P ${./tests/lint}/layers.cmake
              touch $out
            '';
      });

      formatter = forEachSystem (pkgs: pkgs.nixfmt-rfc-style);
    };
}
