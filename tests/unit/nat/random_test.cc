// SPDX-License-Identifier: MIT
// Random behaviours and random traffic, against a slow table that is plain to see through.
#include "reference_nat.hh"
#include "table_fixture.hh"

#include <algorithm>
#include <initializer_list>

namespace hermesh::nat {
namespace {

using namespace std::chrono_literals;

template <typename Value>
Value any_of(Random& random, std::initializer_list<Value> values) {
  return values.begin()[random.below(static_cast<std::uint32_t>(values.size()))];
}

Dependence any_dependence(Random& random) {
  using enum Dependence;
  return any_of(random, {endpoint_independent, address_dependent, address_and_port_dependent});
}

Behaviour any_behaviour(Random& random) {
  Behaviour b;
  do {
    b = {.translating = any_of(
             random,
             {Translating::napt, Translating::napt, Translating::none, Translating::one_to_one}),
         .mapping = any_dependence(random),
         .filtering = any_dependence(random),
         .ports = any_of(random,
                         {PortAssignment::preserve,
                          PortAssignment::random,
                          PortAssignment::sequential_up,
                          PortAssignment::sequential_down,
                          PortAssignment::block,
                          PortAssignment::preserve_then_random}),
         .overload_ports = random.below(3) == 0,
         .flows = any_of(random, {FlowRule::reuse, FlowRule::strict}),
         .hairpin =
             any_of(random, {Hairpin::off, Hairpin::external_source, Hairpin::internal_source}),
         .refresh = any_of(random, {Refresh::both, Refresh::outbound_only}),
         .timers = {.udp_unreplied = 20s,
                    .udp_stream = 40s,
                    .tcp_transitory = 25s,
                    .tcp_established = 90s,
                    .icmp = 15s},
         .absolute_lifetime = any_of(random, {Duration{0}, Duration{50s}, Duration{15s}}),
         .pooling = any_of(random, {Pooling::paired, Pooling::arbitrary}),
         .external_addresses = any_of<std::uint16_t>(random, {1, 2, 3}),
         .icmp_errors = random.below(4) != 0,
         .per_host_limit = any_of(random, {0U, 0U, 4U})};
    if (b.ports == PortAssignment::block)
      b.port_block_size = // three blocks of one address are soon all in use
          b.external_addresses == 1 ? any_of<std::uint16_t>(random, {3, 64, 20000}) : 5;
    if (b.translating == Translating::napt)
      b.port_mapping = {.pcp = true, .outbound = random.below(3) != 0};
  } while (contradiction(b));
  return b;
}

/// One table and its reference, in a world small enough for clashes.
class Sequence {
public:
  explicit Sequence(std::uint64_t seed)
      : random_(derive_seed(seed, "sequence")), behaviour_(any_behaviour(random_)),
        limit_(any_of<std::size_t>(random_, {8, 1000})), table_(behaviour_, wan, seed, limit_),
        reference_(behaviour_, wan, limit_) {}

  /// What went wrong, and at which step; empty: nothing.
  std::string run() {
    for (int i = 0; i < 50; ++i) {
      auto wrong = step();
      now_ += 100ms; // what an RST ends at once, a table ends with its next tick
      table_.expire(now_);
      if (wrong.empty()) wrong = reference_.counts(now_, table_);
      if (!wrong.empty()) return "step " + std::to_string(i) + ": " + what_ + ": " + wrong;
    }
    return "";
  }

private:
  std::string step() {
    now_ += random_.below(6) == 0 ? 100ms * random_.below(300) : 0ms;
    switch (random_.below(22)) {
    case 0: return age();
    case 1: return restart();
    case 16:
    case 17:
    case 18: return lease();
    case 19: return end_lease();
    case 20: return forget();
    case 21: return fill();
    case 2: return errors();
    case 3: return turn_round();
    case 4:
    case 5:
    case 6:
    case 7:
    case 8:
    case 9: return in();
    default: return out();
    }
  }

