// SPDX-License-Identifier: MIT
#include "runner/run_dir.hh"

#include "base/error.hh"
#include "base/fd.hh"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sodium.h>
#include <sys/random.h>

#include <array>
#include <fstream>
#include <iterator>

namespace hermesh {
namespace {

namespace fs = std::filesystem;

/// Eight letters from the kernel: two runs that start in the same second do not meet.
std::string fresh_id() {
  std::array<unsigned char, 8> bytes{};
  check("ask the kernel for randomness", ::getrandom(bytes.data(), bytes.size(), 0));
  std::string id;
  for (const auto byte : bytes)
    id += "abcdefghijkmnpqrstuvwxyz23456789"[byte % 32];
  return id;
}

void copy_into(const fs::path& from, const fs::path& to) {
  std::error_code problem;
  fs::copy(from, to, fs::copy_options::recursive, problem);
  if (problem)
    throw Error(fmt::format("copy {} to {}: {}", from.string(), to.string(), problem.message()));
}

std::string request_document(const TrialRequest& request) {
  nlohmann::json document = {{"topology", request.topology},
                             {"scenario", request.scenario},
                             {"vpn", request.vpn},
                             {"profile", request.profile},
                             {"seed", request.seed},
                             {"workloads", request.workloads},
                             {"with", request.replaced_binary.string()}};
  document["settings"] = nlohmann::json::array();
  for (const auto& [name, value] : request.settings)
    document["settings"].push_back({{"name", name}, {"value", value}});
  document["lab_faults"] = nlohmann::json::array();
  for (const auto& fault : request.faults)
    document["lab_faults"].push_back(
        {{"gateway", fault.gateway}, {"field", fault.field}, {"value", fault.value}});
  return document.dump(2) + "\n";
}

} // namespace

fs::path make_run_dir(const fs::path& parent,
                      const TrialSpec& spec,
                      const TrialRequest& request,
                      const Catalog& catalog) {
  const auto name = fmt::format("{:%Y%m%d-%H%M%S}-{}-{}-{}-{}",
                                fmt::gmtime(std::time(nullptr)),
                                spec.topology.name,
                                spec.scenario.name,
                                spec.vpn.name,
                                fresh_id());
  std::error_code problem;
  const auto run = fs::absolute(parent) / name;
  const auto inputs = run / "inputs";
  fs::create_directories(inputs, problem);
  if (problem)
    throw Error(fmt::format("make the run directory {}: {}", run.string(), problem.message()));
  copy_into(catalog.topology_file(request.topology), inputs / "topology.json");
  copy_into(catalog.scenario_file(request.scenario), inputs / "scenario.json");
  copy_into(catalog.profile_file(request.profile), inputs / "profile.json");
  copy_into(spec.vpn.folder, inputs / "vpn");
  write_file(inputs / "request.json", request_document(request));
  return run;
}

std::string run_id_of(const fs::path& run_dir) {
  const auto name = run_dir.filename().string();
  return name.substr(name.rfind('-') + 1);
}

void write_file(const fs::path& file, const std::string& content) {
  const auto part = file.string() + ".part";
  const auto what = "write " + file.string();
  {
    const Fd out(check(what, ::open(part.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)));
    std::string_view rest = content;
    while (!rest.empty()) {
      const auto written = check(what, ::write(out.get(), rest.data(), rest.size()));
      rest.remove_prefix(static_cast<std::size_t>(written));
    }
  }
  check(what, ::rename(part.c_str(), file.c_str()));
}

std::string read_file(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) throw SystemError("read " + file.string());
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string sha256_of_file(const fs::path& file) {
  const auto content = read_file(file);
  std::array<unsigned char, crypto_hash_sha256_BYTES> digest{};
  crypto_hash_sha256(digest.data(),
                     reinterpret_cast<const unsigned char*>(content.data()),
                     content.size()); // NOLINT(cppcoreguidelines-pro-type-reinterpret-cast)
  std::string hex;
  for (const auto byte : digest)
    hex += fmt::format("{:02x}", byte);
  return hex;
}

} // namespace hermesh
