// SPDX-License-Identifier: MIT
// All nine kinds of RFC 4787, and what tells each from its neighbours.
#include "table_fixture.hh"

#include <tuple>

namespace hermesh::nat {
namespace {

using enum Dependence;
constexpr auto every_grade = {endpoint_independent, address_dependent, address_and_port_dependent};

class EveryKind : public ::testing::TestWithParam<
                      std::tuple<Dependence, Dependence, PortAssignment, FlowRule>> {
protected:
  static Behaviour behaviour() {
    const auto [mapping, filtering, ports, flows] = GetParam();
    return {.mapping = mapping, .filtering = filtering, .ports = ports, .flows = flows};
  }
  static bool at_least(Dependence grade, Dependence wanted) { return grade >= wanted; }
  Table nat_ = nat_with(behaviour());
  Time now_ = noon;

  Endpoint send(const Endpoint& from, const Endpoint& remote) {
    const auto sent = nat_.outbound(udp, from, remote, now_);
    EXPECT_TRUE(sent);
    return sent.endpoint;
  }
};

TEST_P(EveryKind, MapsByAsMuchOfTheRemoteAsItsGradeSays) {
  const Endpoint first = send(laptop, peer);
  EXPECT_EQ(send(laptop, peer), first);
  EXPECT_EQ(send(laptop, peer_other_port) != first,
            at_least(behaviour().mapping, address_and_port_dependent));
  EXPECT_EQ(send(laptop, stranger) != first, at_least(behaviour().mapping, address_dependent));
}

TEST_P(EveryKind, FiltersByAsMuchOfTheRemoteAsItsGradeSays) {
  const Endpoint external = send(laptop, peer);
  const auto when = [&](Dependence grade) {
    return at_least(behaviour().filtering, grade) ? filtered : to(laptop);
  };
  EXPECT_EQ(nat_.inbound(udp, stranger, external, now_), when(address_dependent));
  EXPECT_EQ(nat_.inbound(udp, peer_other_port, external, now_), when(address_and_port_dependent));
  EXPECT_EQ(nat_.inbound(udp, peer, external, now_), to(laptop));
}

TEST_P(EveryKind, TwoInsideHostsWithOneSourcePortStayApart) { // REQ-3
  const Endpoint one = send(laptop, peer);
  for (const Endpoint& remote :
       {stranger, peer, peer_other_port}) { // the order that unmasks overloading
    const Endpoint two = send(phone, remote);
    EXPECT_NE(two.port, one.port);
    EXPECT_EQ(nat_.inbound(udp, remote, two, now_), to(phone));
  }
  EXPECT_EQ(nat_.inbound(udp, peer, one, now_), to(laptop));
}

TEST_P(EveryKind, TheSecondHostIsAsEndpointIndependentAsTheFirst) {
  send(laptop, peer);
  const Endpoint first = send(phone, stranger);
  EXPECT_EQ(send(phone, peer) == first, behaviour().mapping == endpoint_independent);
}

TEST_P(EveryKind, ProtocolsHaveNothingToDoWithEachOther) {
  const Endpoint external = send(laptop, peer);
  EXPECT_EQ(nat_.inbound(Protocol::tcp, peer, external, now_), no_mapping);
  EXPECT_EQ(nat_.inbound(Protocol::icmp, peer, external, now_), no_mapping);
}

TEST_P(EveryKind, AnUnsolicitedPacketFindsNoMapping) {
  EXPECT_EQ(nat_.inbound(udp, peer, {.address = wan, .port = 41641}, now_), no_mapping);
  const Endpoint external = send(laptop, peer);
  EXPECT_EQ(nat_.inbound(udp, peer, {.address = stranger.address, .port = external.port}, now_),
            no_mapping);
}

TEST_P(EveryKind,
       ARefusedStrangerLeavesNoTrace) { // nat.md's early inbound: the port stays what it was
  const Endpoint external = send(laptop, peer);
  if (nat_.inbound(udp, stranger, external, now_) == filtered) {
    EXPECT_EQ(send(laptop, stranger) == external, behaviour().mapping == endpoint_independent);
  }
  EXPECT_EQ(send(laptop, peer), external);
}

TEST_P(EveryKind, PreservesThePortOrDoesNot) {
  int kept = 0;
  for (std::uint16_t port = 20000; port < 20010; ++port)
    kept += send({.address = laptop.address, .port = port}, peer).port == port ? 1 : 0;
  EXPECT_EQ(kept, behaviour().ports == PortAssignment::preserve ? 10 : 0);
}

TEST_P(EveryKind, OneSeedOneOutcome) {
  Table same = nat_with(behaviour());
  Table other = nat_with(behaviour(), 2);
  bool differs = false;
  for (std::uint16_t port = 1; port < 50; ++port) {
    const Endpoint from{.address = port % 2 == 0 ? laptop.address : phone.address, .port = 5000};
    const Endpoint remote{.address = peer.address, .port = port};
    EXPECT_EQ(same.outbound(udp, from, remote, now_).endpoint, send(from, remote));
    differs |= other.outbound(udp, from, remote, now_) != same.outbound(udp, from, remote, now_);
  }
  EXPECT_TRUE(differs);
}

TEST_P(EveryKind, SaysWhereTheAnswerToAnAdmittedPacketLeaves) { // FlowRule
  const Endpoint external = send(laptop, peer);
  for (const Endpoint& other : {peer_other_port, stranger}) {
    if (!nat_.inbound(udp, other, external, now_)) continue;
    const bool same_mapping =
        behaviour().mapping == endpoint_independent ||
        (behaviour().mapping == address_dependent && other.address == peer.address);
    EXPECT_EQ(send(laptop, other) == external,
              same_mapping || behaviour().flows == FlowRule::reuse);
  }
}

std::string kind_name(const ::testing::TestParamInfo<EveryKind::ParamType>& kind) {
  const auto& [mapping, filtering, ports, flows] = kind.param;
  return mapping_name(mapping) + filtering_name(filtering) + to_string(ports) + to_string(flows);
}

INSTANTIATE_TEST_SUITE_P(Rfc4787,
                         EveryKind,
                         ::testing::Combine(::testing::ValuesIn(every_grade),
                                            ::testing::ValuesIn(every_grade),
                                            ::testing::Values(PortAssignment::preserve,
                                                              PortAssignment::random),
                                            ::testing::Values(FlowRule::reuse, FlowRule::strict)),
                         kind_name);

} // namespace
} // namespace hermesh::nat
