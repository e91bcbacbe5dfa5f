// SPDX-License-Identifier: MIT
#pragma once

#include "base/error.hh"
#include "machine/hypervisor.hh"
#include "machine/processes.hh"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

/// What the tests of the machine layer share. HERMESH_GUEST names the guest image's folder.
namespace hermesh::testing {

using namespace std::chrono_literals;

inline constexpr auto patience = 60s; ///< for what takes milliseconds on an idle host

inline GuestImage guest_image() {
  const char* folder = std::getenv("HERMESH_GUEST");
  if (folder == nullptr) throw Error("HERMESH_GUEST does not name a guest image");
  return read_guest_image(folder);
}

/// No two guests of any test process share one.
inline std::string fresh_uuid() {
  std::ifstream in("/proc/sys/kernel/random/uuid");
  std::string uuid;
  std::getline(in, uuid);
  return uuid;
}

inline VirtualMachine spec_in(const std::filesystem::path& folder, const std::string& name) {
  const auto uuid = fresh_uuid();
  return {.name = name,
          .domain = "hermesh-" + uuid.substr(0, 8) + "-" + name,
          .uuid = uuid,
          .memory_mib = 128,
          .vcpus = 1,
          .cards = {},
          .console_log = folder / (name + ".console"),
          .xml_file = folder / (name + ".xml")};
}

inline HypervisorOptions options() {
  return {.accelerator = Accelerator::tcg, .image = guest_image(), .boot_patience = 300s};
}

inline std::string complaint(const std::function<void()>& body) {
  try {
    body();
  } catch (const Error& error) {
    return error.what();
  }
  return "no complaint";
}

inline bool holds(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

inline std::optional<bool> when(bool condition) {
  return condition ? std::optional(true) : std::nullopt;
}

/// Kills the machine's QEMU from outside, as the kernel's memory killer would.
inline void kill_qemu_of(const std::string& uuid) {
  const auto found = find_qemus(uuid);
  ASSERT_EQ(found.size(), 1U);
  kill_qemu(found.front(), uuid);
}

} // namespace hermesh::testing
