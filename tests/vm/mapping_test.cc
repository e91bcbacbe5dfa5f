// SPDX-License-Identifier: MIT
//
// Other people's clients get ports from a gateway, and what they got works: natpmpc (NAT-PMP), and
// a program around crab_nat (PCP).
#include "vm/two_homes.hh"

#include <chrono>
#include <regex>
#include <string>

namespace hermesh::testing {
namespace {

using namespace std::chrono_literals;
using SteadyClock = std::chrono::steady_clock;

/// The routers grant ports.
class PortMapping : public TwoHomes {
protected:
  static void SetUpTestSuite() {
    if (missing_need().empty()) bring_up("home-with-pcp", mapping_client());
  }
  /// No test sees another's leases.
  void SetUp() override {
    if (missing_need().empty()) set({"home-a:port_mapping=nat-pmp and pcp"});
  }
  void TearDown() override {
    if (missing_need().empty())
      set({"home-a:port_mapping_refuses=no", "home-a:port_mapping_outbound=true"});
  }

  static std::string natpmpc(const std::string& arguments) {
    return shell("a", "natpmpc " + arguments + " 2>&1").output;
  }
  /// With a's addresses; `words` are NONCE map|drop PORT [LIFETIME].
  static std::string pcp(const std::string& words) {
    return shell("a",
                 "own=$(ip -j -4 address show eth0 | jq -r '.[0].addr_info[0].local'); "
                 "gateway=$(ip -j route show default | jq -r '.[0].gateway'); "
                 "/opt/hermesh/mapping-client \"$gateway\" \"$own\" " +
                     words + " 2>&1")
        .output;
  }

  /// Does a datagram from a fresh port of r, a stranger, come to that port of a? The ping back is
  /// behind it on the same way: once it was answered, what did not come was not let in.
  static bool stranger_reaches(const std::string& port) {
    const auto listening =
        shell("a",
              "rm -f /tmp/got; (timeout 60 socat -u udp-recv:" + port +
                  ",reuseaddr open:/tmp/got,creat,append </dev/null >/dev/null 2>&1 &) ; for i in "
                  "$(seq 100); do ss -Hlun 'sport = :" +
                  port + "' | grep -q . && exit 0; sleep 0.1; done; exit 1");
    EXPECT_EQ(listening.status, 0) << listening.story();
    shell("r", "echo knock | socat -u - udp-sendto:80.100.1.1:" + port);
    const auto got = shell("a",
                           "ping -c 1 -W 20 80.100.0.10 >/dev/null; cat /tmp/got 2>/dev/null; "
                           "kill $(ss -Hlunp 'sport = :" +
                               port + "' | sed -n 's/.*pid=\\([0-9]*\\).*/\\1/p') 2>/dev/null");
    return got.output.find("knock") != std::string::npos;
  }

