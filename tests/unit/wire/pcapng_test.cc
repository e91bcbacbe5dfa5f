// SPDX-License-Identifier: MIT
#include "base/command.hh"
#include "base/error.hh"
#include "base/random.hh"
#include "base/temp_dir.hh"
#include "wire/pcapng.hh"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <sstream>

namespace hermesh::wire {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t epoch = 1'800'000'000'123'456'789ULL;

using Bytes = std::vector<std::byte>;

Bytes frame(std::size_t size) {
  Bytes bytes(size);
  for (std::size_t i = 0; i < size; ++i)
    bytes[i] = static_cast<std::byte>(i * 7);
  return bytes;
}

/// What a capture says, copied out of the callback.
struct Seen {
  std::string port;
  Time time{0};
  std::uint32_t length = 0;
  Bytes bytes{};
  std::string comment{};

  bool operator==(const Seen&) const = default;
};

struct Contents {
  std::string segment;
  std::vector<Seen> frames;
};

Contents read(const Bytes& bytes) {
  std::istringstream in(std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
  Contents contents;
  read_pcapng(in, "test", [&](const CaptureInfo& info, const CapturedFrame& f) {
    contents.segment = info.segment;
    contents.frames.push_back({.port = info.ports.at(f.port),
                               .time = f.time,
                               .length = f.length,
                               .bytes = Bytes(f.bytes.begin(), f.bytes.end()),
                               .comment = std::string(f.comment)});
  });
  return contents;
}

const std::vector<std::string> ports{"a.eth0", "gw-a.inside0"};

/// Two ports, one more later; one frame snapped, one dropped; the oddest lengths for padding.
Bytes capture() {
  Bytes out;
  write_pcapng_header(out, "home-a", ports, epoch);
  write_pcapng_packet(out, 0, epoch, 1500ms + 1ns, frame(61), 4096, "");
  write_pcapng_packet(out, 1, epoch, 2s, frame(1400), 128, "dropped: nat-filtered");
  write_pcapng_port(out, "b.eth0");
  write_pcapng_packet(out, 2, epoch, 3s, frame(14), 4096, "");
  return out;
}

std::string refusal(const Bytes& bytes) {
  try {
    read(bytes);
  } catch (const Error& error) {
    return error.what();
  }
  return "accepted";
}

TEST(Pcapng, GivesBackWhatWasWritten) {
  const auto contents = read(capture());
  const auto large = frame(1400);
  EXPECT_EQ(contents.segment, "home-a");
  ASSERT_EQ(contents.frames.size(), 3U);
  EXPECT_EQ(contents.frames[0], (Seen{"a.eth0", 1500ms + 1ns, 61, frame(61), ""}));
  EXPECT_EQ(contents.frames[1],
            (Seen{"gw-a.inside0",
                  2s,
                  1400,
                  Bytes(large.begin(), large.begin() + 128),
                  "dropped: nat-filtered"}));
  EXPECT_EQ(contents.frames[2], (Seen{"b.eth0", 3s, 14, frame(14), ""}));
}

TEST(Pcapng, ReadsAFileCutAnywhere) {
  const auto whole = capture();
  const auto all = read(whole).frames;
  std::size_t most = 0;
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    const auto frames =
        read(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size))).frames;
    ASSERT_LE(frames.size(), all.size());
    EXPECT_TRUE(std::equal(frames.begin(), frames.end(), all.begin())) << "cut at " << size;
    EXPECT_GE(frames.size(), most) << "cut at " << size;
    most = frames.size();
  }
  EXPECT_EQ(most, all.size());
}

TEST(Pcapng, ReadsTheOtherByteOrder) {
  // Hand-made: big-endian, microseconds by default, no option anywhere.
  const auto big = [](Bytes& out, std::initializer_list<std::uint32_t> words) {
    for (const auto word : words)
      for (int shift = 24; shift >= 0; shift -= 8)
        out.push_back(static_cast<std::byte>(word >> shift & 0xff));
  };
  Bytes out;
  big(out, {0x0a0d0d0a, 28, 0x1a2b3c4d, 0x00010000, 0xffffffff, 0xffffffff, 28});
  big(out, {1, 20, 0x00010000, 0, 20});
  big(out, {6, 36, 0, 0, 1'000'000, 4, 60, 0xdeadbeef, 36});
  const auto contents = read(out);
  ASSERT_EQ(contents.frames.size(), 1U);
  EXPECT_EQ(contents.frames[0].time, Time{1s});
  EXPECT_EQ(contents.frames[0].length, 60U);
  EXPECT_EQ(contents.frames[0].bytes.front(), std::byte{0xde});
}

