// SPDX-License-Identifier: MIT
// A gateway that hosts may ask for ports, by NAT-PMP (RFC 6886) and by PCP (RFC 6887), in frames.
#include "wire/nat_pmp.hh"
#include "wire/pcp.hh"
#include "wire/transport.hh"
#include "world.hh"

#include <gtest/gtest.h>

#include <optional>

namespace hermesh::testing {
namespace {

using namespace std::chrono_literals;
namespace pmp = wire::nat_pmp;
namespace pcp = wire::pcp;

constexpr auto udp_opcode = static_cast<std::uint8_t>(pmp::Opcode::map_udp);

nat::Behaviour symmetric_with(const nat::PortMapping& mapping) {
  return {.mapping = nat::Dependence::address_and_port_dependent,
          .filtering = nat::Dependence::address_and_port_dependent,
          .ports = nat::PortAssignment::random,
          .port_mapping = mapping};
}
const nat::Behaviour with_both = symmetric_with({.nat_pmp = true, .pcp = true});

/// The world with a host that speaks both protocols to its gateway.
class Asking : public World {
public:
  explicit Asking(const nat::Behaviour& behaviour, const Endpoint& server = at("192.168.1.1", 5351))
      : World(double_nat(behaviour)), server_(server) {}

  /// What the gateway says to it; empty: nothing.
  std::vector<std::byte> ask(const std::string& machine, wire::Bytes request) {
    take(machine);
    send(machine, wire::make_udp_frame(addresses(machine, 40000, server_), request));
    for (const auto& received : take(machine))
      if (received.summary.source == server_ && received.summary.destination.port == 40000)
        return {received.summary.data.begin(), received.summary.data.end()};
    return {};
  }
  std::optional<pmp::Response> ask_pmp(const std::string& machine, const pmp::Request& request) {
    std::vector<std::byte> bytes(12);
    bytes.resize(pmp::write_request(bytes, request));
    return pmp::parse_response(ask(machine, bytes));
  }
  std::optional<pmp::Response> map_udp(std::uint16_t port, std::uint32_t lifetime = 3600) {
    return ask_pmp("a",
                   {.opcode = udp_opcode,
                    .internal_port = port,
                    .suggested_port = port,
                    .lifetime = lifetime});
  }
  std::optional<pcp::Response>
  ask_pcp(const std::string& machine, const pcp::Request& request, wire::Bytes options = {}) {
    std::vector<std::byte> bytes(pcp::header_size + pcp::map_size);
    bytes.resize(pcp::write_request(bytes, request));
    bytes.insert(bytes.end(), options.begin(), options.end());
    return pcp::parse_response(ask(machine, bytes));
  }
  static pcp::Request pcp_request(std::uint16_t port, std::uint32_t lifetime = 3600) {
    return {.opcode = static_cast<std::uint8_t>(pcp::Opcode::map),
            .lifetime = lifetime,
            .client = ip("192.168.1.10"),
            .map = pcp::Map{.nonce = {7, 7, 7},
                            .protocol = 17,
                            .internal_port = port,
                            .external_port = port,
                            .external = Address::v4(0)}};
  }
  /// Does what `machine` sends reach port `port` of a?
  bool reaches_a(const std::string& machine, const Endpoint& external, std::uint16_t port) {
    take("a");
    udp(machine, 999, external, "knock");
    for (const auto& received : take("a"))
      if (received.text() == "knock" && received.summary.destination.port == port) return true;
    return false;
  }

private:
  Endpoint server_;
};

TEST(PortMapping, ExternalAddressIsTold) {
  Asking world(with_both);
  world.now = 100s;
  const auto answer = world.ask_pmp("a", {});
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->result, pmp::Result::success);
  EXPECT_EQ(answer->external, ip("80.100.0.1"));
  EXPECT_EQ(answer->epoch, 100U);
}

TEST(PortMapping, OfNatPmpLetsAStrangerIn) {
  Asking world(with_both);
  const auto answer = world.map_udp(6000);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->result, pmp::Result::success);
  EXPECT_EQ(answer->external_port, 6000);
  EXPECT_EQ(answer->internal_port, 6000);
  EXPECT_EQ(answer->lifetime, 3600U);
  EXPECT_TRUE(world.reaches_a("r", at("80.100.0.1", 6000), 6000));
  world.udp("a", 6000, at("80.100.0.100", 1), "out");
  EXPECT_EQ(world.take("r").back().summary.source, at("80.100.0.1", 6000));
}

