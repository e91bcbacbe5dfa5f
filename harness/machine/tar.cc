// SPDX-License-Identifier: MIT
#include "machine/tar.hh"

#include "base/error.hh"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <filesystem>
#include <string_view>

namespace hermesh {
namespace {

constexpr std::size_t block = 512;
constexpr std::size_t name_size = 100;
constexpr std::size_t prefix_size = 155;

/// One header block; offsets as in pax's "ustar Interchange Format" (POSIX.1-2017).
class Header {
public:
  Header() { bytes_.fill('\0'); }

  void text(std::size_t offset, std::string_view value) {
    std::ranges::copy(value, bytes_.begin() + static_cast<std::ptrdiff_t>(offset));
  }
  /// Octal digits and a NUL fill the field.
  void octal(std::size_t offset, std::size_t width, std::size_t value) {
    text(offset, fmt::format("{:0{}o}", value, width - 1));
  }
  std::string_view finish() {
    text(148, "        "); // the checksum counts its own field as spaces
    std::size_t sum = 0;
    for (const char c : bytes_)
      sum += static_cast<unsigned char>(c);
    text(148, fmt::format("{:06o}", sum));
    bytes_[154] = '\0';
    return {bytes_.data(), bytes_.size()};
  }

private:
  std::array<char, block> bytes_{};
};

struct SplitName {
  std::string_view prefix, name;
};

SplitName split(std::string_view path) {
  if (path.size() <= name_size) return {.prefix = {}, .name = path};
  // The latest '/' whose left side fits leaves the shortest name.
  const auto slash = path.rfind('/', prefix_size);
  if (slash == std::string_view::npos || path.size() - slash - 1 > name_size)
    throw Error("push /" + std::string(path) + ": the path is too long");
  return {.prefix = path.substr(0, slash), .name = path.substr(slash + 1)};
}

std::string_view relative(const std::string& target) {
  const std::filesystem::path path(target);
  const bool climbs = std::ranges::any_of(path, [](const auto& part) { return part == ".."; });
  if (!path.is_absolute() || climbs || !path.has_filename())
    throw Error("push " + target + ": not an absolute path of a file");
  return std::string_view(target).substr(target.find_first_not_of('/'));
}

} // namespace

std::string make_tar(const std::vector<PushedFile>& files) {
  std::string archive;
  for (const auto& file : files) {
    const auto [prefix, name] = split(relative(file.target));
    Header header;
    header.text(0, name);
    header.octal(100, 8, file.mode & 07777U);
    header.octal(108, 8, 0);
    header.octal(116, 8, 0);
    header.octal(124, 12, file.content.size());
    header.octal(136, 12, 0);
    header.text(156, "0");
    header.text(257, std::string_view("ustar\00000", 8));
    header.text(265, "root");
    header.text(297, "root");
    header.text(345, prefix);
    archive += header.finish();
    archive += file.content;
    archive.append((block - file.content.size() % block) % block, '\0');
  }
  archive.append(2 * block, '\0');
  return archive;
}

} // namespace hermesh
