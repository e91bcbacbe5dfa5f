// SPDX-License-Identifier: MIT
#include "machine/libvirt_user.hh"

#include <pwd.h>
#include <unistd.h>

#include <array>
#include <filesystem>

namespace hermesh {
namespace {

constexpr const char* user_name = "libvirt-qemu";

/// Only Debian and its kin build libvirt with that user.
bool built_for_that_user() {
  return std::filesystem::exists("/etc/debian_version");
}

bool user_exists() {
  passwd entry{};
  passwd* found = nullptr;
  std::array<char, 4096> buffer{};
  return ::getpwnam_r(user_name, &entry, buffer.data(), buffer.size(), &found) == 0 &&
         found != nullptr;
}

} // namespace

bool libvirt_user_missing() {
  return ::geteuid() == 0 && built_for_that_user() && !user_exists();
}

std::string libvirt_user_advice() {
  return std::string("as root libvirt needs the user ") + user_name +
         ": run as an ordinary user, or make it: useradd --system --user-group --no-create-home "
         "--home-dir /nonexistent --shell /usr/sbin/nologin " +
         user_name;
}

} // namespace hermesh
