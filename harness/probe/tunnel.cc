// SPDX-License-Identifier: MIT
#include "probe/tunnel.hh"

#include "base/error.hh"
#include "probe/puncher_activity.hh"

#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <limits>

namespace hermesh::probe {
namespace {

using namespace std::chrono_literals;

constexpr Duration between_punches = 200ms; // also keeps the mapping alive
constexpr Duration lost_after = 2s;
constexpr std::array<std::byte, 4> data_mark{
    std::byte{'h'}, std::byte{'m'}, std::byte{'p'}, std::byte{'d'}};
constexpr std::size_t largest = 2048;

Fd open_tun(const std::string& name) {
  Fd tun{check("open /dev/net/tun", ::open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC))};
  ifreq request{};
  if (name.size() >= IFNAMSIZ) throw Error("the interface's name '" + name + "' is too long");
  std::memcpy(request.ifr_name, name.data(), name.size());
  request.ifr_flags = IFF_TUN | IFF_NO_PI;
  check("attach to the interface " + name, ::ioctl(tun.get(), TUNSETIFF, &request));
  return tun;
}

/// The destination of an IPv4 packet.
std::optional<Address> destination(std::span<const std::byte> packet) {
  if (packet.size() < 20 || std::to_integer<unsigned>(packet[0]) >> 4 != 4) return std::nullopt;
  std::uint32_t value = 0;
  for (std::size_t i = 16; i < 20; ++i)
    value = value << 8 | std::to_integer<std::uint32_t>(packet[i]);
  return Address::v4(value);
}

std::string plain(const Endpoint& endpoint) {
  return to_string(socket_of(endpoint));
}
std::string plain(const Address& address) {
  const auto text = plain(Endpoint{.address = address, .port = 0});
  return text.substr(0, text.rfind(':'));
}

/// One peer: its puncher, and where it can be reached.
struct Peer {
  punch::Puncher puncher;
  Address overlay;
  std::optional<Endpoint> told_state{}; ///< what was written of it last
};

class Tunnel {
public:
  explicit Tunnel(const TunnelOptions& options)
      : options_(options), tun_(open_tun(options.interface)),
        socket_(udp_socket(socket_address("0.0.0.0", 0))), started_(monotonic_now()) {
    for (const auto& [number, overlay] : options.peers) {
      const auto low = std::uint64_t{std::min(number, options.self)};
      const auto high = std::uint64_t{std::max(number, options.self)};
      peers_.push_back({.puncher = punch::Puncher(
                            {.session = low << 32 | high,
                             .side = static_cast<std::uint8_t>(options.self < number ? 0 : 1),
                             .server = options.server,
                             .interval = between_punches,
                             .rounds = std::numeric_limits<unsigned>::max(),
                             .lost_after = lost_after}),
                        .overlay = overlay});
      write_state(peers_.back());
    }
  }

  [[noreturn]] void run() {
    while (true) {
      std::array<pollfd, 2> polls{pollfd{tun_.get(), POLLIN, 0}, pollfd{socket_.get(), POLLIN, 0}};
      ::poll(polls.data(), polls.size(), static_cast<int>(between_punches / 2ms));
      if (polls[0].revents != 0) outbound();
      if (polls[1].revents != 0) inbound();
      const Time now{monotonic_now() - started_};
      for (auto& peer : peers_) {
        send(peer.puncher.advance(now));
        if (peer.puncher.reached() != peer.told_state) write_state(peer);
      }
    }
  }

private:
  void outbound() {
    std::array<std::byte, largest> buffer{};
    std::memcpy(buffer.data(), data_mark.data(), data_mark.size());
    for (int i = 0; i < most_at_once; ++i) {
      const auto got =
          ::read(tun_.get(), buffer.data() + data_mark.size(), buffer.size() - data_mark.size());
      if (got <= 0) return;
      const auto packet =
          std::span(buffer).subspan(data_mark.size(), static_cast<std::size_t>(got));
      const auto to = destination(packet);
      for (auto& peer : peers_)
        if (to == peer.overlay && peer.puncher.reached())
          probe::send(socket_,
                      std::span(buffer).first(data_mark.size() + packet.size()),
                      socket_of(*peer.puncher.reached()));
    }
  }

  void inbound() {
    std::array<std::byte, largest> buffer{};
    Datagram datagram;
    for (int i = 0; i < most_at_once && probe::receive(socket_, buffer, datagram); ++i) {
      const auto bytes = datagram.bytes;
      if (bytes.size() > data_mark.size() &&
          std::equal(data_mark.begin(), data_mark.end(), bytes.begin())) {
        const auto packet = bytes.subspan(data_mark.size());
        // A full interface drops, as any link does.
        [[maybe_unused]] const auto written = ::write(tun_.get(), packet.data(), packet.size());
        continue;
      }
      const auto message = punch::decode(bytes);
      if (!message) continue;
      for (auto& peer : peers_) {
        send(peer.puncher.receive(endpoint_of(datagram.from), *message));
        if (peer.puncher.reached() != peer.told_state) write_state(peer);
      }
    }
  }

  void send(const std::vector<punch::Datagram>& datagrams) {
    for (const auto& datagram : datagrams)
      probe::send(socket_, punch::encode(datagram.message), socket_of(datagram.to));
  }

  /// What the status script prints: this VPN's own claim.
  void write_state(Peer& peer) {
    peer.told_state = peer.puncher.reached();
    const auto file = options_.state_folder + "/" + plain(peer.overlay);
    std::ofstream out(file + ".part", std::ios::trunc);
    out << "{\"path\":\"" << (peer.told_state ? "direct" : "unreachable")
        << "\",\"via\":\"\",\"endpoint\":\"" << (peer.told_state ? plain(*peer.told_state) : "")
        << "\"}\n";
    out.close();
    std::rename((file + ".part").c_str(), file.c_str());
  }

  TunnelOptions options_;
  Fd tun_;
  Fd socket_;
  std::int64_t started_;
  std::vector<Peer> peers_{};
};

std::uint32_t number(const std::string& text, const char* what) {
  try {
    std::size_t used = 0;
    const auto value = std::stoul(text, &used);
    if (used == text.size() && value <= std::numeric_limits<std::uint32_t>::max())
      return static_cast<std::uint32_t>(value);
  } catch (const std::exception&) { // said below
  }
  throw Error(std::string(what) + ": found '" + text + "', wanted a number");
}

} // namespace

TunnelOptions read_tunnel_options(const std::vector<std::string>& words) {
  // INTERFACE STATE-FOLDER SERVER PORT SELF [PEER OVERLAY]...
  if (words.size() < 5 || words.size() % 2 != 1)
    throw Error("wanted INTERFACE STATE-FOLDER SERVER PORT SELF [PEER OVERLAY]...");
  TunnelOptions options{.interface = words[0], .self = number(words[4], "SELF")};
  options.state_folder = words[1];
  options.server =
      endpoint_of(socket_address(words[2], static_cast<std::uint16_t>(number(words[3], "PORT"))));
  for (std::size_t i = 5; i < words.size(); i += 2)
    options.peers[number(words[i], "PEER")] = endpoint_of(socket_address(words[i + 1], 0)).address;
  return options;
}

void run_tunnel(const TunnelOptions& options) {
  Tunnel(options).run();
}

void run_rendezvous(std::uint16_t port) {
  RendezvousActivity server(socket_address("0.0.0.0", port), PunchBy::udp);
  while (true) {
    pollfd readable{server.socket(), POLLIN, 0};
    if (::poll(&readable, 1, -1) > 0) server.receive();
  }
}

} // namespace hermesh::probe
