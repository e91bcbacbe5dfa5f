// SPDX-License-Identifier: MIT
#include "runner/evidence.hh"

#include "base/error.hh"
#include "machine/host_facts.hh"
#include "machine/programs.hh"
#include "model/version.hh"
#include "runner/run_dir.hh"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sys/utsname.h>

#include <algorithm>

namespace hermesh {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

constexpr Duration starved = 1s;  ///< a stall that a VPN's own timers would feel
constexpr double fair_pace = 0.9; ///< of the probes that were due; an idle host's guest sends all
constexpr std::size_t enough_probes = 20; ///< to tell a pace

std::string version_of(const std::vector<std::pair<std::string, std::string>>& versions,
                       const std::string& name) {
  const auto found = std::ranges::find(versions, name, &std::pair<std::string, std::string>::first);
  return found == versions.end() ? "" : found->second;
}

std::string host_name() {
  utsname host{};
  ::uname(&host);
  return fmt::format("{} {} {}", host.sysname, host.release, host.machine);
}

std::optional<Time> first_arrival(const DirectionVerdict& direction) {
  std::optional<Time> first;
  for (const auto& probe : direction.probes)
    if (probe.received && (!first || *probe.received < *first)) first = probe.received;
  return first;
}

/// When the last stretch of direct began, if that is where the direction settled.
std::optional<Time> direct_since(const DirectionVerdict& direction) {
  if (direction.settled.kind > PathKind::direct) return std::nullopt;
  const auto& timeline = direction.timeline;
  const auto last = std::find_if(timeline.rbegin(), timeline.rend(), [&](const auto& interval) {
    return interval.path == direction.settled;
  });
  return last == timeline.rend() ? std::nullopt : std::optional(last->from);
}

json probe_rows(const ProbeTrack& track) {
  auto rows = json::array();
  for (const auto& probe : track.probes)
    rows.push_back({probe.sequence,
                    probe.length,
                    probe.sent.count(),
                    probe.received ? json(probe.received->count()) : json(nullptr)});
  return {{"from", track.from}, {"to", track.to}, {"probes", rows}};
}

ProbeTrack read_track(const json& document) {
  ProbeTrack track{.from = document.at("from"), .to = document.at("to"), .probes = {}};
  for (const auto& row : document.at("probes")) {
    ProbeRecord probe{
        .sequence = row.at(0), .length = row.at(1), .sent = Time(row.at(2).get<std::int64_t>())};
    if (!row.at(3).is_null()) probe.received = Time(row.at(3).get<std::int64_t>());
    track.probes.push_back(probe);
  }
  return track;
}

/// What the host did to the lab is a finding, and never held against the VPN.
void blame_the_host(const std::string& finding, TrialResult& result) {
  result.findings.push_back(finding);
  if (result.verdict != Verdict::worse_than_expected) return;
  result.verdict = Verdict::inconclusive;
  result.reason = finding + "; what was seen: " + result.reason;
}

void decide_by_path(TrialResult& result) {
  const auto rank = [](PathKind kind) {
    return std::max(kind, PathKind::direct);
  }; // local is as good
  const bool lucky = result.expected_certainty == "may" && rank(result.path) == PathKind::direct;
  if (lucky || rank(result.path) == rank(result.expected)) {
    result.verdict = Verdict::as_expected;
    result.reason = result.expected_reason;
  } else if (rank(result.path) < rank(result.expected)) {
    result.verdict = Verdict::better_than_expected;
    result.reason = fmt::format("{} where theory expects {}: {}",
                                to_string(result.path),
                                to_string(result.expected),
                                result.expected_reason);
  } else {
    result.verdict = Verdict::worse_than_expected;
    result.reason = fmt::format("{} where theory expects {}: {}",
                                to_string(result.path),
                                to_string(result.expected),
                                result.expected_reason);
  }
}

/// Files by their whole path, so that the line works from anywhere.
std::string name_or_path(const std::string& given) {
  std::error_code ignored;
  return std::filesystem::exists(given, ignored) ? std::filesystem::absolute(given).string()
                                                 : given;
}

std::vector<std::string> repeat_words(const TrialRequest& request, const std::string& vpn) {
  std::vector<std::string> words{"hermesh", "run"};
  const auto add = [&](const std::string& option, const std::string& value) {
    words.push_back(option);
    words.push_back(value);
  };
  add("--topology", name_or_path(request.topology));
  add("--scenario", name_or_path(request.scenario));
  add("--vpn", name_or_path(request.vpn));
  for (const auto& [name, value] : request.settings)
    add("--set", name + "=" + value);
  if (request.profile != TrialRequest{}.profile) add("--profile", name_or_path(request.profile));
  for (const auto& workload : request.workloads)
    add("--workload", workload);
  if (!request.replaced_binary.empty()) add("--with", vpn + "=" + request.replaced_binary.string());
  for (const auto& fault : request.faults)
    add("--lab-fault", fault.gateway + ":" + fault.field + "=" + fault.value);
  add("--seed", std::to_string(request.seed));
  return words;
}

} // namespace

