// SPDX-License-Identifier: MIT
#include "machine/embedded_root.hh"

#include "base/error.hh"
#include "machine/cache_folder.hh"
#include "machine/processes.hh"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <chrono>
#include <cstdio>
#include <fstream>

namespace hermesh {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view name_prefix = "hm"; // short: socket paths end at 108 bytes
constexpr std::string_view lock_name = "owner";
constexpr std::string_view draft_name = "owner.new";

Fd take_lock(const fs::path& root) {
  Fd lock(::open((root / lock_name).c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
  if (!lock || ::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) return Fd{};
  return lock;
}

/// The lock's file gets its name when it is locked, so that no other run sees it free.
Fd make_lock(const fs::path& root) {
  const auto draft = root / draft_name;
  Fd lock(check("make " + draft.string(),
                ::open(draft.c_str(), O_CREAT | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0600)));
  check("lock " + draft.string(), ::flock(lock.get(), LOCK_EX | LOCK_NB));
  check("rename " + draft.string(), ::rename(draft.c_str(), (root / lock_name).c_str()));
  return lock;
}

/// What a run leaves that is killed before it has locked its root: nothing but the folder.
void remove_unborn(const fs::path& root) {
  constexpr auto birth_patience = std::chrono::minutes(1);
  std::error_code ignored;
  if (fs::exists(root / lock_name, ignored)) return;
  std::error_code problem;
  const auto made = fs::last_write_time(root, problem);
  if (problem || fs::file_time_type::clock::now() - made < birth_patience) return;
  fs::remove(root / draft_name, ignored);
  fs::remove(root, ignored); // refused when there is more in it: no root of ours
}

bool is_own_folder(const fs::path& folder) {
  struct stat status {};
  return ::lstat(folder.c_str(), &status) == 0 && S_ISDIR(status.st_mode) &&
         status.st_uid == ::geteuid();
}

void write_conf(const fs::path& root) {
  fs::create_directories(root / "etc");
  std::ofstream out(root / "etc" / "qemu.conf");
  out << qemu_conf(::geteuid(), ::getegid());
  out.close();
  if (!out) throw Error("write " + (root / "etc" / "qemu.conf").string());
}

/// libvirt asks each QEMU binary once what it can do, which takes seconds, and keeps the answer
/// below the root with all that it depends on (binary, kernel, KVM). Shared between runs, it is
/// asked once per host.
void share_cache(const fs::path& root) {
  const auto folder = cache_folder();
  if (!folder) return;
  std::error_code ignored;
  fs::create_directory(*folder / "libvirt", ignored);
  fs::create_directory_symlink(*folder / "libvirt", root / "cache", ignored);
}

} // namespace

std::string qemu_conf(unsigned uid, unsigned gid) {
  // No virtlogd for console files; no rights, labels, control groups or mounts that an ordinary
  // user or a sandbox could not have; as root, QEMU stays root instead of becoming a user who can
  // open nothing.
  return fmt::format("stdio_handler = \"file\"\n"
                     "security_driver = \"none\"\n"
                     "security_default_confined = 0\n"
                     "namespaces = []\n"
                     "cgroup_controllers = []\n"
                     "remember_owner = 0\n"
                     "dynamic_ownership = 0\n"
                     "user = \"+{}\"\n"
                     "group = \"+{}\"\n",
                     uid,
                     gid);
}

EmbeddedRoot::EmbeddedRoot() : folder_(name_prefix) {
  lock_ = make_lock(path());
  remove_stale_roots(path().parent_path());
  std::error_code problem;
  fs::create_directory(sockets(), problem);
  if (problem) throw SystemError("make " + sockets().string(), problem.value());
  write_conf(path());
  share_cache(path());
}

void remove_stale_roots(const fs::path& parent) {
  std::error_code problem;
  for (fs::directory_iterator entry(parent, problem), end; !problem && entry != end;
       entry.increment(problem)) {
    const auto& root = entry->path();
    if (!root.filename().string().starts_with(std::string(name_prefix) + ".")) continue;
    if (!is_own_folder(root)) continue;
    const auto lock = take_lock(root);
    if (!lock) { // its owner lives, or has not got far, or it is no root of ours
      remove_unborn(root);
      continue;
    }
    for (const auto pid : find_qemus(root.string()))
      kill_qemu(pid, root.string());
    std::error_code ignored;
    fs::remove_all(root, ignored);
  }
}

} // namespace hermesh
