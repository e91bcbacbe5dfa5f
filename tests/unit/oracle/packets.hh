// SPDX-License-Identifier: MIT
#pragma once

#include "nat/table.hh"

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <set>
#include <vector>

namespace hermesh::oracle {

/// Two hosts behind chains of NAT tables and a server between them, with packets that take time. It
/// knows nothing of the formula: hosts learn endpoints from the server, send to what they know and
/// answer what they see, as a VPN that punches does.
class PunchWorld {
public:
  enum class Order : std::uint8_t {
    a_first, ///< each packet arrives before the next is sent, A begins
    b_first,
    crossing, ///< all that are sent in a round are under way at once
  };

  PunchWorld(const std::vector<nat::Behaviour>& a,
             const std::vector<nat::Behaviour>& b,
             std::uint64_t seed);

  /// Several rounds of probing; true when in the last one a request came through and its answer
  /// came back.
  bool punch(Order order);

private:
  struct Packet {
    Endpoint source;
    Endpoint destination;
    bool request = false;
  };
  struct Host {
    Endpoint endpoint;
    std::vector<nat::Table> layers; ///< innermost first
    std::set<Endpoint> targets{}; ///< where the peer may be: what the server said, and sources seen
    bool answered = false;        ///< in this round
  };

  Endpoint learn_reflexive(Host& host);
  void send(Host& from, const Endpoint& to, bool request);
  void probe(Host& host);
  void deliver_all();
  void arrive(Host& host, Packet packet);

  Time now_{std::chrono::hours{1}};
  Host a_;
  Host b_;
  std::deque<Packet> under_way_;
};

} // namespace hermesh::oracle
