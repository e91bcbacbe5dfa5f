// SPDX-License-Identifier: MIT
// How much of a bare hash look-up's speed is left once mapping, filter and timers are around it.
// Prints a table; the ratios compare loops of one run, so that the machine does not matter.
#include "nat/table.hh"

#include <fmt/format.h>
#include <malloc.h>
#include <tsl/robin_map.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <ctime>
#include <stdexcept>
#include <vector>

namespace hermesh::nat {
namespace {

struct Flow {
  FlowKey inside;
  FlowKey external;
};

struct FlowHash {
  std::size_t operator()(const FlowKey& key) const { return hash_of(key, 1); }
};

/// Of this thread: others that share the processor must not count.
double cpu_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

/// What the heap has given out, large blocks included.
double heap_bytes() {
  const auto info = ::mallinfo2();
  return static_cast<double>(info.uordblks + info.hblkhd);
}

/// In look-ups per second, of one run.
template <typename Body>
double rate(const std::vector<std::uint32_t>& order, Body&& body) {
  const double start = cpu_seconds();
  for (const std::uint32_t i : order)
    body(i);
  return static_cast<double>(order.size()) / (cpu_seconds() - start);
}

std::vector<std::uint32_t> shuffled(std::uint32_t size, std::uint32_t rounds) {
  Random random(7);
  std::vector<std::uint32_t> order(std::size_t{size} * rounds);
  for (auto& i : order)
    i = random.below(size);
  return order;
}

/// A mapping each, spread over as many external addresses as their ports need.
Behaviour behaviour_for(std::uint32_t size) {
  return {.external_addresses = static_cast<std::uint16_t>(size / 60000 + 1)};
}

void fill(Table& table, std::uint32_t size, std::vector<Flow>& flows) {
  for (std::uint32_t i = 0; i < size; ++i) {
    const Endpoint inside{.address = Address::v4(0x0A000000 + i / 16),
                          .port = static_cast<std::uint16_t>(2000 + i % 16)};
    const Endpoint remote{.address = Address::v4(0x50660000 + i % 1000), .port = 443};
    const auto external = table.outbound(Protocol::udp, inside, remote, Time{0}).endpoint;
    flows.push_back({{Protocol::udp, inside, remote}, {Protocol::udp, external, remote}});
  }
}

void measure(std::uint32_t size) {
  std::vector<Flow> flows;
  flows.reserve(size);
  const double before = heap_bytes();
  Table table(behaviour_for(size), Address::v4(0x50640001), 1, size);
  fill(table, size, flows);
  const double each = (heap_bytes() - before) / size;
  if (table.size() != size) throw std::runtime_error("not every flow has a mapping");
  tsl::robin_map<FlowKey, Endpoint, FlowHash> bare;
  for (const Flow& flow : flows)
    bare[flow.inside] = flow.external.local;

  const auto order = shuffled(size, std::max(2U, 2'000'000U / size));
  std::uint64_t sum = 0;
  Time now{0};
  constexpr Duration step{1000};
  double bare_rate = 0;
  double outbound_rate = 0;
  double inbound_rate = 0;
  for (int run = 0; run < 7;
       ++run) { // the least disturbed of each; in turns, as noise comes in spells
    bare_rate = std::max(bare_rate, rate(order, [&](std::uint32_t i) {
                           sum += bare.find(flows[i].inside)->second.port;
                         }));
    outbound_rate = std::max(
        outbound_rate, rate(order, [&](std::uint32_t i) {
          const FlowKey& flow = flows[i].inside;
          sum += table.outbound(flow.protocol, flow.local, flow.remote, now += step).endpoint.port;
        }));
    inbound_rate = std::max(
        inbound_rate, rate(order, [&](std::uint32_t i) {
          const FlowKey& flow = flows[i].external;
          sum += table.inbound(flow.protocol, flow.remote, flow.local, now += step).endpoint.port;
        }));
  }
  fmt::print("{:>9}  {:>8.1f}  {:>8.1f}  {:>8.1f}  {:>8.2f}  {:>8.2f}  {:>8.0f}   (check {})\n",
             size,
             bare_rate / 1e6,
             outbound_rate / 1e6,
             inbound_rate / 1e6,
             outbound_rate / bare_rate,
             inbound_rate / bare_rate,
             each,
             sum % 1000);
}

} // namespace
} // namespace hermesh::nat

int main() {
  fmt::print("million look-ups per second, filter and timers included; ratio to a bare robin_map; "
             "bytes of a mapping with its session\n");
  fmt::print("{:>9}  {:>8}  {:>8}  {:>8}  {:>8}  {:>8}  {:>8}\n",
             "mappings",
             "bare",
             "outbound",
             "inbound",
             "out/bare",
             "in/bare",
             "bytes");
  for (const std::uint32_t size : {16'000U, 100'000U, 1'000'000U})
    hermesh::nat::measure(size);
}
