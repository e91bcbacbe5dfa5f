// SPDX-License-Identifier: MIT
#include "fabric/peer_owner.hh"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <charconv>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace hermesh {
namespace {

std::vector<std::string_view> fields_of(std::string_view line) {
  std::vector<std::string_view> fields;
  while (true) {
    const auto begin = line.find_first_not_of(' ');
    if (begin == std::string_view::npos) return fields;
    const auto end = std::min(line.find(' ', begin), line.size());
    fields.push_back(line.substr(begin, end - begin));
    line.remove_prefix(end);
  }
}

template <typename Number>
std::optional<Number> number(std::string_view text, int base) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// "0100007F:1F90": the address as the host keeps it in memory, and the port.
bool is_loopback_port(std::string_view field, std::uint16_t port) {
  const auto colon = field.find(':');
  if (colon == std::string_view::npos) return false;
  const auto address = number<std::uint32_t>(field.substr(0, colon), 16);
  const auto found = number<std::uint16_t>(field.substr(colon + 1), 16);
  return address == htonl(INADDR_LOOPBACK) && found == port;
}

std::uint16_t port_of(const sockaddr_in& address) {
  return ntohs(address.sin_port);
}

} // namespace

std::optional<uid_t>
owner_of_connection(std::string_view table, std::uint16_t local_port, std::uint16_t remote_port) {
  while (!table.empty()) {
    const auto end = std::min(table.find('\n'), table.size());
    const auto fields = fields_of(table.substr(0, end));
    table.remove_prefix(std::min(end + 1, table.size()));
    // number, local address, remote address, state, queues, timer, retransmits, uid
    if (fields.size() < 8 || !is_loopback_port(fields[1], local_port) ||
        !is_loopback_port(fields[2], remote_port))
      continue;
    return number<uid_t>(fields[7], 10);
  }
  return std::nullopt;
}

std::optional<uid_t> peer_owner(int socket) {
  sockaddr_in own{};
  sockaddr_in peer{};
  socklen_t size = sizeof own;
  // The socket interface takes sockaddr*, whatever the family.
  if (::getsockname(socket, reinterpret_cast<sockaddr*>(&own), &size) < 0) return std::nullopt;
  size = sizeof peer;
  if (::getpeername(socket, reinterpret_cast<sockaddr*>(&peer), &size) < 0) return std::nullopt;
  std::ifstream file("/proc/net/tcp");
  const std::string table{std::istreambuf_iterator<char>(file), {}};
  return owner_of_connection(table, port_of(peer), port_of(own));
}

} // namespace hermesh
