// SPDX-License-Identifier: MIT
//
// The folders under vpns/ as they are: read, rendered, held by golden files.
#include "model/catalog.hh"
#include "support/golden.hh"
#include "vpn/deployment.hh"
#include "vpn/encoding.hh"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <iomanip>
#include <sstream>
#include <string>

namespace hermesh {
namespace {

const std::filesystem::path vpns = std::filesystem::path(HERMESH_TEST_SOURCE_DIR) / "vpns";

DeployedMachine
machine(const std::string& name, const std::string& underlay, const std::string& outside) {
  return {.name = name,
          .role = name == "r" ? "relay" : "peer",
          .underlay = *Address::parse(underlay),
          .public_address = *Address::parse(outside),
          .reachable = underlay == outside};
}

const std::vector<DeployedMachine> nat_to_public{machine("a", "192.168.1.10", "80.100.0.21"),
                                                 machine("b", "80.100.0.12", "80.100.0.12"),
                                                 machine("r", "80.100.0.10", "80.100.0.10")};

std::string shown(const std::string& content) {
  const bool plain = std::ranges::all_of(
      content, [](unsigned char c) { return (c >= 0x20 && c < 0x7f) || c == '\n' || c == '\t'; });
  return plain ? content : "(hex) " + hex(content);
}

std::string shown(const std::vector<NodeDeployment>& nodes) {
  std::ostringstream out;
  for (const auto& node : nodes) {
    out << "=== " << node.machine << " " << to_string(node.overlay) << "\n";
    for (const auto& command : node.setup)
      out << "setup: " << to_string(command) << "\n";
    out << "daemon: " << to_string(Command{.argv = node.daemon}) << "\n"
        << "status: " << to_string(node.status) << "\n";
    for (const auto& command : node.teardown)
      out << "teardown: " << to_string(command) << "\n";
    for (const auto& file : node.files)
      out << "--- " << file.target << " " << std::oct << std::setfill('0') << std::setw(4)
          << file.mode << std::dec << "\n"
          << shown(file.content) << "\n";
  }
  return out.str();
}

std::vector<NodeDeployment> rendered(const std::string& name, std::uint64_t seed = 1) {
  return render(read_vpn_folder(vpns / name), nat_to_public, seed);
}

class EveryFolder : public ::testing::TestWithParam<std::string> {};

TEST_P(EveryFolder, RendersTheSameFromTheSameSeed) {
  testing::expect_golden("vpn/" + GetParam() + ".txt", shown(rendered(GetParam())));
}

TEST_P(EveryFolder, HasNoMistakeInAnyOption) {
  EXPECT_NO_THROW(check_templates(read_vpn_folder(vpns / GetParam())));
}

INSTANTIATE_TEST_SUITE_P(Vpns,
                         EveryFolder,
                         ::testing::Values("internal", "wireguard", "nebula"),
                         [](const auto& vpn) { return vpn.param; });

TEST(Folders, AnotherSeedGivesOtherKeysAndTheSameAddresses) {
  for (const auto* name : {"wireguard", "nebula"}) {
    const auto one = rendered(name, 1);
    const auto two = rendered(name, 2);
    EXPECT_EQ(one, rendered(name, 1)) << name;
    EXPECT_NE(one[0].files, two[0].files) << name;
    EXPECT_EQ(one[0].overlay, two[0].overlay) << name;
  }
}

TEST(Folders, NoTwoMachinesShareAnOverlayAddress) {
  for (const auto* name : {"internal", "wireguard", "nebula"}) {
    const auto nodes = rendered(name);
    EXPECT_NE(nodes[0].overlay, nodes[1].overlay) << name;
    EXPECT_NE(nodes[1].overlay, nodes[2].overlay) << name;
  }
}

TEST(Folders, WireguardNamesNoEndpointThatCannotBeReached) {
  const auto nodes = rendered("wireguard");
  EXPECT_NE(nodes[0].files[0].content.find("Endpoint = 80.100.0.12:51820"), std::string::npos);
  EXPECT_EQ(nodes[1].files[0].content.find("Endpoint"), std::string::npos);
}

TEST(Folders, NebulasRelayOptionChangesConfigurationAndAbilities) {
  const auto on = read_vpn_folder(vpns / "nebula");
  const auto off = read_vpn_folder(vpns / "nebula", {{"relay", "off"}});
  EXPECT_TRUE(on.abilities.relays);
  EXPECT_FALSE(off.abilities.relays);
  EXPECT_TRUE(off.abilities.punches_udp);
  const auto config = [](const VpnSpec& vpn, std::size_t node) {
    return render(vpn, nat_to_public, 1)[node].files[0].content;
  };
  EXPECT_NE(config(on, 0).find("use_relays: true"), std::string::npos);
  EXPECT_NE(config(off, 0).find("use_relays: false"), std::string::npos);
  EXPECT_NE(config(on, 2).find("am_relay: true"), std::string::npos);
  EXPECT_NE(config(off, 2).find("am_relay: false"), std::string::npos);
}

TEST(Folders, ADevelopersOwnBinaryStandsInForTheProgram) {
  const auto vpn = read_vpn_folder(vpns / "nebula");
  EXPECT_EQ(render(vpn, nat_to_public, 1)[0].daemon[0], "/usr/bin/nebula");
  EXPECT_EQ(render(vpn, nat_to_public, 1, replacement_path(vpn))[0].daemon[0],
            "/opt/hermesh/nebula");
}

} // namespace
} // namespace hermesh
