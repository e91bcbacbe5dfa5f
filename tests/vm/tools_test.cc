// SPDX-License-Identifier: MIT
//
// Other people's tools agree about the gateways: coturn's behaviour discovery (RFC 5780) and its
// STUN client, pion's behaviour discovery, and the classic client of RFC 3489, run in a guest
// against coturn in another, through all nine kinds of NAT.
#include "vm/two_homes.hh"

#include <map>
#include <string>

namespace hermesh::testing {
namespace {

/// With a STUN server of two addresses and two ports on r.
class Tools : public TwoHomes {
protected:
  static void SetUpTestSuite() {
    if (!missing_need().empty()) return;
    bring_up("port-restricted", behaviour_client());
    if (HasFatalFailure()) return;
    const auto server = shell(
        "r",
        "ip address add 80.100.0.20/16 dev eth0 && turnserver -n -S --no-auth --no-tls --no-dtls "
        "--no-cli --listening-ip 80.100.0.10 --listening-ip 80.100.0.20 </dev/null >/dev/null 2>&1 "
        "& "
        "for i in $(seq 100); do [ \"$(ss -Hlun 'sport = :3479' | wc -l)\" -ge 2 ] && exit 0; "
        "sleep 0.1; done; exit 1");
    ASSERT_EQ(server.status, 0) << server.story();
  }

  /// Gives home-a each of the nine kinds in turn; `visit` takes mapping and filtering.
  template <typename Visit>
  void each_kind(Visit visit) {
    for (const std::string mapping : {"EIM", "ADM", "APDM"})
      for (const std::string filtering : {"EIF", "ADF", "APDF"}) {
        SCOPED_TRACE(mapping + "/" + filtering);
        set({"home-a:mapping=" + mapping,
             "home-a:filtering=" + filtering,
             std::string("home-a:ports=") + (mapping == "EIM" ? "preserve" : "random")});
        if (HasFatalFailure()) return;
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
  HERMESH_NEEDS_THE_CLIENT();
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
  set({"home-a:mtu=1280"});
  EXPECT_EQ(ping(fits_1280).status, 0);
  const auto told = ping("1253");
  EXPECT_NE(told.status, 0);
  expect_said(told, "mtu = 1280");
  shell("a", "ip route flush cache");
  set({"home-a:mtu_errors=false"});
  EXPECT_EQ(ping(fits_1280).status, 0);
  const auto lost = shell("a", "ping -n -c 2 -W 3 -M do -s 1253 80.100.0.10 2>&1");
  EXPECT_NE(lost.status, 0);
  EXPECT_EQ(lost.output.find("mtu"), std::string::npos) << lost.output;
  expect_said(lost, "100% packet loss");
  set({"home-a:mtu=1500", "home-a:mtu_errors=true"});
  EXPECT_EQ(ping("1472").status, 0);
}

} // namespace
} // namespace hermesh::testing
