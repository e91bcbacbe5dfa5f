// SPDX-License-Identifier: MIT
#pragma once

#include "judge/sightings.hh"
#include "wire/pcapng.hh"

#include <cstdint>
#include <filesystem>
#include <span>
#include <unordered_map>
#include <vector>

namespace hermesh {

/// Reads one segment's capture into Sightings.
class CaptureReader {
public:
  CaptureReader(Sightings& into,
                std::span<const JudgedMachine> machines,
                const Sightings::Wanted& wanted);

  void read(const std::filesystem::path& file);

private:
  void learn_ports(const wire::CaptureInfo& info);
  void learn_mac(std::uint32_t port, const wire::CapturedFrame& frame);
  void take(std::uint32_t port, const wire::CapturedFrame& frame);
  void resolve();

  Sightings& into_;
  std::span<const JudgedMachine> machines_;
  Sightings::Wanted wanted_;
  std::uint32_t segment_;
  std::size_t first_sighting_;
  std::vector<std::uint32_t> ports_{}; ///< the file's interfaces, as ports of Sightings
  std::unordered_map<std::uint64_t, std::uint32_t>
      speaker_{};                            ///< by MAC: its port, or no_port when several
  std::vector<std::uint64_t> target_macs_{}; ///< of this file's sightings
};

} // namespace hermesh
