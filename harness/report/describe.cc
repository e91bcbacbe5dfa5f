// SPDX-License-Identifier: MIT
#include "base/command.hh"
#include "report/result.hh"
#include "report/sheet.hh"
#include "report/timeline.hh"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace hermesh {
namespace {

constexpr std::size_t bar_cells = 48;
constexpr std::size_t most_drops = 6;

std::string bytes_text(std::uint64_t bytes) {
  const auto number = static_cast<double>(bytes);
  if (bytes < 1000) return fmt::format("{} B", bytes);
  if (bytes < 1'000'000) return fmt::format("{:.1f} kB", number / 1e3);
  if (bytes < 1'000'000'000) return fmt::format("{:.1f} MB", number / 1e6);
  return fmt::format("{:.2f} GB", number / 1e9);
}

std::string in_words(Verdict verdict) {
  auto text = to_string(verdict);
  std::ranges::replace(text, '_', ' ');
  return text;
}

Tint tint_of(Verdict verdict) {
  switch (exit_status(verdict)) {
  case 0: return Tint::green;
  case 1: return Tint::red;
  default: return Tint::yellow;
  }
}

void describe_what(const TrialResult& result, Sheet& sheet) {
  std::string text = result.vpn;
  for (const auto& [name, value] : result.settings)
    text += " " + name + "=" + value;
  text += " on " + result.topology + " with " + result.scenario + ", profile " + result.profile +
          ", seed " + std::to_string(result.seed);
  sheet.words("trial", plain(text), Tint::bold);
  if (!result.replaced_binary.empty())
    sheet.words("",
                plain("with the program " + result.replaced_binary + ", SHA-256 " +
                      result.replaced_binary_sha256));
}

void describe_gateways(const TrialResult& result, Sheet& sheet) {
  if (result.gateways.empty()) return;
  std::vector<std::vector<std::string>> rows;
  for (const auto& gateway : result.gateways) {
    const bool equal = gateway.certified && gateway.declared == gateway.measured;
    rows.push_back(
        {gateway.gateway,
         gateway.certified ? "certified" : "WRONG",
         equal ? "measured as declared: " + gateway.measured : "declared: " + gateway.declared});
    if (!equal) rows.push_back({"", "", "measured: " + gateway.measured});
  }
  sheet.gap();
  sheet.table("gateways", rows);
}

/// Where each event began, as the last digit of its number in the list below.
std::string event_marks(const TrialResult& result, Time end) {
  std::string marks(bar_cells, ' ');
  for (std::size_t i = 0; i < result.events.size(); ++i) {
    const auto at = static_cast<double>(result.events[i].asked.count());
    const auto share = end > Time{0} ? at / static_cast<double>(end.count()) : 0;
    const auto cell = static_cast<std::size_t>(std::max(share, 0.0) * bar_cells);
    marks.at(std::min(cell, bar_cells - 1)) = static_cast<char>('0' + (i + 1) % 10);
  }
  return marks;
}

std::string recovery_words(const EventResult& event) {
  auto text = fmt::format("{} of {} probes lost", event.probes_lost, event.probes_sent);
  if (!event.recovered) return text + ", not recovered";
  if (*event.recovered > Duration::zero()) text += ", recovered after " + rough(*event.recovered);
  return text + ", then " + to_string(event.path);
}

void describe_events(const TrialResult& result, Sheet& sheet) {
  if (result.events.empty()) return;
  sheet.gap();
  for (std::size_t i = 0; i < result.events.size(); ++i) {
    const auto& event = result.events[i];
    sheet.words(i == 0 ? "events" : "",
                plain(fmt::format("{} after {}: {} of {}: {}: {}",
                                  i + 1,
                                  rough(event.asked),
                                  event.event,
                                  event.target,
                                  event.changed ? "changed" : "CHANGED NOTHING",
                                  event.reason)),
                event.changed ? Tint::none : Tint::yellow);
    const bool endpoints = !event.endpoint_before.empty();
    const auto& before = endpoints ? event.endpoint_before : event.before;
    const auto& after = endpoints ? event.endpoint_after : event.after;
    sheet.words("", plain("  " + before + " -> " + after + "; " + recovery_words(event)));
  }
}

void describe_path(const TrialResult& result, Sheet& sheet) {
  if (result.paths.empty()) return;
  sheet.gap();
  const auto end = timeline_end(result.paths);
  std::vector<std::vector<std::string>> rows;
  for (const auto& direction : result.paths)
    rows.push_back({direction.from + " -> " + direction.to,
                    timeline_bar(direction, end, bar_cells),
                    to_string(direction.path)});
  if (!result.events.empty()) rows.push_back({"", event_marks(result, end), ""});
  const auto last = rough(end);
  rows.push_back(
      {"", "0s" + std::string(bar_cells - std::min(bar_cells, last.size() + 2), ' ') + last});
  sheet.table("path", rows);
  sheet.line("",
             "= direct   ~ relayed   . nothing arrives" +
                 std::string(result.events.empty() ? "" : "   1 2 ... events"));
  for (const auto& direction : result.paths) {
    auto text =
        direction.from + " -> " + direction.to + ": " + timeline_words(direction) + "; " +
        fmt::format("{} of {} probes arrived", direction.probes_received, direction.probes_sent);
    if (direction.unidentified > 0)
      text += fmt::format(", {} not identified", direction.unidentified);
    sheet.words("", plain(text));
  }
}

void describe_figures(const TrialResult& result, Sheet& sheet) {
  if (result.paths.empty()) return;
  const auto after =
      [](const char* what, const std::optional<Duration>& duration, const char* never) {
        return duration ? what + (" after " + rough(*duration)) : std::string(never);
      };
  sheet.gap();
  sheet.words("time",
              after("first packet", result.time_to_first_packet, "no packet arrived") + ", " +
                  after("direct", result.time_to_direct, "never direct") +
                  "; counted from the start of the last daemon");
  sheet.words("bytes", bytes_text(result.relay_bytes) + " through the relay during the path phase");
  for (const auto& carrier : result.carriers)
    sheet.words("",
                plain(carrier.machine + ": " + bytes_text(carrier.bytes_in) + " in, " +
                      bytes_text(carrier.bytes_out) + " out"));
}

std::string claim_words(const ClaimResult& claim) {
  if (claim.path.empty())
    return claim.problem.empty() ? "makes no claim" : "no claim: " + claim.problem;
  std::string text = "claims " + claim.path;
  if (!claim.via.empty()) text += " via " + claim.via;
  if (!claim.endpoint.empty()) text += ", endpoint " + claim.endpoint;
  if (!claim.problem.empty()) text += " (" + claim.problem + ")";
  return text;
}

void describe_claims(const TrialResult& result, Sheet& sheet) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& claim : result.claims) {
    const auto direction = std::ranges::find(result.paths, claim.machine, &DirectionResult::from);
    const auto wire = direction == result.paths.end() ? "?" : to_string(direction->path);
    rows.push_back({claim.machine, plain(claim_words(claim)), "wire: " + wire});
  }
  sheet.table("claim", rows);
}

