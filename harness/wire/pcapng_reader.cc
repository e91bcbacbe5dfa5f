// SPDX-License-Identifier: MIT
#include "base/error.hh"
#include "wire/pcapng.hh"
#include "wire/pcapng_blocks.hh"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <istream>
#include <optional>

namespace hermesh::wire {
namespace {

using namespace pcapng;

/// Longer blocks are refused rather than allocated: an Ethernet frame and its options are far
/// below.
constexpr std::uint32_t longest_block = 1U << 20;

/// A block's body, read front to back; each step past the end is the block's fault, not a crash.
class Body {
public:
  Body(std::span<const std::byte> bytes, bool swapped) : bytes_(bytes), swapped_(swapped) {}

  std::size_t left() const { return bytes_.size(); }

  template <typename T>
  T take() {
    const auto raw = take_bytes(sizeof(T));
    T value = 0;
    for (std::size_t i = 0; i < sizeof(T); ++i) {
      const auto at = swapped_ ? i : sizeof(T) - 1 - i;
      value = static_cast<T>(value << 8 | std::to_integer<T>(raw[at]));
    }
    return value;
  }

  std::span<const std::byte> take_bytes(std::size_t count) {
    if (count > bytes_.size()) throw Error("a length in it points past its end");
    const auto taken = bytes_.first(count);
    bytes_ = bytes_.subspan(count);
    return taken;
  }

  std::span<const std::byte> take_padded(std::size_t count) {
    const auto taken = take_bytes(count);
    bytes_ = bytes_.subspan(std::min(padded(count) - count, bytes_.size()));
    return taken;
  }

private:
  std::span<const std::byte> bytes_;
  bool swapped_;
};

std::string_view text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

template <typename Visit>
void each_option(Body& body, Visit visit) {
  while (body.left() >= 4) {
    const auto code = body.take<std::uint16_t>();
    const auto length = body.take<std::uint16_t>();
    if (code == opt_endofopt) return;
    visit(code, body.take_padded(length));
  }
}

/// How many nanoseconds one tick of if_tsresol is (section 4.2): powers of ten only, which is what
/// capture programs write.
std::uint64_t tick(std::uint8_t resolution) {
  if (resolution > 9)
    throw Error(fmt::format("its time resolution {:#x} is not supported", resolution));
  std::uint64_t nanoseconds = 1;
  for (unsigned i = resolution; i < 9; ++i)
    nanoseconds *= 10;
  return nanoseconds;
}

class Reader {
public:
  Reader(std::istream& in, const CaptureVisitor& visit) : in_(in), visit_(visit) {}

  /// False at the end, or where the file was cut short.
  bool block() {
    std::array<std::byte, frame_bytes> head{};
    if (!fill(head)) return false;
    // The magic number behind a section's head says how to read the length before it.
    Body first(head, swapped_);
    const auto type = first.take<std::uint32_t>();
    if (!in_section_ && type != section_header) throw Error("this is no pcapng file");
    if (type == section_header) set_byte_order(head);
    const auto total = Body(std::span(head).subspan(4), swapped_).take<std::uint32_t>();
    if (total < frame_bytes || total % 4 != 0 || total > longest_block)
      throw Error(fmt::format("its length is {}", total));
    buffer_.resize(total - head_bytes);
    std::ranges::copy(std::span(head).subspan(head_bytes), buffer_.begin());
    if (!fill(std::span(buffer_).subspan(frame_bytes - head_bytes))) return false;
    const auto body = std::span<const std::byte>(buffer_).first(buffer_.size() - 4);
    if (Body(std::span(buffer_).last(4), swapped_).take<std::uint32_t>() != total)
      throw Error("the lengths at its two ends differ");
    dispatch(type, Body(body, swapped_));
    offset_ += total;
    return true;
  }

  std::uint64_t offset() const { return offset_; }

private:
  bool fill(std::span<std::byte> into) {
    in_.read(reinterpret_cast<char*>(into.data()), static_cast<std::streamsize>(into.size()));
    return static_cast<std::size_t>(in_.gcount()) == into.size();
  }

