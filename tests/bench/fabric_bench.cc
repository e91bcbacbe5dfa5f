// SPDX-License-Identifier: MIT
//
// What the fabric costs, beside reference loops in the same run: absolute figures depend on the
// machine, ratios hardly. Usage: fabric_bench [SECONDS-PER-FIGURE]
#include "base/temp_dir.hh"
#include "bench/two_nats.hh"
#include "fabric/loop.hh"
#include "wire/checksum.hh"
#include "wire/pcapng.hh"

#include <fmt/format.h>
#include <sys/socket.h>
#include <time.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>
#include <thread>

namespace {

using namespace hermesh;
using namespace hermesh::bench;
using Clock = std::chrono::steady_clock;

/// Seconds of a processor that this thread has used: other load on the machine does not count.
double processor_seconds() {
  timespec used{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) * 1e-9;
}

/// Runs `batch`, which does `frames` frames, until `seconds` are over; returns frames per second.
template <typename Batch>
double rate(double seconds, std::uint64_t frames, Batch batch) {
  batch(); // warm
  const double start = processor_seconds();
  std::uint64_t done = 0;
  double elapsed = 0;
  while (elapsed < seconds) {
    batch();
    done += frames;
    elapsed = processor_seconds() - start;
  }
  return static_cast<double>(done) / elapsed;
}

void report(std::string_view what, std::size_t size, double value, double reference) {
  fmt::print("{{\"bench\": \"fabric\", \"what\": \"{}\", \"frame_bytes\": {}, "
             "\"frames_per_second\": {:.0f}, \"ratio_to_reference\": {:.3f}}}\n",
             what,
             size,
             value,
             value / reference);
  std::fflush(stdout);
}

/// What no forwarder can save: to get the frame into place, and to read it once.
double copy_and_checksum(double seconds, std::size_t size) {
  const auto frame = two_nats_frame(size);
  std::vector<std::byte> place(size);
  std::uint64_t sum = 0;
  const double result = rate(seconds, 10'000, [&] {
    for (int i = 0; i < 10'000; ++i) {
      std::memcpy(place.data(), frame.data(), frame.size());
      sum += wire::sum_of(place);
    }
  });
  if (sum == 1) fmt::print("#\n"); // keeps the sum from being optimised away
  return result;
}

/// Host -> NAT -> NAT -> host, in process; with `captured`, serialised as captures are.
double in_process(double seconds, std::size_t size, bool captured) {
  std::uint64_t delivered = 0;
  std::vector<std::byte> capture;
  capture.reserve(1 << 20);
  const auto tap = [&](const TapRecord& record) {
    if (capture.size() > 500'000) capture.clear();
    wire::write_pcapng_packet(
        capture, record.source, 0, record.time, record.frame, record.frame.size(), {});
  };
  Fabric fabric(two_nats(),
                {.deliver = [&](PortId, std::span<const std::byte>) { ++delivered; },
                 .tap = captured ? std::function<void(const TapRecord&)>(tap) : nullptr});
  punch(fabric);
  delivered = 0;
  const auto frame = two_nats_frame(size);
  std::vector<std::byte> place(size);
  const PortId a = fabric.port("a.eth0");
  std::uint64_t sent = 0;
  const double result = rate(seconds, 10'000, [&] {
    for (int i = 0; i < 10'000; ++i) {
      std::memcpy(place.data(), frame.data(), frame.size());
      fabric.receive(a, place, Time{static_cast<Time::rep>(++sent * 1000)});
    }
  });
  if (delivered != sent) {
    fmt::print(stderr, "{} of {} frames were delivered\n", delivered, sent);
    std::exit(1);
  }
  return result;
}

