// SPDX-License-Identifier: MIT
#include "workload/tcp.hh"

#include "model/foreign_json.hh"

#include <nlohmann/json.hpp>

#include <string>

namespace hermesh {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

} // namespace

Sample parse_iperf3(std::string_view output) {
  const auto document = parse_foreign_json(output);
  if (!document.is_object()) return {.problem = "iperf3 printed no JSON"};
  if (const auto error = document.find("error"); error != document.end())
    return {.problem =
                "iperf3: " + (error->is_string() ? error->get<std::string>() : error->dump())};
  try {
    const auto& end = document.at("end");
    return {.figures = {{.metric = "throughput",
                         .unit = "Mbit/s",
                         .value = end.at("sum_received").at("bits_per_second").get<double>() / 1e6},
                        {.metric = "retransmissions",
                         .unit = "segments",
                         .value = end.at("sum_sent").at("retransmits").get<double>()}}};
  } catch (const json::exception& problem) {
    return {.problem = std::string("iperf3's JSON is not as expected: ") + problem.what()};
  }
}

Sample run_tcp(Machine& client, Machine& server, const Address& server_address) {
  // Returns when it listens: `--daemon` alone may return before.
  const auto started = server.exec(
      {.argv =
           {"sh",
            "-c",
            "iperf3 --server --one-off --daemon --pidfile /run/hermesh-iperf3.pid && "
            "for i in $(seq 100); do [ -z \"$(ss -Hltn 'sport = :5201')\" ] || exit 0; sleep 0.1; "
            "done; exit 1"}},
      30s);
  if (!started.ok()) return {.problem = "the iperf3 server did not start: " + started.diagnostics};
  const auto exit = client.exec({.argv = {"iperf3",
                                          "--client",
                                          to_string(server_address),
                                          "--time",
                                          "5",
                                          "--omit",
                                          "1",
                                          "--connect-timeout",
                                          "5000",
                                          "--json"}},
                                40s);
  if (exit.timed_out || !exit.ok()) // the one-off server would wait for ever
    server.exec({.argv = {"pkill", "-F", "/run/hermesh-iperf3.pid"}}, 10s);
  if (exit.timed_out) return {.problem = "iperf3 did not end in 40 s"};
  return parse_iperf3(exit.output);
}

} // namespace hermesh
