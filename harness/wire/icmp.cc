// SPDX-License-Identifier: MIT
#include "wire/icmp.hh"

#include "wire/checksum.hh"

namespace hermesh::wire {
namespace {

void write_header(MutableBytes message, const IcmpHeader& header) {
  std::byte* p = message.data();
  store8(p, header.type);
  store8(p + 1, header.code);
  store16(p + 2, 0);
  store32(p + 4, header.rest);
}

} // namespace

std::optional<IcmpHeader> parse_icmp(Bytes data) {
  if (data.size() < icmp_header_size) return std::nullopt;
  const std::byte* p = data.data();
  return IcmpHeader{
      .type = load8(p), .code = load8(p + 1), .checksum = load16(p + 2), .rest = load32(p + 4)};
}

void write_icmp(MutableBytes message, const IcmpHeader& header) {
  write_header(message, header);
  store16(message.data() + 2, checksum_of(sum_of(message)));
}

void write_icmpv6(MutableBytes message,
                  const IcmpHeader& header,
                  const Address& source,
                  const Address& destination) {
  write_header(message, header);
  const auto sum =
      sum_of(message) + pseudo_header_sum(source, destination, ip_protocol::icmpv6, message.size());
  store16(message.data() + 2, checksum_of(sum));
}

} // namespace hermesh::wire
