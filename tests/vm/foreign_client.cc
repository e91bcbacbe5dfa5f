// SPDX-License-Identifier: MIT
#include "vm/foreign_client.hh"

#include "base/command.hh"

#include <chrono>
#include <fstream>

namespace hermesh::testing {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

fs::path source_of(const std::string& client) {
  return fs::path(HERMESH_TEST_SOURCE_DIR) / "tests" / "vm" / client;
}

/// Once per build tree: the tools themselves see what is up to date.
ForeignClient built(const std::string& name, const fs::path& program, const Command& build) {
  ForeignClient client{.name = name, .program = {}, .why_not = {}};
  const auto complaint = "no " + name + ": " + build.argv.at(0) + " build: ";
  try {
    const auto outcome = HostExecutor().run(build, 10min);
    if (outcome.ok())
      client.program = program;
    else
      client.why_not = complaint + outcome.diagnostics.substr(0, 300);
  } catch (const std::exception& problem) {
    client.why_not = complaint + problem.what();
  }
  return client;
}

} // namespace

std::vector<std::string> ForeignClient::vpn_arguments(const fs::path& work) const {
  if (program.empty()) return {"--vpn", "internal"};
  fs::create_directories(work / name);
  std::ofstream(work / name / "vpn.json") << R"({"schema": 1, "name": ")" << name << R"(",
    "description": "a program in every guest", "overlay": "${self.public_address}",
    "binary": "/usr/bin/)" << name << R"(", "abilities": {}, "peer": {}})";
  return {"--vpn", (work / name).string(), "--with", name + "=" + program.string()};
}

ForeignClient mapping_client() {
  const std::string target = "x86_64-unknown-linux-gnu"; // so that build scripts are not static too
  const fs::path out = fs::path(HERMESH_TEST_BUILD_DIR) / "mapping-client";
  return built("mapping-client",
               out / target / "release" / "mapping-client",
               {.argv = {"cargo",
                         "build",
                         "--quiet",
                         "--release",
                         "--locked",
                         "--target",
                         target,
                         "--manifest-path",
                         (source_of("mapping_client") / "Cargo.toml").string(),
                         "--target-dir",
                         out.string()},
                // Any guest runs what needs no library of the host's.
                .env = {{"RUSTFLAGS", "-C target-feature=+crt-static -C strip=symbols"}}});
}

ForeignClient behaviour_client() {
  const fs::path out = fs::path(HERMESH_TEST_BUILD_DIR) / "stun-nat-behaviour";
  return built("stun-nat-behaviour",
               out,
               {.argv = {"go",
                         "build",
                         "-mod=readonly",
                         "-trimpath",
                         "-ldflags=-s",
                         "-o",
                         out.string(),
                         "github.com/pion/stun/v2/cmd/stun-nat-behaviour"},
                .env = {{"CGO_ENABLED", "0"}},
                .cwd = source_of("behaviour_client")});
}

} // namespace hermesh::testing
