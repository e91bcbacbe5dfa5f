// SPDX-License-Identifier: MIT
#include "machine/domain_events.hh"

#include <array>

namespace hermesh {

struct DomainEvents::Lives {
  using Map = std::map<std::string, std::weak_ptr<Life>>;
  Sync<Map> by_uuid;

  std::shared_ptr<Life> of(virDomainPtr domain) {
    std::array<char, VIR_UUID_STRING_BUFLEN> uuid{};
    if (virDomainGetUUIDString(domain, uuid.data()) != 0) return nullptr;
    return by_uuid.with([&](Map& map) -> std::shared_ptr<Life> {
      const auto found = map.find(uuid.data());
      return found == map.end() ? nullptr : found->second.lock();
    });
  }

  static Lives& from(void* opaque) { return **static_cast<std::shared_ptr<Lives>*>(opaque); }
  static void release(void* opaque) { delete static_cast<std::shared_ptr<Lives>*>(opaque); }

  static const char* reason(int detail) {
    switch (detail) {
    case VIR_DOMAIN_EVENT_STOPPED_SHUTDOWN: return "the guest shut down or its kernel panicked";
    case VIR_DOMAIN_EVENT_STOPPED_DESTROYED: return "destroyed";
    case VIR_DOMAIN_EVENT_STOPPED_CRASHED: return "crashed";
    case VIR_DOMAIN_EVENT_STOPPED_FAILED: return "failed";
    default: return "reason unknown";
    }
  }

  static int
  on_lifecycle(virConnectPtr /*conn*/, virDomainPtr domain, int event, int detail, void* opaque) {
    if (event != VIR_DOMAIN_EVENT_STOPPED) return 0;
    if (const auto life = from(opaque).of(domain)) life->ended(reason(detail), Witness::libvirt);
    return 0;
  }

  static void
  on_agent(virConnectPtr /*conn*/, virDomainPtr domain, int state, int /*reason*/, void* opaque) {
    if (const auto life = from(opaque).of(domain))
      life->agent_connected(state == VIR_CONNECT_DOMAIN_EVENT_AGENT_LIFECYCLE_STATE_CONNECTED);
  }
};

DomainEvents::DomainEvents(virConnectPtr connection)
    : connection_(connection), lives_(std::make_shared<Lives>()) {
  const auto add = [&](int kind, virConnectDomainEventGenericCallback callback) {
    auto owner = std::make_unique<std::shared_ptr<Lives>>(lives_);
    const int id = require("ask libvirt for events",
                           virConnectDomainEventRegisterAny(
                               connection, nullptr, kind, callback, owner.get(), Lives::release));
    static_cast<void>(owner.release()); // libvirt's now
    return id;
  };
  lifecycle_ = add(VIR_DOMAIN_EVENT_ID_LIFECYCLE, VIR_DOMAIN_EVENT_CALLBACK(Lives::on_lifecycle));
  agent_ = add(VIR_DOMAIN_EVENT_ID_AGENT_LIFECYCLE, VIR_DOMAIN_EVENT_CALLBACK(Lives::on_agent));
}

DomainEvents::~DomainEvents() {
  for (const int id : {lifecycle_, agent_})
    virConnectDomainEventDeregisterAny(connection_, id);
}

void DomainEvents::follow(const std::string& uuid, const std::shared_ptr<Life>& life) {
  lives_->by_uuid.with([&](Lives::Map& map) { map[uuid] = life; });
}

} // namespace hermesh
