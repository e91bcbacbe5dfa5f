// SPDX-License-Identifier: MIT
// Several external addresses, addresses without ports, and no translation at all.
#include "table_fixture.hh"

#include <array>
#include <set>

namespace hermesh::nat {
namespace {

using namespace std::chrono_literals;
using enum Dependence;

Endpoint host(std::uint32_t number, std::uint16_t port = 5000) {
  return {.address = Address::v4(0x0A000000 + number), .port = port};
}

Address external(std::uint32_t number) {
  return Address::v4(wan.v4_value() + number);
}

std::set<Address> addresses_of(Table& nat, std::uint32_t number) {
  std::set<Address> addresses;
  for (std::uint16_t socket = 1; socket <= 50; ++socket)
    for (const auto protocol : {Protocol::udp, Protocol::tcp, Protocol::icmp})
      addresses.insert(nat.outbound(protocol, host(number, socket), peer, noon).endpoint.address);
  return addresses;
}

TEST(NatPool, PairedGivesAHostOneAddress) { // RFC 4787 REQ-2
  auto nat = nat_with({.external_addresses = 4});
  std::set<Address> all;
  for (std::uint32_t number = 1; number <= 4; ++number) {
    const auto addresses = addresses_of(nat, number);
    EXPECT_EQ(addresses.size(), 1U);
    all.merge(std::set(addresses));
  }
  EXPECT_EQ(all, (std::set{external(0), external(1), external(2), external(3)}));
}

TEST(NatPool, ArbitraryGivesItAny) {
  auto nat = nat_with({.pooling = Pooling::arbitrary, .external_addresses = 3});
  EXPECT_EQ(addresses_of(nat, 1), (std::set{external(0), external(1), external(2)}));
}

TEST(NatPool, AMappingAnswersAtItsOwnAddressOnly) {
  auto nat = nat_with({.filtering = endpoint_independent, .external_addresses = 2});
  const auto one = nat.outbound(udp, host(2), peer, noon).endpoint;
  const auto two = nat.outbound(udp, host(3), peer, noon).endpoint;
  EXPECT_EQ(one, (Endpoint{external(0), 5000})) << "no clash: another address, another port 5000";
  EXPECT_EQ(two, (Endpoint{external(1), 5000}));
  EXPECT_EQ(nat.inbound(udp, stranger, one, noon), to(host(2)));
  EXPECT_EQ(nat.inbound(udp, stranger, two, noon), to(host(3)));
  EXPECT_EQ(nat.inbound(udp, stranger, {external(2), 5000}, noon), no_mapping);
}

TEST(NatPool, EveryAddressHasAllPorts) {
  auto nat = nat_with(
      {.ports = PortAssignment::random, .pooling = Pooling::arbitrary, .external_addresses = 2});
  std::set<Endpoint> externals;
  for (std::uint32_t i = 0; i < 2 * 64512; ++i)
    externals.insert(nat.outbound(udp, host(i), peer, noon).endpoint);
  EXPECT_EQ(externals.size(), 2U * 64512U);
  EXPECT_EQ(nat.outbound(udp, laptop, peer, noon), ports_exhausted);
}

TEST(NatPool, SaysWhichAddressesAreIts) {
  auto nat = nat_with({.external_addresses = 2});
  EXPECT_TRUE(nat.is_external(wan));
  EXPECT_TRUE(nat.is_external(external(1)));
  EXPECT_FALSE(nat.is_external(external(2)));
  EXPECT_FALSE(nat.is_external(Address::v4(wan.v4_value() - 1)));
  EXPECT_FALSE(nat.is_external(laptop.address));
}

TEST(NatOneToOne, ChangesAddressesOnly) { // RFC 3022 section 2.1
  auto nat = nat_with({.translating = Translating::one_to_one, .external_addresses = 2});
  std::set<Address> externals;
  for (const std::uint32_t number : {2U, 4U}) {
    std::set<Address> of_host;
    for (const std::uint16_t port : std::array<std::uint16_t, 3>{80, 5000, 65535}) {
      const auto sent = nat.outbound(udp, host(number, port), peer, noon);
      EXPECT_EQ(sent.endpoint.port, port);
      EXPECT_EQ(nat.inbound(udp, peer, sent.endpoint, noon), to(host(number, port)));
      of_host.insert(sent.endpoint.address);
    }
    EXPECT_EQ(of_host.size(), 1U);
    externals.merge(of_host);
  }
  EXPECT_EQ(externals.size(), 2U) << "none is shared";
  EXPECT_EQ(nat.outbound(udp, host(3), peer, noon), ports_exhausted) << "nor left for a third";
  EXPECT_TRUE(nat.outbound(udp, host(3), peer, noon + 300s));
}

TEST(NatOneToOne, StillFilters) {
  auto nat = nat_with({.translating = Translating::one_to_one, .filtering = address_dependent});
  const auto sent = nat.outbound(udp, laptop, peer, noon).endpoint;
  EXPECT_EQ(nat.inbound(udp, peer_other_port, sent, noon), to(laptop));
  EXPECT_EQ(nat.inbound(udp, stranger, sent, noon), filtered);
  EXPECT_EQ(nat.inbound(udp, peer, {sent.address, 9}, noon), no_mapping);
}

class NatFirewall : public ::testing::TestWithParam<Dependence> {
protected:
  Table nat_ = nat_with({.translating = Translating::none, .filtering = GetParam()});
};

TEST_P(NatFirewall, ChangesNothingAndFilters) {
  EXPECT_EQ(nat_.inbound(udp, peer, laptop, noon), no_mapping);
  EXPECT_EQ(nat_.outbound(udp, laptop, peer, noon), to(laptop));
  EXPECT_EQ(nat_.inbound(udp, peer, laptop, noon), to(laptop));
  EXPECT_EQ(nat_.inbound(udp, peer_other_port, laptop, noon),
            GetParam() == address_and_port_dependent ? filtered : to(laptop));
  EXPECT_EQ(nat_.inbound(udp, stranger, laptop, noon),
            GetParam() == endpoint_independent ? to(laptop) : filtered);
  EXPECT_EQ(nat_.inbound(udp, peer, phone, noon), no_mapping);
}

TEST_P(NatFirewall, HasTheTimersOfANat) {
  nat_.outbound(udp, laptop, peer, noon);
  EXPECT_EQ(nat_.inbound(udp, peer, laptop, noon + 121s), no_mapping);
  EXPECT_EQ(nat_.size(), 0U);
}

TEST_P(NatFirewall, TwoHostsWithOnePortAreTwo) {
  EXPECT_EQ(nat_.outbound(udp, laptop, peer, noon), to(laptop));
  EXPECT_EQ(nat_.outbound(udp, phone, peer, noon), to(phone));
  EXPECT_EQ(nat_.inbound(udp, peer, phone, noon), to(phone));
}

TEST_P(NatFirewall, TranslatesErrorsToWhatTheyWere) {
  nat_.outbound(udp, laptop, peer, noon);
  EXPECT_EQ(nat_.inbound_error(udp, laptop, peer, noon), to(laptop));
}

INSTANTIATE_TEST_SUITE_P(Filters,
                         NatFirewall,
                         ::testing::Values(endpoint_independent,
                                           address_dependent,
                                           address_and_port_dependent),
                         [](const auto& filter) { return filtering_name(filter.param); });

TEST(NatErrors, MayBeDropped) {
  auto nat = nat_with({.icmp_errors = false});
  const auto sent = nat.outbound(udp, laptop, peer, noon).endpoint;
  EXPECT_EQ(nat.inbound_error(udp, sent, peer, noon), filtered);
  EXPECT_EQ(nat.outbound_error(udp, laptop, peer, noon), filtered);
}

TEST(NatTranslating, AnotherKindIsAnotherBox) {
  auto nat = nat_with({});
  using enum Translating;
  for (const auto translating : {none, one_to_one, napt, one_to_one, none, napt}) {
    nat.outbound(udp, laptop, peer, noon);
    nat.set_behaviour({.translating = translating, .filtering = endpoint_independent});
    EXPECT_EQ(nat.size(), 0U);
    const auto sent = nat.outbound(udp, laptop, peer, noon);
    ASSERT_TRUE(sent);
    EXPECT_EQ(sent.endpoint.address, translating == none ? laptop.address : wan);
    EXPECT_EQ(nat.inbound(udp, stranger, sent.endpoint, noon), to(laptop));
  }
  nat.expire(noon + 3000s);
  EXPECT_EQ(nat.session_count(), 0U);
}

} // namespace
} // namespace hermesh::nat
