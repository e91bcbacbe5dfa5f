// SPDX-License-Identifier: MIT
#pragma once

#include "base/error.hh"

#include <libvirt/libvirt.h>

#include <memory>
#include <string_view>

/// What the files of this layer share about libvirt; nothing outside it includes this.
namespace hermesh {

struct ConnectionCloser {
  void operator()(virConnectPtr connection) const { virConnectClose(connection); }
};
struct DomainFree {
  void operator()(virDomainPtr domain) const { virDomainFree(domain); }
};
using Connection = std::unique_ptr<virConnect, ConnectionCloser>;
using Domain = std::unique_ptr<virDomain, DomainFree>;

/// A libvirt call failed, in libvirt's own words.
class LibvirtError : public Error {
public:
  explicit LibvirtError(std::string_view attempt);
  int code() const { return code_; } ///< virErrorNumber

private:
  int code_;
};

/// Return what libvirt returned, or throw LibvirtError saying what was attempted.
template <typename T>
T* require(std::string_view attempt, T* result) {
  if (result == nullptr) throw LibvirtError(attempt);
  return result;
}
inline int require(std::string_view attempt, int result) {
  if (result < 0) throw LibvirtError(attempt);
  return result;
}

} // namespace hermesh
