// SPDX-License-Identifier: MIT
#include "nat/ports.hh"

#include <bit>

namespace hermesh::nat {
namespace {

constexpr PortRange well_known_ports{0, ordinary_ports.begin};
constexpr std::uint64_t all_ports = ~std::uint64_t{0};
constexpr std::uint64_t even_ports = 0x5555555555555555ULL;

std::uint32_t any_of(const PortRange& range, Random& random) {
  return range.begin + random.below(range.end - range.begin);
}

} // namespace

std::optional<std::uint16_t>
PortSpace::choose(PortAssignment how, std::uint16_t wanted, Random& random) {
  switch (how) {
  case PortAssignment::preserve: return preserved_or_like(wanted, random);
  case PortAssignment::preserve_then_random:
    if (wanted != 0 && !is_taken(wanted)) return wanted;
    break;
  case PortAssignment::sequential_up: return next_up(random);
  case PortAssignment::sequential_down: return next_down(random);
  case PortAssignment::random:
  case PortAssignment::block: break;
  }
  return random_free(ordinary_ports, all_ports, random);
}

std::optional<std::uint16_t> PortSpace::preserved_or_like(std::uint16_t wanted,
                                                          Random& random) const {
  if (wanted != 0 && !is_taken(wanted)) return wanted;
  const bool well_known = wanted != 0 && wanted < ordinary_ports.begin;
  const PortRange& range = well_known ? well_known_ports : ordinary_ports;
  const auto same_parity = random_free(range, even_ports << (wanted & 1U), random);
  return same_parity ? same_parity : random_free(range, all_ports, random);
}

/// From a random port of the range on, the next one that is free; its ends are multiples of 64.
std::optional<std::uint16_t>
PortSpace::random_free(const PortRange& range, std::uint64_t among, Random& random) const {
  const std::uint32_t start = any_of(range, random);
  const int turn = static_cast<int>(start % 64);
  const std::uint32_t first = range.begin / 64;
  const std::uint32_t words = (range.end - range.begin) / 64;
  for (std::uint32_t i = 0; i < words; ++i) {
    const std::uint32_t word = first + (start / 64 - first + i) % words;
    const std::uint64_t free = std::rotr(~taken_[word] & among, turn);
    if (free != 0) {
      const auto bit = static_cast<std::uint32_t>(std::countr_zero(free) + turn) % 64;
      return static_cast<std::uint16_t>(word * 64 + bit);
    }
  }
  return std::nullopt;
}

std::optional<std::uint16_t> PortSpace::choose_in(const PortRange& range, Random& random) const {
  const std::uint32_t start = any_of(range, random);
  const auto above = first_free({start, range.end});
  return above ? above : first_free({range.begin, start});
}

std::optional<std::uint16_t> PortSpace::next_up(Random& random) {
  if (next_ == 0) next_ = any_of(ordinary_ports, random);
  auto port = first_free({next_, ordinary_ports.end});
  if (!port) port = first_free({ordinary_ports.begin, next_});
  if (port) next_ = *port + 1U == ordinary_ports.end ? ordinary_ports.begin : *port + 1U;
  return port;
}

std::optional<std::uint16_t> PortSpace::next_down(Random& random) {
  if (next_ == 0) next_ = any_of(ordinary_ports, random);
  auto port = last_free({ordinary_ports.begin, next_ + 1});
  if (!port) port = last_free({next_ + 1, ordinary_ports.end});
  if (port) next_ = *port == ordinary_ports.begin ? ordinary_ports.end - 1 : *port - 1U;
  return port;
}

std::optional<std::uint16_t> PortSpace::first_free(const PortRange& range) const {
  for (std::uint32_t word = range.begin / 64; word * 64 < range.end; ++word) {
    std::uint64_t free = ~taken_[word];
    if (word == range.begin / 64) free &= all_ports << (range.begin % 64);
    if (free == 0) continue;
    const std::uint32_t port = word * 64 + static_cast<std::uint32_t>(std::countr_zero(free));
    if (port >= range.end) break;
    return static_cast<std::uint16_t>(port);
  }
  return std::nullopt;
}

std::optional<std::uint16_t> PortSpace::last_free(const PortRange& range) const {
  for (std::uint32_t end = range.end; end > range.begin; end = (end - 1) / 64 * 64) {
    const std::uint32_t word = (end - 1) / 64;
    const std::uint64_t free = ~taken_[word] & (all_ports >> (63 - (end - 1) % 64));
    if (free == 0) continue;
    const std::uint32_t port = word * 64 + 63 - static_cast<std::uint32_t>(std::countl_zero(free));
    if (port < range.begin) break;
    return static_cast<std::uint16_t>(port);
  }
  return std::nullopt;
}

void PortSpace::take(std::uint16_t port, Index owner) {
  if (is_taken(port)) {
    sharers_[port].push_back(owner);
    return;
  }
  auto& page = owners_[port / page_size];
  if (!page) {
    page = std::make_unique<Page>();
    page->fill(no_index);
  }
  (*page)[port % page_size] = owner;
  taken_[port / 64] |= std::uint64_t{1} << (port % 64);
}

void PortSpace::release(std::uint16_t port, Index owner) {
  Index& holder = (*owners_[port / page_size])[port % page_size];
  if (const auto shared = sharers_.find(port); shared != sharers_.end()) {
    auto& others = shared->second;
    if (holder == owner)
      holder = others.back(), others.pop_back();
    else
      std::erase(others, owner);
    if (others.empty()) sharers_.erase(shared);
    return;
  }
  holder = no_index;
  taken_[port / 64] &= ~(std::uint64_t{1} << (port % 64));
}

void PortSpace::clear() {
  for (auto& page : owners_)
    page.reset();
  taken_ = {1};
  sharers_.clear();
  next_ = 0;
}

} // namespace hermesh::nat
