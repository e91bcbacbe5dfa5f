// SPDX-License-Identifier: MIT
#include "machine/host_facts.hh"

#include "base/command.hh"
#include "base/error.hh"
#include "base/temp_dir.hh"
#include "machine/libvirt_handles.hh"
#include "machine/libvirt_user.hh"
#include "machine/programs.hh"

#include <dlfcn.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

namespace hermesh {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr std::uint64_t few_files = 256;
constexpr std::uint64_t little_memory_mib = 1024;
constexpr std::uint64_t little_disk_mib = 512;

// What libvirt adds to its root for the longest socket, QEMU's monitor: the domain's number and the
// first 20 characters of its name.
constexpr std::string_view longest_socket =
    "/lib/qemu/domain-9999-hermesh-xxxxxxxxxxxx/monitor.sock";

/// Drivers are modules beside the library, unless this variable says otherwise.
bool has_qemu_driver() {
  const char* folder = std::getenv("LIBVIRT_DRIVER_DIR"); // NOLINT(concurrency-mt-unsafe)
  Dl_info library{};
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): dladdr's interface
  if (::dladdr(reinterpret_cast<const void*>(&virGetVersion), &library) == 0) return false;
  const auto beside = fs::path(library.dli_fname).parent_path() / "libvirt" / "connection-driver";
  std::error_code problem;
  return fs::exists((folder == nullptr ? beside : fs::path(folder)) / "libvirt_driver_qemu.so",
                    problem);
}

std::uint64_t memory_line(const std::string& name) {
  std::ifstream in("/proc/meminfo");
  std::string field;
  std::uint64_t kib = 0;
  for (std::string rest; in >> field >> kib; std::getline(in, rest))
    if (field == name + ":") return kib / 1024;
  return 0;
}

unsigned usable_cores() {
  cpu_set_t set;
  if (::sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  return static_cast<unsigned>(CPU_COUNT(&set));
}

int socket_path_room() {
  const TempDir probe("hm");
  const auto length = probe.path().string().size() + longest_socket.size();
  return static_cast<int>(sizeof(sockaddr_un::sun_path)) - 1 - static_cast<int>(length);
}

void find_missing_programs(HostFacts& facts) {
  if (!facts.qemu)
    facts.missing.push_back({.what = "no " + std::string(qemu_program) + " on the PATH",
                             .debian = "qemu-system-x86",
                             .nix = "qemu_kvm"});
  if (!facts.qemu_driver)
    facts.missing.push_back({.what = "libvirt has no driver for QEMU",
                             .debian = "libvirt-daemon-driver-qemu",
                             .nix = "libvirt"});
  if (!facts.libvirt_user)
    facts.missing.push_back({.what = "no user libvirt-qemu", .advice = libvirt_user_advice()});
  if (facts.socket_path_room < 0)
    facts.missing.push_back({.what = "socket paths get too long", .advice = "set TMPDIR=/tmp"});
}

void find_tight_limits(HostFacts& facts) {
  const auto tight = [&](std::string what, std::string advice) {
    facts.missing.push_back({.what = std::move(what), .advice = std::move(advice), .fatal = false});
  };
  if (facts.kvm_obstacle)
    tight("no KVM, so guests run under TCG: " + *facts.kvm_obstacle,
          "add yourself to the group of /dev/kvm, or go on: everything works, slower");
  else if (facts.kvm && !facts.kvm->works)
    tight("KVM does not work, so guests run under TCG: " + facts.kvm->reason, "");
  if (facts.open_files < few_files)
    tight(fmt::format("only {} open files allowed", facts.open_files), "ulimit -n 1024");
  if (facts.memory_available_mib < little_memory_mib)
    tight(fmt::format("only {} MiB of memory available", facts.memory_available_mib), "");
  if (facts.disk_free_mib < little_disk_mib)
    tight(fmt::format("only {} MiB free in the working directory", facts.disk_free_mib),
          "captures need room");
}

} // namespace

std::string libvirt_version() {
  unsigned long number = 0;
  if (virGetVersion(&number, nullptr, nullptr) != 0) return {};
  return fmt::format("{}.{}.{}", number / 1'000'000, number / 1000 % 1000, number % 1000);
}

std::string qemu_version(const fs::path& qemu) {
  if (qemu.empty()) return {};
  HostExecutor host;
  const auto exit = host.run({.argv = {qemu.string(), "--version"}}, 20s);
  std::istringstream words(exit.output);
  for (std::string word; words >> word;)
    if (word == "version" && words >> word) return word;
  return {};
}

HostFacts host_facts(const std::optional<GuestImage>& image) {
  HostFacts facts{.libvirt_version = libvirt_version()};
  facts.qemu_driver = has_qemu_driver();
  facts.qemu = find_program(qemu_program);
  if (facts.qemu) facts.qemu_version = qemu_version(*facts.qemu);
  facts.root = ::geteuid() == 0;
  facts.libvirt_user = !libvirt_user_missing();
  facts.cores = usable_cores();
  facts.memory_mib = memory_line("MemTotal");
  facts.memory_available_mib = memory_line("MemAvailable");
  std::error_code problem;
  const auto space = fs::space(".", problem);
  if (!problem) facts.disk_free_mib = space.available >> 20;
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) == 0) facts.open_files = files.rlim_cur;
  facts.socket_path_room = socket_path_room();
  find_missing_programs(facts);
  facts.kvm_obstacle = kvm_obstacle();
  const bool can_try = facts.missing.empty() && image.has_value();
  if (can_try) facts.kvm = ask_kvm(*image);
  find_tight_limits(facts);
  return facts;
}

} // namespace hermesh