/// One thread writes framed frames into `from` for `seconds`, this one counts what comes out of
/// `to`.
double pump(double seconds, int from, int to, std::size_t size) {
  const auto frame = two_nats_frame(size);
  std::vector<std::byte> burst;
  for (int i = 0; i < 32; ++i) {
    std::vector<std::byte> header(4);
    wire::store32(header.data(), static_cast<std::uint32_t>(size));
    burst.insert(burst.end(), header.begin(), header.end());
    burst.insert(burst.end(), frame.begin(), frame.end());
  }
  std::thread writer([&] {
    const auto end = Clock::now() + std::chrono::duration<double>(seconds + 0.3);
    while (Clock::now() < end)
      for (std::size_t at = 0; at < burst.size();) {
        const auto sent = ::send(from, burst.data() + at, burst.size() - at, MSG_NOSIGNAL);
        if (sent <= 0) return;
        at += static_cast<std::size_t>(sent);
      }
  });
  std::vector<std::byte> sink(256 * 1024);
  std::uint64_t bytes = 0;
  const auto warm = Clock::now() + std::chrono::milliseconds{200};
  const auto end = warm + std::chrono::duration<double>(seconds);
  for (auto now = Clock::now(); now < end; now = Clock::now()) {
    const auto got = ::recv(to, sink.data(), sink.size(), 0);
    if (got <= 0) break;
    if (now >= warm) bytes += static_cast<std::uint64_t>(got);
  }
  std::thread drain([&] { // the writer may be waiting for room
    while (::recv(to, sink.data(), sink.size(), 0) > 0) {
    }
  });
  writer.join();
  ::shutdown(to, SHUT_RDWR);
  drain.join();
  return static_cast<double>(bytes) / static_cast<double>(size + 4) / seconds;
}

double through_ports(double seconds, std::size_t size, bool captured) {
  const TempDir directory;
  FabricLoop loop(two_nats(), {.captures = captured ? directory.path() : std::filesystem::path{}});
  const Fd a = connect_to(loop.listening_port("a.eth0"));
  const Fd b = connect_to(loop.listening_port("b.eth0"));
  loop.with([](Fabric& fabric, Time) { punch(fabric); });
  return pump(seconds, a.get(), b.get(), size);
}

/// The same sockets and framing with nothing in between: frames are cut and passed on.
double bare_forwarder(double seconds, std::size_t size) {
  BareForwarder forwarder;
  const Fd a = connect_to(forwarder.port(0));
  const Fd b = connect_to(forwarder.port(1));
  forwarder.start();
  return pump(seconds, a.get(), b.get(), size);
}

std::size_t resident_kib() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmRSS:")) return std::stoul(line.substr(6));
  return 0;
}

/// Memory after the first million frames and after fifty.
void memory() {
  std::uint64_t delivered = 0;
  Fabric fabric(two_nats(), {.deliver = [&](PortId, std::span<const std::byte>) { ++delivered; }});
  punch(fabric);
  const auto frame = two_nats_frame(64);
  std::vector<std::byte> place(frame.size());
  const PortId a = fabric.port("a.eth0");
  const auto send = [&](std::uint64_t from, std::uint64_t to) {
    for (std::uint64_t i = from; i < to; ++i) {
      std::memcpy(place.data(), frame.data(), frame.size());
      fabric.receive(a, place, Time{static_cast<Time::rep>(i * 1000)});
    }
  };
  send(0, 1'000'000);
  const std::size_t before = resident_kib();
  send(1'000'000, 50'000'000);
  const std::size_t after = resident_kib();
  fmt::print("{{\"bench\": \"fabric\", \"what\": \"memory\", \"frames\": {}, "
             "\"rss_kib_after_1e6\": {}, \"rss_kib_after_5e7\": {}}}\n",
             delivered,
             before,
             after);
}

} // namespace

int main(int argc, char** argv) {
  const std::string_view first = argc > 1 ? argv[1] : "1";
  const double seconds = std::atof(std::string(first).c_str());
  for (const std::size_t size : {std::size_t{1400}, std::size_t{64}}) {
    const double reference = copy_and_checksum(seconds, size);
    report("reference: copy and checksum", size, reference, reference);
    report("in process, two NATs", size, in_process(seconds, size, false), reference);
    report("in process, two NATs, capture", size, in_process(seconds, size, true), reference);
    // In turn, best of three: three threads on a machine that others use too vary more than code
    // does.
    double bare = 0;
    double ports = 0;
    double captured = 0;
    for (int round = 0; round < 3; ++round) {
      bare = std::max(bare, bare_forwarder(seconds, size));
      ports = std::max(ports, through_ports(seconds, size, false));
      captured = std::max(captured, through_ports(seconds, size, true));
    }
    report("reference: bare stream forwarder", size, bare, bare);
    report("through ports, two NATs", size, ports, bare);
    report("through ports, two NATs, capture", size, captured, bare);
  }
  memory();
}