  std::string out() {
    what_ = "outbound";
    return send(protocol(), inside(), remote());
  }
  std::string send(Protocol protocol, const Endpoint& from, const Endpoint& to) {
    const auto flags = this->flags();
    const auto given = table_.outbound(protocol, from, to, now_, flags);
    if (given) externals_.push_back(given.endpoint);
    return reference_.outbound(protocol, from, to, now_, flags, given);
  }
  std::string in() {
    what_ = "inbound";
    const auto protocol = this->protocol();
    const auto flags = this->flags();
    const Endpoint from = remote();
    const Endpoint to = external();
    return reference_.inbound(
        protocol, from, to, now_, flags, table_.inbound(protocol, from, to, now_, flags));
  }
  /// What the sender's side maps is out in the open before it turns round.
  std::string turn_round() {
    what_ = "hairpin";
    const Endpoint from = inside();
    const Endpoint to = external();
    const auto protocol = this->protocol();
    if (auto wrong = send(protocol, from, to); !wrong.empty()) return wrong;
    now_ += 100ms;
    if (!reference_.has_way_out(protocol, from, to, now_)) return "";
    const auto flags = any_of(random_, {tcp::syn, tcp::ack});
    return reference_.hairpin(
        protocol, from, to, now_, flags, table_.hairpin(protocol, from, to, now_, flags));
  }
  std::string errors() {
    what_ = "error";
    const bool of_lease = random_.below(2) == 0;
    const auto protocol = of_lease ? leased_.protocol : this->protocol();
    const Endpoint from = of_lease ? leased_.inside : inside();
    const Endpoint to = remote();
    const Endpoint at = external();
    auto wrong = reference_.outbound_error(
        protocol, from, to, now_, table_.outbound_error(protocol, from, to, now_));
    if (!wrong.empty()) return wrong;
    return reference_.inbound_error(
        protocol, at, to, now_, table_.inbound_error(protocol, at, to, now_));
  }
  std::string age() {
    what_ = "age";
    const Duration by = 100ms * random_.below(100);
    table_.age(by);
    reference_.age(by);
    return "";
  }
  std::string restart() {
    if (random_.below(4) != 0) return "";
    what_ = any_of(random_, {"clear", "reboot"});
    if (what_ == "clear") {
      table_.clear();
      reference_.clear();
    } else {
      table_.expire(now_); // what had ended by then has none of it
      table_.reboot();
      reference_.reboot(now_);
    }
    return "";
  }
  std::string lease() {
    if (behaviour_.translating != Translating::napt) return "";
    what_ = "lease";
    const Table::LeaseRequest request{
        .protocol = protocol(),
        .inside = inside(),
        .suggested_port = any_of<std::uint16_t>(random_, {0, 1030, 5000, 5001, 6000}),
        .suggested_address = any_of(random_, {Address{}, Address{}, wan, peer.address}),
        .exactly = random_.below(4) == 0,
        .lifetime = 100ms * (1 + random_.below(600))};
    const auto given = table_.lease(request, now_);
    leased_ = request;
    if (given) externals_.push_back(given.endpoint);
    return reference_.lease(request, now_, given);
  }
  std::string end_lease() {
    what_ = "end of leases";
    if (random_.below(3) == 0) {
      table_.end_leases(now_);
      reference_.end_leases(now_);
      return "";
    }
    const auto protocol = this->protocol();
    const Endpoint of = inside();
    table_.end_lease(protocol, of, now_);
    reference_.end_lease(protocol, of, now_);
    return "";
  }
  std::string forget() {
    what_ = "forget";
    const Endpoint of = inside();
    std::optional<std::uint16_t> port;
    if (random_.below(2) == 0) port = of.port;
    return reference_.forget(of.address, port, now_, table_.forget(of.address, port, now_));
  }
  std::string fill() {
    what_ = "fill";
    const bool on = random_.below(3) == 0;
    table_.fill(on);
    reference_.fill(on);
    return "";
  }

  Protocol protocol() { return any_of(random_, {Protocol::udp, Protocol::tcp, Protocol::icmp}); }
  Endpoint inside() {
    return {.address = Address::v4(0xC0A80102 + random_.below(4)),
            .port = any_of<std::uint16_t>(random_, {500, 5000, 5001})};
  }
  Endpoint remote() {
    return {.address = Address::v4(0x50640A01 + random_.below(2)),
            .port = any_of<std::uint16_t>(random_, {3478, 3479})};
  }
  Endpoint external() {
    if (externals_.empty() || random_.below(10) == 0) return {.address = wan, .port = 5000};
    const auto latest = std::min<std::uint32_t>(6, static_cast<std::uint32_t>(externals_.size()));
    return externals_[externals_.size() - 1 - random_.below(latest)];
  }
  TcpFlags flags() {
    return any_of<TcpFlags>(
        random_,
        {tcp::syn, tcp::syn | tcp::ack, tcp::ack, tcp::ack, tcp::fin | tcp::ack, tcp::rst});
  }

  Random random_;
  Behaviour behaviour_;
  std::size_t limit_;
  Table table_;
  ReferenceNat reference_;
  Time now_ = noon;
  std::string what_;
  std::vector<Endpoint> externals_; ///< seen so far
  Table::LeaseRequest leased_{};    ///< the last that was asked for
};

TEST(NatRandom, TenThousandSequencesDoWhatTheReferenceSays) {
  constexpr std::uint64_t first_seed = 1;
  for (std::uint64_t seed = first_seed; seed < first_seed + 10'000; ++seed) {
    const std::string wrong = Sequence(seed).run();
    ASSERT_EQ(wrong, "") << "seed " << seed;
  }
}

} // namespace
} // namespace hermesh::nat