TEST(PortMapping, OfPcpLetsAStrangerIn) {
  Asking world(with_both);
  const auto answer = world.ask_pcp("a", Asking::pcp_request(6000, 100'000));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->result, pcp::Result::success);
  EXPECT_EQ(answer->lifetime, 7200U) << "the most that it grants";
  EXPECT_EQ(answer->map->external, ip("80.100.0.1"));
  EXPECT_EQ(answer->map->external_port, 6000);
  EXPECT_TRUE(world.reaches_a("r", at("80.100.0.1", 6000), 6000));
}

TEST(PortMapping, EndsWithItsLifetimeAndWithItsDeletion) {
  Asking world(with_both);
  world.map_udp(6000, 60);
  world.pass(61s);
  EXPECT_FALSE(world.reaches_a("r", at("80.100.0.1", 6000), 6000));
  world.map_udp(6000);
  EXPECT_TRUE(world.reaches_a("r", at("80.100.0.1", 6000), 6000));
  world.map_udp(6001);
  const auto ended = world.map_udp(6000, 0);
  EXPECT_EQ(ended->external_port, 0);
  EXPECT_EQ(ended->lifetime, 0U);
  EXPECT_FALSE(world.reaches_a("b", at("80.100.0.1", 6000), 6000));
  EXPECT_TRUE(world.reaches_a("r", at("80.100.0.1", 6001), 6001));
  world.ask_pmp("a", {.opcode = udp_opcode}); // all of the host
  EXPECT_FALSE(world.reaches_a("b", at("80.100.0.1", 6001), 6001));
}

TEST(PortMapping, IsNobodysWhoLacksTheNonce) {
  Asking world(with_both);
  world.ask_pcp("a", Asking::pcp_request(6000));
  world.now += 600s;
  auto thief = Asking::pcp_request(6000, 0);
  thief.map->nonce = {8};
  auto answer = world.ask_pcp("a", thief);
  EXPECT_EQ(answer->result, pcp::Result::not_authorized);
  thief.lifetime = 60;
  answer = world.ask_pcp("a", thief);
  EXPECT_EQ(answer->result, pcp::Result::not_authorized);
  EXPECT_EQ(answer->lifetime, 3000U) << "what is left of the lease (RFC 6887 section 11.3)";
  EXPECT_EQ(world.map_udp(6000)->result, pmp::Result::not_authorized);
  EXPECT_EQ(world.map_udp(6000, 0)->result, pmp::Result::not_authorized);
  world.ask_pmp("a", {.opcode = udp_opcode}); // all of the host but that
  EXPECT_TRUE(world.reaches_a("r", at("80.100.0.1", 6000), 6000));
  EXPECT_EQ(world.ask_pcp("a", Asking::pcp_request(6000, 0))->result, pcp::Result::success);
  EXPECT_FALSE(world.reaches_a("b", at("80.100.0.1", 6000), 6000));
}

TEST(PortMapping, RefusesAsItIsTold) {
  const std::vector<std::tuple<nat::Refusing, pmp::Result, pcp::Result, std::uint32_t>> cases{
      {nat::Refusing::not_authorized,
       pmp::Result::not_authorized,
       pcp::Result::not_authorized,
       1800},
      {nat::Refusing::no_resources, pmp::Result::out_of_resources, pcp::Result::no_resources, 30},
      {nat::Refusing::network_failure,
       pmp::Result::network_failure,
       pcp::Result::network_failure,
       30}};
  for (const auto& [refuses, by_pmp, by_pcp, lifetime] : cases) {
    Asking world(symmetric_with({.nat_pmp = true, .pcp = true, .refuses = refuses}));
    EXPECT_EQ(world.map_udp(6000)->result, by_pmp);
    const auto answer = world.ask_pcp("a", Asking::pcp_request(6000));
    EXPECT_EQ(answer->result, by_pcp);
    EXPECT_EQ(answer->lifetime, lifetime);
    EXPECT_FALSE(world.reaches_a("r", at("80.100.0.1", 6000), 6000));
    EXPECT_EQ(world.ask_pmp("a", {})->result == pmp::Result::success,
              refuses != nat::Refusing::network_failure);
  }
}

TEST(PortMapping, OfAnotherProtocolIsToldItsVersion) {
  Asking old(symmetric_with({.nat_pmp = true}));
  std::vector<std::byte> bytes(pcp::header_size + pcp::map_size);
  pcp::write_request(bytes, Asking::pcp_request(6000));
  const auto answer = pmp::parse_response(old.ask("a", bytes));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->result, pmp::Result::unsupported_version);
  EXPECT_FALSE(old.reaches_a("r", at("80.100.0.1", 6000), 6000));

  Asking modern(symmetric_with({.pcp = true}));
  const std::vector<std::byte> question(2);
  const auto told = pcp::parse_response(modern.ask("a", question));
  ASSERT_TRUE(told);
  EXPECT_EQ(told->result, pcp::Result::unsupp_version);
}

TEST(PortMapping, UnknownOpcodesAreTold) {
  Asking world(with_both);
  EXPECT_EQ(world.ask_pmp("a", {.opcode = 5})->result, pmp::Result::unsupported_opcode);
  EXPECT_EQ(world.ask_pcp("a", {.opcode = 2, .client = ip("192.168.1.10")})->result,
            pcp::Result::unsupp_opcode);
  EXPECT_EQ(world.ask_pcp("a", {.opcode = 0, .client = ip("192.168.1.10")})->result,
            pcp::Result::success)
      << "ANNOUNCE";
}

TEST(PortMapping, ChecksWhatIsAskedFor) {
  Asking world(with_both);
  const auto result = [&](auto change) {
    auto request = Asking::pcp_request(6000);
    change(request);
    return world.ask_pcp("a", request)->result;
  };
  EXPECT_EQ(result([](auto& r) { r.client = ip("192.168.1.11"); }), pcp::Result::address_mismatch);
  EXPECT_EQ(result([](auto& r) { r.map->protocol = 132; }), pcp::Result::unsupp_protocol);
  EXPECT_EQ(result([](auto& r) { r.map->protocol = 0; }), pcp::Result::malformed_request);
  EXPECT_EQ(result([](auto& r) { r.map->internal_port = 0; }), pcp::Result::unsupp_protocol);
  EXPECT_EQ(world.map_udp(0)->result, pmp::Result::not_authorized);
}

TEST(PortMapping, OptionsThatMustBeUnderstoodAreRefused) {
  Asking world(with_both);
  const auto result = [&](std::initializer_list<int> option) {
    std::vector<std::byte> bytes;
    for (const int value : option)
      bytes.push_back(static_cast<std::byte>(value));
    return world.ask_pcp("a", Asking::pcp_request(6000), bytes)->result;
  };
  std::initializer_list<int> third_party{1, 0, 0, 16, 0,    0,    0,   0,   0, 0,
                                         0, 0, 0, 0,  0xff, 0xff, 192, 168, 1, 11};
  EXPECT_EQ(result(third_party), pcp::Result::unsupp_option);
  EXPECT_EQ(result({3, 0, 0, 0}), pcp::Result::unsupp_option);
  EXPECT_EQ(result({200, 0, 0, 0}), pcp::Result::success) << "an optional one is passed over";
  EXPECT_EQ(result({2, 0, 0, 0, 2, 0, 0, 0}), pcp::Result::malformed_option);
  EXPECT_EQ(result({2, 0, 0, 4, 0, 0, 0, 0}), pcp::Result::malformed_option);
}

TEST(PortMapping, PreferFailureGetsThatPortOrNone) {
  Asking world(with_both);
  const std::vector<std::byte> prefer_failure{std::byte{2}, {}, {}, {}};
  auto request = Asking::pcp_request(6000);
  EXPECT_EQ(world.ask_pcp("a", request, prefer_failure)->result, pcp::Result::success);
  request.map->internal_port = 6001;
  const auto answer = world.ask_pcp("a", request, prefer_failure);
  EXPECT_EQ(answer->result, pcp::Result::cannot_provide_external);
  EXPECT_EQ(answer->lifetime, 30U);
  EXPECT_EQ(world.ask_pcp("a", request)->result, pcp::Result::success) << "another port will do";
}

TEST(PortMapping, PreferFailureGetsThatAddressOrNone) { // RFC 6887 section 13.2
  const std::vector<std::byte> prefer_failure{std::byte{2}, {}, {}, {}};
  const auto result = [&](const Address& suggested, wire::Bytes options) {
    Asking world(with_both);
    auto request = Asking::pcp_request(6000);
    request.map->external = suggested;
    const auto answer = world.ask_pcp("a", request, options);
    EXPECT_EQ(world.reaches_a("r", at("80.100.0.1", 6000), 6000),
              answer->result == pcp::Result::success);
    return answer->result;
  };
  EXPECT_EQ(result(ip("80.100.0.77"), prefer_failure), pcp::Result::cannot_provide_external);
  EXPECT_EQ(result(ip("80.100.0.77"), {}), pcp::Result::success) << "another address will do";
  EXPECT_EQ(result(ip("80.100.0.1"), prefer_failure), pcp::Result::success);
  EXPECT_EQ(result(Address::v4(0), prefer_failure), pcp::Result::success) << "any";
  EXPECT_EQ(result(Address{}, prefer_failure), pcp::Result::success) << "any";
}

TEST(PortMapping, FindsNoRoomInAFullTable) {
  Asking world(with_both);
  world.map_udp(6000);
  world.fabric().fill("gw-a", true);
  EXPECT_EQ(world.map_udp(6001)->result, pmp::Result::out_of_resources);
  EXPECT_EQ(world.ask_pcp("a", Asking::pcp_request(6001))->result, pcp::Result::no_resources);
  EXPECT_EQ(world.map_udp(6000)->result, pmp::Result::success) << "a renewal";
}

TEST(PortMapping, OutsideIsNotAnswered) {
  Asking world(with_both);
  world.udp("r", 40000, at("80.100.0.1", 5351), std::string(2, '\0'));
  EXPECT_TRUE(world.take("r").empty());
  Asking outer(with_both, at("80.100.0.1", 5351)); // its external address, from inside
  EXPECT_FALSE(outer.ask_pmp("a", {}));
}

TEST(PortMapping, IsNotSpokenWhereItIsNotDeclared) {
  Asking world(symmetric_with({}));
  EXPECT_FALSE(world.ask_pmp("a", {}));
  EXPECT_EQ(world.dropped("gw-a", DropReason::unsupported), 1U);
}

TEST(PortMapping, ThroughAnInnerNatIsAMismatchToPcp) {
  Asking world(with_both, at("10.64.0.1", 5351)); // b's carrier, of which b's gateway is the client
  auto request = Asking::pcp_request(6000);
  EXPECT_EQ(world.ask_pcp("b", request)->result, pcp::Result::address_mismatch);
}

TEST(PortMapping, RestartLosesLeasesAndEpochAndKeepsFlows) {
  Asking world(with_both);
  world.pass(50s);
  world.map_udp(6000);
  world.udp("a", 6000, at("80.100.0.100", 999), "out");
  world.fabric().restart_port_mapping("gw-a");
  EXPECT_TRUE(world.reaches_a("r", at("80.100.0.1", 6000), 6000)) << "the flow";
  EXPECT_FALSE(world.reaches_a("b", at("80.100.0.1", 6000), 6000)) << "a stranger";
  world.now += 3s;
  EXPECT_EQ(world.ask_pmp("a", {})->epoch, 3U);
}

TEST(PortMapping, RebootLosesAllOfIt) {
  Asking world(with_both);
  world.pass(50s);
  world.map_udp(6000);
  world.fabric().clear_state("gw-a");
  EXPECT_FALSE(world.reaches_a("r", at("80.100.0.1", 6000), 6000));
  EXPECT_EQ(world.ask_pmp("a", {})->epoch, 0U);
}

TEST(PortMapping, RestartIsAnnouncedTenTimesToAllHosts) {
  Asking world(with_both);
  world.pass(200s); // those of the start
  world.take("a");
  world.fabric().restart_port_mapping("gw-a");
  std::vector<Time> by_pmp;
  std::vector<Time> by_pcp;
  const Time restarted = world.now;
  for (int i = 0; i < 20'000; ++i) {
    world.pass(10ms);
    for (const auto& received : world.take("a")) {
      EXPECT_EQ(received.summary.destination, at("224.0.0.1", 5350));
      EXPECT_EQ(received.summary.source, at("192.168.1.1", 5351));
      const auto& data = received.summary.data;
      if (const auto told = pmp::parse_response(data)) {
        EXPECT_EQ(told->external, ip("80.100.0.1"));
        by_pmp.push_back(received.at - restarted);
      }
      if (const auto told = pcp::parse_response(data)) by_pcp.push_back(received.at - restarted);
    }
  }
  ASSERT_EQ(by_pmp.size(), 10U);
  EXPECT_EQ(by_pmp, by_pcp);
  EXPECT_EQ(by_pmp[1] - by_pmp[0], 250ms);
  EXPECT_EQ(by_pmp[9] - by_pmp[8], 64s);
}

TEST(PortMapping, RestartWhileHeldIsAnnouncedWhenThatEnds) {
  Asking world(with_both);
  world.pass(200s); // those of the start
  world.fabric().hold("gw-a", true);
  world.fabric().restart_port_mapping("gw-a");
  world.pass(100s);
  world.take("a");
  world.fabric().hold("gw-a", false);
  std::vector<Time> announced;
  const Time released = world.now;
  for (int i = 0; i < 2'000; ++i) {
    world.pass(100ms);
    for (const auto& received : world.take("a"))
      if (const auto told = pmp::parse_response(received.summary.data)) {
        announced.push_back(received.at - released);
        EXPECT_GE(told->epoch, 100U);
      }
  }
  ASSERT_EQ(announced.size(), 10U);
  EXPECT_LT(announced[0], 250ms);
}

TEST(PortMapping, AppearsAndGoesWithTheBehaviour) {
  Asking world(symmetric_with({}));
  world.fabric().set_behaviour("gw-a", with_both);
  EXPECT_EQ(world.map_udp(6000)->result, pmp::Result::success);
  world.fabric().set_behaviour("gw-a", symmetric_with({}));
  EXPECT_FALSE(world.reaches_a("r", at("80.100.0.1", 6000), 6000));
  EXPECT_FALSE(world.ask_pmp("a", {}));
}

TEST(PortMapping, BadChecksumIsMalformed) {
  Asking world(with_both);
  const std::vector<std::byte> question(2);
  auto frame = wire::make_udp_frame(world.addresses("a", 40000, at("192.168.1.1", 5351)), question);
  frame[41] ^= std::byte{0xff};
  world.send("a", frame);
  EXPECT_TRUE(world.take("a").empty());
  EXPECT_EQ(world.dropped("gw-a", DropReason::malformed), 1U);
}

TEST(PortMapping, BelongsToTheHostThatAsked) {
  Asking world(with_both);
  const pcp::Request theirs{.opcode = 1,
                            .lifetime = 60,
                            .client = ip("192.168.1.99"),
                            .map = pcp::Map{.protocol = 17, .internal_port = 6000}};
  EXPECT_EQ(world.ask_pcp("a", theirs)->result, pcp::Result::address_mismatch);
}

} // namespace
} // namespace hermesh::testing
