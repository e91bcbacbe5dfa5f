// SPDX-License-Identifier: MIT
// How much of a bare hash look-up's speed is left once mapping, filter and timers are around it.
// Prints a table; the ratios compare loops of one run, so that the machine does not matter.
#include "nat/table.hh"

#include <fmt/format.h>
#include <tsl/robin_map.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <ctime>
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

/// Best of five, in look-ups per second: the least disturbed run.
template <typename Body>
double rate(const std::vector<std::uint32_t>& order, Body&& body) {
  double best = 0;
  for (int run = 0; run < 5; ++run) {
    const double start = cpu_seconds();
    for (const std::uint32_t i : order)
      body(i);
    best = std::max(best, static_cast<double>(order.size()) / (cpu_seconds() - start));
  }
  return best;
}

std::vector<std::uint32_t> shuffled(std::uint32_t size, std::uint32_t rounds) {
  Random random(7);
  std::vector<std::uint32_t> order(std::size_t{size} * rounds);
  for (auto& i : order)
    i = random.below(size);
  return order;
}

/// Beyond the ports of one address, a mapping serves several remotes.
std::vector<Flow> fill(Table& table, std::uint32_t size) {
  std::vector<Flow> flows;
  flows.reserve(size);
  for (std::uint32_t i = 0; i < size; ++i) {
    const Endpoint inside{.address = Address::v4(0x0A000000 + i % 60000 / 16),
                          .port = static_cast<std::uint16_t>(2000 + i % 16)};
    const Endpoint remote{.address = Address::v4(0x50640000 + i / 60000), .port = 443};
    const auto external = table.outbound(Protocol::udp, inside, remote, Time{0}).endpoint;
    flows.push_back({{Protocol::udp, inside, remote}, {Protocol::udp, external, remote}});
  }
  return flows;
}

void measure(std::uint32_t size) {
  Table table({}, Address::v4(0x50640001), 1, size);
  const std::vector<Flow> flows = fill(table, size);
  tsl::robin_map<FlowKey, Endpoint, FlowHash> bare;
  for (const Flow& flow : flows)
    bare[flow.inside] = flow.external.local;

  const auto order = shuffled(size, std::max(2U, 2'000'000U / size));
  std::uint64_t sum = 0;
  Time now{0};
  constexpr Duration step{1000};
  const double bare_rate =
      rate(order, [&](std::uint32_t i) { sum += bare.find(flows[i].inside)->second.port; });
  const double outbound_rate = rate(order, [&](std::uint32_t i) {
    const FlowKey& flow = flows[i].inside;
    sum += table.outbound(flow.protocol, flow.local, flow.remote, now += step).endpoint.port;
  });
  const double inbound_rate = rate(order, [&](std::uint32_t i) {
    const FlowKey& flow = flows[i].external;
    sum += table.inbound(flow.protocol, flow.remote, flow.local, now += step).endpoint.port;
  });
  fmt::print("{:>9}  {:>8.1f}  {:>8.1f}  {:>8.1f}  {:>8.2f}  {:>8.2f}   (check {})\n",
             size,
             bare_rate / 1e6,
             outbound_rate / 1e6,
             inbound_rate / 1e6,
             outbound_rate / bare_rate,
             inbound_rate / bare_rate,
             sum % 1000);
}

} // namespace
} // namespace hermesh::nat

int main() {
  fmt::print(
      "million look-ups per second, filter and timers included; ratio to a bare robin_map\n");
  fmt::print("{:>9}  {:>8}  {:>8}  {:>8}  {:>8}  {:>8}\n",
             "sessions",
             "bare",
             "outbound",
             "inbound",
             "out/bare",
             "in/bare");
  for (const std::uint32_t size : {16'000U, 100'000U, 1'000'000U})
    hermesh::nat::measure(size);
}
