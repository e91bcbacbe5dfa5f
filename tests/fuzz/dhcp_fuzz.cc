// SPDX-License-Identifier: MIT
//
// The DHCP parser and server: whatever a message says, the answer can be read again.
#include "fabric/dhcp_server.hh"

#include <cstdlib>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hermesh;
  const auto message = wire::parse_dhcp(std::as_bytes(std::span(data, size)));
  if (!message) return 0;
  DhcpServer server(
      {.mac = {{2, 0, 0, 0, 0, 1}},
       .ipv4 = Address::parse("192.168.1.1"),
       .ipv4_prefix = Prefix::parse("192.168.1.0/29"),
       .dhcp = true,
       .leases = {{.mac = {{0x52, 0x54, 0, 0, 0, 1}}, .address = *Address::parse("192.168.1.2")}}});
  const auto answer = server.answer(*message);
  if (!answer) return 0;
  std::vector<std::byte> out(wire::dhcp_message_size);
  wire::write_dhcp(out, *answer);
  const auto again = wire::parse_dhcp(out);
  if (!again || again->type != answer->type || again->yours.v4_value() > 0xc0a80107) std::abort();
  return 0;
}
