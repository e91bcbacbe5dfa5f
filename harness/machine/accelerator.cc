// SPDX-License-Identifier: MIT
#include "machine/accelerator.hh"

#include "base/error.hh"
#include "machine/kvm_cache.hh"
#include "machine/libvirt_process.hh"
#include "machine/self.hh"

#include <fcntl.h>
#include <linux/kvm.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <array>
#include <csignal>

namespace hermesh {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

// Under KVM a guest answers within some 2 s; a host that is busy with other guests gets ten times
// that.
constexpr auto guest_patience = 20s;
// The whole attempt, libvirt's questions to QEMU included, which hang as well on some hosts.
constexpr auto attempt_patience = 30s;

constexpr std::string_view answered = "works";
constexpr std::string_view hung = "hangs";

void try_guest(const GuestImage& image) {
  Hypervisor hypervisor(
      {.accelerator = Accelerator::kvm, .image = image, .boot_patience = guest_patience});
  // In the root, which the guardian removes: this process is killed.
  const auto& root = embedded_driver().root.path();
  const auto machine = hypervisor.start({.name = "kvm",
                                         .domain = "hermesh-probe-kvm",
                                         .uuid = "6865726d-6573-4800-8000-6b766d000000",
                                         .memory_mib = 128,
                                         .vcpus = 1,
                                         .cards = {},
                                         .console_log = root / "probe-console.log",
                                         .xml_file = {}});
  hypervisor.await_boot(*machine);
}

void say(int answer, std::string_view text) {
  [[maybe_unused]] const auto written = ::write(answer, text.data(), text.size());
}

/// What the child wrote before its end; empty when the time is over.
std::optional<std::string> hear(int answer) {
  const auto deadline = steady_clock::now() + attempt_patience;
  std::string text;
  while (true) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - steady_clock::now());
    pollfd polled{answer, POLLIN, 0};
    if (left.count() <= 0) return std::nullopt;
    if (::poll(&polled, 1, static_cast<int>(left.count())) <= 0) continue;
    std::array<char, 4096> buffer{};
    const auto got = ::read(answer, buffer.data(), buffer.size());
    if (got <= 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(got));
    if (text.back() == '\n') return text.substr(0, text.size() - 1);
  }
}

KvmAnswer try_in_child(const GuestImage& image) {
  std::array<int, 2> ends{};
  check("make a pipe", ::pipe2(ends.data(), O_CLOEXEC));
  const Fd answer(ends[0]);
  Fd theirs(ends[1]);
  const auto pid = spawn_self(
      {.name = "lab-probe-kvm",
       .arguments = {"probe-kvm", std::to_string(inherited_descriptor), image.folder.string()},
       .inherit = theirs.get()});
  theirs = Fd{};
  const auto text = hear(answer.get());
  ::kill(pid, SIGKILL); // its guardian ends the guest, faster than a hung one could be destroyed
  while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
  if (!text || *text == hung)
    return {
        .works = false, .certain = true, .reason = "/dev/kvm opens, but a guest hangs under KVM"};
  if (*text == answered) return {.works = true, .certain = true, .reason = "a guest answered"};
  return {.works = false,
          .certain = false,
          .reason = "the attempt failed: " + (text->empty() ? "no answer" : *text)};
}

} // namespace

std::optional<std::string> kvm_obstacle() {
  const Fd device(::open("/dev/kvm", O_RDWR | O_CLOEXEC));
  if (!device) return SystemError("open /dev/kvm").what();
  if (::ioctl(device.get(), KVM_GET_API_VERSION, 0) != KVM_API_VERSION)
    return "/dev/kvm speaks another version of its interface";
  return std::nullopt;
}

int probe_kvm_main(int answer, const std::filesystem::path& image) {
  ::prctl(PR_SET_NAME, "lab-probe-kvm");
  ::prctl(PR_SET_PDEATHSIG, SIGKILL); // then the guardian clears up
  try {
    const auto begin = steady_clock::now();
    try {
      try_guest(read_guest_image(image));
      say(answer, std::string(answered) + "\n");
    } catch (const Error&) {
      if (steady_clock::now() - begin < guest_patience) throw;
      say(answer, std::string(hung) + "\n");
    }
  } catch (const std::exception& problem) {
    say(answer, std::string(problem.what()) + "\n");
  }
  return 0;
}

KvmAnswer ask_kvm(const GuestImage& image) {
  if (auto obstacle = kvm_obstacle())
    return {.works = false, .certain = false, .reason = *obstacle};
  if (auto known = recall_kvm_answer()) return *known;
  auto answer = try_in_child(image);
  if (answer.certain) remember_kvm_answer(answer);
  return answer;
}

Accelerator choose_accelerator(const std::string& wanted, const GuestImage& image) {
  if (wanted == "tcg") return Accelerator::tcg;
  if (wanted != "auto" && wanted != "kvm")
    throw InputError("accelerator: found '" + wanted + "', wanted 'auto', 'kvm' or 'tcg'");
  const auto answer = ask_kvm(image);
  if (answer.works) return Accelerator::kvm;
  if (wanted == "kvm") throw Error("KVM does not work here: " + answer.reason);
  return Accelerator::tcg;
}

} // namespace hermesh
