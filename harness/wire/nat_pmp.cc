// SPDX-License-Identifier: MIT
#include "wire/nat_pmp.hh"

namespace hermesh::wire::nat_pmp {
namespace {

constexpr std::uint8_t answer_bit = 0x80;
constexpr std::size_t plain_request_size = 2;
constexpr std::size_t map_request_size = 12;
constexpr std::size_t plain_response_size = 8;
constexpr std::size_t address_response_size = 12;

bool is_map(std::uint8_t opcode) {
  return opcode == static_cast<std::uint8_t>(Opcode::map_udp) ||
         opcode == static_cast<std::uint8_t>(Opcode::map_tcp);
}

} // namespace

std::optional<Request> parse_request(Bytes data) {
  if (data.size() < plain_request_size) return std::nullopt;
  const std::byte* p = data.data();
  if (load8(p) != version || (load8(p + 1) & answer_bit) != 0) return std::nullopt;
  Request request{.opcode = load8(p + 1)};
  if (!is_map(request.opcode)) return request;
  if (data.size() < map_request_size) return std::nullopt;
  request.internal_port = load16(p + 4);
  request.suggested_port = load16(p + 6);
  request.lifetime = load32(p + 8);
  return request;
}

std::optional<Response> parse_response(Bytes data) {
  if (data.size() < plain_response_size) return std::nullopt;
  const std::byte* p = data.data();
  if (load8(p) != version || (load8(p + 1) & answer_bit) == 0) return std::nullopt;
  Response response{.opcode = static_cast<std::uint8_t>(load8(p + 1) & ~answer_bit),
                    .result = Result{load16(p + 2)},
                    .epoch = load32(p + 4)};
  if (response.opcode == static_cast<std::uint8_t>(Opcode::external_address) &&
      data.size() >= address_response_size)
    response.external = load_ipv4(p + 8);
  if (!is_map(response.opcode)) return response;
  if (data.size() < most_response_size) // an error may come without the rest
    return response.result == Result::success ? std::nullopt : std::optional(response);
  response.internal_port = load16(p + 8);
  response.external_port = load16(p + 10);
  response.lifetime = load32(p + 12);
  return response;
}

std::size_t write_request(MutableBytes out, const Request& request) {
  std::byte* p = out.data();
  store8(p, version);
  store8(p + 1, request.opcode);
  if (!is_map(request.opcode)) return plain_request_size;
  store16(p + 2, 0);
  store16(p + 4, request.internal_port);
  store16(p + 6, request.suggested_port);
  store32(p + 8, request.lifetime);
  return map_request_size;
}

std::size_t write_response(MutableBytes out, const Response& response) {
  std::byte* p = out.data();
  store8(p, version);
  store8(p + 1, static_cast<std::uint8_t>(response.opcode | answer_bit));
  store16(p + 2, static_cast<std::uint16_t>(response.result));
  store32(p + 4, response.epoch);
  if (response.opcode == static_cast<std::uint8_t>(Opcode::external_address)) {
    store_ipv4(p + 8, response.external.value_or(Address::v4(0)));
    return address_response_size;
  }
  if (!is_map(response.opcode)) return plain_response_size;
  store16(p + 8, response.internal_port);
  store16(p + 10, response.external_port);
  store32(p + 12, response.lifetime);
  return most_response_size;
}

} // namespace hermesh::wire::nat_pmp
