// SPDX-License-Identifier: MIT
#include "base/clock.hh"
#include "base/temp_dir.hh"
#include "fabric/frame_stream.hh"
#include "fabric/loop.hh"
#include "fabric/peer_owner.hh"
#include "stream_host.hh"
#include "wire/pcapng.hh"
#include "world.hh"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

namespace hermesh::testing {
namespace {

using namespace std::chrono_literals;

/// Two cards on one segment, behind a loop.
Network pair() {
  Network n{
      .segments = {{.name = "lan", .ipv4 = Prefix::parse("10.0.0.0/24")}}, .cards = {}, .seed = 3};
  for (const std::uint8_t i : std::initializer_list<std::uint8_t>{1, 2})
    n.cards.push_back({.machine = std::string(1, "wxyz"[i]),
                       .name = "eth0",
                       .attachment = {.segment = "lan", .ipv4 = ip("10.0.0." + std::to_string(i))},
                       .mac = {{0x52, 0x54, 0, 0, 1, i}}});
  return n;
}

std::vector<std::byte> frame_between(int from, int to, std::string_view text) {
  const Network n = pair();
  const auto end = [&](int i) { return Endpoint{*n.cards[std::size_t(i)].attachment.ipv4, 7}; };
  return wire::make_udp_frame({.source_mac = n.cards[std::size_t(from)].mac,
                               .destination_mac = n.cards[std::size_t(to)].mac,
                               .source = end(from),
                               .destination = end(to)},
                              bytes_of(text));
}

std::string text_in(const std::optional<std::vector<std::byte>>& frame) {
  return frame ? text_of(wire::summarise(*frame)->data) : "(nothing)";
}

std::uint64_t dropped(FabricLoop& loop, const std::string& where, DropReason reason) {
  std::uint64_t frames = 0;
  loop.with([&](Fabric& fabric, Time) {
    for (const LedgerRow& row : fabric.ledger())
      if (row.where == where && row.reason == reason) frames = row.frames;
  });
  return frames;
}

/// Waits until the loop has let the peer in, which its connect() does not tell.
void settle(FabricLoop& loop, StreamHost& from, StreamHost& to) {
  SteadyClock clock;
  wait_for("the two hosts to be joined", 20s, clock, [&]() -> std::optional<bool> {
    from.send(frame_between(0, 1, "knock"));
    if (!to.receive(50ms)) return std::nullopt;
    return true;
  });
  loop.with([](Fabric&, Time) {});
  while (to.receive(50ms)) {
  }
}

TEST(FabricLoop, CarriesFramesBetweenStreams) {
  FabricLoop loop(pair(), {});
  StreamHost x(loop.listening_port("x.eth0"));
  StreamHost y(loop.listening_port("y.eth0"));
  settle(loop, x, y);
  for (int i = 0; i < 200; ++i)
    x.send(frame_between(0, 1, std::to_string(i)));
  for (int i = 0; i < 200; ++i)
    ASSERT_EQ(text_in(y.receive()), std::to_string(i));
  y.send(frame_between(1, 0, "back"));
  EXPECT_EQ(text_in(x.receive()), "back");
  const auto counters = loop.counters();
  EXPECT_EQ(counters[0].port, "x.eth0");
  EXPECT_GE(counters[0].frames_in, 200U);
  EXPECT_EQ(counters[0].frames_out, 1U);
  EXPECT_EQ(counters[0].bytes_out, 46U);
}

TEST(FabricLoop, FramesMayComeInAnyPieces) {
  FabricLoop loop(pair(), {});
  StreamHost x(loop.listening_port("x.eth0"));
  StreamHost y(loop.listening_port("y.eth0"));
  settle(loop, x, y);
  const auto frame = frame_between(0, 1, "piecemeal");
  std::vector<std::byte> stream(4);
  wire::store32(stream.data(), static_cast<std::uint32_t>(frame.size()));
  stream.insert(stream.end(), frame.begin(), frame.end());
  for (const std::byte b : stream)
    x.send_raw({&b, 1});
  EXPECT_EQ(text_in(y.receive()), "piecemeal");
}

TEST(FabricLoop, ListensForOnePeerOnly) {
  FabricLoop loop(pair(), {});
  StreamHost x(loop.listening_port("x.eth0"));
  StreamHost y(loop.listening_port("y.eth0"));
  settle(loop, x, y);
  EXPECT_THROW(StreamHost(loop.listening_port("x.eth0")), SystemError);
}

TEST(FabricLoop, GarbageEndsTheConnectionAndIsCounted) {
  FabricLoop loop(pair(), {});
  StreamHost x(loop.listening_port("x.eth0"));
  StreamHost y(loop.listening_port("y.eth0"));
  settle(loop, x, y);
  x.send_raw(bytes_of("GET / HTTP/1.1\r\n"));
  EXPECT_FALSE(x.receive()); // closed
  EXPECT_EQ(dropped(loop, "x.eth0", DropReason::malformed), 1U);
  y.send(frame_between(1, 0, "to nobody"));
  SteadyClock clock;
  wait_for("the drop", 20s, clock, [&]() -> std::optional<bool> {
    if (dropped(loop, "x.eth0", DropReason::no_port_room) == 0) return std::nullopt;
    return true;
  });
}

TEST(FabricLoop, ASlowPeerLosesFramesAndTheOthersDoNotWait) {
  FabricLoop loop(pair(), {.port_queue_bytes = 16384});
  StreamHost x(loop.listening_port("x.eth0"));
  StreamHost y(loop.listening_port("y.eth0"));
  settle(loop, x, y);
  const std::string big(1400, 'x');
  SteadyClock clock;
  wait_for("frames to be dropped", 60s, clock, [&]() -> std::optional<bool> {
    for (int i = 0; i < 2000; ++i)
      x.send(frame_between(0, 1, big)); // y reads nothing
    if (dropped(loop, "y.eth0", DropReason::no_port_room) == 0) return std::nullopt;
    return true;
  });
  while (y.receive(200ms)) {
  }
  x.send(frame_between(0, 1, "room again"));
  EXPECT_EQ(text_in(y.receive()), "room again");
}

TEST(FabricLoop, DelaysAreKeptByTheClock) {
  Network network = pair();
  network.cards[0].profile.delay = 30ms;
  FabricLoop loop(network, {});
  StreamHost x(loop.listening_port("x.eth0"));
  StreamHost y(loop.listening_port("y.eth0"));
  settle(loop, x, y);
  const Time sent = loop.now();
  x.send(frame_between(0, 1, "later"));
  EXPECT_EQ(text_in(y.receive()), "later");
  EXPECT_GE(loop.now() - sent, 30ms);
}

TEST(FabricLoop, ExceptionsComeBackAndTheLoopLives) {
  FabricLoop loop(pair(), {});
  EXPECT_THROW(loop.with([](Fabric& fabric, Time) { fabric.clear_state("none"); }), Error);
  EXPECT_THROW(loop.with([&](Fabric&, Time) { loop.with([](Fabric&, Time) {}); }), Error);
  bool ran = false;
  loop.with([&](Fabric&, Time now) { ran = now > 0s; });
  EXPECT_TRUE(ran);
  EXPECT_EQ(loop.health().problem, "");
  EXPECT_THROW(loop.listening_port("z.eth0"), Error);
}

TEST(FabricLoop, VirtualHostsAreAnsweredWithinOneRequest) {
  FabricLoop loop(double_nat(), {});
  std::vector<std::string> got;
  loop.on_virtual_frame([&](PortId, std::span<const std::byte> frame, Time) {
    if (const auto summary = wire::summarise(frame); summary && summary->protocol == 17)
      got.push_back(text_of(summary->data));
  });
  loop.with([&](Fabric& fabric, Time now) {
    const MacAddress mac{{2, 0, 0, 0, 0, 9}};
    const PortId inside = fabric.attach("home-a", mac);
    const PortId outside = fabric.attach("internet", {{2, 0, 0, 0, 0, 8}});
    auto hello = wire::make_arp_reply({{2, 0, 0, 0, 0, 8}},
                                      ip("80.100.0.200"),
                                      double_nat().gateways[0].outside_mac,
                                      ip("80.100.0.1"));
    auto frame = wire::make_udp_frame({.source_mac = mac,
                                       .destination_mac = double_nat().gateways[0].inside_macs[0],
                                       .source = at("192.168.1.250", 1),
                                       .destination = at("80.100.0.200", 2)},
                                      bytes_of("probe"));
    fabric.receive(inside, frame, now);
    fabric.receive(outside, hello, now);
    fabric.detach(inside);
    fabric.detach(outside);
  });
  EXPECT_EQ(got, std::vector<std::string>{"probe"});
}

TEST(FabricLoop, CapturesEveryFrameWithItsDropReason) {
  const TempDir directory;
  FabricLoop loop(pair(), {.captures = directory.path()});
  StreamHost x(loop.listening_port("x.eth0"));
  StreamHost y(loop.listening_port("y.eth0"));
  settle(loop, x, y);
  x.send(frame_between(0, 1, "captured"));
  EXPECT_EQ(text_in(y.receive()), "captured");
  loop.with([](Fabric& fabric, Time now) {
    const PortId late = fabric.attach("lan", {{2, 0, 0, 0, 0, 9}});
    std::vector<std::byte> runt(5);
    fabric.receive(late, runt, now);
  });
  loop.flush_captures();
  std::vector<std::string> seen;
  wire::read_pcapng(directory.path() / "lan.pcapng",
                    [&](const wire::CaptureInfo& info, const wire::CapturedFrame& frame) {
                      const auto summary = wire::summarise(frame.bytes);
                      seen.push_back(info.ports.at(frame.port) + " " +
                                     (summary ? text_of(summary->data) : "-") + " " +
                                     std::string(frame.comment));
                    });
  EXPECT_EQ(std::ranges::count(seen, "x.eth0 captured "), 1);
  EXPECT_EQ(std::ranges::count(seen, "certify0 - dropped before switching: malformed"), 1);
}

TEST(FabricLoop, CapturesKeepHeadersOnlyAndThenStop) {
  const TempDir directory;
  FabricLoop loop(
      pair(),
      {.captures = directory.path(), .full_capture_bytes = 20'000, .most_capture_bytes = 40'000});
  StreamHost x(loop.listening_port("x.eth0"));
  StreamHost y(loop.listening_port("y.eth0"));
  settle(loop, x, y);
  for (int i = 0; i < 300; ++i) {
    x.send(frame_between(0, 1, std::string(1000, 'x')));
    ASSERT_TRUE(y.receive());
  }
  loop.flush_captures();
  std::size_t whole = 0;
  std::size_t cut = 0;
  wire::read_pcapng(directory.path() / "lan.pcapng",
                    [&](const wire::CaptureInfo&, const wire::CapturedFrame& frame) {
                      if (frame.length > 1000) ++(frame.bytes.size() == 128 ? cut : whole);
                    });
  EXPECT_GT(whole, 10U);
  EXPECT_GT(cut, 50U);
  EXPECT_LT(whole + cut, 300U);
  EXPECT_LT(std::filesystem::file_size(directory.path() / "lan.pcapng"), 41'000U);
  EXPECT_NE(loop.health().capture_problem.find("limit"), std::string::npos);
}

TEST(FabricLoop, AFullDiskEndsTheCaptureAndNotTheLab) {
  const TempDir directory;
  std::filesystem::create_symlink("/dev/full", directory.path() / "lan.pcapng");
  FabricLoop loop(pair(), {.captures = directory.path()});
  StreamHost x(loop.listening_port("x.eth0"));
  StreamHost y(loop.listening_port("y.eth0"));
  settle(loop, x, y);
  loop.flush_captures();
  EXPECT_EQ(loop.health().capture_problem, "write lan.pcapng: No space left on device");
  x.send(frame_between(0, 1, "goes on"));
  EXPECT_EQ(text_in(y.receive()), "goes on");
}

TEST(FabricLoop, ACaptureThatCannotBeMadeIsAnError) {
  EXPECT_THROW(FabricLoop(pair(), {.captures = "/nonexistent"}), SystemError);
}

TEST(PeerOwner, IsReadFromTheKernelsTable) {
  const std::string table =
      "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid\n"
      "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0 0 1\n"
      "   1: 0100007F:1F91 0100007F:1F90 01 00000000:00000000 00:00000000 00000000  1000 0 2\n"
      "   2: 0A000001:1F92 0100007F:1F90 01 00000000:00000000 00:00000000 00000000  1001 0 3\n"
      "   3: short\n";
  EXPECT_EQ(owner_of_connection(table, 0x1f91, 0x1f90), uid_t{1000});
  EXPECT_EQ(owner_of_connection(table, 0x1f92, 0x1f90), std::nullopt); // not on loopback
  EXPECT_EQ(owner_of_connection(table, 0x1f90, 0x1f91), std::nullopt);
  EXPECT_EQ(owner_of_connection("", 1, 2), std::nullopt);
}

TEST(FrameStream, OutputMovesItsBytesAndKeepsTheirOrder) {
  FrameOutput output(100);
  std::string got;
  for (int i = 0; i < 1000; ++i) {
    const auto frame = bytes_of(std::string(1 + static_cast<std::size_t>(i % 40), 'a'));
    while (!output.has_room(frame.size())) {
      const auto part = output.bytes().first(std::min<std::size_t>(7, output.waiting()));
      got += text_of(part);
      output.written(part.size());
    }
    output.push(frame);
    EXPECT_LE(output.waiting(), 100U);
  }
  got += text_of(output.bytes());
  std::size_t frames = 0;
  for (std::size_t at = 0; at < got.size(); ++frames)
    at += 4 + wire::load32(bytes_of(got.substr(at, 4)).data());
  EXPECT_EQ(frames, 1000U);
}

} // namespace
} // namespace hermesh::testing
