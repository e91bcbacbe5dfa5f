// SPDX-License-Identifier: MIT
#pragma once

#include "base/error.hh"
#include "base/fd.hh"
#include "wire/bytes.hh"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>

#include <chrono>
#include <optional>
#include <vector>

namespace hermesh::testing {

/// The machine's end of a port: what QEMU is to the fabric.
class StreamHost {
public:
  explicit StreamHost(std::uint16_t port)
      : socket_(check("make a socket", ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0))) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    check("connect",
          ::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address));
  }

  int get() const { return socket_.get(); }

  void send(wire::Bytes frame) {
    std::vector<std::byte> out(4);
    wire::store32(out.data(), static_cast<std::uint32_t>(frame.size()));
    out.insert(out.end(), frame.begin(), frame.end());
    send_raw(out);
  }
  void send_raw(wire::Bytes bytes) {
    while (!bytes.empty())
      bytes = bytes.subspan(static_cast<std::size_t>(
          check("send", ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL))));
  }

  /// The next frame; empty when none comes within `patience` or the connection ends.
  std::optional<std::vector<std::byte>>
  receive(std::chrono::milliseconds patience = std::chrono::seconds{20}) {
    const auto head = take(4, patience);
    if (!head) return std::nullopt;
    return take(wire::load32(head->data()), patience);
  }

private:
  std::optional<std::vector<std::byte>> take(std::size_t size, std::chrono::milliseconds patience) {
    while (buffer_.size() < size) {
      pollfd readable{.fd = socket_.get(), .events = POLLIN, .revents = 0};
      if (::poll(&readable, 1, static_cast<int>(patience.count())) != 1) return std::nullopt;
      std::vector<std::byte> chunk(65536);
      const auto got = ::recv(socket_.get(), chunk.data(), chunk.size(), 0);
      if (got <= 0) return std::nullopt;
      buffer_.insert(buffer_.end(), chunk.begin(), chunk.begin() + got);
    }
    const auto end = buffer_.begin() + static_cast<std::ptrdiff_t>(size);
    std::vector<std::byte> taken(buffer_.begin(), end);
    buffer_.erase(buffer_.begin(), end);
    return taken;
  }

  Fd socket_;
  std::vector<std::byte> buffer_;
};

} // namespace hermesh::testing