void describe_judgement(const TrialResult& result, Sheet& sheet) {
  if (!result.expected_reason.empty())
    sheet.words("expected", plain(to_string(result.expected) + ": " + result.expected_reason));
  const char* label = "proof";
  for (const auto& proof : result.proofs) {
    sheet.words(label,
                plain(std::string(proof.holds ? "holds: " : "DOES NOT HOLD: ") + proof.action +
                      "; expected: " + proof.expected + "; observed: " + proof.observed),
                proof.holds ? Tint::none : Tint::yellow);
    label = "";
  }
  label = "findings";
  for (const auto& finding : result.findings) {
    sheet.words(label, plain("! " + finding), Tint::yellow);
    label = "";
  }
}

std::string figure(const std::optional<double>& value, const std::string& unit) {
  return value ? fmt::format("{:.4g} {}", *value, unit) : "-";
}

void describe_workloads(const TrialResult& result, Sheet& sheet) {
  if (result.workloads.empty()) return;
  std::vector<std::vector<std::string>> rows{{"", "through the VPN", "without VPN", "ratio"}};
  for (const auto& workload : result.workloads) {
    if (!workload.problem.empty()) continue;
    const auto name = workload.workload + (workload.metric.empty() ? "" : " " + workload.metric);
    const bool both = workload.through && workload.without_vpn && *workload.without_vpn > 0;
    rows.push_back({name,
                    figure(workload.through, workload.unit),
                    figure(workload.without_vpn, workload.unit),
                    both ? fmt::format("{:.2f}", *workload.through / *workload.without_vpn) : "-"});
  }
  sheet.gap();
  if (rows.size() > 1) sheet.table("workload", rows);
  for (const auto& workload : result.workloads)
    if (!workload.problem.empty())
      sheet.words(rows.size() > 1 ? "" : "workload",
                  plain("! " + workload.workload + ": " + workload.problem),
                  Tint::yellow);
}

