// SPDX-License-Identifier: MIT
#include "wire/pcapng.hh"

#include "wire/pcapng_blocks.hh"

#include <algorithm>
#include <limits>

namespace hermesh::wire {
namespace {

using namespace pcapng;

constexpr std::size_t longest_option =
    4096; ///< an option's length field has 16 bits; names and reasons are far shorter

/// Appends one block: constructed with its type, closed with its length in both places.
class Block {
public:
  Block(std::vector<std::byte>& out, std::uint32_t type) : out_(out), start_(out.size()) {
    put(type);
    put(std::uint32_t{0}); // the length, known at the end
  }

  template <typename T>
  void put(T value) {
    out_.resize(out_.size() + sizeof value);
    store(out_.size() - sizeof value, value);
  }

  void bytes(std::span<const std::byte> data) {
    out_.insert(out_.end(), data.begin(), data.end());
    out_.resize(out_.size() + padded(data.size()) - data.size());
  }

  void option(std::uint16_t code, std::string_view value) {
    value = value.substr(0, longest_option);
    put(code);
    put(static_cast<std::uint16_t>(value.size()));
    bytes(std::as_bytes(std::span(value)));
  }

  void close() {
    const auto total = static_cast<std::uint32_t>(out_.size() - start_ + 4);
    put(total);
    store(start_ + 4, total);
  }

private:
  template <typename T>
  void store(std::size_t at, T value) {
    for (std::size_t i = 0; i < sizeof value; ++i)
      out_[at + i] = static_cast<std::byte>(value >> (8 * i) & 0xff);
  }

  std::vector<std::byte>& out_;
  std::size_t start_;
};

} // namespace

void write_pcapng_header(std::vector<std::byte>& out,
                         std::string_view segment,
                         std::span<const std::string> ports,
                         std::uint64_t start_of_clock) {
  Block block(out, section_header);
  block.put(byte_order_magic);
  block.put(std::uint16_t{1}); // version 1.0
  block.put(std::uint16_t{0});
  block.put(std::numeric_limits<std::uint64_t>::max()); // the section's length is not known yet
  block.option(shb_userappl, "hermesh");
  block.option(opt_comment, "hermesh-segment=" + std::string(segment));
  block.option(opt_comment, "hermesh-epoch=" + std::to_string(start_of_clock));
  block.option(opt_endofopt, {});
  block.close();
  for (const auto& port : ports)
    write_pcapng_port(out, port);
}

void write_pcapng_port(std::vector<std::byte>& out, std::string_view port) {
  constexpr std::string_view nanoseconds = "\x09";
  Block block(out, interface_description);
  block.put(link_type_ethernet);
  block.put(std::uint16_t{0}); // reserved
  block.put(std::uint32_t{0}); // no limit: `snap` differs by packet
  block.option(if_name, port);
  block.option(if_tsresol, nanoseconds);
  block.option(opt_endofopt, {});
  block.close();
}

void write_pcapng_packet(std::vector<std::byte>& out,
                         std::uint32_t port,
                         std::uint64_t start_of_clock,
                         Time time,
                         std::span<const std::byte> frame,
                         std::size_t snap,
                         std::string_view comment) {
  const auto stamp = start_of_clock + static_cast<std::uint64_t>(time.count());
  const auto kept = frame.first(std::min(frame.size(), snap));
  Block block(out, enhanced_packet);
  block.put(port);
  block.put(static_cast<std::uint32_t>(stamp >> 32));
  block.put(static_cast<std::uint32_t>(stamp));
  block.put(static_cast<std::uint32_t>(kept.size()));
  block.put(static_cast<std::uint32_t>(frame.size()));
  block.bytes(kept);
  if (!comment.empty()) {
    block.option(opt_comment, comment);
    block.option(opt_endofopt, {});
  }
  block.close();
}

} // namespace hermesh::wire
