// SPDX-License-Identifier: MIT
#pragma once

#include "nat/table.hh"

#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <vector>

namespace hermesh::oracle {

/// Who is behind what. All chains innermost first; those of A and B end where `shared` begins.
struct Scene {
  std::vector<nat::Behaviour> a{};
  std::vector<nat::Behaviour> b{};
  std::vector<nat::Behaviour> shared{};
  bool own_addresses = false; ///< the hosts tell each other their own, too
  bool asks = false;          ///< both hosts ask their gateways for ports, and tell each other
  bool one_port = true;       ///< both hosts send from the same port
  bool by_tcp = false; ///< an answer counts only from where its request went, and sources that are
                       ///< seen are not dialled
};

/// Two hosts behind NAT tables and a server beyond them all, with packets that take time. It knows
/// nothing of the formula: packets are routed hop by hop through networks, hosts learn endpoints
/// from the server, send to what they know and answer what they see, as a VPN that punches does.
class PunchWorld {
public:
  enum class Order : std::uint8_t {
    a_first, ///< each packet arrives before the next is sent, A begins
    b_first,
    crossing, ///< all that are sent in a round are under way at once
  };

  PunchWorld(const Scene& scene, std::uint64_t seed);

  /// Several rounds of probing; true when in the last one (by TCP: in any) a request came through
  /// and its answer came back.
  bool punch(Order order);

private:
  enum class Kind : std::uint8_t { hello, request, answer };
  using NetworkId = std::size_t; ///< 0: the Internet

  struct Packet {
    Endpoint source;
    Endpoint destination;
    Kind kind = Kind::request;
    NetworkId at = 0;
    std::size_t sender = 0; ///< a host's number, which the message carries
  };
  struct Host {
    Endpoint endpoint;
    NetworkId network = 0;
    std::set<Endpoint> targets{}; ///< where the peer may be: what it was told, and sources seen
    bool answered = false;        ///< in this round
  };
  struct Box {
    nat::Table table;
    NetworkId outside = 0;
    NetworkId inside = 0;
  };

  NetworkId
  put_behind(const std::vector<nat::Behaviour>& chain, NetworkId network, std::uint64_t seed);
  void introduce(const Scene& scene);
  std::optional<Endpoint> ask_for_port(std::size_t host);

  Host* host_at(NetworkId network, const Address& address);
  Box* way_in(NetworkId network, const Address& address);
  Box* way_out(NetworkId network);
  bool is_within(NetworkId network, const Address& address);

  void send(std::size_t host, const Endpoint& to, Kind kind);
  bool climb(Packet& packet);
  bool turn_round(Packet& packet);
  bool descend(Packet& packet);
  void arrive(std::size_t host, const Packet& packet);
  void probe(std::size_t host);
  void deliver_all();

  Time now_{std::chrono::hours{1}};
  bool by_tcp_ = false;
  NetworkId networks_ = 1;
  std::deque<Box> boxes_{};
  std::vector<Host> hosts_{};                   ///< A, B, the server
  std::vector<std::optional<Endpoint>> seen_{}; ///< by the server, of A and of B
  std::deque<Packet> under_way_{};
};

} // namespace hermesh::oracle
