// SPDX-License-Identifier: MIT
//
// Theory and fabric for peers that share gateways, and for chains at random: what the reference
// puncher achieves through the fabric's own gateways must be what the formula says of the same
// network.
#include "base/random.hh"
#include "oracle/oracle.hh"
#include "runner/matrix.hh"
#include "runner/trial_spec.hh"
#include "runner/virtual_punch.hh"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>

namespace hermesh {
namespace {

using nat::Behaviour;
using nat::FlowRule;
using nat::Hairpin;

constexpr std::array hairpins{Hairpin::off, Hairpin::external_source, Hairpin::internal_source};

std::string describe(const Network& network) {
  std::string text;
  for (const auto& gateway : network.gateways) {
    const auto& b = gateway.behaviour;
    text += fmt::format("\n  {} {} {}/{} {} {} hairpin {}",
                        gateway.spec.name,
                        to_string(b.translating),
                        mapping_name(b.mapping),
                        filtering_name(b.filtering),
                        to_string(b.ports),
                        to_string(b.flows),
                        to_string(b.hairpin));
  }
  return text;
}

/// A network put together gateway by gateway, from the Internet inwards. Its segments are
/// 80.100.0.0/16 and 10.n.0.0/16.
class Builder {
public:
  Builder() { segment("internet", Prefix{Address::v4(0x50640000), 16}); }

  /// The segment behind a new gateway on `outside`.
  std::string behind(const std::string& outside, const std::string& name, const Behaviour& what) {
    auto inside = "behind-" + name;
    const auto number = static_cast<std::uint32_t>(network_.gateways.size() + 1);
    segment(inside, Prefix{Address::v4(0x0A000000 + (number << 16U)), 16});
    network_.gateways.push_back(
        {.spec = {.name = name,
                  .role = "home",
                  .outside = {outside, host_on(outside, 0x100 + 0x80 * number)},
                  .inside = {{inside, host_on(inside, 1)}}},
         .behaviour = what,
         .outside_mac = mac(),
         .inside_macs = {mac()}});
    return inside;
  }
  std::string
  behind_all(std::string segment, const std::string& name, const std::vector<Behaviour>& chain) {
    for (auto layer = chain.rbegin(); layer != chain.rend(); ++layer)
      segment = behind(segment, name + std::to_string(chain.rend() - layer), *layer);
    return segment;
  }

  void machine(const std::string& name, const std::string& segment) {
    const auto number = static_cast<std::uint32_t>(network_.cards.size() + 10);
    network_.cards.push_back({.machine = name,
                              .name = "eth0",
                              .attachment = {segment, host_on(segment, number)},
                              .mac = mac()});
  }

  const Network& network() const { return network_; }

private:
  void segment(const std::string& name, const Prefix& prefix) {
    network_.segments.push_back({.name = name, .ipv4 = prefix});
  }
  Address host_on(const std::string& segment, std::uint32_t number) const {
    return segment_of(network_, segment).ipv4->host(number);
  }
  MacAddress mac() { return {{0x52, 0x54, 0, 0, 0, ++last_mac_}}; }

  Network network_{.segments = {}, .cards = {}, .seed = 5};
  std::uint8_t last_mac_ = 0;
};

bool theory(const Network& network) {
  return oracle::direct(side_of(network, "a"), side_of(network, "b"));
}

/// Two homes behind one carrier, or, without homes, two hosts on one LAN.
class Shared {
public:
  explicit Shared(bool homes) : network_(build(homes)), lab_(network_, "a", "b", "r") {}

  void set(const std::string& gateway, const Behaviour& behaviour) {
    lab_.fabric().set_behaviour(gateway, behaviour);
    std::ranges::find(network_.gateways, gateway, [](const Gateway& g) {
      return g.spec.name;
    })->behaviour = behaviour;
  }
  /// True when they reached each other.
  bool agrees_with_theory() {
    const bool direct = lab_.run().direct();
    EXPECT_EQ(direct, theory(network_)) << describe(network_);
    return direct;
  }

private:
  static Network build(bool homes) {
    Builder builder;
    const auto inside = builder.behind("internet", "shared", {});
    builder.machine("a", homes ? builder.behind(inside, "home-a", {}) : inside);
    builder.machine("b", homes ? builder.behind(inside, "home-b", {}) : inside);
    builder.machine("r", "internet");
    return builder.network();
  }

  Network network_;
  VirtualPunch lab_;
};

class SharedGateway : public ::testing::TestWithParam<FlowRule> {};

INSTANTIATE_TEST_SUITE_P(VirtualPunch,
                         SharedGateway,
                         ::testing::Values(FlowRule::reuse, FlowRule::strict),
                         [](const auto& flows) { return nat::to_string(flows.param); });

TEST_P(SharedGateway, OfTwoHomesIsAsTheFormulaSays) {
  Shared lab(true);
  std::array<int, 3> direct{};
  for (const auto hairpin : hairpins)
    for (auto carrier : nine_kinds(GetParam())) {
      carrier.hairpin = hairpin;
      if (contradiction(carrier)) continue;
      lab.set("shared", carrier);
      for (const auto& a : nine_kinds(GetParam()))
        for (const auto& b : nine_kinds(GetParam())) {
          lab.set("home-a", a);
          lab.set("home-b", b);
          if (lab.agrees_with_theory()) ++direct.at(static_cast<std::size_t>(hairpin));
        }
    }
  EXPECT_EQ(direct[0], 0) << "with hairpin off";
  EXPECT_GT(direct[1], direct[2]) << "inside sources cost";
  EXPECT_GT(direct[2], 0);
}

TEST_P(SharedGateway, OfOneLanIsAsTheFormulaSays) {
  Shared lab(false);
  for (const auto hairpin : hairpins)
    for (auto kind : nine_kinds(GetParam())) {
      kind.hairpin = hairpin;
      if (contradiction(kind)) continue;
      lab.set("shared", kind);
      lab.agrees_with_theory();
    }
}

class Draw {
public:
  explicit Draw(std::uint64_t seed) : random_(seed) {}

