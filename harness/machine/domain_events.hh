// SPDX-License-Identifier: MIT
#pragma once

#include "base/sync.hh"
#include "machine/libvirt_handles.hh"
#include "machine/life.hh"

#include <map>
#include <memory>
#include <string>

namespace hermesh {

/// libvirt's news of a connection's domains, told to their lives. It must go before the connection
/// does.
class DomainEvents {
public:
  explicit DomainEvents(virConnectPtr connection); ///< throws Error
  ~DomainEvents();
  DomainEvents(const DomainEvents&) = delete;
  DomainEvents& operator=(const DomainEvents&) = delete;

  void follow(const std::string& uuid, const std::shared_ptr<Life>& life);

private:
  /// libvirt may still be in a callback when it is deregistered, so what it calls owns itself.
  struct Lives;

  virConnectPtr connection_;
  std::shared_ptr<Lives> lives_;
  int lifecycle_ = -1;
  int agent_ = -1;
};

} // namespace hermesh