/// Frames that the lab dropped, by reason, most first.
std::string drops_text(const TrialResult& result) {
  std::map<std::string, std::uint64_t> by_reason;
  for (const auto& drop : result.drops)
    by_reason[drop.reason] += drop.frames;
  std::vector<std::pair<std::string, std::uint64_t>> sorted(by_reason.begin(), by_reason.end());
  std::ranges::stable_sort(sorted, std::greater{}, &std::pair<std::string, std::uint64_t>::second);
  std::string text;
  for (std::size_t i = 0; i < std::min(sorted.size(), most_drops); ++i)
    text += (text.empty() ? "" : ", ") + std::to_string(sorted[i].second) + " " + sorted[i].first;
  if (sorted.size() > most_drops) text += ", ...";
  return text;
}

void describe_lab(const TrialResult& result, Sheet& sheet) {
  sheet.gap();
  if (const auto drops = drops_text(result); !drops.empty())
    sheet.words("dropped", plain("frames: " + drops));
  std::string phases;
  for (const auto& phase : result.phases)
    phases += (phases.empty() ? "" : ", ") + phase.phase + " " + rough(phase.took);
  if (!phases.empty()) sheet.words("phases", plain(phases));
  std::string lab;
  const auto add = [&](const std::string& name, const std::string& value) {
    if (!value.empty()) lab += (lab.empty() ? "" : ", ") + name + value;
  };
  add("", result.accelerator);
  add("guest ", result.guest);
  add(result.vpn + " ", result.vpn_version);
  add("hermesh ", result.hermesh_version);
  add("libvirt ", result.libvirt_version);
  add("QEMU ", result.qemu_version);
  if (!lab.empty()) sheet.words("lab", plain(lab));
}

void describe_verdict(const TrialResult& result, Sheet& sheet) {
  if (!result.run_dir.empty())
    sheet.line(
        "evidence",
        plain(result.run_dir + "/: result.json, captures, logs, consoles, inputs, deployed"));
  if (!result.repeat.empty())
    sheet.line("repeat", plain(to_string(Command{.argv = result.repeat})));
  sheet.gap();
  std::string text = in_words(result.verdict) + ": ";
  // Where the lab failed, whatever was seen says nothing of the VPN.
  if (exit_status(result.verdict) < 3)
    text += to_string(result.path) + (result.via.empty() ? "" : " via " + result.via) + "; ";
  text += result.reason;
  sheet.words("VERDICT", plain(text), tint_of(result.verdict));
}

} // namespace

std::string describe(const TrialResult& result, bool colour) {
  Sheet sheet(colour);
  describe_what(result, sheet);
  describe_gateways(result, sheet);
  describe_path(result, sheet);
  describe_figures(result, sheet);
  describe_claims(result, sheet);
  describe_judgement(result, sheet);
  describe_events(result, sheet);
  describe_workloads(result, sheet);
  describe_lab(result, sheet);
  describe_verdict(result, sheet);
  return sheet.text();
}

} // namespace hermesh
