// SPDX-License-Identifier: MIT
#include "runner/lab.hh"

#include "base/error.hh"
#include "base/random.hh"
#include "runner/cards.hh"
#include "runner/run_dir.hh"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <thread>

namespace hermesh {
namespace {

/// A version 8 UUID (RFC 9562: free content): the same run and machine have the same one.
std::string uuid_for(const std::string& run_id, const std::string& machine) {
  const auto high = derive_seed(0, run_id + "/" + machine);
  const auto low = derive_seed(1, run_id + "/" + machine);
  return fmt::format("{:08x}-{:04x}-8{:03x}-{:04x}-{:012x}",
                     high >> 32,
                     high >> 16 & 0xffff,
                     high & 0xfff,
                     0x8000 | (low >> 48 & 0x3fff),
                     low & 0xffffffffffff);
}

} // namespace

Lab::Lab(const Topology& topology, const Network& network, LabOptions options, Interrupt& interrupt)
    : topology_(topology), network_(network), options_(std::move(options)), interrupt_(&interrupt) {
  for (const auto* folder : {"captures", "consoles", "libvirt"})
    std::filesystem::create_directories(options_.run_dir / folder);
  fabric_ = std::make_unique<FabricLoop>(network_,
                                         FabricOptions{.captures = options_.run_dir / "captures"});
  hypervisor_ = std::make_unique<Hypervisor>(HypervisorOptions{
      .uri = options_.uri, .accelerator = options_.accelerator, .image = options_.image});
  interrupt_->on_interrupt([this] { hypervisor_->abort(); });
}

Lab::~Lab() {
  interrupt_->on_interrupt({});
  machines_.clear();
}

void Lab::start_machines() {
  const auto run_id = run_id_of(options_.run_dir);
  for (const auto& spec : topology_.machines) {
    VirtualMachine vm{.name = spec.name,
                      .domain = fmt::format("hermesh-{}-{}", run_id, spec.name),
                      .uuid = uuid_for(run_id, spec.name),
                      .memory_mib = spec.memory_mib,
                      .cards = {},
                      .console_log = options_.run_dir / "consoles" / (spec.name + ".log"),
                      .xml_file = options_.run_dir / "libvirt" / (spec.name + ".xml")};
    for (const auto& card : network_.cards)
      if (card.machine == spec.name)
        vm.cards.push_back(
            {.mac = card.mac, .port = fabric_->listening_port(card.machine + "." + card.name)});
    interrupt_->check();
    machines_[spec.name] =
        while_doing("start machine '" + spec.name + "'", [&] { return hypervisor_->start(vm); });
  }
  interrupt_->check(); // it may have come too early to find the last machine
}

void Lab::await_machines() {
  parallel(machine_names(), [this](Machine& machine) {
    hypervisor_->await_boot(machine);
    configure(machine);
  });
}

void Lab::configure(Machine& machine) {
  while_doing("configure the cards of '" + machine.name() + "'",
              [&] { configure_cards(machine, network_); });
}

void Lab::adopt(const Network& network) {
  fabric_->with([&](Fabric& fabric, Time) {
    for (const auto& gateway : network.gateways) {
      fabric.set_behaviour(gateway.spec.name, gateway.behaviour);
      fabric.clear_state(gateway.spec.name);
    }
  });
  const bool other_ways = std::ranges::any_of(network.segments, [&](const SegmentSpec& segment) {
    return routes_inwards(network, segment.name) != routes_inwards(network_, segment.name);
  });
  network_ = network;
  if (other_ways) parallel(machine_names(), [this](Machine& machine) { configure(machine); });
}

void Lab::move(const std::string& name, const Attachment& to) {
  for (auto& card : network_.cards) {
    if (card.machine != name || card.name != "eth0") continue;
    card.attachment = to;
    fabric_->with(
        [&](Fabric& fabric, Time) { fabric.move(fabric.port(name + ".eth0"), to.segment); });
  }
  configure(machine(name));
}

Machine& Lab::machine(const std::string& name) {
  const auto found = machines_.find(name);
  if (found == machines_.end()) throw Error("there is no machine '" + name + "' in this lab");
  return *found->second;
}

std::vector<std::string> Lab::machine_names() const {
  std::vector<std::string> names;
  for (const auto& machine : topology_.machines)
    names.push_back(machine.name);
  return names;
}

void Lab::parallel(const std::vector<std::string>& names,
                   const std::function<void(Machine&)>& body) {
  std::vector<std::exception_ptr> failures(names.size());
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < names.size(); ++i)
    threads.emplace_back([&, i] {
      try {
        body(machine(names[i]));
      } catch (...) {
        failures[i] = std::current_exception();
      }
    });
  for (auto& thread : threads)
    thread.join();
  interrupt_->check(); // what failed because of it is not the reason
  for (const auto& failure : failures)
    if (failure) std::rethrow_exception(failure);
}

void Lab::check_alive() {
  interrupt_->check();
  for (auto& [name, machine] : machines_)
    if (const auto obituary = machine->obituary(); !obituary.empty())
      throw Error("machine '" + name + "' is gone: " + obituary);
  const auto health = fabric_->health();
  if (!health.problem.empty()) throw Error(health.problem);
  if (!health.capture_problem.empty())
    throw Error("the capture is incomplete: " + health.capture_problem);
}

} // namespace hermesh
