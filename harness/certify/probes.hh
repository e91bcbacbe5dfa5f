// SPDX-License-Identifier: MIT
#pragma once

#include "certify/certify.hh"
#include "certify/mapping_client.hh"
#include "certify/virtual_hosts.hh"

#include <array>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace hermesh {

/// The probes of certification, one axis each, every one on source ports of its own. They write
/// what they found, and how, into `found`. Order matters (see `measure_all`).
///
/// Where UDP does not pass, TCP carries the probes that are about both.
class Probes {
public:
  Probes(VirtualHosts& hosts, MeasuredBehaviour& found) : hosts_(hosts), found_(found) {}

  void measure_all();
  /// Of a firewall without translation.
  void measure_ipv6();

private:
  using Seen = std::optional<Endpoint>;
  using Probe = void (Probes::*)();

  void run(std::initializer_list<Probe> probes);

  /// With which packets a session comes to be, and what then ends it when idle.
  enum class Life : std::uint8_t {
    udp_unreplied,
    udp_stream,
    tcp_transitory,
    tcp_established,
    icmp
  };
  struct Session {
    Life life;
    std::uint16_t port;  ///< inside
    Endpoint external{}; ///< as the server saw it
  };

  struct PortPair {
    std::uint16_t inside;
    Endpoint external;
  };

  // reachability.cc: what may go out
  void out_policies();
  void icmp_query();
  bool passes_udp() const { return udp_port_.has_value(); }
  bool passes_tcp() const { return tcp_port_.has_value(); }
  bool passes_something() const { return passes_udp() || passes_tcp(); }
  std::vector<std::uint16_t> passing(Carrier carrier);
  void choose_carrier(const std::vector<std::uint16_t>& udp, const std::vector<std::uint16_t>& tcp);

  // grades.cc: RFC 4787 sections 4.1 and 5
  void mapping();
  void filtering();
  void early_inbound(std::uint16_t port, const Endpoint& external);
  void flows();

  // assignment.cc: RFC 4787 section 4.2
  void survey();
  void assignment();
  void judge_ports(const std::vector<PortPair>& pairs);
  void judge_pool(const std::vector<PortPair>& pairs, bool enough);
  void measure_block(std::uint16_t lowest, std::uint16_t highest, std::size_t opened);
  void clashes();
  void overloading();
  void judge_overloading(bool shared, const std::vector<Seen>& of_second, bool kept_one_port);

  // hairpin.cc: RFC 4787 section 6
  void hairpin();
  std::string turn_round(VirtualHost from, VirtualHost to, std::string& seen);

  // lifetimes.cc: RFC 4787 section 4.3, RFC 5382 section 5, RFC 5508 section 3.2
  void lifetimes();
  std::optional<Duration> lifetime(Life life, std::string& seen);
  std::optional<bool> survives(Life life, Duration idle);
  void absolute_lifetime();
  Duration absolute_after(const Session& kept, Duration step, Duration known);
  void refresh();
  bool is_refreshed(Life life, Duration past, bool inbound);
  static Carrier carrier_of(Life life);
  std::optional<std::uint16_t> remote_port(Life life) const;
  std::optional<Session> open(Life life);
  bool speak_out(const Session& session);
  bool speak_in(const Session& session);

  // links.cc: RFC 1191, RFC 8200
  struct Way {
    VirtualHost from, to;
    Endpoint source, destination; ///< as the sender writes them
  };
  struct Crossing {
    bool arrived = false;
    std::optional<std::size_t> reported{}; ///< the MTU that the sender was told
  };
  struct Link {
    std::optional<std::size_t> mtu{};
    std::size_t lost = 0;
    std::size_t silent = 0; ///< of the lost, those whose sender was told nothing
    std::set<std::size_t> reported{};
  };
  void link_mtu();
  Link measure_link(const Way& way);
  Crossing cross(std::size_t size, const Way& way);
  bool arrives_in_pieces(const Way& way);
  std::vector<std::byte> frame_of(std::size_t size, const wire::FrameAddresses& ends) const;
  void judge_mtu_errors(const Link& there, const Link& back);
  void ipv6();

  // transport.cc: RFC 5382, RFC 5508, fragments
  void icmp_errors();
  void unsolicited_syn();
  void simultaneous_open();
  void fragments();

  // port_mapping.cc: RFC 6886, RFC 6887
  struct Leased {
    std::uint16_t port; ///< inside
    Endpoint external;
    std::uint32_t lifetime;
  };
  void port_mapping();
  MappingClient::Wish wish(std::uint16_t port, std::uint32_t lifetime) const;
  void measure_refusal(MappingClient::Protocol protocol);
  void measure_leases(MappingClient::Protocol protocol);
  std::optional<Leased> lease_anew(MappingClient::Protocol protocol, std::uint32_t lifetime);
  bool stranger_reaches(const Leased& lease);
  void lease_directions(MappingClient::Protocol protocol);
  void lease_lifetime(MappingClient::Protocol protocol);
  void lease_end(MappingClient::Protocol protocol);
  void lease_holder(MappingClient::Protocol protocol);

  void note(const char* axis, std::string probe, std::string seen) {
    found_.evidence.push_back({axis, std::move(probe), std::move(seen)});
  }
  VirtualHosts::Sender from(VirtualHost host, std::uint16_t port) const {
    return {.host = host, .port = port, .carrier = carrier_};
  }
  /// By the carrier of the general probes, to a server's first port.
  Seen send_out(VirtualHost host, std::uint16_t port, VirtualHost server);
  Seen send_out(VirtualHost host, std::uint16_t port, VirtualHost server, std::uint16_t to);
  Seen send_out_as(const Address& inside, std::uint16_t port);
  /// Did it reach that port of the first host inside, with its source unchanged?
  bool send_in(VirtualHost server, std::uint16_t from, const Endpoint& external, std::uint16_t to);
  std::string sent() const; ///< "UDP", "a TCP SYN"

  VirtualHosts& hosts_;
  MeasuredBehaviour& found_;
  Carrier carrier_ = Carrier::udp;
  std::uint16_t first_port_ = 0;               ///< of servers, that the carrier passes to
  std::optional<std::uint16_t> second_port_{}; ///< when another passes
  std::optional<std::uint16_t> udp_port_{};    ///< one that UDP passes to
  std::optional<std::uint16_t> tcp_port_{};
  bool query_passes_ = false;
  std::optional<Address> fellow_{}; ///< an inside address that shares inside_one's external one
  std::size_t addresses_seen_ = 0;  ///< external ones, of all hosts
  bool room_inside_ = true;         ///< there were hosts enough to see all of them
  std::array<std::optional<Duration>, 5> lives_{}; ///< by Life
  std::optional<Duration> absolute_{};
};

/// "nothing" for what did not arrive.
std::string text_of(const std::optional<Endpoint>& seen);
/// Of sources as seen by two ports of each of two servers, or by one port of each.
std::string mapping_grade(const std::vector<std::optional<Endpoint>>& seen);

} // namespace hermesh
