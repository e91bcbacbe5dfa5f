// SPDX-License-Identifier: MIT
#include "scenes.hh"

#include <sstream>

namespace hermesh::oracle {
namespace {

using nat::Behaviour;

std::string describe(const std::vector<Behaviour>& chain) {
  std::ostringstream text;
  for (const auto& layer : chain)
    text << '[' << to_string(layer.translating) << ' ' << mapping_name(layer.mapping) << '/'
         << filtering_name(layer.filtering) << ' ' << to_string(layer.ports) << ' '
         << to_string(layer.flows) << " hairpin " << to_string(layer.hairpin) << ' '
         << to_string(layer.pooling) << " of " << layer.external_addresses << ", UDP to "
         << to_string(layer.udp_out) << (layer.port_mapping.grants() ? " grants ports" : "")
         << (layer.port_mapping.outbound ? "" : " inbound only") << "] ";
  return chain.empty() ? "-" : text.str();
}

Side side_of(const Scene& scene, const std::vector<Behaviour>& own, const std::string& who) {
  Side side{.chain = own, .segment = own.empty() ? "shared" : who};
  for (std::size_t i = 0; i < own.size(); ++i)
    side.gateways.push_back(who + std::to_string(i));
  for (std::size_t i = 0; i < scene.shared.size(); ++i) {
    side.chain.push_back(scene.shared[i]);
    side.gateways.push_back("shared" + std::to_string(i));
  }
  return side;
}

} // namespace

std::string describe(const Scene& scene) {
  return "\n  A " + describe(scene.a) + "\n  B " + describe(scene.b) + "\n  shared " +
         describe(scene.shared);
}

Side side_a(const Scene& scene) {
  return side_of(scene, scene.a, "a");
}

Side side_b(const Scene& scene) {
  return side_of(scene, scene.b, "b");
}

Behaviour SceneDraw::layer() {
  Behaviour layer;
  do {
    layer = {};
    layer.filtering = grades.at(random_.below(3));
    layer.flows = one_in(2) ? nat::FlowRule::reuse : nat::FlowRule::strict;
    layer.hairpin =
        std::array{nat::Hairpin::off, nat::Hairpin::external_source, nat::Hairpin::internal_source}
            .at(random_.below(3));
    if (one_in(6)) {
      layer.translating = nat::Translating::none;
      layer.hairpin = nat::Hairpin::off;
    } else if (one_in(6)) {
      layer.translating = nat::Translating::one_to_one;
      layer.external_addresses = 4;
    } else {
      layer.mapping = grades.at(random_.below(3));
      layer.ports = std::array{nat::PortAssignment::preserve,
                               nat::PortAssignment::random,
                               nat::PortAssignment::sequential_up,
                               nat::PortAssignment::sequential_down,
                               nat::PortAssignment::block,
                               nat::PortAssignment::preserve_then_random}
                        .at(random_.below(6));
    }
  } while (contradiction(layer));
  return layer;
}

std::vector<Behaviour> SceneDraw::chain(std::uint32_t most) {
  std::vector<Behaviour> layers(random_.below(most + 1));
  for (auto& one : layers)
    one = layer();
  return layers;
}

Scene SceneDraw::scene() {
  Scene scene;
  if (!one_in(3)) scene.shared = chain(3);
  const auto most = static_cast<std::uint32_t>(3 - scene.shared.size());
  scene.a = chain(most);
  scene.b = chain(most);
  scene.one_port = one_in(2);
  return scene;
}

template <typename Change>
Scene SceneDraw::changed(Change change) {
  Scene changed = scene();
  for (auto* layers : {&changed.a, &changed.b, &changed.shared})
    for (auto& one : *layers)
      change(one);
  return changed;
}

Scene SceneDraw::scene_with_pools() {
  return changed([&](Behaviour& layer) {
    if (layer.translating != nat::Translating::napt) return; // one address for each host
    Behaviour pooled = layer;
    pooled.external_addresses = 2;
    pooled.pooling = one_in(2) ? nat::Pooling::paired : nat::Pooling::arbitrary;
    if (!contradiction(pooled)) layer = pooled;
  });
}

Scene SceneDraw::scene_with_leases() {
  Scene asking = changed([&](Behaviour& layer) {
    if (layer.translating != nat::Translating::napt || one_in(3)) return;
    layer.port_mapping = {.pcp = true, .outbound = one_in(2)};
    if (layer.hairpin == nat::Hairpin::internal_source) // see oracle/leases.hh
      layer.hairpin = nat::Hairpin::external_source;
    if (layer.port_mapping.outbound && one_in(4))
      layer.port_mapping.refuses = nat::Refusing::not_authorized;
  });
  asking.asks = true;
  return asking;
}

Scene SceneDraw::scene_with_policies() {
  return changed([&](Behaviour& layer) {
    if (one_in(8)) layer.udp_out = nat::OutPolicy::none();
    if (one_in(12)) layer.udp_out = {.only = {{443}}};
    if (one_in(12)) layer.tcp_out = nat::OutPolicy::none();
  });
}

} // namespace hermesh::oracle
