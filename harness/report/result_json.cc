// SPDX-License-Identifier: MIT
#include "report/result.hh"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace hermesh {
namespace {

using Json = nlohmann::ordered_json;

double milliseconds(Duration duration) {
  return static_cast<double>(duration.count()) / 1e6;
}

Json milliseconds_or_null(const std::optional<Duration>& duration) {
  return duration ? Json(milliseconds(*duration)) : Json();
}

Json text_or_null(const std::string& text) {
  return text.empty() ? Json() : Json(text);
}

Json number_or_null(const std::optional<double>& number) {
  return number ? Json(*number) : Json();
}

Json via_json(const std::string& machine, bool infrastructure) {
  if (machine.empty()) return {};
  return {{"machine", machine}, {"infrastructure", infrastructure}};
}

/// An array of what `to_item` makes of each element. Never null.
template <typename Items, typename ToItem>
Json array(const Items& items, ToItem to_item) {
  auto list = Json::array();
  for (const auto& item : items)
    list.push_back(to_item(item));
  return list;
}

Json interval_json(const PathInterval& interval) {
  return {{"from_ms", milliseconds(interval.from)},
          {"to_ms", milliseconds(interval.to)},
          {"path", to_string(interval.path.kind)},
          {"via", via_json(interval.path.via, interval.path.infrastructure)},
          {"probes", interval.probes}};
}

Json direction_json(const DirectionResult& direction) {
  return {{"from", direction.from},
          {"to", direction.to},
          {"path", to_string(direction.path.kind)},
          {"via", via_json(direction.path.via, direction.path.infrastructure)},
          {"probes_sent", direction.probes_sent},
          {"probes_received", direction.probes_received},
          {"unidentified", direction.unidentified},
          {"timeline", array(direction.timeline, interval_json)}};
}

/// What the wire showed of the packets that this machine sent.
Json wire_path(const TrialResult& result, const std::string& machine) {
  const auto direction = std::ranges::find(result.paths, machine, &DirectionResult::from);
  return direction == result.paths.end() ? Json() : Json(to_string(direction->path.kind));
}

Json claim_json(const TrialResult& result, const ClaimResult& claim) {
  return {{"machine", claim.machine},
          {"path", text_or_null(claim.path)},
          {"wire", wire_path(result, claim.machine)},
          {"via", text_or_null(claim.via)},
          {"endpoint", text_or_null(claim.endpoint)},
          {"problem", text_or_null(claim.problem)}};
}

Json gateway_json(const GatewayResult& gateway) {
  return {{"gateway", gateway.gateway},
          {"role", gateway.role},
          {"declared", gateway.declared},
          {"measured", gateway.measured},
          {"certified", gateway.certified},
          {"evidence", gateway.evidence}};
}

Json proof_json(const ProofResult& proof) {
  return {{"action", proof.action},
          {"expected", proof.expected},
          {"observed", proof.observed},
          {"holds", proof.holds}};
}

Json event_json(const EventResult& event) {
  return {{"event", event.event},
          {"target", event.target},
          {"asked_ms", milliseconds(event.asked)},
          {"ended_ms", milliseconds_or_null(event.ended)},
          {"seen_ms", milliseconds_or_null(event.seen)},
          {"before", text_or_null(event.before)},
          {"after", text_or_null(event.after)},
          {"endpoint_before", text_or_null(event.endpoint_before)},
          {"endpoint_after", text_or_null(event.endpoint_after)},
          {"changed", event.changed},
          {"reason", event.reason},
          {"probes_sent", event.probes_sent},
          {"probes_lost", event.probes_lost},
          {"recovered_ms", milliseconds_or_null(event.recovered)},
          {"path", to_string(event.path)},
          {"evidence", event.evidence}};
}

Json workload_json(const WorkloadResult& workload) {
  return {{"workload", workload.workload},
          {"metric", workload.metric},
          {"unit", workload.unit},
          {"through", number_or_null(workload.through)},
          {"without_vpn", number_or_null(workload.without_vpn)},
          {"problem", text_or_null(workload.problem)}};
}

Json trial_json(const TrialResult& result) {
  return {{"topology", result.topology},
          {"scenario", result.scenario},
          {"vpn", result.vpn},
          {"profile", result.profile},
          {"settings",
           array(result.settings,
                 [](const auto& setting) {
                   return Json{{"name", setting.first}, {"value", setting.second}};
                 })},
          {"seed", result.seed},
          {"peer_a", result.peer_a},
          {"peer_b", result.peer_b},
          {"vpn_version", text_or_null(result.vpn_version)},
          {"replaced_binary", text_or_null(result.replaced_binary)},
          {"replaced_binary_sha256", text_or_null(result.replaced_binary_sha256)},
          {"started", text_or_null(result.started)},
          {"repeat", result.repeat}};
}

Json lab_json(const TrialResult& result) {
  return {{"accelerator", text_or_null(result.accelerator)},
          {"guest", text_or_null(result.guest)},
          {"guest_fingerprint", text_or_null(result.guest_fingerprint)},
          {"hermesh", text_or_null(result.hermesh_version)},
          {"libvirt", text_or_null(result.libvirt_version)},
          {"qemu", text_or_null(result.qemu_version)},
          {"host", text_or_null(result.host)}};
}

} // namespace

Json to_json_document(const TrialResult& result) {
  // Filled in one by one: the order is part of what people read.
  Json document;
  document["schema"] = 2;
  document["verdict"] = to_string(result.verdict);
  document["path"] = result.paths.empty() ? Json() : Json(to_string(result.path));
  document["paths"] = array(result.paths, direction_json);
  document["via"] = via_json(result.via, result.via_infrastructure);
  document["expected"] = result.expected_reason.empty() ? Json() : Json(to_string(result.expected));
  document["claim"] =
      array(result.claims, [&](const auto& claim) { return claim_json(result, claim); });
  document["time_to_first_packet_ms"] = milliseconds_or_null(result.time_to_first_packet);
  document["time_to_direct_ms"] = milliseconds_or_null(result.time_to_direct);
  document["relay_bytes"] = result.relay_bytes;
  document["reason"] = result.reason;
  document["run_dir"] = result.run_dir;
  document["expected_reason"] = text_or_null(result.expected_reason);
  document["expected_certainty"] = text_or_null(result.expected_certainty);
  document["gateways"] = array(result.gateways, gateway_json);
  document["proofs"] = array(result.proofs, proof_json);
  document["events"] = array(result.events, event_json);
  document["findings"] = array(result.findings, [](const auto& finding) { return Json(finding); });
  document["workloads"] = array(result.workloads, workload_json);
  document["phases"] = array(result.phases, [](const PhaseTime& phase) {
    return Json{{"phase", phase.phase}, {"ms", milliseconds(phase.took)}};
  });
  document["carriers"] = array(result.carriers, [](const CarrierResult& carrier) {
    return Json{{"machine", carrier.machine},
                {"bytes_in", carrier.bytes_in},
                {"bytes_out", carrier.bytes_out}};
  });
  document["drops"] = array(result.drops, [](const DropResult& drop) {
    return Json{{"where", drop.where},
                {"reason", drop.reason},
                {"frames", drop.frames},
                {"bytes", drop.bytes}};
  });
  document["trial"] = trial_json(result);
  document["lab"] = lab_json(result);
  // Words of guests (claims, problems) need not be UTF-8; a result must be.
  return Json::parse(document.dump(-1, ' ', false, Json::error_handler_t::replace));
}

} // namespace hermesh
