// SPDX-License-Identifier: MIT
#include "results.hh"

namespace hermesh::testing {
namespace {

using namespace std::chrono_literals;

TrialResult base() {
  TrialResult result;
  result.topology = "double-nat";
  result.scenario = "home-and-carrier";
  result.vpn = "nebula";
  result.profile = "baseline";
  result.seed = 7;
  result.peer_a = "a";
  result.peer_b = "b";
  result.accelerator = "tcg";
  result.guest = "debian";
  result.guest_fingerprint = "0badc0de";
  result.hermesh_version = "0.1.0";
  result.libvirt_version = "9.0.0";
  result.qemu_version = "7.2.22";
  result.host = "2 cores";
  result.vpn_version = "1.9.3";
  result.run_dir = "runs/20260101T000000Z-double-nat-home-and-carrier-nebula-x1";
  result.started = "2026-01-01T00:00:00Z";
  result.repeat = {"hermesh",
                   "run",
                   "--topology",
                   "double-nat",
                   "--scenario",
                   "home-and-carrier",
                   "--vpn",
                   "my folder",
                   "--seed",
                   "7"};
  const std::string usual = "EIM/APDF, ports preserve, flows reuse";
  for (const char* name : {"home-a", "carrier-b", "home-b"})
    result.gateways.push_back({.gateway = name,
                               .role = name[0] == 'h' ? "home" : "carrier",
                               .declared = usual,
                               .measured = usual,
                               .certified = true,
                               .evidence = {"2 remote ports see one source port 40001"}});
  result.phases = {{"certification", 31ms},
                   {"boot", 9'420ms},
                   {"vpn", 1'200ms},
                   {"path", 6'600ms},
                   {"proof", 3'100ms},
                   {"tear-down", 240ms}};
  result.drops = {{"home-a", "filtered", 12, 1'488},
                  {"home-b", "filtered", 3, 372},
                  {"internet", "no_route", 2, 120}};
  return result;
}

const Path relayed_via_r{.kind = PathKind::relayed, .via = "r", .infrastructure = true};
const Path direct{.kind = PathKind::direct};
const Path nothing{.kind = PathKind::unreachable};

} // namespace

TrialResult direct_after_relay() {
  auto result = base();
  result.verdict = Verdict::as_expected;
  result.reason = "the path is the one that theory predicts";
  result.path = result.expected = PathKind::direct;
  result.expected_certainty = "must_direct";
  result.expected_reason = "UDP hole punching works: A's gateways let the other's packets in (RFC "
                           "5128 section 3.3, RFC 4787 sections 4.1 and 5)";
  result.time_to_first_packet = 412ms;
  result.time_to_direct = 1'630ms;
  result.relay_bytes = 18'204;
  result.paths = {{"a",
                   "b",
                   direct,
                   {{0ms, 412ms, nothing, 4},
                    {412ms, 1'230ms, relayed_via_r, 8},
                    {1'230ms, 6'600ms, direct, 53}},
                   65,
                   61,
                   1},
                  {"b",
                   "a",
                   direct,
                   {{412ms, 1'630ms, relayed_via_r, 12}, {1'630ms, 6'600ms, direct, 49}},
                   61,
                   61,
                   0}};
  result.claims = {{.machine = "a", .path = "direct", .endpoint = "80.100.0.12:4242"},
                   {.machine = "b", .path = "direct", .endpoint = "80.100.0.11:4242"}};
  result.proofs = {{"cut r off for 3s", "probes go on", "30 of 30 probes were answered", true}};
  result.workloads = {{"ping", "rtt median", "ms", 1.93, 0.871, ""},
                      {"tcp", "throughput", "Mbit/s", 61.2, 214.5, ""}};
  result.carriers = {{"a", 120'300, 118'400}, {"b", 119'800, 121'000}, {"r", 22'750, 21'996}};
  return result;
}

TrialResult relayed_instead() {
  auto result = direct_after_relay();
  result.verdict = Verdict::worse_than_expected;
  result.reason = "relayed where theory predicts direct";
  result.path = PathKind::relayed;
  result.via = "r";
  result.via_infrastructure = true;
  result.time_to_direct = std::nullopt;
  result.settings = {{"relay", "on"}};
  result.profile = "low";
  result.replaced_binary = "/home/dev/nebula build/nebula";
  result.replaced_binary_sha256 =
      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
  result.paths[0].path = relayed_via_r;
  result.paths[0].timeline.pop_back();
  result.paths[0].timeline.back().to = 6'600ms;
  result.paths[0].unidentified = 0;
  result.findings = {"a claims direct, and the wire shows relayed via r"};
  result.workloads = {};
  result.workloads.push_back({.workload = "tcp",
                              .metric = "",
                              .unit = "",
                              .problem = "through the VPN: iperf3 did not connect"});
  return result;
}

TrialResult unlike_declared() {
  auto result = base();
  result.verdict = Verdict::invalid;
  result.reason = "gateway home-a is not what the scenario declares";
  result.gateways[0].measured = "APDM/APDF, ports random, flows reuse";
  result.gateways[0].certified = false;
  result.phases.resize(2);
  result.drops.clear();
  return result;
}

TrialResult control_failed() {
  auto result = base();
  result.verdict = Verdict::inconclusive;
  result.reason = "the peers do not connect with every gateway open either: the VPN's own "
                  "configuration may be at fault";
  result.expected = PathKind::direct;
  result.expected_reason = "B is public";
  result.paths = {{"a", "b", nothing, {{0ms, 20'000ms, nothing, 200}}, 200, 0, 0},
                  {"b", "a", nothing, {}, 0, 0, 0}};
  result.claims = {{.machine = "a", .path = ""},
                   {.machine = "b", .path = "", .problem = "status: exit code 1 \x1b[31m\xff"}};
  result.proofs = {{"open every gateway, same daemons",
                    "the peers connect",
                    "nothing arrived within 20 s",
                    false}};
  return result;
}

TrialResult after_events() {
  auto result = direct_after_relay();
  result.scenario = "event-day";
  result.workloads.clear();
  result.verdict = Verdict::invalid;
  result.events = {{.event = "nat-reboot",
                    .target = "home-a",
                    .asked = 2'100ms,
                    .ended = 4'100ms,
                    .seen = 4'210ms,
                    .before = "80.100.1.1:40001",
                    .after = "80.100.1.1:51203",
                    .endpoint_before = "80.100.1.1:4242",
                    .endpoint_after = "80.100.1.1:33310",
                    .changed = true,
                    .reason = "nothing passed meanwhile, the old external endpoint leads nowhere",
                    .probes_sent = 30,
                    .probes_lost = 24,
                    .recovered = 2'420ms,
                    .path = PathKind::direct,
                    .evidence = {"meanwhile: 0 of 12 packets of that flow passed"}},
                   {.event = "udp-block",
                    .target = "home-a",
                    .asked = 5'200ms,
                    .before = "80.100.1.1:40002",
                    .after = "nothing",
                    .reason = "3 of 20 UDP packets still passed",
                    .probes_sent = 14,
                    .probes_lost = 14}};
  result.reason =
      "event 2 (udp-block of home-a) did not change what it should: " + result.events.back().reason;
  return result;
}

TrialResult broken_lab() {
  TrialResult result;
  result.verdict = Verdict::harness_error;
  result.reason = "machine b: waited 30000 ms for the guest agent";
  result.topology = "double-nat";
  result.scenario = "home-and-carrier";
  result.vpn = "nebula";
  result.profile = "baseline";
  result.seed = 18446744073709551615U;
  result.run_dir = "runs/x";
  return result;
}

} // namespace hermesh::testing
