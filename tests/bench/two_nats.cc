// SPDX-License-Identifier: MIT
#include "bench/two_nats.hh"

#include "base/error.hh"
#include "fabric/frame_stream.hh"
#include "wire/frame.hh"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace hermesh::bench {
namespace {

constexpr int socket_buffer = 64 * 1024; // the fabric's

MacAddress mac(std::uint8_t last) {
  return {{0x52, 0x54, 0, 0, 0, last}};
}
Address ip(std::string_view text) {
  return *Address::parse(text);
}

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

} // namespace

Network two_nats() {
  Network n{.segments = {{.name = "internet", .ipv4 = Prefix::parse("80.100.0.0/16")},
                         {.name = "home-a", .ipv4 = Prefix::parse("192.168.1.0/24")},
                         {.name = "home-b", .ipv4 = Prefix::parse("192.168.2.0/24")}},
            .cards = {},
            .seed = 1};
  const auto side = [&](std::string name,
                        std::string home,
                        std::string outer,
                        std::string prefix,
                        std::uint8_t m) {
    Gateway& gateway = n.gateways.emplace_back();
    gateway.spec = {.name = "gw-" + name,
                    .role = "home",
                    .outside = {.segment = "internet", .ipv4 = ip(outer)},
                    .inside = {{.segment = home, .ipv4 = ip(prefix + "1")}}};
    gateway.outside_mac = mac(m);
    gateway.inside_macs = {mac(static_cast<std::uint8_t>(m + 1))};
    n.cards.push_back({.machine = name,
                       .name = "eth0",
                       .attachment = {.segment = home, .ipv4 = ip(prefix + "10")},
                       .mac = mac(static_cast<std::uint8_t>(m + 2))});
  };
  side("a", "home-a", "80.100.0.1", "192.168.1.", 0x10);
  side("b", "home-b", "80.100.0.2", "192.168.2.", 0x20);
  return n;
}

void punch(Fabric& fabric) {
  const auto send = [&](const char* card, const wire::FrameAddresses& ends) {
    auto frame = wire::make_udp_frame(ends, {});
    fabric.receive(fabric.port(card), frame, Time{0});
  };
  const wire::FrameAddresses from_a{.source_mac = mac(0x12),
                                    .destination_mac = mac(0x11),
                                    .source = {ip("192.168.1.10"), 5000},
                                    .destination = {ip("80.100.0.2"), 5000}};
  const wire::FrameAddresses from_b{.source_mac = mac(0x22),
                                    .destination_mac = mac(0x21),
                                    .source = {ip("192.168.2.10"), 5000},
                                    .destination = {ip("80.100.0.1"), 5000}};
  auto arp = [&](const char* card,
                 const MacAddress& own,
                 const Address& address,
                 const MacAddress& to,
                 const Address& gateway) {
    // A question makes the gateway know the one who asks.
    auto frame = wire::make_arp_request(own, address, gateway);
    wire::store_mac(frame.data(), to);
    fabric.receive(fabric.port(card), frame, Time{0});
  };
  arp("a.eth0", mac(0x12), ip("192.168.1.10"), mac(0x11), ip("192.168.1.1"));
  arp("b.eth0", mac(0x22), ip("192.168.2.10"), mac(0x21), ip("192.168.2.1"));
  send("a.eth0", from_a);
  send("b.eth0", from_b);
  send("a.eth0", from_a);
}

std::vector<std::byte> two_nats_frame(std::size_t size) {
  const std::vector<std::byte> payload(size - 42, std::byte{0x5a});
  return wire::make_udp_frame({.source_mac = mac(0x12),
                               .destination_mac = mac(0x11),
                               .source = {ip("192.168.1.10"), 5000},
                               .destination = {ip("80.100.0.2"), 5000}},
                              payload);
}

Fd connect_to(std::uint16_t port) {
  Fd socket{check("make a socket", ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0))};
  const sockaddr_in address = loopback(port);
  check("connect",
        ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address));
  const int on = 1;
  check("set TCP_NODELAY", ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on));
  return socket;
}

BareForwarder::BareForwarder() {
  for (std::size_t i = 0; i < 2; ++i) {
    listeners_[i] = Fd{check("make a socket", ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0))};
    const int fd = listeners_[i].get();
    for (const int option : {SO_RCVBUF, SO_SNDBUF})
      check("set a buffer",
            ::setsockopt(fd, SOL_SOCKET, option, &socket_buffer, sizeof socket_buffer));
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    check("bind", ::bind(fd, reinterpret_cast<sockaddr*>(&address), size));
    check("listen", ::listen(fd, 1));
    check("getsockname", ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size));
    ports_[i] = ntohs(address.sin_port);
  }
}

BareForwarder::~BareForwarder() {
  if (peers_[0]) ::shutdown(peers_[0].get(), SHUT_RDWR);
  if (thread_.joinable()) thread_.join();
}

void BareForwarder::start() {
  for (std::size_t i = 0; i < 2; ++i)
    peers_[i] = Fd{check("accept", ::accept4(listeners_[i].get(), nullptr, nullptr, SOCK_CLOEXEC))};
  thread_ = std::thread([this] { run(); });
}

void BareForwarder::run() {
  FrameInput input;
  FrameOutput output(1 << 20);
  while (true) {
    const auto room = input.room();
    const auto got = ::recv(peers_[0].get(), room.data(), room.size(), 0);
    if (got <= 0) return;
    input.filled(static_cast<std::size_t>(got));
    for (auto next = input.next(); next.state == FrameInput::State::frame; next = input.next())
      output.push(next.frame);
    while (output.waiting() > 0) {
      const auto bytes = output.bytes();
      const auto sent = ::send(peers_[1].get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      output.written(static_cast<std::size_t>(sent));
    }
  }
}

} // namespace hermesh::bench
