// SPDX-License-Identifier: MIT
#include "machine/hypervisor.hh"

#include "base/error.hh"
#include "machine/domain_events.hh"
#include "machine/domain_xml.hh"
#include "machine/libvirt_machine.hh"
#include "machine/libvirt_process.hh"
#include "machine/programs.hh"
#include "machine/tsc.hh"

#include <fstream>
#include <map>
#include <mutex>

namespace hermesh {
namespace {

namespace fs = std::filesystem;

void write_evidence(const fs::path& file, const std::string& text) {
  if (file.empty()) return;
  std::ofstream out(file, std::ios::binary);
  out << text;
  out.close();
  if (!out) throw SystemError("write " + file.string());
}

/// libvirt wrote it before the QEMU ran; empty for a QEMU that has ended since.
pid_t pid_of_domain(const fs::path& root, const std::string& domain) {
  std::ifstream in(root / "run" / "qemu" / (domain + ".pid"));
  pid_t pid = 0;
  return in >> pid ? pid : 0;
}

} // namespace

std::string to_string(Accelerator accelerator) {
  return accelerator == Accelerator::kvm ? "kvm" : "tcg";
}

struct Hypervisor::Impl {
  explicit Impl(HypervisorOptions given)
      : options(std::move(given)),
        embedded(is_embedded(options.uri) ? &embedded_driver() : nullptr),
        emulator(embedded == nullptr ? fs::path() : require_program(qemu_program)),
        connection(open_connection(options.uri)), events(connection.get()) {}

  fs::path socket(const std::string& uuid, std::string_view what) const {
    const auto& folder = embedded == nullptr ? own_sockets->path() : embedded->root.sockets();
    return folder / (uuid + "." + std::string(what));
  }
  GuestPlaces places_of(const VirtualMachine& spec) const;
  Domain create(const VirtualMachine& spec, const GuestPlaces& places);
  void watch(const VirtualMachine& spec, const std::shared_ptr<Life>& life);
  fs::path shell_of(const std::string& machine) {
    const std::lock_guard lock(mutex);
    const auto found = shells.find(machine);
    if (found == shells.end()) throw Error("there is no machine '" + machine + "'");
    return found->second;
  }

  HypervisorOptions options;
  EmbeddedDriver* embedded; ///< null: another process runs the QEMUs
  std::optional<TempDir> own_sockets{embedded == nullptr ? std::optional<TempDir>("hs")
                                                         : std::nullopt};
  fs::path emulator;
  unsigned tsc_khz =
      options.accelerator == Accelerator::tcg ? host_tsc_khz() : 0; ///< KVM has its own clock
  Connection connection;
  DomainEvents events;
  std::mutex mutex;
  std::map<std::string, fs::path> shells;
  std::vector<std::string> uuids;
};

GuestPlaces Hypervisor::Impl::places_of(const VirtualMachine& spec) const {
  GuestPlaces places{.console_log = fs::absolute(spec.console_log),
                     .probe_socket = socket(spec.uuid, "p"),
                     .shell_socket = socket(spec.uuid, "c"),
                     .qemu_log = {},
                     .qemu_copy = {}};
  if (embedded == nullptr) return places;
  places.qemu_log = embedded->root.path() / "log" / "qemu" / (spec.domain + ".log");
  if (!spec.xml_file.empty())
    places.qemu_copy = fs::path(spec.xml_file).replace_extension("qemu.log");
  return places;
}

Domain Hypervisor::Impl::create(const VirtualMachine& spec, const GuestPlaces& places) {
  auto absolute = spec;
  absolute.console_log = places.console_log;
  const auto xml = domain_xml(absolute,
                              options.image,
                              {.accelerator = options.accelerator,
                               .emulator = emulator,
                               .cpuset = usable_cpuset(),
                               .agent_socket = socket(spec.uuid, "a"),
                               .probe_socket = places.probe_socket,
                               .shell_socket = places.shell_socket,
                               .tsc_khz = tsc_khz});
  write_evidence(spec.xml_file, xml);
  const unsigned flags = embedded == nullptr ? VIR_DOMAIN_START_AUTODESTROY : VIR_DOMAIN_NONE;
  return Domain(require("start the domain " + spec.domain,
                        virDomainCreateXML(connection.get(), xml.c_str(), flags)));
}

void Hypervisor::Impl::watch(const VirtualMachine& spec, const std::shared_ptr<Life>& life) {
  if (embedded == nullptr) return;
  const auto pid = pid_of_domain(embedded->root.path(), spec.domain);
  if (pid <= 0) return;
  embedded->reaper.watch(pid, [life](const std::string& how) {
    life->ended(how, how.starts_with("signal") ? Witness::signal : Witness::exit_status);
  });
}

Hypervisor::Hypervisor(HypervisorOptions options)
    : impl_(std::make_unique<Impl>(std::move(options))) {}

Hypervisor::~Hypervisor() = default;

std::unique_ptr<Machine> Hypervisor::start(const VirtualMachine& spec) {
  const auto places = impl_->places_of(spec);
  const auto life = std::make_shared<Life>();
  impl_->events.follow(spec.uuid, life); // before it starts: nothing of its life is missed
  auto* const reaper = impl_->embedded == nullptr ? nullptr : &impl_->embedded->reaper;
  const auto busy = reaper == nullptr ? nullptr : std::make_unique<Reaper::Busy>(*reaper);
  auto machine = std::make_unique<LibvirtMachine>(
      spec.name, impl_->create(spec, places), places, life, reaper);
  impl_->watch(spec, life);
  const std::lock_guard lock(impl_->mutex);
  impl_->shells[spec.name] = places.shell_socket;
  impl_->uuids.push_back(spec.uuid);
  return machine;
}

void Hypervisor::await_boot(Machine& machine) {
  auto* const guest = dynamic_cast<LibvirtMachine*>(&machine);
  if (guest == nullptr) throw Error(machine.name() + ": not a machine of this hypervisor");
  guest->await_agent(impl_->options.boot_patience);
}

void Hypervisor::abort() noexcept {
  const std::lock_guard lock(impl_->mutex);
  for (const auto& uuid : impl_->uuids) {
    const Domain domain(virDomainLookupByUUIDString(impl_->connection.get(), uuid.c_str()));
    if (domain) virDomainDestroy(domain.get()); // it may have ended by itself: nothing to tell
  }
}

std::filesystem::path Hypervisor::shell_socket(const std::string& machine) const {
  return impl_->shell_of(machine);
}

} // namespace hermesh
