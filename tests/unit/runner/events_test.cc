// SPDX-License-Identifier: MIT
//
// Events without guests: that each check sees its event, and finds out an intervention that does
// nothing.
#include "runner/event_player.hh"
#include "runner/flow_changes.hh"
#include "runner/gateway_events.hh"
#include "runner/guest_facts.hh"
#include "runner/knocker.hh"
#include "runner/machine_events.hh"
#include "unit/vpn/fake_machine.hh"
#include "wire/arp.hh"
#include "wire/frame.hh"

#include <gtest/gtest.h>
#include <poll.h>

namespace hermesh {
namespace {

using namespace std::chrono_literals;

Address ip(std::string_view text) {
  return Address::parse(text).value();
}

/// gw-a with a inside and r outside.
Network one_home(const nat::Behaviour& behaviour = {}) {
  Network network{.segments = {{.name = "internet", .ipv4 = Prefix::parse("80.100.0.0/16")},
                               {.name = "home", .ipv4 = Prefix::parse("192.168.1.0/24")}},
                  .cards = {},
                  .seed = 5};
  network.gateways = {{.spec = {.name = "gw-a",
                                .role = "home",
                                .outside = {.segment = "internet", .ipv4 = ip("80.100.0.1")},
                                .inside = {{.segment = "home", .ipv4 = ip("192.168.1.1")}}},
                       .behaviour = behaviour,
                       .outside_mac = {{2, 0, 0, 0, 0, 1}},
                       .inside_macs = {{{2, 0, 0, 0, 0, 2}}}}};
  network.cards = {{.machine = "a",
                    .name = "eth0",
                    .attachment = {.segment = "home", .ipv4 = ip("192.168.1.10")},
                    .mac = {{2, 0, 0, 0, 1, 1}}},
                   {.machine = "r",
                    .name = "eth0",
                    .attachment = {.segment = "internet", .ipv4 = ip("80.100.0.10")},
                    .mac = {{2, 0, 0, 0, 1, 2}}}};
  return network;
}

const EventPatience hasty{.look = 10ms, .stays = 100ms, .shows = 300ms};

/// A fabric in its thread, and something that answers ARP where a machine would be.
class Scene {
public:
  explicit Scene(const Network& network) : network_(network), loop_(network_, {}), hub_(loop_) {}
  ~Scene() {
    if (answering_) loop_.with([&](Fabric&, Time) { hub_.remove(place_); });
  }
  Scene(const Scene&) = delete;
  Scene& operator=(const Scene&) = delete;

  FabricLoop& loop() { return loop_; }
  FrameHub& hub() { return hub_; }
  const Network& network() const { return network_; }

  EventWorld world() {
    return {.hub = &hub_,
            .network = &network_,
            .machine = [this](const std::string&) -> Machine& { return machine; },
            .pass = pass};
  }

  /// The card of machine a, as far as ARP goes.
  PortId answer_for_a() {
    const auto& card = network_.cards.front();
    loop_.with([&](Fabric& fabric, Time) {
      port_ = fabric.attach(card.attachment.segment, card.mac);
      place_ =
          hub_.add([this](Fabric& there, PortId port, std::span<const std::byte> frame, Time now) {
            if (port == port_) answer(there, frame, now);
          });
    });
    answering_ = true;
    return port_;
  }

  EventResult play(const EventSpec& event, Intervention intervention, EventCheck check) {
    std::vector<PlayedEvent> one;
    one.push_back({event, "x", std::move(intervention), std::move(check)});
    return play_event(
               one, hasty, [this] { return loop_.now(); }, pass)
        .front();
  }

  testing::FakeMachine machine;

private:
  static void pass(Duration by) {
    ::poll(nullptr, 0, static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(by).count()));
  }

  void answer(Fabric& fabric, std::span<const std::byte> frame, Time now) {
    const auto& card = network_.cards.front();
    const auto ethernet = wire::parse_ethernet(frame);
    if (!ethernet || ethernet->type != wire::ether_type::arp) return;
    const auto arp = wire::parse_arp(frame.subspan(wire::ethernet_header_size));
    if (!arp || arp->target != card.attachment.ipv4) return;
    auto reply = wire::make_arp_reply(card.mac, arp->target, arp->sender_mac, arp->sender);
    fabric.receive(port_, reply, now);
  }