TEST(Pcapng, SkipsBlocksItDoesNotKnow) {
  Bytes out;
  write_pcapng_header(out, "s", ports, epoch);
  for (const unsigned byte : {5U, 0U, 0U, 0U, 16U, 0U, 0U, 0U, 1U, 2U, 3U, 4U, 16U, 0U, 0U, 0U})
    out.push_back(static_cast<std::byte>(byte)); // interface statistics
  write_pcapng_packet(out, 0, epoch, 1s, frame(60), 4096, "");
  EXPECT_EQ(read(out).frames.size(), 1U);
}

TEST(Pcapng, SaysWhereAFileIsMalformed) {
  EXPECT_EQ(refusal(Bytes(40, std::byte{'x'})), "test: block at offset 0: this is no pcapng file");

  auto foreign_port = capture();
  const auto good = foreign_port.size();
  write_pcapng_packet(foreign_port, 3, epoch, 1s, frame(60), 4096, "");
  EXPECT_EQ(refusal(foreign_port),
            "test: block at offset " + std::to_string(good) + ": it names interface 3 of 3");

  auto lying = capture();
  Bytes extra;
  write_pcapng_packet(extra, 0, epoch, 1s, frame(60), 4096, "");
  extra[20] = std::byte{200}; // captured length
  lying.insert(lying.end(), extra.begin(), extra.end());
  EXPECT_NE(refusal(lying).find("a length in it points past its end"), std::string::npos);

  auto ends = capture();
  ends[ends.size() - 4] = std::byte{1};
  EXPECT_NE(refusal(ends).find("the lengths at its two ends differ"), std::string::npos);

  auto huge = capture();
  const std::size_t length_at = huge.size();
  write_pcapng_packet(huge, 0, epoch, 1s, frame(60), 4096, "");
  huge[length_at + 7] = std::byte{0x7f};
  EXPECT_NE(refusal(huge).find("its length is"), std::string::npos);
}

TEST(Pcapng, AMissingFileIsNamed) {
  EXPECT_THROW(read_pcapng("/nonexistent.pcapng", [](const auto&, const auto&) {}), Error);
}

TEST(Pcapng, SurvivesRandomDamage) {
  const auto whole = capture();
  Random random(20260801);
  for (int round = 0; round < 20'000; ++round) {
    auto damaged = whole;
    const auto hits = 1 + random.below(4);
    for (std::uint32_t i = 0; i < hits; ++i)
      damaged[random.below(static_cast<std::uint32_t>(damaged.size()))] =
          static_cast<std::byte>(random.next());
    try {
      EXPECT_LE(read(damaged).frames.size(), 3U) << "seed 20260801, round " << round;
    } catch (const Error&) { // refused: fine, as long as it is an Error
    }
  }
}

TEST(Pcapng, WiresharkAgrees) {
  HostExecutor host;
  try {
    host.run({.argv = {"tshark", "--version"}}, 20s);
  } catch (const Error&) {
    GTEST_SKIP() << "tshark is not installed (package tshark)";
  }
  const TempDir directory("hermesh-test");
  const auto file = directory.path() / "home-a.pcapng";
  const auto bytes = capture();
  std::ofstream(file, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
  const auto exit = host.run({.argv = {"tshark",
                                       "-r",
                                       file.string(),
                                       "-T",
                                       "fields",
                                       "-E",
                                       "separator=|",
                                       "-e",
                                       "frame.time_epoch",
                                       "-e",
                                       "frame.interface_name",
                                       "-e",
                                       "frame.len",
                                       "-e",
                                       "frame.cap_len",
                                       "-e",
                                       "frame.comment"}},
                             60s);
  EXPECT_EQ(exit.code, 0) << exit.diagnostics;
  EXPECT_EQ(exit.output,
            "1800000001.623456790|a.eth0|61|61|\n"
            "1800000002.123456789|gw-a.inside0|1400|128|dropped: nat-filtered\n"
            "1800000003.123456789|b.eth0|14|14|\n");
}

} // namespace
} // namespace hermesh::wire
