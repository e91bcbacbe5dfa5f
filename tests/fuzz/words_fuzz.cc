// SPDX-License-Identifier: MIT
//
// What programs on a machine print and the harness reads: the guest agent's answers, a VPN's status
// script, ping and iperf3, its interfaces, its clocks. None may do more than be refused.
#include "base/error.hh"
#include "machine/agent_protocol.hh"
#include "machine/base64.hh"
#include "runner/cards.hh"
#include "runner/guest_facts.hh"
#include "unit/vpn/fake_machine.hh"
#include "vpn/deployment.hh"
#include "workload/ping.hh"
#include "workload/tcp.hh"

#include <cstdint>
#include <cstdlib>
#include <string>

namespace {

using namespace hermesh;

void require(bool holds) {
  if (!holds) std::abort();
}

template <typename Read>
void unless_error(Read read) {
  try {
    read();
  } catch (const Error&) { // as it should be
  }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  unless_error([&] { agent::parse_empty(text); });
  unless_error([&] { agent::parse_pid(text); });
  unless_error([&] { agent::parse_handle(text); });
  unless_error([&] { agent::parse_file_part(text); });
  unless_error([&] { agent::parse_exec_status(text); });
  require(base64_decode(base64_encode(text)) == text);
  if (const auto bytes = base64_decode(text)) require(bytes->size() <= text.size());

  testing::FakeMachine machine;
  machine.answer = [&](const Command&) { return Exit{.output = text}; };
  const NodeDeployment node{.machine = "a", .status = {.argv = {"status"}}};
  const auto claim = ask_status(machine, node, node);
  require(claim.path == "direct" || claim.path == "relayed" || claim.path == "unreachable" ||
          claim.path == "unknown");
  require(claim.raw == text);

  unless_error([&] { parse_interfaces(text); });
  unless_error([&] { parse_guest_facts(text); });
  parse_ping(text);
  parse_iperf3(text);
  return 0;
}