TrialResult blank_result(const TrialSpec& spec,
                         Accelerator accelerator,
                         const GuestImage& image,
                         const std::filesystem::path& run_dir) {
  TrialResult result;
  result.reason = "the trial has not ended";
  result.topology = spec.topology.name;
  result.scenario = spec.scenario.name;
  result.vpn = spec.vpn.name;
  result.profile = spec.profile.name;
  result.settings = spec.settings;
  result.seed = spec.seed;
  result.peer_a = spec.peer_a;
  result.peer_b = spec.peer_b;
  result.accelerator = to_string(accelerator);
  result.guest = image.name;
  result.guest_fingerprint = image.fingerprint;
  result.vpn_version = version_of(image.vpns, spec.vpn.name);
  if (!spec.replaced_binary.empty()) {
    result.replaced_binary = spec.replaced_binary.string();
    result.replaced_binary_sha256 = sha256_of_file(spec.replaced_binary);
    result.vpn_version.clear();
  }
  result.host = host_name();
  result.hermesh_version = version;
  result.qemu_version = qemu_version(find_program(qemu_program).value_or(""));
  result.run_dir = run_dir.string();
  result.repeat = repeat_words(spec.request, spec.vpn.name);
  result.started = fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr)));
  return result;
}

PathTimes times_of(const PairVerdict& verdict, Time started) {
  PathTimes times;
  if (const auto first = first_arrival(verdict.there)) times.first_packet = *first - started;
  const auto there = direct_since(verdict.there);
  const auto back = direct_since(verdict.back);
  if (there && back) times.direct = std::max(*there, *back) - started;
  return times;
}

std::uint64_t relay_bytes(FabricLoop& fabric, const std::vector<std::string>& relays) {
  std::uint64_t bytes = 0;
  for (const auto& port : fabric.counters())
    for (const auto& relay : relays)
      if (port.port.starts_with(relay + ".")) bytes += port.bytes_in + port.bytes_out;
  return bytes;
}

void collect_network(FabricLoop& fabric, const TrialSpec& spec, TrialResult& result) {
  for (const auto& machine : spec.topology.machines) {
    CarrierResult carrier{.machine = machine.name};
    for (const auto& port : fabric.counters()) {
      if (!port.port.starts_with(machine.name + ".")) continue;
      carrier.bytes_in += port.bytes_in;
      carrier.bytes_out += port.bytes_out;
    }
    result.carriers.push_back(carrier);
  }
  std::vector<LedgerRow> ledger;
  fabric.with([&](Fabric& core, Time) { ledger = core.ledger(); });
  for (const auto& row : ledger) {
    result.drops.push_back({.where = row.where,
                            .reason = to_string(row.reason),
                            .frames = row.frames,
                            .bytes = row.bytes});
    if (row.reason == DropReason::outside_lab)
      result.findings.push_back(
          fmt::format("{}: {} frames were addressed to the world outside the lab, and dropped",
                      row.where,
                      row.frames));
  }
  const auto health = fabric.health();
  if (!health.capture_problem.empty())
    throw Error("the capture is incomplete: " + health.capture_problem);
  if (health.longest_stall <= starved) return;
  const auto stall = std::chrono::duration<double>(health.longest_stall).count();
  blame_the_host(
      fmt::format("the host starved the lab: the fabric stood still for {:.1f} s", stall), result);
}

