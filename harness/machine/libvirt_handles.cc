// SPDX-License-Identifier: MIT
#include "machine/libvirt_handles.hh"

#include <libvirt/virterror.h>

#include <algorithm>
#include <string>

namespace hermesh {
namespace {

std::string words_of(std::string_view attempt) {
  const auto* const message = virGetLastErrorMessage();
  std::string text =
      std::string(attempt) + ": " + (message == nullptr ? "no reason given" : message);
  while (!text.empty() && text.back() == '\n')
    text.pop_back();
  std::ranges::replace(text, '\n', ' '); // QEMU's own complaint comes with its line ends
  return text;
}

} // namespace

LibvirtError::LibvirtError(std::string_view attempt)
    : Error(words_of(attempt)), code_(virGetLastErrorCode()) {}

} // namespace hermesh
