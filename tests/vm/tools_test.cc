// SPDX-License-Identifier: MIT
//
// Other people's tools agree about the gateways: coturn's behaviour discovery (RFC 5780) and its
// STUN client, pion's behaviour discovery, and the classic client of RFC 3489, run in a guest
// against coturn in another, through all nine kinds of NAT.
#include "base/temp_dir.hh"
#include "vm/foreign_client.hh"
#include "vm/hermesh.hh"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace hermesh::testing {
namespace {

/// A standing lab of two homes with a STUN server of two addresses and two ports on r.
class Tools : public ::testing::Test {
protected:
  static void SetUpTestSuite() {
    if (!missing_need().empty()) return;
    work() = std::make_unique<TempDir>("hmtest");
    const auto client = behaviour_client();
    no_client() = client.why_not;
    std::vector<std::string> arguments{
        "up", "--topology", "nat-nat", "--scenario", "port-restricted"};
    for (const auto& word : client.vpn_arguments(work()->path()))
      arguments.push_back(word);
    const auto up = call(arguments);
    ASSERT_EQ(up.status, 0) << up.story();
    const auto server = shell(
        "r",
        "ip address add 80.100.0.20/16 dev eth0 && turnserver -n -S --no-auth --no-tls --no-dtls "
        "--no-cli --listening-ip 80.100.0.10 --listening-ip 80.100.0.20 </dev/null >/dev/null 2>&1 "
        "& "
        "for i in $(seq 100); do [ \"$(ss -Hlun 'sport = :3479' | wc -l)\" -ge 2 ] && exit 0; "
        "sleep 0.1; done; exit 1");
    ASSERT_EQ(server.status, 0) << server.story();
  }
  static void TearDownTestSuite() {
    if (!work()) return;
    EXPECT_EQ(call({"down"}).status, 0);
    work().reset();
  }

  static std::unique_ptr<TempDir>& work() {
    static std::unique_ptr<TempDir> folder;
    return folder;
  }
  static std::string& no_client() {
    static std::string why;
    return why;
  }
  static Outcome call(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin() + 1, {"--runs", work()->path().string()});
    return call_hermesh(arguments);
  }
  static Outcome shell(const std::string& machine, const std::string& script) {
    return call({"shell", machine, "--", "sh", "-c", script});
  }

  /// Gives home-a each of the nine kinds in turn; `visit` takes mapping and filtering.
  template <typename Visit>
  void each_kind(Visit visit) {
    for (const std::string mapping : {"EIM", "ADM", "APDM"})
      for (const std::string filtering : {"EIF", "ADF", "APDF"}) {
        SCOPED_TRACE(mapping + "/" + filtering);
        const auto set =
            call({"set",
                  "home-a:mapping=" + mapping,
                  "home-a:filtering=" + filtering,
                  std::string("home-a:ports=") + (mapping == "EIM" ? "preserve" : "random")});
        ASSERT_EQ(set.status, 0) << set.story();
        visit(mapping, filtering);
      }
  }
};

void expect_said(const Outcome& outcome, const std::string& words) {
  EXPECT_NE(outcome.output.find(words), std::string::npos) << "wanted '" << words << "' in\n"
                                                           << outcome.output;
}

TEST_F(Tools, CoturnsBehaviourDiscoveryNamesAllNineKinds) {
  HERMESH_NEEDS_GUESTS();
  const std::map<std::string, std::string> grades{{"EI", "Endpoint Independent"},
                                                  {"AD", "Address Dependent"},
                                                  {"APD", "Address and Port Dependent"}};
  each_kind([&](const std::string& mapping, const std::string& filtering) {
    const auto told = shell("a", "turnutils_natdiscovery -m -f 80.100.0.10 2>&1");
    const auto grade = [&](const std::string& kind) {
      return grades.at(kind.substr(0, kind.size() - 1));
    };
    expect_said(told, "NAT with " + grade(mapping) + " Mapping!");
    expect_said(told, "NAT with " + grade(filtering) + " Filtering!");
  });
}

TEST_F(Tools, PionsBehaviourDiscoveryNamesAllNineKinds) {
  HERMESH_NEEDS_GUESTS();
  if (!no_client().empty()) GTEST_SKIP() << no_client();
  const std::map<std::string, std::string> grades{{"EI", "endpoint independent"},
                                                  {"AD", "address dependent"},
                                                  {"APD", "address and port dependent"}};
  each_kind([&](const std::string& mapping, const std::string& filtering) {
    const auto told =
        shell("a", "/opt/hermesh/stun-nat-behaviour -server 80.100.0.10:3478 -verbose 0 2>&1");
    const auto grade = [&](const std::string& kind) {
      return grades.at(kind.substr(0, kind.size() - 1));
    };
    expect_said(told, "NAT mapping behavior: " + grade(mapping) + "\n");
    expect_said(told, "NAT filtering behavior: " + grade(filtering) + "\n");
  });
}

TEST_F(Tools, TheClassicStunClientAgrees) {
  HERMESH_NEEDS_GUESTS();
  const std::map<std::string, std::string> filters{
      {"EIF", "Independent Mapping, Independent Filter"},
      {"ADF", "Independent Mapping, Address Dependent Filter"},
      {"APDF", "Independent Mapping, Port Dependent Filter"}};
  each_kind([&](const std::string& mapping, const std::string& filtering) {
    const auto told = shell("a", "stun 80.100.0.10 2>&1");
    if (mapping == "EIM")
      expect_said(told, filters.at(filtering) + ", preserves ports");
    else
      expect_said(told, "Primary: Dependent Mapping, random port");
  });
}

TEST_F(Tools, CoturnsStunClientSeesTheGatewaysAddress) {
  HERMESH_NEEDS_GUESTS();
  each_kind([&](const std::string&, const std::string&) {
    expect_said(shell("a", "timeout 10 turnutils_stunclient 80.100.0.10 2>&1"),
                "UDP reflexive addr: 80.100.1.1:");
  });
}

// What the MTU of a line does to a host behind it: the kernel learns it where the gateway says so,
// and else loses what is too big.
TEST_F(Tools, PingLearnsThePathMtuUnlessTheIcmpIsLost) {
  HERMESH_NEEDS_GUESTS();
  const auto ping = [](const std::string& data) {
    return shell("a", "ping -n -c 2 -W 10 -M do -s " + data + " 80.100.0.10 2>&1");
  };
  const std::string fits_1280 = "1252"; // and 28 bytes of headers
  EXPECT_EQ(ping("1472").status, 0) << "the LAN's own";
  ASSERT_EQ(call({"set", "home-a:mtu=1280"}).status, 0);
  EXPECT_EQ(ping(fits_1280).status, 0);
  const auto told = ping("1253");
  EXPECT_NE(told.status, 0);
  expect_said(told, "mtu = 1280");
  shell("a", "ip route flush cache");
  ASSERT_EQ(call({"set", "home-a:mtu_errors=false"}).status, 0);
  EXPECT_EQ(ping(fits_1280).status, 0);
  const auto lost = shell("a", "ping -n -c 2 -W 3 -M do -s 1253 80.100.0.10 2>&1");
  EXPECT_NE(lost.status, 0);
  EXPECT_EQ(lost.output.find("mtu"), std::string::npos) << lost.output;
  expect_said(lost, "100% packet loss");
  ASSERT_EQ(call({"set", "home-a:mtu=1500", "home-a:mtu_errors=true"}).status, 0);
  EXPECT_EQ(ping("1472").status, 0);
}

} // namespace
} // namespace hermesh::testing
