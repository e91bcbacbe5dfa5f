// SPDX-License-Identifier: MIT
// The formula against packets: every pair, and random chains of up to three layers.
#include "base/random.hh"
#include "oracle/oracle.hh"
#include "packets.hh"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <sstream>
#include <string>

namespace hermesh::oracle {
namespace {

using enum nat::Dependence;
using Chain = std::vector<nat::Behaviour>;
using Order = PunchWorld::Order;

constexpr std::array grades{endpoint_independent, address_dependent, address_and_port_dependent};
constexpr std::array orders{Order::a_first, Order::b_first, Order::crossing};

std::string describe(const Chain& chain) {
  std::ostringstream text;
  for (const auto& layer : chain)
    text << mapping_name(layer.mapping) << '/' << filtering_name(layer.filtering) << ' '
         << to_string(layer.ports) << ' ' << to_string(layer.flows) << ", ";
  return chain.empty() ? "public" : text.str();
}

class EveryPair : public ::testing::TestWithParam<nat::FlowRule> {};

TEST_P(EveryPair, IsAsTheFormulaSaysInEveryOrder) {
  for (const auto mapping_a : grades)
    for (const auto filtering_a : grades)
      for (const auto mapping_b : grades)
        for (const auto filtering_b : grades)
          for (const Order order : orders) {
            const Chain a{{.mapping = mapping_a, .filtering = filtering_a, .flows = GetParam()}};
            const Chain b{{.mapping = mapping_b, .filtering = filtering_b, .flows = GetParam()}};
            EXPECT_EQ(PunchWorld(a, b, 1).punch(order), direct({a}, {b}))
                << describe(a) << " with " << describe(b) << " order " << static_cast<int>(order);
          }
}

INSTANTIATE_TEST_SUITE_P(Oracle,
                         EveryPair,
                         ::testing::Values(nat::FlowRule::reuse, nat::FlowRule::strict),
                         [](const auto& rule) { return to_string(rule.param); });

/// Chains of up to three layers drawn from all kinds.
class Draw {
public:
  explicit Draw(std::uint64_t seed) : random_(seed) {}

  template <typename Flows>
  Chain chain(Flows&& flows) {
    Chain layers(random_.below(4));
    for (nat::Behaviour& layer : layers) {
      layer.mapping = grades.at(random_.below(3));
      layer.filtering = grades.at(random_.below(3));
      layer.ports = coin() ? nat::PortAssignment::preserve : nat::PortAssignment::random;
      layer.flows = flows();
    }
    return layers;
  }
  nat::FlowRule either() { return coin() ? nat::FlowRule::reuse : nat::FlowRule::strict; }

private:
  bool coin() { return random_.below(2) == 0; }
  Random random_;
};

struct Tally {
  int direct = 0;
  int relayed = 0;
  int differ = 0;
};

template <typename Flows>
void hold_against_packets(std::uint64_t seed, Draw& draw, Flows&& flows) {
  Tally tally;
  for (int i = 0; i < 5000; ++i) {
    const Chain a = draw.chain(flows);
    const Chain b = draw.chain(flows);
    const bool theory = direct({a}, {b});
    ++(theory ? tally.direct : tally.relayed);
    for (const Order order : orders) {
      const bool packets = PunchWorld(a, b, seed + static_cast<std::uint64_t>(i)).punch(order);
      if (packets == theory || ++tally.differ > 10) continue;
      ADD_FAILURE() << "seed " << seed << " trial " << i << " order " << static_cast<int>(order)
                    << "\n  A " << describe(a) << "\n  B " << describe(b) << "\n  formula "
                    << theory << " packets " << packets;
    }
  }
  EXPECT_EQ(tally.differ, 0) << "of " << 3 * (tally.direct + tally.relayed);
  EXPECT_GT(tally.direct, 500) << "the draw must not be one-sided";
  EXPECT_GT(tally.relayed, 500);
}

constexpr std::uint64_t seed = 20250101;

/// A chain as one NAT of the strictest grade per axis: what it looks like to a classifier.
Chain strictest(const Chain& chain) {
  if (chain.empty()) return {};
  nat::Behaviour one{.mapping = endpoint_independent, .filtering = endpoint_independent};
  for (const auto& layer : chain) {
    one.mapping = std::max(one.mapping, layer.mapping);
    one.filtering = std::max(one.filtering, layer.filtering);
  }
  return {one};
}

// Held against the same packets, the tempting shortcut fails: the draw is sharp enough to tell.
TEST(RandomChains, TheStrictestGradePerAxisIsNoOracle) {
  Draw draw(seed);
  int wrong = 0;
  for (int i = 0; i < 5000; ++i) {
    const Chain a = draw.chain([] { return nat::FlowRule::reuse; });
    const Chain b = draw.chain([] { return nat::FlowRule::reuse; });
    const bool shortcut = direct({strictest(a)}, {strictest(b)});
    if (shortcut == direct({a}, {b})) continue;
    ++wrong;
    EXPECT_NE(PunchWorld(a, b, seed).punch(Order::crossing), shortcut)
        << describe(a) << " with " << describe(b);
  }
  EXPECT_GT(wrong, 50);
}

TEST(RandomChains, ThatReuseFlows) {
  Draw draw(seed);
  hold_against_packets(seed, draw, [] { return nat::FlowRule::reuse; });
}

TEST(RandomChains, ThatAreStrict) {
  Draw draw(seed + 1);
  hold_against_packets(seed, draw, [] { return nat::FlowRule::strict; });
}

TEST(RandomChains, ThatMixBothRules) {
  Draw draw(seed + 2);
  hold_against_packets(seed, draw, [&] { return draw.either(); });
}

} // namespace
} // namespace hermesh::oracle
