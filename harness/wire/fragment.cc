// SPDX-License-Identifier: MIT
#include "wire/fragment.hh"

#include "wire/checksum.hh"
#include "wire/ethernet.hh"
#include "wire/ip.hh"

#include <algorithm>
#include <vector>

namespace hermesh::wire {
namespace {

constexpr std::uint16_t more_fragments = 0x2000;
constexpr std::byte end_of_options{0};
constexpr std::byte no_operation{1};
constexpr std::byte copied{0x80};

/// Options that are not copied on fragmentation stay in the first piece alone (RFC 791 section
/// 3.1); in the others nothing stands in their place.
void blank_first_options(MutableBytes options) {
  std::size_t at = 0;
  while (at < options.size() && options[at] != end_of_options) {
    std::size_t size = 1;
    if (options[at] != no_operation) {
      if (at + 1 >= options.size()) return;
      size = load8(options.data() + at + 1);
      if (size < 2 || at + size > options.size()) return; // broken: as it was
      if ((options[at] & copied) == std::byte{0})
        std::ranges::fill(options.subspan(at, size), no_operation);
    }
    at += size;
  }
}

} // namespace

void fragment_ipv4(Bytes frame, std::size_t mtu, const std::function<void(MutableBytes)>& each) {
  const auto packet = frame.subspan(ethernet_header_size);
  const IpHeader ip = *parse_ipv4(packet);
  const auto data = packet.subspan(ip.header_size, ip.data_size());
  const std::size_t most = (mtu - ip.header_size) / 8 * 8;
  std::vector<std::byte> piece(frame.begin(),
                               frame.begin() + ethernet_header_size + ip.header_size);
  piece.resize(ethernet_header_size + mtu);
  for (std::size_t at = 0; at < data.size(); at += most) {
    const auto part = data.subspan(at, std::min(most, data.size() - at));
    const std::size_t size = ip.header_size + part.size();
    const auto out = MutableBytes(piece).subspan(ethernet_header_size, size);
    std::ranges::copy(packet.first(ip.header_size), out.begin());
    if (at > 0)
      blank_first_options(out.subspan(ipv4_header_size, ip.header_size - ipv4_header_size));
    std::ranges::copy(part, out.begin() + ip.header_size);
    const bool last = at + part.size() == data.size() && !ip.more_fragments;
    store16(out.data() + 2, static_cast<std::uint16_t>(size));
    store16(
        out.data() + 6,
        static_cast<std::uint16_t>((last ? 0 : more_fragments) | (ip.fragment_offset + at) / 8));
    store16(out.data() + 10, 0);
    store16(out.data() + 10, checksum_of(sum_of(out.first(ip.header_size))));
    std::ranges::copy(frame.first(ethernet_header_size), piece.begin());
    each(MutableBytes(piece).first(ethernet_header_size + size));
  }
}

} // namespace hermesh::wire
