// SPDX-License-Identifier: MIT
#include "machine/processes.hh"

#include "base/fd.hh"

#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <charconv>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

namespace hermesh {
namespace {

namespace fs = std::filesystem;

std::string contents(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::optional<pid_t> pid_of(const fs::path& entry) {
  const auto name = entry.filename().string();
  pid_t pid = 0;
  const auto [rest, problem] = std::from_chars(name.data(), name.data() + name.size(), pid);
  if (problem != std::errc{} || rest != name.data() + name.size()) return std::nullopt;
  return pid;
}

bool is_qemu_of(pid_t pid, const std::string& root) {
  const auto folder = "/proc/" + std::to_string(pid);
  struct stat owner {};
  if (::stat(folder.c_str(), &owner) != 0 || owner.st_uid != ::geteuid()) return false;
  const auto line = contents(folder + "/cmdline"); // words end with NUL; empty for a zombie
  const auto program = fs::path(line.substr(0, line.find('\0'))).filename().string();
  if (program.find("qemu") == std::string::npos) return false;
  return line.find(root) != std::string::npos;
}

} // namespace

std::optional<ProcessState> parse_process_state(const std::string& line) {
  const auto name_end = line.rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream fields(line.substr(name_end + 1));
  ProcessState result;
  pid_t group = 0;
  if (!(fields >> result.state >> result.parent >> group >> result.session)) return std::nullopt;
  return result;
}

std::optional<ProcessState> process_state(pid_t pid) {
  return parse_process_state(contents("/proc/" + std::to_string(pid) + "/stat"));
}

std::vector<pid_t> find_qemus(const std::string& root) {
  std::vector<pid_t> found;
  std::error_code problem;
  for (fs::directory_iterator entry("/proc", problem), end; !problem && entry != end;
       entry.increment(problem)) {
    const auto pid = pid_of(entry->path());
    if (pid && is_qemu_of(*pid, root)) found.push_back(*pid);
  }
  return found;
}

void kill_qemu(pid_t pid, const std::string& root) {
  const Fd process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!process || !is_qemu_of(pid, root)) return; // looked at after the pid was pinned
  ::syscall(SYS_pidfd_send_signal, process.get(), SIGKILL, nullptr, 0);
}

} // namespace hermesh