  static std::uint32_t epoch() {
    const auto told = natpmpc("");
    std::smatch found;
    if (!std::regex_search(told, found, std::regex("epoch = ([0-9]+)"))) {
      ADD_FAILURE() << "no epoch in: " << told;
      return 0;
    }
    return static_cast<std::uint32_t>(std::stoul(found[1]));
  }
};

void expect_told(const std::string& told, const std::string& words) {
  EXPECT_NE(told.find(words), std::string::npos) << "wanted '" << words << "' in\n" << told;
}

TEST_F(PortMapping, NatpmpcIsToldTheExternalAddress) {
  HERMESH_NEEDS_GUESTS();
  expect_told(natpmpc(""), "Public IP address : 80.100.1.1");
}

TEST_F(PortMapping, NatpmpcGetsAPortThatAStrangerReachesUntilItIsGivenBack) {
  HERMESH_NEEDS_GUESTS();
  EXPECT_FALSE(stranger_reaches("6000"));
  const std::string granted = "Mapped public port 6000 protocol UDP to local port 6000";
  expect_told(natpmpc("-a 6000 6000 udp 3600"), granted + " lifetime 3600");
  EXPECT_TRUE(stranger_reaches("6000"));
  expect_told(natpmpc("-a 6000 6000 udp 100000"), granted + " lifetime 7200"); // renewed
  EXPECT_TRUE(stranger_reaches("6000"));
  expect_told(natpmpc("-a 0 6000 udp 0"), "lifetime 0");
  EXPECT_FALSE(stranger_reaches("6000"));
}

TEST_F(PortMapping, NatpmpcIsRefused) {
  HERMESH_NEEDS_GUESTS();
  set({"home-a:port_mapping_refuses=not-authorized"});
  const auto told = natpmpc("-a 6000 6000 udp 3600");
  EXPECT_EQ(told.find("Mapped"), std::string::npos) << told;
  EXPECT_FALSE(stranger_reaches("6000"));
}

// A gateway that did not begin anew would say at least the 15 seconds of before.
TEST_F(PortMapping, RestartLosesTheLeaseAndBeginsTheEpochAnew) {
  HERMESH_NEEDS_GUESTS();
  expect_told(natpmpc("-a 6000 6000 udp 3600"), "Mapped public port 6000");
  std::uint32_t before = epoch();
  for (int i = 0; i < 200 && before < 15; ++i)
    before = epoch();
  ASSERT_GE(before, 15U);
  const auto restarted = SteadyClock::now();
  set({"home-a:port_mapping=nat-pmp and pcp"});
  const auto after = std::chrono::seconds{epoch()};
  EXPECT_LE(after, SteadyClock::now() - restarted + 1s);
  EXPECT_FALSE(stranger_reaches("6000"));
}

TEST_F(PortMapping, APcpClientGetsAPortRenewsItAndGivesItBack) {
  HERMESH_NEEDS_THE_CLIENT();
  expect_told(pcp("7 map 6001 3600"), "granted 80.100.1.1:6001 for 3600");
  EXPECT_TRUE(stranger_reaches("6001"));
  expect_told(pcp("7 map 6001 100000"), "granted 80.100.1.1:6001 for 7200");
  expect_told(pcp("8 map 6001 60"), "refused");
  expect_told(pcp("8 drop 6001"), "refused");
  EXPECT_TRUE(stranger_reaches("6001"));
  expect_told(pcp("7 drop 6001"), "dropped");
  EXPECT_FALSE(stranger_reaches("6001"));
}

TEST_F(PortMapping, APcpClientIsRefused) {
  HERMESH_NEEDS_THE_CLIENT();
  for (const std::string why : {"not-authorized", "no-resources", "network-failure"}) {
    set({"home-a:port_mapping_refuses=" + why});
    expect_told(pcp("7 map 6001 3600"), "refused");
  }
  EXPECT_FALSE(stranger_reaches("6001"));
}

TEST_F(PortMapping, APcpClientIsToldThatOnlyNatPmpIsSpoken) {
  HERMESH_NEEDS_THE_CLIENT();
  set({"home-a:port_mapping=nat-pmp"});
  expect_told(pcp("7 map 6001 3600"), "refused");
  expect_told(natpmpc("-a 6001 6001 udp 3600"), "Mapped public port 6001");
}

// What peers see of a host whose gateway redirects inbound only.
TEST_F(PortMapping, OfInboundOnlyLeavesOutboundOnAnotherPort) {
  HERMESH_NEEDS_GUESTS();
  const auto source_seen = [] {
    shell("r",
          "rm -f /tmp/port; (timeout 60 socat -u udp-recvfrom:7000 "
          "system:'echo $SOCAT_PEERPORT >/tmp/port' </dev/null >/dev/null 2>&1 &); sleep 1");
    shell("a", "echo out | socat -u - udp-sendto:80.100.0.10:7000,sourceport=6002");
    return shell("r",
                 "for i in $(seq 100); do [ -s /tmp/port ] && break; sleep 0.1; done; cat "
                 "/tmp/port")
        .output;
  };
  expect_told(natpmpc("-a 6002 6002 udp 3600"), "Mapped public port 6002");
  EXPECT_EQ(source_seen(), "6002\n");
  set({"home-a:port_mapping_outbound=false"});
  expect_told(natpmpc("-a 6002 6002 udp 3600"), "Mapped public port 6002");
  EXPECT_NE(source_seen(), "6002\n");
  EXPECT_TRUE(stranger_reaches("6002"));
}

} // namespace
} // namespace hermesh::testing