  void set_byte_order(std::span<const std::byte> head) {
    const auto magic = Body(head.subspan(head_bytes), false).take<std::uint32_t>();
    if (magic != byte_order_magic && magic != byte_order_magic_swapped)
      throw Error("this is no pcapng file");
    swapped_ = magic == byte_order_magic_swapped;
  }

  void dispatch(std::uint32_t type, Body body) {
    if (type == section_header) return section(body);
    if (type == interface_description) return interface(body);
    if (type == enhanced_packet) return packet(body);
  }

  void section(Body body) {
    in_section_ = true;
    info_ = {};
    ticks_.clear();
    epoch_ = 0;
    body.take_bytes(16); // magic, version, section length
    each_option(body, [this](std::uint16_t code, std::span<const std::byte> value) {
      if (code == opt_comment) comment(text(value));
    });
  }

  void comment(std::string_view said) {
    constexpr std::string_view segment = "hermesh-segment=";
    constexpr std::string_view epoch = "hermesh-epoch=";
    if (said.starts_with(segment)) info_.segment = said.substr(segment.size());
    if (!said.starts_with(epoch)) return;
    said.remove_prefix(epoch.size());
    const auto end = said.data() + said.size();
    const auto [stopped, error] = std::from_chars(said.data(), end, epoch_);
    if (error != std::errc{} || stopped != end) throw Error("its epoch is not a number");
  }

  void interface(Body body) {
    body.take_bytes(8); // link type, reserved, snap length
    std::string name;
    std::uint8_t resolution = 6; // the draft's default: microseconds
    each_option(body, [&](std::uint16_t code, std::span<const std::byte> value) {
      if (code == if_name) name = text(value);
      if (code == if_tsresol && !value.empty())
        resolution = std::to_integer<std::uint8_t>(value[0]);
    });
    ticks_.push_back(tick(resolution));
    info_.ports.push_back(std::move(name));
  }

  void packet(Body body) {
    CapturedFrame frame;
    frame.port = body.take<std::uint32_t>();
    const std::uint64_t high = body.take<std::uint32_t>();
    const std::uint64_t stamp = high << 32 | body.take<std::uint32_t>();
    const auto kept = body.take<std::uint32_t>();
    frame.length = body.take<std::uint32_t>();
    frame.bytes = body.take_padded(kept);
    if (frame.port >= info_.ports.size())
      throw Error(fmt::format("it names interface {} of {}", frame.port, info_.ports.size()));
    each_option(body, [&](std::uint16_t code, std::span<const std::byte> value) {
      if (code == opt_comment) frame.comment = text(value);
    });
    // Unsigned arithmetic: a senseless stamp gives a senseless time and nothing worse.
    frame.time = Time{static_cast<std::int64_t>(stamp * ticks_[frame.port] - epoch_)};
    visit_(info_, frame);
  }

  std::istream& in_;
  const CaptureVisitor& visit_;
  std::vector<std::byte> buffer_{};
  std::vector<std::uint64_t> ticks_{}; ///< nanoseconds per tick, by interface
  CaptureInfo info_{};
  std::uint64_t epoch_ = 0;
  std::uint64_t offset_ = 0;
  bool swapped_ = false;
  bool in_section_ = false;
};

} // namespace

void read_pcapng(std::istream& in, std::string_view name, const CaptureVisitor& visit) {
  Reader reader(in, visit);
  try {
    while (reader.block()) {
    }
  } catch (Error& error) {
    error.add_context(fmt::format("{}: block at offset {}", name, reader.offset()));
    throw;
  }
}

void read_pcapng(const std::filesystem::path& file, const CaptureVisitor& visit) {
  std::ifstream in(file, std::ios::binary);
  if (!in) throw SystemError("read " + file.string());
  read_pcapng(in, file.string(), visit);
}

} // namespace hermesh::wire
