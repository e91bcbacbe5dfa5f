// SPDX-License-Identifier: MIT
#include "certify/certify.hh"

#include "certify/probes.hh"
#include "certify/virtual_hosts.hh"

#include <optional>

namespace hermesh {

struct Certifier::Impl {
  explicit Impl(std::uint64_t the_seed) : seed(the_seed) {}

  std::uint64_t seed;
  std::optional<VirtualHosts> hosts{}; ///< while a gateway is measured
};

Certifier::Certifier(std::uint64_t seed) : impl_(std::make_unique<Impl>(seed)) {}
Certifier::~Certifier() = default;

void Certifier::sink(PortId port, std::span<const std::byte> frame, Time /*now*/) {
  if (impl_->hosts) impl_->hosts->sink(port, frame);
}

namespace {

/// Forgets what a gateway knows now, and what it learned meanwhile when the scope ends.
class CleanState {
public:
  CleanState(Fabric& fabric, const std::string& gateway) : fabric_(fabric), gateway_(gateway) {
    fabric_.clear_state(gateway_);
  }
  ~CleanState() { fabric_.clear_state(gateway_); }
  CleanState(const CleanState&) = delete;
  CleanState& operator=(const CleanState&) = delete;

private:
  Fabric& fabric_;
  const std::string& gateway_;
};

/// The hosts are gone when the scope ends, whatever happened.
class Present {
public:
  explicit Present(std::optional<VirtualHosts>& hosts) : hosts_(hosts) {}
  ~Present() { hosts_.reset(); }
  Present(const Present&) = delete;
  Present& operator=(const Present&) = delete;

private:
  std::optional<VirtualHosts>& hosts_;
};

} // namespace

MeasuredBehaviour Certifier::measure(Fabric& fabric, const GatewayUnderTest& gateway, Time now) {
  const CleanState clean(fabric, gateway.name);
  const Present present(impl_->hosts);
  impl_->hosts.emplace(fabric, gateway, impl_->seed, now);
  MeasuredBehaviour found{.gateway = gateway.name};
  Probes probes(*impl_->hosts, found);
  gateway.inside_address.is_v4() ? probes.measure_all() : probes.measure_ipv6();
  return found;
}

} // namespace hermesh
