// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>

/// The numbers of draft-ietf-opsawg-pcapng that the writer and the reader share.
namespace hermesh::wire::pcapng {

inline constexpr std::uint32_t section_header = 0x0a0d0d0a; // section 4.1
inline constexpr std::uint32_t interface_description = 1;   // section 4.2
inline constexpr std::uint32_t enhanced_packet = 6;         // section 4.3

inline constexpr std::uint32_t byte_order_magic = 0x1a2b3c4d;
inline constexpr std::uint32_t byte_order_magic_swapped = 0x4d3c2b1a;

inline constexpr std::uint16_t opt_endofopt = 0; // section 3.5
inline constexpr std::uint16_t opt_comment = 1;
inline constexpr std::uint16_t shb_userappl = 4;
inline constexpr std::uint16_t if_name = 2;
inline constexpr std::uint16_t if_tsresol = 9;

inline constexpr std::uint16_t link_type_ethernet = 1;

/// Type and total length in front of a block's body, and the total length again behind it.
inline constexpr std::size_t head_bytes = 8;
inline constexpr std::size_t frame_bytes = 12;

/// Everything is padded to 32 bits (section 3.1).
constexpr std::size_t padded(std::size_t size) {
  return (size + 3) & ~std::size_t{3};
}

} // namespace hermesh::wire::pcapng
