// SPDX-License-Identifier: MIT
//
// Every reader of a file that a user writes or a run leaves: topology, scenario, profile, result,
// the words of a lab fault, and what a standing lab is asked. What is refused is refused as
// InputError; what is not can be used.
#include "base/error.hh"
#include "fuzz/file_in_memory.hh"
#include "fuzz/two_gateways.hh"
#include "model/readers.hh"
#include "nat/behaviour.hh"
#include "report/result.hh"
#include "runner/lab_request.hh"
#include "runner/trial_spec.hh"

#include <nlohmann/json.hpp>

#include <cstdlib>
#include <optional>

namespace {

using namespace hermesh;

template <typename Read>
auto unless_refused(Read read) -> std::optional<decltype(read())> {
  try {
    return read();
  } catch (const InputError&) {
    return std::nullopt;
  }
}

void use(const Topology& topology) {
  Scenario scenario{.name = "any"};
  for (const auto& gateway : topology.gateways)
    scenario.gateways.push_back({.gateway = gateway.name});
  const auto network = unless_refused([&] { return bind(topology, scenario, {}, 1); });
  if (network && network->gateways.size() <= 4 && network->cards.size() <= 8)
    Fabric(*network, {.deliver = [](PortId, std::span<const std::byte>) {}}).advance(Time{0});
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  unless_refused([&] {
    auto network = hermesh::testing::two_gateways();
    apply_lab_faults({parse_lab_fault(text)}, network);
    if (contradiction(network.gateways[0].behaviour)) std::abort();
    return 0;
  });
  if (const auto request = unless_refused([&] { return read_lab_request(text); }))
    if ((request->what == LabRequest::What::exec) == request->argv.empty()) std::abort();
  static const hermesh::testing::FileInMemory file;
  file.write(text);
  const auto document = unless_refused([&] { return parse_json_file(file.path()); });
  if (!document) return 0;
  const JsonReader json("fuzz.json", *document);
  if (const auto topology = unless_refused([&] { return read_topology(json); })) use(*topology);
  if (const auto scenario = unless_refused([&] { return read_scenario(json); }))
    for (const auto& rule : scenario->gateways)
      if (contradiction(rule.behaviour)) std::abort();
  unless_refused([&] { return read_profile(json); });
  if (const auto result = unless_refused([&] { return read_result(*document, "fuzz.json"); })) {
    describe(*result, true);
    // What is written of it reads the same.
    const nlohmann::json again = to_json_document(*result);
    if (read_result(again, "again.json") != *result) std::abort();
  }
  return 0;
}
