// SPDX-License-Identifier: MIT
// Leases where mappings end at a certain age, whatever traffic.
#include "table_fixture.hh"

#include <gtest/gtest.h>

namespace hermesh::nat {
namespace {

using namespace std::chrono_literals;

constexpr Behaviour with_lifetime{.mapping = Dependence::address_and_port_dependent,
                                  .ports = PortAssignment::random,
                                  .absolute_lifetime = 10s,
                                  .port_mapping = {.pcp = true}};

Table::LeaseRequest for_laptop(Duration lifetime) {
  return {.inside = laptop, .suggested_port = laptop.port, .lifetime = lifetime};
}

/// The age of a mapping counts from the end of its lease, which comes here between two looks of the
/// wheel at what is due much later: it has one every 34 s.
class LeaseAndLifetime : public ::testing::Test {
protected:
  /// With traffic that would keep it, both ways.
  void talk_until(Time end) {
    for (Time at = noon; at < end; at += 1s) {
      EXPECT_EQ(table_.outbound(udp, laptop, peer, at), to(external_));
      EXPECT_EQ(table_.inbound(udp, peer, external_, at), to(laptop));
    }
  }
  void expect_end_at(Time end) {
    table_.expire(end - 10ms);
    EXPECT_EQ(table_.session_count(), 1U);
    table_.expire(end + 9ms);
    EXPECT_EQ(table_.session_count(), 0U);
    EXPECT_EQ(table_.size(), 0U);
  }
  Table table_ = nat_with(with_lifetime);
  Endpoint external_ = table_.lease(for_laptop(40s), noon).endpoint;
};

TEST_F(LeaseAndLifetime, TheAgeCountsFromTheEndOfItsTime) {
  talk_until(noon + 40s);
  expect_end_at(noon + 50s);
}

TEST_F(LeaseAndLifetime, TheAgeCountsFromItsDeletion) {
  talk_until(noon + 36s);
  table_.end_lease(udp, laptop, noon + 36s);
  expect_end_at(noon + 46s);
}

TEST_F(LeaseAndLifetime, TheAgeCountsFromARestart) {
  talk_until(noon + 36s);
  table_.end_leases(noon + 36s);
  expect_end_at(noon + 46s);
}

TEST_F(LeaseAndLifetime, TheAgeCountsFromTheEndOfAShorterRenewal) {
  talk_until(noon + 20s);
  table_.lease(for_laptop(16s), noon + 20s);
  table_.expire(noon + 35s); // the look before the end
  expect_end_at(noon + 46s);
}

TEST_F(LeaseAndLifetime, ALifetimeThatIsDeclaredLaterCounts) {
  Behaviour without = with_lifetime;
  without.absolute_lifetime = Duration{0};
  table_.set_behaviour(without);
  talk_until(noon + 36s);
  table_.set_behaviour(with_lifetime);
  table_.end_lease(udp, laptop, noon + 36s);
  expect_end_at(noon + 46s);
}

} // namespace
} // namespace hermesh::nat
