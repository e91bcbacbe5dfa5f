// SPDX-License-Identifier: MIT
#include "model/json_reader.hh"
#include "report/result.hh"

#include <nlohmann/json.hpp>

#include <array>
#include <cmath>
#include <limits>

namespace hermesh {
namespace {

using Fields = JsonReader::Fields;

constexpr auto most = std::numeric_limits<std::int64_t>::max();
constexpr double longest_ms = 1e12;

constexpr std::array verdicts{Verdict::as_expected,
                              Verdict::better_than_expected,
                              Verdict::worse_than_expected,
                              Verdict::invalid,
                              Verdict::inconclusive,
                              Verdict::harness_error};
constexpr std::array paths{
    PathKind::local, PathKind::direct, PathKind::relayed, PathKind::unreachable};

/// One of an enumeration, by its text.
template <typename Values>
auto read_enum(const JsonReader& json, const Values& values) {
  std::vector<std::string> names;
  for (const auto value : values)
    names.push_back(to_string(value));
  return values.at(json.one_of(names));
}

std::string text_or_null(const JsonReader& json) {
  return json.is_null() ? "" : json.text();
}

Duration read_milliseconds(const JsonReader& json) {
  const auto number = json.number();
  if (std::abs(number) > longest_ms)
    json.fail("found " + json.quoted() + ", wanted milliseconds below 1e12");
  return Duration(std::llround(number * 1e6));
}

std::uint64_t read_count(const JsonReader& json) {
  return static_cast<std::uint64_t>(json.integer(0, most));
}

std::uint32_t read_small_count(const JsonReader& json) {
  return static_cast<std::uint32_t>(json.integer(0, std::numeric_limits<std::uint32_t>::max()));
}

std::vector<std::string> read_texts(const JsonReader& json) {
  std::vector<std::string> texts;
  json.each([&](const JsonReader& item) { texts.push_back(item.text()); });
  return texts;
}

template <typename Read>
auto read_list(const JsonReader& json, Read read) {
  std::vector<decltype(read(std::declval<Fields&>()))> list;
  json.each([&](const JsonReader& item) {
    item.object([&](Fields& fields) { list.push_back(read(fields)); });
  });
  return list;
}

void read_via(const JsonReader& json, std::string& machine, bool& infrastructure) {
  if (json.is_null()) return;
  json.object([&](Fields& fields) {
    machine = fields.required("machine").text();
    infrastructure = fields.required("infrastructure").flag();
  });
}

Path read_path(Fields& fields) {
  Path path{.kind = read_enum(fields.required("path"), paths)};
  read_via(fields.required("via"), path.via, path.infrastructure);
  return path;
}

PathInterval read_interval(Fields& fields) {
  return {.from = read_milliseconds(fields.required("from_ms")),
          .to = read_milliseconds(fields.required("to_ms")),
          .path = read_path(fields),
          .probes = read_small_count(fields.required("probes"))};
}

DirectionResult read_direction(Fields& fields) {
  return {.from = fields.required("from").text(),
          .to = fields.required("to").text(),
          .path = read_path(fields),
          .timeline = read_list(fields.required("timeline"), read_interval),
          .probes_sent = read_small_count(fields.required("probes_sent")),
          .probes_received = read_small_count(fields.required("probes_received")),
          .unidentified = read_small_count(fields.required("unidentified"))};
}

ClaimResult read_claim(Fields& fields) {
  fields.required("wire"); // repeats what `paths` says
  return {.machine = fields.required("machine").text(),
          .path = text_or_null(fields.required("path")),
          .via = text_or_null(fields.required("via")),
          .endpoint = text_or_null(fields.required("endpoint")),
          .problem = text_or_null(fields.required("problem"))};
}

GatewayResult read_gateway(Fields& fields) {
  return {.gateway = fields.required("gateway").text(),
          .role = fields.required("role").text(),
          .declared = fields.required("declared").text(),
          .measured = fields.required("measured").text(),
          .certified = fields.required("certified").flag(),
          .evidence = read_texts(fields.required("evidence"))};
}

ProofResult read_proof(Fields& fields) {
  return {.action = fields.required("action").text(),
          .expected = fields.required("expected").text(),
          .observed = fields.required("observed").text(),
          .holds = fields.required("holds").flag()};
}

EventResult read_event_result(Fields& fields) {
  const auto time = [&](const char* name) {
    const auto field = fields.required(name);
    return field.is_null() ? std::nullopt : std::optional(read_milliseconds(field));
  };
  return {.event = fields.required("event").text(),
          .target = fields.required("target").text(),
          .asked = read_milliseconds(fields.required("asked_ms")),
          .ended = time("ended_ms"),
          .seen = time("seen_ms"),
          .before = text_or_null(fields.required("before")),
          .after = text_or_null(fields.required("after")),
          .endpoint_before = text_or_null(fields.required("endpoint_before")),
          .endpoint_after = text_or_null(fields.required("endpoint_after")),
          .changed = fields.required("changed").flag(),
          .reason = fields.required("reason").text(),
          .probes_sent = read_small_count(fields.required("probes_sent")),
          .probes_lost = read_small_count(fields.required("probes_lost")),
          .recovered = time("recovered_ms"),
          .path = read_enum(fields.required("path"), paths),
          .evidence = read_texts(fields.required("evidence"))};
}

WorkloadResult read_workload(Fields& fields) {
  const auto figure = [&](const char* name) {
    const auto field = fields.required(name);
    return field.is_null() ? std::nullopt : std::optional(field.number());
  };
  return {.workload = fields.required("workload").text(),
          .metric = fields.required("metric").text(),
          .unit = fields.required("unit").text(),
          .through = figure("through"),
          .without_vpn = figure("without_vpn"),
          .problem = text_or_null(fields.required("problem"))};
}

void read_trial(const JsonReader& json, TrialResult& result) {
  json.object([&](Fields& fields) {
    result.topology = fields.required("topology").text();
    result.scenario = fields.required("scenario").text();
    result.vpn = fields.required("vpn").text();
    result.profile = fields.required("profile").text();
    result.settings = read_list(fields.required("settings"), [](Fields& setting) {
      return std::pair(setting.required("name").text(), setting.required("value").text());
    });
    result.seed = fields.required("seed").natural();
    result.peer_a = fields.required("peer_a").text();
    result.peer_b = fields.required("peer_b").text();
    result.vpn_version = text_or_null(fields.required("vpn_version"));
    result.replaced_binary = text_or_null(fields.required("replaced_binary"));
    result.replaced_binary_sha256 = text_or_null(fields.required("replaced_binary_sha256"));
    result.started = text_or_null(fields.required("started"));
    fields.required("repeat").each(
        [&](const JsonReader& word) { result.repeat.push_back(word.text()); });
  });
}

void read_lab(const JsonReader& json, TrialResult& result) {
  json.object([&](Fields& fields) {
    result.accelerator = text_or_null(fields.required("accelerator"));
    result.guest = text_or_null(fields.required("guest"));
    result.guest_fingerprint = text_or_null(fields.required("guest_fingerprint"));
    result.hermesh_version = text_or_null(fields.required("hermesh"));
    result.libvirt_version = text_or_null(fields.required("libvirt"));
    result.qemu_version = text_or_null(fields.required("qemu"));
    result.host = text_or_null(fields.required("host"));
  });
}

/// The fields that the readers look for first.
void read_verdict(Fields& fields, TrialResult& result) {
  result.verdict = read_enum(fields.required("verdict"), verdicts);
  if (const auto path = fields.required("path"); !path.is_null())
    result.path = read_enum(path, paths);
  result.paths = read_list(fields.required("paths"), read_direction);
  read_via(fields.required("via"), result.via, result.via_infrastructure);
  if (const auto path = fields.required("expected"); !path.is_null())
    result.expected = read_enum(path, paths);
  result.claims = read_list(fields.required("claim"), read_claim);
  const auto time = [&](const char* name) {
    const auto field = fields.required(name);
    return field.is_null() ? std::nullopt : std::optional(read_milliseconds(field));
  };
  result.time_to_first_packet = time("time_to_first_packet_ms");
  result.time_to_direct = time("time_to_direct_ms");
  result.relay_bytes = read_count(fields.required("relay_bytes"));
  result.reason = fields.required("reason").text();
  result.run_dir = fields.required("run_dir").text();
  result.expected_reason = text_or_null(fields.required("expected_reason"));
  result.expected_certainty = text_or_null(fields.required("expected_certainty"));
}

void read_evidence(Fields& fields, TrialResult& result) {
  result.gateways = read_list(fields.required("gateways"), read_gateway);
  result.proofs = read_list(fields.required("proofs"), read_proof);
  result.events = read_list(fields.required("events"), read_event_result);
  result.findings = read_texts(fields.required("findings"));
  result.workloads = read_list(fields.required("workloads"), read_workload);
  result.phases = read_list(fields.required("phases"), [](Fields& phase) {
    return PhaseTime{.phase = phase.required("phase").text(),
                     .took = read_milliseconds(phase.required("ms"))};
  });
  result.carriers = read_list(fields.required("carriers"), [](Fields& carrier) {
    return CarrierResult{.machine = carrier.required("machine").text(),
                         .bytes_in = read_count(carrier.required("bytes_in")),
                         .bytes_out = read_count(carrier.required("bytes_out"))};
  });
  result.drops = read_list(fields.required("drops"), [](Fields& drop) {
    return DropResult{.where = drop.required("where").text(),
                      .reason = drop.required("reason").text(),
                      .frames = read_count(drop.required("frames")),
                      .bytes = read_count(drop.required("bytes"))};
  });
}

} // namespace

TrialResult read_result(const nlohmann::json& document, const std::string& source) {
  TrialResult result;
  JsonReader(source, document).object([&](Fields& fields) {
    fields.required("schema").integer(2, 2);
    read_verdict(fields, result);
    read_evidence(fields, result);
    read_trial(fields.required("trial"), result);
    read_lab(fields.required("lab"), result);
  });
  return result;
}

} // namespace hermesh
