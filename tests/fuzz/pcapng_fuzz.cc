// SPDX-License-Identifier: MIT
#include "base/error.hh"
#include "wire/pcapng.hh"

#include <cstddef>
#include <cstdint>
#include <sstream>
#include <string>

/// Any bytes: the reader visits frames that lie within what it was given, or throws Error.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::istringstream in(std::string(reinterpret_cast<const char*>(data), size));
  std::size_t touched = 0;
  try {
    hermesh::wire::read_pcapng(
        in,
        "fuzz",
        [&](const hermesh::wire::CaptureInfo& info, const hermesh::wire::CapturedFrame& frame) {
          for (const auto byte : frame.bytes)
            touched += std::to_integer<std::size_t>(byte);
          touched += frame.comment.size() + info.ports.at(frame.port).size();
        });
  } catch (const hermesh::Error&) { // refused, as it should be
  }
  return touched == SIZE_MAX ? 1 : 0;
}
