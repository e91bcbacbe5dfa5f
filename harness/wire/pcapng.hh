// SPDX-License-Identifier: MIT
#pragma once

#include "base/time.hh"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <iosfwd>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hermesh::wire {

/// Serialises pcapng blocks (draft-ietf-opsawg-pcapng) into a byte buffer: one section, one
/// interface per switch port (if_name is the port's name, link type Ethernet, if_tsresol 9),
/// enhanced packet blocks with an optional comment. Little-endian whatever the host. Pure: the
/// caller writes the bytes to a file.
///
/// `start_of_clock`: what the wall clock showed (nanoseconds since 1970) at fabric time zero. Time
/// stamps are absolute, so that captures of different hosts line up in Wireshark; the section's
/// comments "hermesh-segment=<name>" and "hermesh-epoch=<ns>" give a reader segment and fabric
/// times back exactly.
void write_pcapng_header(std::vector<std::byte>& out,
                         std::string_view segment,
                         std::span<const std::string> ports,
                         std::uint64_t start_of_clock);
/// `port`: index into the header's ports. `snap`: at most so many bytes of the frame are kept.
void write_pcapng_packet(std::vector<std::byte>& out,
                         std::uint32_t port,
                         std::uint64_t start_of_clock,
                         Time time,
                         std::span<const std::byte> frame,
                         std::size_t snap,
                         std::string_view comment);
/// A port that appeared later (a virtual host, a moved card): its index is the next one.
void write_pcapng_port(std::vector<std::byte>& out, std::string_view port);

struct CapturedFrame {
  Time time{0};                     ///< fabric time; since 1970 in a file without "hermesh-epoch"
  std::uint32_t port = 0;           ///< index into CaptureInfo::ports
  std::uint32_t length = 0;         ///< on the wire
  std::span<const std::byte> bytes; ///< valid during the callback
  std::string_view comment;         ///< empty, or "dropped: <reason>"; valid during the callback
};

struct CaptureInfo {
  std::string segment; ///< empty in a file that hermesh did not write
  std::vector<std::string> ports;
};

using CaptureVisitor = std::function<void(const CaptureInfo&, const CapturedFrame&)>;

/// Calls `visit` for each packet in order. Throws Error with file and offset on a malformed block;
/// a file cut short in the middle of a block (kill -9) is read up to there. Never trusts a length.
/// `ports` may grow while reading. Either byte order, any decimal time resolution down to
/// nanoseconds; other kinds of blocks are skipped.
void read_pcapng(const std::filesystem::path& file, const CaptureVisitor& visit);

/// The same from a stream; `name` stands for the file in messages.
void read_pcapng(std::istream& in, std::string_view name, const CaptureVisitor& visit);

} // namespace hermesh::wire