  Network network() {
    Builder builder;
    const auto shared = chain(random_.below(2) == 0 ? 0 : 3);
    const auto most = static_cast<std::uint32_t>(3 - shared.size());
    const auto common = builder.behind_all("internet", "shared", shared);
    builder.machine("a", builder.behind_all(common, "a", chain(most)));
    builder.machine("b", builder.behind_all(common, "b", chain(most)));
    builder.machine("r", "internet");
    return builder.network();
  }

private:
  std::vector<Behaviour> chain(std::uint32_t most) {
    std::vector<Behaviour> layers(random_.below(most + 1));
    for (auto& layer : layers)
      do {
        layer = nine_kinds(random_.below(2) == 0 ? FlowRule::reuse : FlowRule::strict)
                    .at(random_.below(9));
        layer.hairpin = hairpins.at(random_.below(3));
        if (random_.below(6) != 0) continue;
        layer.translating = nat::Translating::one_to_one;
        layer.external_addresses = 4;
      } while (contradiction(layer));
    return layers;
  }

  Random random_;
};

TEST(VirtualPunch, RandomNetworksAreAsTheFormulaSays) {
  constexpr std::uint64_t seed = 20250101;
  int direct = 0;
  for (std::uint64_t i = 0; i < 2'000; ++i) {
    const auto network = Draw(seed + i).network();
    const bool punched = VirtualPunch(network, "a", "b", "r").run().direct();
    ASSERT_EQ(punched, theory(network)) << "seed " << seed + i << describe(network);
    direct += punched ? 1 : 0;
  }
  EXPECT_GT(direct, 300) << "the draw must not be one-sided";
  EXPECT_LT(direct, 1700);
}

/// Two dual-stack homes, each behind a gateway of its own, and a relay.
Network dual_stack(const Behaviour& behaviour) {
  Builder builder;
  builder.machine("a", builder.behind("internet", "home-a", behaviour));
  builder.machine("b", builder.behind("internet", "home-b", behaviour));
  builder.machine("r", "internet");
  Network network = builder.network();
  std::uint8_t last = 0;
  const auto give = [&](Attachment& at) {
    at.ipv6 = Address::v6({0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, ++last});
  };
  for (auto& gateway : network.gateways) {
    give(gateway.spec.outside);
    give(gateway.spec.inside.at(0));
  }
  for (auto& card : network.cards)
    give(card.attachment);
  return network;
}

TEST(Pairings, KnowASharedGatewayByItsName) {
  Builder builder;
  const auto carrier = builder.behind("internet", "cgn", {});
  builder.machine("a", builder.behind(carrier, "home-a", {}));
  builder.machine("b", carrier);
  builder.machine("r", "internet");
  const auto a = side_of(builder.network(), "a");
  EXPECT_EQ(a.gateways, (std::vector<std::string>{"home-a", "cgn"}));
  EXPECT_EQ(a.segment, "behind-home-a");
  EXPECT_EQ(side_of(builder.network(), "b").gateways, std::vector<std::string>{"cgn"});
}

TEST(Pairings, Ipv6IsOnlyFiltered) {
  const Behaviour symmetric{.mapping = nat::Dependence::address_and_port_dependent,
                            .ports = nat::PortAssignment::random};
  const auto network = dual_stack(symmetric);
  Abilities vpn{.punches_udp = true, .relays = true};
  EXPECT_EQ(pairings_of(network, "a", "b", {"r"}, vpn).size(), 1U);
  vpn.uses_ipv6 = true;
  const auto families = pairings_of(network, "a", "b", {"r"}, vpn);
  ASSERT_EQ(families.size(), 2U);
  EXPECT_EQ(families[1].a.chain.at(0).translating, nat::Translating::none);
  EXPECT_EQ(families[1].a.chain[0].filtering, symmetric.filtering);
  EXPECT_EQ(oracle::expect({families[0]}, vpn).path, PathKind::relayed);
  EXPECT_EQ(oracle::expect(families, vpn).path, PathKind::direct);
}

TEST(Pairings, Ipv6NeedsAddressesAtBothEndsAndOnTheWay) {
  const Abilities vpn{.punches_udp = true, .relays = true, .uses_ipv6 = true};
  auto no_address = dual_stack({});
  no_address.cards.at(1).attachment.ipv6.reset();
  EXPECT_EQ(pairings_of(no_address, "a", "b", {"r"}, vpn).size(), 1U);
  auto no_way = dual_stack({});
  no_way.gateways.at(0).spec.outside.ipv6.reset();
  EXPECT_EQ(pairings_of(no_way, "a", "b", {"r"}, vpn).size(), 1U);
}

} // namespace
} // namespace hermesh
