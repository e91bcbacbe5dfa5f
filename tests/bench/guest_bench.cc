// SPDX-License-Identifier: MIT
//
// What guests cost and what the fabric costs them: boot, memory, and TCP through two gateways
// beside the same two guests joined by a pair of QEMU's own UDP sockets, in turn, in one run.
// HERMESH_GUEST names the guest image. Usage: guest_bench [ROUNDS]
#include "base/clock.hh"
#include "base/error.hh"
#include "base/temp_dir.hh"
#include "bench/reference_loop.hh"
#include "bench/two_nats.hh"
#include "fabric/loop.hh"
#include "machine/guardian.hh"
#include "machine/hypervisor.hh"
#include "machine/processes.hh"
#include "workload/tcp.hh"

#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

namespace {

using namespace hermesh;
using namespace hermesh::bench;
using namespace std::chrono_literals;
using Steady = std::chrono::steady_clock;

constexpr unsigned guest_mib = 128;

double seconds_since(Steady::time_point start) {
  return std::chrono::duration<double>(Steady::now() - start).count();
}

std::uint16_t free_datagram_port() {
  const Fd socket{check("make a socket", ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0))};
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  check("bind", ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), size));
  check("getsockname", ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size));
  return ntohs(address.sin_port);
}

/// A guest of its own uuid, so that its QEMU can be found.
VirtualMachine guest(const std::filesystem::path& folder, const std::string& name) {
  std::string uuid;
  std::ifstream("/proc/sys/kernel/random/uuid") >> uuid;
  return {.name = name,
          .domain = "hermesh-bench-" + uuid.substr(0, 8) + "-" + name,
          .uuid = uuid,
          .memory_mib = guest_mib,
          .vcpus = 1,
          .cards = {},
          .console_log = folder / (name + ".console"),
          .xml_file = {}};
}

/// KiB of a process that no other process shares: written by it, and only mapped by it.
struct PrivateMemory {
  std::size_t dirty = 0;
  std::size_t clean = 0;
};

PrivateMemory private_memory(const VirtualMachine& machine) {
  const auto found = find_qemus(machine.uuid);
  if (found.size() != 1) throw Error("the QEMU of '" + machine.name + "' is not to be found");
  std::ifstream rollup("/proc/" + std::to_string(found.front()) + "/smaps_rollup");
  PrivateMemory memory;
  for (std::string line; std::getline(rollup, line);) {
    if (line.starts_with("Private_Dirty:")) memory.dirty = std::stoul(line.substr(14));
    if (line.starts_with("Private_Clean:")) memory.clean = std::stoul(line.substr(14));
  }
  return memory;
}

/// Kernel start to the agent's first answer, one guest at a time.
void boot(Hypervisor& hypervisor, const std::filesystem::path& folder, int rounds) {
  for (int round = 0; round < rounds; ++round) {
    const auto machine = guest(folder, "boot" + std::to_string(round));
    const auto start = Steady::now();
    const auto running = hypervisor.start(machine);
    hypervisor.await_boot(*running);
    fmt::print("{{\"bench\": \"guest\", \"what\": \"boot\", \"seconds\": {:.2f}, "
               "\"reference_loop_seconds\": {:.2f}}}\n",
               seconds_since(start),
               reference_loop());
  }
}

void report_memory(const VirtualMachine& machine) {
  const auto memory = private_memory(machine);
  fmt::print("{{\"bench\": \"guest\", \"what\": \"memory of an idle guest beside another\", "
             "\"guest_mib\": {}, \"private_mib\": {}, \"of_it_written_mib\": {}}}\n",
             machine.memory_mib,
             (memory.dirty + memory.clean) / 1024,
             memory.dirty / 1024);
}

void configure(Machine& machine, const Network& network, const std::string& wire_address) {
  const auto card = std::ranges::find(network.cards, machine.name(), &Card::machine);
  const auto router = "192.168." + std::string(machine.name() == "a" ? "1" : "2") + ".1";
  must(machine,
       {.argv = {"ip", "-batch", "-"},
        .input = "link set eth0 up\naddress add " + to_string(*card->attachment.ipv4) +
                 "/24 dev eth0\nroute add default via " + router +
                 "\nlink set eth1 up\naddress add " + wire_address + "/24 dev eth1\n"},
       20s);
}

double throughput(Machine& client, Machine& server, std::string_view address) {
  const auto sample = run_tcp(client, server, *Address::parse(address));
  if (!sample.problem.empty()) throw Error("iperf3: " + sample.problem);
  return sample.figures.front().value;
}

/// Two guests, each with a card on the fabric and one on a bare wire.
void tcp(Hypervisor& hypervisor, const std::filesystem::path& folder, int rounds) {
  const auto network = two_nats();
  FabricLoop loop(network, {.captures = folder});
  const auto first = free_datagram_port();
  const auto second = free_datagram_port();
  auto a = guest(folder, "a");
  auto b = guest(folder, "b");
  a.cards = {{.mac = network.cards[0].mac, .port = loop.listening_port("a.eth0")},
             {.mac = {{0x52, 0x54, 0, 1, 0, 1}}, .port = second, .own_datagram_port = first}};
  b.cards = {{.mac = network.cards[1].mac, .port = loop.listening_port("b.eth0")},
             {.mac = {{0x52, 0x54, 0, 1, 0, 2}}, .port = first, .own_datagram_port = second}};
  const auto running_a = hypervisor.start(a);
  const auto running_b = hypervisor.start(b);
  hypervisor.await_boot(*running_a);
  hypervisor.await_boot(*running_b);
  configure(*running_a, network, "10.9.0.1");
  configure(*running_b, network, "10.9.0.2");
  report_memory(a);
  // The gateways translate; what comes in goes to the host inside.
  loop.with([](Fabric& fabric, Time) {
    fabric.open("gw-a", true);
    fabric.open("gw-b", true);
  });
  must(*running_b, {.argv = {"ping", "-n", "-c", "1", "-W", "5", "80.100.0.1"}}, 20s);
  double gateways = 0;
  double wire = 0;
  for (int round = 0; round < rounds; ++round) {
    wire += throughput(*running_a, *running_b, "10.9.0.2") / rounds;
    gateways += throughput(*running_a, *running_b, "80.100.0.2") / rounds;
  }
  fmt::print(
      "{{\"bench\": \"guest\", \"what\": \"TCP through two gateways, captured\", "
      "\"mbit_per_second\": {:.0f}, \"joined_by_udp_sockets\": {:.0f}, \"ratio\": {:.2f}}}\n",
      gateways,
      wire,
      gateways / wire);
}

int measure(int rounds) {
  const char* image = std::getenv("HERMESH_GUEST"); // NOLINT(concurrency-mt-unsafe)
  if (image == nullptr ||
      !std::filesystem::exists(std::filesystem::path(image) / "manifest.json")) {
    fmt::print("skipped: HERMESH_GUEST names no guest image; `hermesh image build` makes one\n");
    return 77;
  }
  const TempDir folder;
  const auto guest_image = read_guest_image(image);
  Hypervisor hypervisor(
      {.accelerator = choose_accelerator("auto", guest_image), .image = guest_image});
  boot(hypervisor, folder.path(), rounds);
  tcp(hypervisor, folder.path(), rounds);
  return 0;
}

} // namespace

int main(int argc, char** argv) {
  if (const auto status = run_hidden_command(argc, argv)) return *status;
  try {
    return measure(argc > 1 ? std::atoi(argv[1]) : 3);
  } catch (const Error& error) {
    fmt::print(stderr, "guest_bench: {}\n", error.what());
    return 3;
  }
}