void judge_pace(const ProbeTrack& asked, Duration interval, TrialResult& result) {
  if (asked.probes.size() < enough_probes) return;
  const auto span = asked.probes.back().sent - asked.probes.front().sent;
  const auto sent = static_cast<double>(asked.probes.size() - 1);
  const double due = std::chrono::duration<double>(span) / interval;
  if (sent >= fair_pace * due) return;
  blame_the_host(
      fmt::format("the host starved guest {}: it sent {:.0f} probes where {:.0f} were due",
                  asked.from,
                  sent,
                  due),
      result);
}

void compare_claims(TrialResult& result) {
  for (const auto& claim : result.claims) {
    if (claim.path.empty() || claim.path == "unknown") continue;
    // A machine speaks of what it sends.
    const auto sent = std::ranges::find(result.paths, claim.machine, &DirectionResult::from);
    const auto path = sent == result.paths.end() ? result.path : sent->path.kind;
    if (claim.path == to_string(path)) continue;
    if (path == PathKind::local && claim.path == "direct") continue;
    result.findings.push_back(fmt::format("{} on {} claims {}, the wire shows {}",
                                          result.vpn,
                                          claim.machine,
                                          claim.path,
                                          to_string(path)));
  }
}

void decide(TrialResult& result) {
  if (!result.proofs.empty() && !result.proofs.back().holds) {
    const auto& proof = result.proofs.back();
    result.verdict = Verdict::inconclusive;
    result.reason =
        fmt::format("the path looked {}, but the control failed: {}: wanted that {}, {}",
                    to_string(result.path),
                    proof.action,
                    proof.expected,
                    proof.observed);
    return;
  }
  decide_by_path(result);
}

void add_workload(TrialResult& result,
                  const std::string& name,
                  const Sample& through,
                  const Sample& without) {
  if (!through.problem.empty() || !without.problem.empty()) {
    WorkloadResult row{.workload = name, .metric = {}, .unit = {}};
    row.problem = !through.problem.empty() ? "through the VPN: " + through.problem
                                           : "without VPN: " + without.problem;
    result.workloads.push_back(row);
  }
  const auto& figures = through.figures.empty() ? without.figures : through.figures;
  const auto value = [](const Sample& sample, const std::string& metric) -> std::optional<double> {
    const auto found = std::ranges::find(sample.figures, metric, &Figure::metric);
    return found == sample.figures.end() ? std::nullopt : std::optional(found->value);
  };
  for (const auto& figure : figures)
    result.workloads.push_back({.workload = name,
                                .metric = figure.metric,
                                .unit = figure.unit,
                                .through = value(through, figure.metric),
                                .without_vpn = value(without, figure.metric)});
}

std::string probes_document(const TrialSpec& spec,
                            const ProbeTrack& there,
                            const ProbeTrack& back,
                            Time started) {
  auto machines = json::array();
  for (const auto& machine : spec.topology.machines)
    machines.push_back({{"name", machine.name}, {"infrastructure", machine.role == "relay"}});
  const json document = {{"schema", 1},
                         {"started_ns", started.count()},
                         {"machines", machines},
                         {"tracks", {probe_rows(there), probe_rows(back)}}};
  return document.dump() + "\n";
}

StoredProbes read_probes(const std::filesystem::path& file) {
  try {
    const auto document = json::parse(read_file(file));
    StoredProbes probes;
    probes.started = Time(document.at("started_ns").get<std::int64_t>());
    for (const auto& machine : document.at("machines"))
      probes.machines.push_back(
          {.name = machine.at("name"), .infrastructure = machine.at("infrastructure")});
    probes.there = read_track(document.at("tracks").at(0));
    probes.back = read_track(document.at("tracks").at(1));
    return probes;
  } catch (const json::exception& problem) {
    throw InputError(file.string() + ": not a probes file of a run: " + problem.what());
  }
}

void write_result(const std::filesystem::path& file, const TrialResult& result) {
  write_file(file, to_json_document(result).dump(2) + "\n");
}

} // namespace hermesh
