// SPDX-License-Identifier: MIT
#include "workload/workload.hh"

#include "base/error.hh"
#include "base/suggest.hh"
#include "workload/ping.hh"
#include "workload/tcp.hh"

#include <algorithm>

namespace hermesh {

const std::vector<Workload>& workloads() {
  static const std::vector<Workload> all{
      {.name = "ping", .description = "round-trip times by ICMP echo", .run = run_ping},
      {.name = "tcp", .description = "bulk TCP throughput by iperf3", .run = run_tcp},
  };
  return all;
}

const Workload& workload(const std::string& name) {
  const auto& all = workloads();
  const auto found = std::ranges::find(all, name, &Workload::name);
  if (found != all.end()) return *found;
  std::vector<std::string> names;
  for (const auto& each : all)
    names.push_back(each.name);
  throw InputError("there is no workload '" + name + "'" + did_you_mean(name, names));
}

} // namespace hermesh
