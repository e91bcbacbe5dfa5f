// SPDX-License-Identifier: MIT
#pragma once

#include "base/fd.hh"
#include "fabric/fabric.hh"
#include "fabric/loop.hh"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace hermesh {

/// The capture of one segment, written as it grows. A file that cannot be written ends its capture
/// and says why; the lab goes on.
class CaptureFile {
public:
  /// Throws SystemError when the file cannot be made.
  CaptureFile(const FabricOptions& options,
              const std::string& segment,
              std::vector<std::string> ports,
              std::uint64_t start_of_clock);

  /// `ports` gives the segment's ports when one appears that the file does not know yet.
  template <typename Ports>
  void record(const TapRecord& record, Ports ports) {
    if (!file_) return;
    if (record.source >= ports_) add_ports(ports());
    write(record);
  }

  void flush();
  const std::string& problem() const { return problem_; }

private:
  void add_ports(const std::vector<std::string>& ports);
  void write(const TapRecord& record);
  void give_up(const std::string& why);

  std::filesystem::path path_;
  std::uint64_t full_bytes_;
  std::uint64_t most_bytes_;
  std::uint64_t start_of_clock_;
  std::size_t ports_ = 0;
  Fd file_; ///< none after a problem
  std::vector<std::byte> buffer_;
  std::uint64_t flushed_ = 0;
  std::string problem_;
};

} // namespace hermesh