  Network network_;
  FabricLoop loop_;
  FrameHub hub_;
  bool answering_ = false;
  PortId port_{};
  FrameHub::Place place_{};
};

const Intervention nothing{.begin = [] {}, .end = [] {}};

struct GatewayEvent {
  const char* name;
  EventKind kind;
  std::optional<Duration> lasts{};
  nat::Behaviour behaviour{};
};

void PrintTo(const GatewayEvent& event, std::ostream* out) {
  *out << event.name;
}

/// As the player would.
Intervention intervene(const EventSpec& event, Scene& scene) {
  const auto& gateway = scene.network().gateways.front();
  return gateway_intervention(
      event, scene.loop(), gateway.spec.name, other_address(scene.network(), gateway));
}

class GatewayEvents : public ::testing::TestWithParam<GatewayEvent> {
protected:
  EventSpec event() const {
    return {.kind = GetParam().kind, .lasts = GetParam().lasts, .gateway = "gw-a"};
  }
};

TEST_P(GatewayEvents, ChangesWhatItShould) {
  Scene scene(one_home(GetParam().behaviour));
  const auto& gateway = scene.network().gateways.front();
  const auto result = scene.play(event(),
                                 intervene(event(), scene),
                                 gateway_check(event(), scene.hub(), scene.network(), gateway));
  EXPECT_TRUE(result.changed) << result.reason;
  EXPECT_FALSE(result.evidence.empty());
}

// The mutant: an intervention that does nothing is found out.
TEST_P(GatewayEvents, AnInterventionThatDoesNothingChangedNothing) {
  Scene scene(one_home(GetParam().behaviour));
  const auto& gateway = scene.network().gateways.front();
  const auto result =
      scene.play(event(), nothing, gateway_check(event(), scene.hub(), scene.network(), gateway));
  EXPECT_FALSE(result.changed) << result.reason;
  EXPECT_NE(unchanged_event({result}), "");
}

const nat::Behaviour symmetric{.mapping = nat::Dependence::address_and_port_dependent,
                               .ports = nat::PortAssignment::random};
const nat::Behaviour open_cone{.filtering = nat::Dependence::endpoint_independent};
const nat::Behaviour firewall{.translating = nat::Translating::none};
const nat::Behaviour maps_ports{.port_mapping = {.nat_pmp = true, .pcp = true}};
const nat::Behaviour maps_ports_the_old_way{.port_mapping = {.nat_pmp = true}};

INSTANTIATE_TEST_SUITE_P(
    All,
    GatewayEvents,
    ::testing::Values(
        GatewayEvent{"Reboot", EventKind::nat_reboot, 50ms},
        GatewayEvent{"RebootSymmetric", EventKind::nat_reboot, 50ms, symmetric},
        GatewayEvent{"RebootOpenCone", EventKind::nat_reboot, 50ms, open_cone},
        GatewayEvent{"WanChange", EventKind::wan_change, 50ms},
        GatewayEvent{"WanChangeSymmetric", EventKind::wan_change, 50ms, symmetric},
        GatewayEvent{"UdpBlock", EventKind::udp_block, 50ms},
        GatewayEvent{"UdpBlockForGood", EventKind::udp_block, {}},
        GatewayEvent{"TableFull", EventKind::table_full, 50ms},
        GatewayEvent{"TableFullForGood", EventKind::table_full, {}, symmetric},
        GatewayEvent{"PcpRestart", EventKind::port_mapping_restart, {}, maps_ports},
        GatewayEvent{"NatPmpRestart", EventKind::port_mapping_restart, {}, maps_ports_the_old_way}),
    [](const auto& one) { return one.param.name; });

TEST(Events, ARebootWithoutItsHoldIsFoundOut) {
  Scene scene(one_home());
  const EventSpec event{.kind = EventKind::nat_reboot, .lasts = 50ms, .gateway = "gw-a"};
  const Intervention flush{
      .begin = [&] { scene.loop().with([](Fabric& f, Time) { f.clear_state("gw-a"); }); },
      .end = [] {}};
  const auto result = scene.play(
      event,
      flush,
      gateway_check(event, scene.hub(), scene.network(), scene.network().gateways.front()));
  EXPECT_FALSE(result.changed);
  EXPECT_NE(result.reason.find("while the gateway was away"), std::string::npos) << result.reason;
}

TEST(Events, AFirewallThatForgetsIsARebootToo) {
  auto network = one_home(firewall);
  Scene scene(network);
  const EventSpec event{.kind = EventKind::nat_reboot, .lasts = 50ms, .gateway = "gw-a"};
  const auto& gateway = scene.network().gateways.front();
  const auto result = scene.play(
      event, intervene(event, scene), gateway_check(event, scene.hub(), scene.network(), gateway));
  EXPECT_EQ(result.before, result.after) << "nothing is translated";
}

std::string facts(int carriers, Duration clock_off = 0s) {
  const auto wall = std::chrono::duration<double>(host_wall_clock() + clock_off).count();
  return std::to_string(carriers) + "\n1\n\n" + std::to_string(wall) + "\n12.34 5.6\n";
}

/// The guest tells `later` from the second question on.
void let_guest_tell(Scene& scene, const std::string& first, const std::string& later) {
  scene.machine.answer = [first, later, asked = 0](const Command&) mutable {
    return Exit{.output = asked++ == 0 ? first : later};
  };
}

Intervention lost_cable(Scene& scene, PortId port) {
  const auto lose = [&scene, port](bool on) {
    scene.loop().with([&](Fabric& fabric, Time) { fabric.lose(port, on); });
  };
  return {.begin = [lose] { lose(true); }, .end = [lose] { lose(false); }};
}

TEST(Events, ALostCableIsSeenAndTheGuestIsNotTold) {
  Scene scene(one_home());
  const auto port = scene.answer_for_a();
  let_guest_tell(scene, facts(2), facts(2));
  auto world = scene.world();
  const EventSpec event{.kind = EventKind::link_loss, .lasts = 800ms, .machine = "a"};
  const auto result = scene.play(event, lost_cable(scene, port), machine_check(event, world, "a"));
  EXPECT_TRUE(result.changed) << result.reason;
  EXPECT_EQ(result.after, "answers");
}

TEST(Events, ACableThatIsNotLostIsFoundOut) {
  Scene scene(one_home());
  scene.answer_for_a();
  let_guest_tell(scene, facts(2), facts(2));
  auto world = scene.world();
  const EventSpec event{.kind = EventKind::link_loss, .lasts = 800ms, .machine = "a"};
  const auto result = scene.play(event, nothing, machine_check(event, world, "a"));
  EXPECT_FALSE(result.changed);
  EXPECT_NE(result.reason.find("still answered"), std::string::npos) << result.reason;
}

struct Told {
  const char* name;
  EventKind kind;
  int carriers;
  Duration clock_off;
  bool changed;
};

void PrintTo(const Told& told, std::ostream* out) {
  *out << told.name;
}

class GuestsTell : public ::testing::TestWithParam<Told> {};

TEST_P(GuestsTell, WhetherTheySawIt) {
  Scene scene(one_home());
  const auto port = scene.answer_for_a();
  let_guest_tell(scene, facts(2), facts(GetParam().carriers, GetParam().clock_off));
  auto world = scene.world();
  const EventSpec event{.kind = GetParam().kind, .lasts = 800ms, .machine = "a"};
  const auto result = scene.play(event, lost_cable(scene, port), machine_check(event, world, "a"));
  EXPECT_EQ(result.changed, GetParam().changed) << result.reason;
}

INSTANTIATE_TEST_SUITE_P(
    All,
    GuestsTell,
    ::testing::Values(Told{"FlapSeen", EventKind::link_flap, 4, 0s, true},
                      Told{"FlapNotSeen", EventKind::link_flap, 2, 0s, false},
                      Told{"LossSeen", EventKind::link_loss, 3, 0s, false},
                      Told{"SleepSeen", EventKind::sleep, 4, 0s, true},
                      Told{"SleepWithoutFlap", EventKind::sleep, 2, 0s, false},
                      Told{"SleepWithTheOldClock", EventKind::sleep, 4, -30s, false}),
    [](const auto& one) { return one.param.name; });

TEST(Events, ALinksLatencyIsMeasured) {
  Scene scene(one_home());
  const auto port = scene.answer_for_a();
  auto world = scene.world();
  const EventSpec event{.kind = EventKind::path_change,
                        .lasts = 100ms,
                        .machine = "a",
                        .link = {.delay = 60ms, .loss_percent = 40}};
  const auto impair = [&](const Profile& link) {
    scene.loop().with([&](Fabric& fabric, Time) { fabric.impair(port, link); });
  };
  const Intervention slow{.begin = [&] { impair(event.link); }, .end = [&] { impair({}); }};
  const auto result = scene.play(event, slow, machine_check(event, world, "a"));
  EXPECT_TRUE(result.changed) << result.reason;
  const auto mutant = scene.play(event, nothing, machine_check(event, world, "a"));
  EXPECT_FALSE(mutant.changed) << mutant.reason;
  const Intervention lossless{.begin = [&] { impair({.delay = 60ms}); },
                              .end = [&] { impair({}); }};
  const auto half = scene.play(event, lossless, machine_check(event, world, "a"));
  EXPECT_FALSE(half.changed) << half.reason;
  EXPECT_EQ(half.reason, "no more is lost than before");
}

TEST(Events, ALinkThatStopsLosingChangedToo) {
  auto network = one_home();
  network.cards.front().profile.loss_percent = 30;
  Scene scene(network);
  const auto port = scene.answer_for_a();
  auto world = scene.world();
  const EventSpec event{
      .kind = EventKind::path_change, .lasts = 100ms, .machine = "a", .link = {.delay = 60ms}};
  const auto impair = [&](const Profile& link) {
    scene.loop().with([&](Fabric& fabric, Time) { fabric.impair(port, link); });
  };
  impair(network.cards.front().profile);
  const Intervention better{.begin = [&] { impair(event.link); },
                            .end = [&] { impair(network.cards.front().profile); }};
  const auto result = scene.play(event, better, machine_check(event, world, "a"));
  EXPECT_TRUE(result.changed) << result.reason;
}

TEST(Events, OtherAddressesAreNobodys) {
  auto network = one_home();
  network.gateways.front().behaviour.external_addresses = 4;
  const auto other = other_address(network, network.gateways.front());
  EXPECT_TRUE(network.segments.front().ipv4->contains(other));
  EXPECT_GT(other.v4_value() - ip("80.100.0.1").v4_value(), 3U);
  const auto third = other_address(network, network.gateways.front(), {other});
  EXPECT_GE(third.v4_value() < other.v4_value() ? other.v4_value() - third.v4_value()
                                                : third.v4_value() - other.v4_value(),
            1U);
  EXPECT_NE(third, other);
  network.gateways.front().spec.outside.ipv4 = ip("80.100.0.98"); // its pool reaches .101
  EXPECT_EQ(free_attachment(network, "internet").ipv4, ip("80.100.0.102"));
  const auto there = free_attachment(network, "home");
  EXPECT_NE(there.ipv4, network.cards.front().attachment.ipv4);
  EXPECT_TRUE(Prefix::parse("192.168.1.0/24")->contains(there.ipv4.value()));
}

// Whoever asks next is told why; nobody who leaves may end the program.
TEST(Events, VirtualHostsLeaveALoopThatHasEnded) {
  Scene scene(one_home());
  auto& loop = scene.loop();
  const EventSpec event{.kind = EventKind::nat_reboot, .lasts = 50ms, .gateway = "gw-a"};
  auto check = gateway_check(event, scene.hub(), scene.network(), scene.network().gateways.front());
  check.before(); // a witness is there
  Knocker knocker(scene.hub(), scene.network(), "home");
  loop.with([&](Fabric& fabric, Time now) {
    scene.hub().add([](Fabric&, PortId, std::span<const std::byte>, Time) {
      throw std::runtime_error("a listener that fails");
    });
    const auto& card = scene.network().cards.front();
    const auto port = fabric.port("a.eth0");
    fabric.impair(port, {.delay = 1ms}); // so that it arrives in the loop's own time
    auto question =
        wire::make_arp_request(card.mac, card.attachment.ipv4.value(), ip("192.168.1.77"));
    fabric.receive(port, question, now);
  });
  for (int i = 0; i < 1000 && loop.health().problem.empty(); ++i)
    ::poll(nullptr, 0, 10);
  EXPECT_NE(loop.health().problem.find("a listener that fails"), std::string::npos);
  EXPECT_THROW(knocker.knock(ip("192.168.1.10")), Error);
}

TEST(FlowChanges, ComparesEachFlowWithItself) {
  const Endpoint inside{ip("192.168.1.10"), 5000};
  const Endpoint old_one{ip("80.100.0.1"), 5000};
  const Endpoint new_one{ip("80.100.0.1"), 6000};
  const Endpoint r{ip("80.100.0.10"), 3478};
  const Endpoint b{ip("80.100.0.2"), 5000};
  const std::vector<SeenEndpoint> packets{{1s, inside, old_one, r},
                                          {1s, inside, old_one, b},
                                          {3s, inside, old_one, b},
                                          {4s, inside, new_one, r},
                                          {5s, inside, new_one, b}};
  const auto changes = flow_changes(packets, 2s, 2s);
  EXPECT_EQ(changes.changed, 1U);
  EXPECT_EQ(changes.same, 1U);
  EXPECT_EQ(changes.before, to_string(old_one));
  EXPECT_EQ(changes.after, to_string(new_one));
  EXPECT_EQ(changes.seen, 4s);
  EXPECT_EQ(flow_changes(packets, 6s, 6s), FlowChanges{});
  EXPECT_EQ(flow_changes(packets, 2s, 3500ms).same, 0U) << "on its way while it began";
}

TEST(FlowChanges, AMachineWithAnotherAddressIsComparedAsAWhole) {
  const Endpoint r{ip("80.100.0.10"), 3478};
  const Endpoint old_one{ip("80.100.0.1"), 5000};
  const Endpoint new_one{ip("80.100.0.3"), 5000};
  const std::vector<SeenEndpoint> packets{{1s, {ip("192.168.1.10"), 5000}, old_one, r},
                                          {3s, {ip("192.168.1.10"), 5000}, old_one, r},
                                          {4s, {ip("10.200.0.100"), 5000}, new_one, r}};
  const auto changes = flow_changes(packets, 2s, 2s, true);
  EXPECT_EQ(changes.changed, 1U);
  EXPECT_EQ(changes.same, 0U);
}

ProbeTrack track(std::initializer_list<int> arrived) {
  ProbeTrack track;
  std::uint32_t sequence = 0;
  for (const int there : arrived) {
    ProbeRecord probe{.sequence = sequence, .sent = Time{100ms} * sequence};
    if (there != 0) probe.received = probe.sent + 1ms;
    track.probes.push_back(probe);
    ++sequence;
  }
  return track;
}

TEST(Recovery, CountsFromTheEventToTheLastOutagesEnd) {
  EventResult event;
  event.asked = 100ms;
  const auto all = track({1, 1, 0, 0, 0, 1, 0, 0, 0, 0, 1, 1});
  add_recovery(event, all, all, 10s);
  EXPECT_EQ(event.probes_sent, 11U);
  EXPECT_EQ(event.probes_lost, 7U);
  EXPECT_EQ(event.recovered, 900ms);
  add_recovery(event, all, all, 1s);
  EXPECT_EQ(event.recovered, std::nullopt) << "not before the next event";
}

TEST(Recovery, AFewLostProbesAreNoOutage) {
  EventResult event;
  const auto all = track({1, 0, 0, 1, 0, 1});
  add_recovery(event, all, all, 10s);
  EXPECT_EQ(event.recovered, Duration::zero());
  add_recovery(event, {}, {}, 10s);
  EXPECT_EQ(event.recovered, std::nullopt) << "nothing was sent, so nothing is known";
}

TEST(GuestFacts, AreReadOrRefused) {
  const auto read = parse_guest_facts("2\n1\n\n1700000000.500000000\n12.50 3.00\n");
  EXPECT_EQ(read.carrier_changes, 3U);
  EXPECT_EQ(read.uptime, 12500ms);
  EXPECT_EQ(std::chrono::round<std::chrono::seconds>(read.wall_clock - 500ms), 1700000000s);
  for (const auto* bad : {"", "x\n\n1 2", "1\n\n", "1\n\nnow then"})
    EXPECT_THROW(parse_guest_facts(bad), Error) << bad;
  EXPECT_THROW(parse_guest_facts("2\n\ninf 1\n"), Error);
  EXPECT_THROW(parse_guest_facts("2\n\n1e300 1\n"), Error);
}

} // namespace
} // namespace hermesh
