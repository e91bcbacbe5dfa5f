// SPDX-License-Identifier: MIT
//
// What events do to a table: reboot, rebind, another address, no more room.
#include "nat/table.hh"

#include <gtest/gtest.h>

#include <set>

namespace hermesh::nat {
namespace {

using namespace std::chrono_literals;

Endpoint at(std::string_view address, std::uint16_t port) {
  return {.address = Address::parse(address).value(), .port = port};
}

const Address outside = Address::parse("80.100.0.1").value();
const Endpoint host = at("192.168.1.10", 5000);
const Endpoint neighbour = at("192.168.1.11", 5000);
const Endpoint server = at("80.100.0.100", 3478);
const Endpoint peer = at("80.100.0.200", 41000);

Table table_with(const Behaviour& behaviour) {
  return {behaviour, outside, 7};
}

Endpoint out(Table& table, const Endpoint& inside, const Endpoint& remote, Time now = 1s) {
  const auto translation = table.outbound(Protocol::udp, inside, remote, now);
  EXPECT_TRUE(translation);
  return translation.endpoint;
}

class Assignments : public ::testing::TestWithParam<PortAssignment> {
protected:
  Table table_ = table_with({.ports = GetParam()});
};

TEST_P(Assignments, ARebootGivesAnotherPortFirstAndStaysWithIt) {
  const auto before = out(table_, host, server);
  table_.reboot();
  EXPECT_FALSE(table_.inbound(Protocol::udp, server, before, 1s)) << "it still knows";
  const auto after = out(table_, host, server);
  EXPECT_NE(after, before);
  EXPECT_EQ(out(table_, host, peer), after) << "endpoint-independent as before";
}

TEST_P(Assignments, ARebindGivesAnotherPortToThatHostAlone) {
  const auto before = out(table_, host, server);
  const auto others = out(table_, neighbour, server);
  EXPECT_EQ(table_.forget(host.address, {}, 1s), 1U);
  EXPECT_FALSE(table_.inbound(Protocol::udp, server, before, 1s));
  EXPECT_EQ(out(table_, neighbour, server), others);
  EXPECT_NE(out(table_, host, server), before);
}

TEST_P(Assignments, ARebindTakesTheLeasesOfThatHostToo) {
  const auto leased = table_.lease({.inside = host, .lifetime = 1h}, 1s).endpoint;
  const auto others = table_.lease({.inside = neighbour, .lifetime = 1h}, 1s).endpoint;
  ASSERT_EQ(out(table_, host, server), leased);
  EXPECT_EQ(table_.forget(host.address, {}, 1s), 1U);
  EXPECT_EQ(table_.lease_count(), 1U);
  EXPECT_FALSE(table_.inbound(Protocol::udp, peer, leased, 1s)) << "a stranger";
  EXPECT_FALSE(table_.inbound(Protocol::udp, server, leased, 1s)) << "the flow";
  EXPECT_NE(out(table_, host, server), leased);
  EXPECT_TRUE(table_.inbound(Protocol::udp, peer, others, 1s));
}

TEST_P(Assignments, ALeaseWithoutTrafficIsForgottenToo) {
  for (const bool whole : {false, true}) {
    const auto leased = table_.lease({.inside = host, .lifetime = 1h}, 1s).endpoint;
    if (whole)
      table_.reboot();
    else
      EXPECT_EQ(table_.forget(host.address, {}, 1s), 1U);
    EXPECT_EQ(table_.size(), 0U);
    EXPECT_NE(out(table_, host, server), leased);
    table_.clear();
  }
}

INSTANTIATE_TEST_SUITE_P(All,
                         Assignments,
                         ::testing::Values(PortAssignment::preserve,
                                           PortAssignment::preserve_then_random,
                                           PortAssignment::random,
                                           PortAssignment::sequential_up,
                                           PortAssignment::sequential_down,
                                           PortAssignment::block));

// The mutant of the above: forgetting alone is no reboot to those outside.
TEST(TableEvents, ClearingAloneGivesAPreservedPortAgain) {
  auto table = table_with({.ports = PortAssignment::preserve});
  const auto before = out(table, host, server);
  table.clear();
  EXPECT_EQ(out(table, host, server), before);
}

TEST(TableEvents, AfterARebootEveryFlowOfASymmetricTableDiffers) {
  auto table = table_with({.mapping = Dependence::address_and_port_dependent});
  const auto to_server = out(table, host, server);
  const auto to_peer = out(table, host, peer);
  table.reboot();
  EXPECT_NE(out(table, host, peer), to_peer);
  EXPECT_NE(out(table, host, server), to_server);
}

// Each remote saw the lease's port: none may see it again, though "preserve" has it for the first.
TEST(TableEvents, AfterARebindEveryFlowOfALeaseDiffers) {
  auto table = table_with({.mapping = Dependence::address_and_port_dependent});
  const auto leased =
      table.lease({.inside = host, .suggested_port = host.port, .lifetime = 1h}, 1s).endpoint;
  ASSERT_EQ(leased.port, host.port);
  ASSERT_EQ(out(table, host, server), leased);
  ASSERT_EQ(out(table, host, peer), leased);
  table.forget(host.address, {}, 1s);
  EXPECT_NE(out(table, host, peer), leased);
  EXPECT_NE(out(table, host, server), leased);
}

// The same where a flow had been bound to another's port.
TEST(TableEvents, AfterARebindAFlowThatWasReusedDiffers) {
  auto table = table_with({.mapping = Dependence::address_and_port_dependent,
                           .filtering = Dependence::endpoint_independent});
  const auto signalled = out(table, host, server);
  ASSERT_TRUE(table.inbound(Protocol::udp, peer, signalled, 1s));
  ASSERT_EQ(out(table, host, peer), signalled);
  table.forget(host.address, {}, 1s);
  EXPECT_NE(out(table, host, peer), signalled);
}

TEST(TableEvents, ALeaseOfAnotherPortIsNotForgotten) {
  auto table = table_with({});
  const auto kept = table.lease({.inside = at("192.168.1.10", 6000), .lifetime = 1h}, 1s).endpoint;
  table.lease({.inside = host, .lifetime = 1h}, 1s);
  EXPECT_EQ(table.forget(host.address, host.port, 1s), 1U);
  EXPECT_EQ(table.lease_count(), 1U);
  EXPECT_TRUE(table.inbound(Protocol::udp, peer, kept, 1s));
}

TEST(TableEvents, AMappingThatCameLaterIsOrdinary) {
  auto table = table_with({.ports = PortAssignment::preserve});
  out(table, host, server);
  table.reboot();
  EXPECT_NE(out(table, host, server).port, host.port);
  table.clear();
  EXPECT_EQ(out(table, host, server).port, host.port) << "certification starts from nothing";
}

TEST(TableEvents, AnEndpointCanBeForgottenAlone) {
  auto table = table_with({});
  const auto other = at("192.168.1.10", 6000);
  out(table, host, server);
  const auto kept = out(table, other, server);
  EXPECT_EQ(table.forget(host.address, host.port, 1s), 1U);
  EXPECT_EQ(table.forget(host.address, host.port, 1s), 0U);
  EXPECT_TRUE(table.inbound(Protocol::udp, server, kept, 1s));
}

TEST(TableEvents, ABlockOfOnePortIsGivenAgain) {
  auto table = table_with({.ports = PortAssignment::block, .port_block_size = 1});
  const auto before = out(table, host, server);
  table.reboot();
  EXPECT_EQ(out(table, host, server), before) << "there is no other";
}

TEST(TableEvents, AnotherAddressOutside) {
  auto table = table_with({});
  const auto before = out(table, host, server);
  const auto next = Address::parse("80.100.0.9").value();
  table.move_to(next);
  EXPECT_FALSE(table.is_external(outside));
  EXPECT_FALSE(table.inbound(Protocol::udp, server, before, 1s));
  EXPECT_EQ(out(table, host, server), (Endpoint{.address = next, .port = host.port}));
}

TEST(TableEvents, AFullTableRefusesWhatIsNewAndKeepsWhatLives) {
  auto table = table_with({});
  const auto before = out(table, host, server);
  table.fill(true);
  EXPECT_EQ(out(table, host, server), before);
  EXPECT_TRUE(table.inbound(Protocol::udp, server, before, 1s));
  EXPECT_EQ(table.outbound(Protocol::udp, neighbour, server, 1s).refusal, Refusal::table_full);
  EXPECT_EQ(table.outbound(Protocol::udp, host, peer, 1s).refusal, Refusal::table_full);
  table.fill(false);
  EXPECT_TRUE(table.outbound(Protocol::udp, neighbour, server, 1s));
}

TEST(TableEvents, AFullTableGrantsNoNewLeaseAndRenewsTheOldOnes) {
  auto table = table_with({});
  const auto leased = table.lease({.inside = host, .lifetime = 10s}, 1s);
  const auto mapped = out(table, at("192.168.1.10", 6000), server);
  table.fill(true);
  EXPECT_EQ(table.lease({.inside = neighbour, .lifetime = 1h}, 1s).refusal, Refusal::table_full);
  EXPECT_EQ(table.lease_count(), 1U);
  EXPECT_EQ(table.lease({.inside = host, .lifetime = 1h}, 1s), leased);
  EXPECT_TRUE(table.inbound_error(Protocol::udp, mapped, server, 1s));
  EXPECT_EQ(table.lease({.inside = at("192.168.1.10", 6000), .lifetime = 1h}, 1s).endpoint, mapped)
      << "a mapping that is there needs no entry";
  table.fill(false);
  EXPECT_TRUE(table.lease({.inside = neighbour, .lifetime = 1h}, 1s));
}

} // namespace
} // namespace hermesh::nat
