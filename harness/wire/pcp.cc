// SPDX-License-Identifier: MIT
#include "wire/pcp.hh"

namespace hermesh::wire::pcp {
namespace {

constexpr std::uint8_t answer_bit = 0x80;
constexpr std::size_t option_header_size = 4;
constexpr std::size_t least_request_size = 2; // below, not even a version (section 8.2)

std::size_t padded(std::size_t size) {
  return (size + 3) / 4 * 4;
}

Map load_map(const std::byte* p) {
  Map map{.protocol = load8(p + 12),
          .internal_port = load16(p + 16),
          .external_port = load16(p + 18),
          .external = load_ipv6(p + 20)};
  std::memcpy(map.nonce.data(), p, map.nonce.size());
  return map;
}

void store_map(std::byte* p, const Map& map) {
  std::memcpy(p, map.nonce.data(), map.nonce.size());
  store32(p + 12, std::uint32_t{map.protocol} << 24);
  store16(p + 16, map.internal_port);
  store16(p + 18, map.external_port);
  store_ipv6(p + 20, map.external);
}

void store_answer_header(
    std::byte* p, std::uint8_t opcode, Result result, std::uint32_t lifetime, std::uint32_t epoch) {
  store8(p, version);
  store8(p + 1, static_cast<std::uint8_t>(opcode | answer_bit));
  store8(p + 2, 0);
  store8(p + 3, static_cast<std::uint8_t>(result));
  store32(p + 4, lifetime);
  store32(p + 8, epoch);
  std::memset(p + 12, 0, 12);
}

/// False when one reaches beyond the end.
bool take_options(Bytes data, std::vector<Option>& options) {
  while (!data.empty()) {
    if (data.size() < option_header_size) return false;
    const std::size_t size = load16(data.data() + 2);
    if (data.size() < option_header_size + padded(size)) return false;
    options.push_back({.kind = load8(data.data()), .data = data.subspan(option_header_size, size)});
    data = data.subspan(option_header_size + padded(size));
  }
  return true;
}

} // namespace

std::optional<Parsed> parse_request(Bytes data) {
  if (data.size() < least_request_size) return std::nullopt;
  const std::byte* p = data.data();
  if ((load8(p + 1) & answer_bit) != 0) return std::nullopt;
  Parsed parsed{.request = {.opcode = load8(p + 1)}};
  const auto failed = [&](Result result) {
    parsed.result = result;
    return parsed;
  };
  if (load8(p) != version) return failed(Result::unsupp_version);
  if (data.size() < header_size || data.size() > most_size || data.size() % 4 != 0)
    return failed(Result::malformed_request);
  parsed.request.lifetime = load32(p + 4);
  parsed.request.client = load_ipv6(p + 8);
  Bytes rest = data.subspan(header_size);
  if (parsed.request.opcode > static_cast<std::uint8_t>(Opcode::map))
    return failed(Result::unsupp_opcode);
  if (parsed.request.opcode == static_cast<std::uint8_t>(Opcode::map)) {
    if (rest.size() < map_size) return failed(Result::malformed_request);
    parsed.request.map = load_map(rest.data());
    rest = rest.subspan(map_size);
  }
  if (!take_options(rest, parsed.request.options)) return failed(Result::malformed_option);
  return parsed;
}

std::optional<Response> parse_response(Bytes data) {
  if (data.size() < header_size || data.size() > most_size) return std::nullopt;
  const std::byte* p = data.data();
  if (load8(p) != version || (load8(p + 1) & answer_bit) == 0) return std::nullopt;
  Response response{.opcode = static_cast<std::uint8_t>(load8(p + 1) & ~answer_bit),
                    .result = Result{load8(p + 3)},
                    .lifetime = load32(p + 4),
                    .epoch = load32(p + 8)};
  if (response.opcode != static_cast<std::uint8_t>(Opcode::map)) return response;
  if (data.size() >= header_size + map_size)
    response.map = load_map(p + header_size);
  else if (response.result == Result::success)
    return std::nullopt;
  return response;
}

std::size_t write_request(MutableBytes out, const Request& request) {
  std::byte* p = out.data();
  store8(p, version);
  store8(p + 1, request.opcode);
  store16(p + 2, 0);
  store32(p + 4, request.lifetime);
  store_ipv6(p + 8, request.client);
  if (!request.map) return header_size;
  store_map(p + header_size, *request.map);
  return header_size + map_size;
}

std::size_t write_response(MutableBytes out, const Response& response) {
  store_answer_header(
      out.data(), response.opcode, response.result, response.lifetime, response.epoch);
  if (!response.map) return header_size;
  store_map(out.data() + header_size, *response.map);
  return header_size + map_size;
}

std::size_t write_error(
    MutableBytes out, Bytes request, Result result, std::uint32_t lifetime, std::uint32_t epoch) {
  const std::size_t copied = std::min(request.size(), most_size);
  const std::size_t size = std::max(header_size, padded(copied));
  std::ranges::fill(out.first(size), std::byte{0});
  std::ranges::copy(request.first(copied), out.begin());
  const std::uint8_t opcode = copied > 1 ? load8(request.data() + 1) : std::uint8_t{0};
  store_answer_header(out.data(), opcode, result, lifetime, epoch);
  return size;
}

} // namespace hermesh::wire::pcp
