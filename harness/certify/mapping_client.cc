// SPDX-License-Identifier: MIT
#include "certify/mapping_client.hh"

#include "wire/nat_pmp.hh"
#include "wire/pcp.hh"

#include <array>

namespace hermesh {
namespace {

constexpr std::uint16_t client_port = 45350;

VirtualHosts::Sender asking(VirtualHost host) {
  return {.host = host, .port = client_port};
}

std::string refusal_word(wire::nat_pmp::Result result) {
  using enum wire::nat_pmp::Result;
  switch (result) {
  case success: return "no";
  case not_authorized: return "not-authorized";
  case network_failure: return "network-failure";
  case out_of_resources: return "no-resources";
  default: return "result " + std::to_string(static_cast<unsigned>(result));
  }
}

std::string refusal_word(wire::pcp::Result result) {
  using enum wire::pcp::Result;
  switch (result) {
  case success: return "no";
  case not_authorized: return "not-authorized";
  case network_failure: return "network-failure";
  case no_resources:
  case user_ex_quota: return "no-resources";
  default: return "result " + std::to_string(static_cast<unsigned>(result));
  }
}

wire::pcp::Request pcp_request(const MappingClient::Wish& wish, const Address& own) {
  return {.opcode = static_cast<std::uint8_t>(wire::pcp::Opcode::map),
          .lifetime = wish.lifetime,
          .client = own,
          .map =
              wire::pcp::Map{.nonce = {wish.nonce},
                             .protocol = wish.tcp ? wire::ip_protocol::tcp : wire::ip_protocol::udp,
                             .internal_port = wish.port,
                             .external_port = wish.outside != 0 ? wish.outside : wish.port,
                             .external = Address::v4(0)}};
}

} // namespace

std::optional<MappingClient::Answer> MappingClient::ask(Protocol protocol, const Wish& wish) {
  return protocol == Protocol::nat_pmp ? ask_nat_pmp(wish) : ask_pcp(wish);
}

std::optional<MappingClient::Answer> MappingClient::ask_nat_pmp(const Wish& wish) {
  using wire::nat_pmp::Opcode;
  std::array<std::byte, 12> question{};
  const auto size = wire::nat_pmp::write_request(
      question,
      {.opcode = static_cast<std::uint8_t>(wish.tcp ? Opcode::map_tcp : Opcode::map_udp),
       .internal_port = wish.port,
       .suggested_port = wish.outside != 0 ? wish.outside : wish.port,
       .lifetime = wish.lifetime});
  const auto answer = wire::nat_pmp::parse_response(hosts_.ask_gateway(
      asking(wish.host), wire::port_mapping_server_port, std::span(question).first(size)));
  if (!answer || answer->result == wire::nat_pmp::Result::unsupported_version) return std::nullopt;
  Answer told{.refusal = refusal_word(answer->result), .lifetime = answer->lifetime};
  if (!told.granted()) return told;
  const auto address = external_address(wish.host);
  if (!address) return Answer{.refusal = "no external address"};
  told.external = {.address = *address, .port = answer->external_port};
  return told;
}

std::optional<Address> MappingClient::external_address(VirtualHost host) {
  std::array<std::byte, 12> question{};
  const auto size = wire::nat_pmp::write_request(question, {});
  const auto answer = wire::nat_pmp::parse_response(hosts_.ask_gateway(
      asking(host), wire::port_mapping_server_port, std::span(question).first(size)));
  if (!answer || answer->result != wire::nat_pmp::Result::success) return std::nullopt;
  return answer->external;
}

std::optional<MappingClient::Answer> MappingClient::ask_pcp(const Wish& wish) {
  std::array<std::byte, wire::pcp::header_size + wire::pcp::map_size> question{};
  wire::pcp::write_request(question, pcp_request(wish, hosts_.address(wish.host)));
  const auto answer = wire::pcp::parse_response(
      hosts_.ask_gateway(asking(wish.host), wire::port_mapping_server_port, question));
  if (!answer || answer->result == wire::pcp::Result::unsupp_version) return std::nullopt;
  Answer told{.refusal = refusal_word(answer->result), .lifetime = answer->lifetime};
  if (told.granted() && answer->map)
    told.external = {.address = answer->map->external, .port = answer->map->external_port};
  return told;
}

bool MappingClient::is_answered_outside() {
  constexpr VirtualHost outside = VirtualHost::server_one;
  std::array<std::byte, wire::pcp::header_size + wire::pcp::map_size> question{};
  wire::pcp::write_request(
      question, pcp_request({.port = client_port, .lifetime = 60}, hosts_.address(outside)));
  const std::array<std::byte, 2> nat_pmp_question{};
  const auto port = wire::port_mapping_server_port;
  return !hosts_.ask_gateway(asking(outside), port, question).empty() ||
         !hosts_.ask_gateway(asking(outside), port, nat_pmp_question).empty();
}

} // namespace hermesh
