// SPDX-License-Identifier: MIT
#include "machine/kvm_cache.hh"

#include "machine/cache_folder.hh"
#include "machine/programs.hh"

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <fstream>

namespace hermesh {
namespace {

namespace fs = std::filesystem;

/// All that the answer depends on.
std::string key() {
  std::ifstream boot_file("/proc/sys/kernel/random/boot_id");
  std::string boot;
  std::getline(boot_file, boot);
  utsname kernel{};
  ::uname(&kernel);
  struct stat qemu {};
  if (const auto program = find_program(qemu_program)) ::stat(program->c_str(), &qemu);
  return fmt::format("boot {} kernel {} qemu {}.{:09} {} user {}",
                     boot,
                     kernel.release,
                     qemu.st_mtim.tv_sec,
                     qemu.st_mtim.tv_nsec,
                     qemu.st_size,
                     ::geteuid());
}

} // namespace

std::optional<KvmAnswer> recall_kvm_answer() {
  const auto folder = cache_folder();
  if (!folder) return std::nullopt;
  std::ifstream in(*folder / "kvm.json");
  const auto kept = nlohmann::json::parse(in, nullptr, false);
  if (!kept.is_object()) return std::nullopt;
  try {
    if (kept.at("key") != key()) return std::nullopt;
    return KvmAnswer{.works = kept.at("works").get<bool>(),
                     .certain = true,
                     .reason = kept.at("reason").get<std::string>()};
  } catch (const nlohmann::json::exception&) { // of another version: as if there were none
    return std::nullopt;
  }
}

void remember_kvm_answer(const KvmAnswer& answer) {
  const auto folder = cache_folder();
  if (!folder) return;
  const nlohmann::json kept{{"key", key()}, {"works", answer.works}, {"reason", answer.reason}};
  const auto draft = *folder / fmt::format("kvm.json.{}", ::getpid());
  std::ofstream(draft) << kept.dump(2) << '\n';
  std::error_code ignored; // two at once: either answer will do
  fs::rename(draft, *folder / "kvm.json", ignored);
}

} // namespace hermesh
