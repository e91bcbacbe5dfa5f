// SPDX-License-Identifier: MIT
#include "nat/ports.hh"

#include <bit>

namespace hermesh::nat {
namespace {

constexpr std::uint32_t first_ordinary_port = 1024;
constexpr std::uint32_t port_end = 65536;
constexpr std::uint64_t even_ports = 0x5555555555555555ULL;

} // namespace

std::optional<std::uint16_t>
PortSpace::choose(PortAssignment how, std::uint16_t wanted, Random& random) const {
  if (how == PortAssignment::random)
    return random_free(first_ordinary_port, port_end, ~std::uint64_t{0}, random);
  if (wanted != 0 && !is_taken(wanted)) return wanted;

  const bool well_known = wanted != 0 && wanted < first_ordinary_port;
  const std::uint32_t begin = well_known ? 0 : first_ordinary_port;
  const std::uint32_t end = well_known ? first_ordinary_port : port_end;
  const auto same_parity = random_free(begin, end, even_ports << (wanted & 1U), random);
  return same_parity ? same_parity : random_free(begin, end, ~std::uint64_t{0}, random);
}

/// From a random port of [begin, end) on, the next one that is free; both are multiples of 64.
std::optional<std::uint16_t> PortSpace::random_free(std::uint32_t begin,
                                                    std::uint32_t end,
                                                    std::uint64_t among,
                                                    Random& random) const {
  const std::uint32_t start = begin + random.below(end - begin);
  const int turn = static_cast<int>(start % 64);
  const std::uint32_t words = (end - begin) / 64;
  for (std::uint32_t i = 0; i < words; ++i) {
    const std::uint32_t word = begin / 64 + (start / 64 - begin / 64 + i) % words;
    const std::uint64_t free = std::rotr(~taken_[word] & among, turn);
    if (free != 0) {
      const auto bit = static_cast<std::uint32_t>(std::countr_zero(free) + turn) % 64;
      return static_cast<std::uint16_t>(word * 64 + bit);
    }
  }
  return std::nullopt;
}

void PortSpace::take(std::uint16_t port, Index owner) {
  auto& page = owners_[port / page_size];
  if (!page) {
    page = std::make_unique<Page>();
    page->fill(no_index);
  }
  (*page)[port % page_size] = owner;
  taken_[port / 64] |= std::uint64_t{1} << (port % 64);
}

void PortSpace::release(std::uint16_t port) {
  (*owners_[port / page_size])[port % page_size] = no_index;
  taken_[port / 64] &= ~(std::uint64_t{1} << (port % 64));
}

void PortSpace::clear() {
  for (auto& page : owners_)
    page.reset();
  taken_ = {1};
}

} // namespace hermesh::nat
