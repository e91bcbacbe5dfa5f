// SPDX-License-Identifier: MIT
// Faults that the fabric's own gateways do not have, done by a box of another make.
#include "lab.hh"
#include "wire/arp.hh"

#include <gtest/gtest.h>

#include <map>
#include <optional>

namespace hermesh {
namespace {

using namespace testing;

/// A careless port-preserving NAT with a port-dependent filter, in the place of gw-a: EIM/APDF but
/// for its fault.
class RogueBox {
public:
  enum class Fault {
    none,
    overloads_ports,
    sequential_ports,
    early_inbound_takes_the_port,
    rewrites_sources
  };

  RogueBox(Lab& lab, Fault fault) : lab_(lab), fault_(fault), place_(lab.under_test("gw-a")) {
    place_.inside_mac = {{0x02, 0xbb, 0, 0, 0, 1}};
    place_.outside_mac = {{0x02, 0xbb, 0, 0, 0, 2}};
    place_.outside_address = Address::parse("80.100.0.77").value();
    inside_ = lab.fabric().attach(place_.inside_segment, place_.inside_mac);
    outside_ = lab.fabric().attach(place_.outside_segment, place_.outside_mac);
    lab.on_deliver = [this](PortId port, std::span<const std::byte> frame) {
      receive(port, frame);
    };
  }
  const GatewayUnderTest& place() const { return place_; }

private:
  struct Flow {
    Endpoint external;
    Endpoint remote;
    auto operator<=>(const Flow&) const = default;
  };

  void receive(PortId port, std::span<const std::byte> bytes) {
    const auto ethernet = wire::parse_ethernet(bytes);
    if (!ethernet) return;
    if (ethernet->type == wire::ether_type::arp && port == outside_) learn_mac(bytes);
    const auto summary = wire::summarise(bytes);
    if (!summary || summary->protocol != wire::ip_protocol::udp) return;
    if (port == inside_ && ethernet->destination == place_.inside_mac) {
      macs_[summary->source.address] = ethernet->source;
      to_outside(*summary);
    } else if (port == outside_ && ethernet->destination == place_.outside_mac) {
      to_inside(*summary);
    }
  }

  void learn_mac(std::span<const std::byte> bytes) {
    const auto arp = wire::parse_arp(bytes.subspan(wire::ethernet_header_size));
    if (!arp) return;
    macs_[arp->sender] = arp->sender_mac;
    for (const auto& [to, source, data] : std::exchange(waiting_, {}))
      send(outside_, place_.outside_mac, source, to, data);
  }

  void to_outside(const wire::FrameSummary& packet) {
    const Endpoint external = external_for(packet.source, packet.destination);
    flows_[{external, packet.destination}] = packet.source;
    const std::vector<std::byte> data(packet.data.begin(), packet.data.end());
    if (macs_.contains(packet.destination.address)) {
      send(outside_, place_.outside_mac, external, packet.destination, data);
      return;
    }
    waiting_.push_back({packet.destination, external, data});
    auto ask = wire::make_arp_request(
        place_.outside_mac, place_.outside_address, packet.destination.address);
    lab_.fabric().receive(outside_, ask, time_);
  }

  Endpoint external_for(const Endpoint& inside, const Endpoint& remote) {
    const auto clash = refused_.contains({{place_.outside_address, inside.port}, remote});
    if (fault_ == Fault::early_inbound_takes_the_port && clash)
      return {place_.outside_address, 61999};
    const auto known = ports_.find(inside);
    if (known != ports_.end()) return {place_.outside_address, known->second};
    std::uint16_t port = inside.port;
    if (fault_ == Fault::sequential_ports) port = next_++;
    while (fault_ != Fault::overloads_ports && owners_.contains(port))
      port = static_cast<std::uint16_t>(port + 2); // RFC 4787 REQ-4
    owners_[port] = inside;
    ports_[inside] = port;
    return {place_.outside_address, port};
  }

  void to_inside(const wire::FrameSummary& packet) {
    const auto flow = flows_.find({packet.destination, packet.source});
    if (flow == flows_.end()) {
      refused_[{packet.destination, packet.source}] = true;
      return;
    }
    Endpoint source = packet.source;
    if (fault_ == Fault::rewrites_sources) source.port = 18778;
    send(
        inside_, place_.inside_mac, source, flow->second, {packet.data.begin(), packet.data.end()});
  }

  void send(PortId port,
            const MacAddress& mac,
            const Endpoint& source,
            const Endpoint& to,
            const std::vector<std::byte>& data) {
    auto frame = wire::make_udp_frame({.source_mac = mac,
                                       .destination_mac = macs_.at(to.address),
                                       .source = source,
                                       .destination = to},
                                      data);
    lab_.fabric().receive(port, frame, time_);
  }

  struct Waiting {
    Endpoint to;
    Endpoint source;
    std::vector<std::byte> data;
  };

  Lab& lab_;
  Fault fault_;
  GatewayUnderTest place_;
  PortId inside_{};
  PortId outside_{};
  Time time_{std::chrono::seconds{5}};
  std::uint16_t next_ = 40000;
  std::map<Address, MacAddress> macs_;
  std::vector<Waiting> waiting_;
  std::map<Endpoint, std::uint16_t> ports_;
  std::map<std::uint16_t, Endpoint> owners_;
  std::map<Flow, Endpoint> flows_;
  std::map<Flow, bool> refused_;
};

MeasuredBehaviour measure(RogueBox::Fault fault) {
  Lab lab(double_nat({}));
  const RogueBox box(lab, fault);
  return lab.measure(box.place());
}

TEST(CertifyRogues, TheBoxWithoutAFaultPasses) { // or the others would prove nothing
  const auto measured = measure(RogueBox::Fault::none);
  EXPECT_EQ(measured.mapping, "EIM");
  EXPECT_EQ(measured.filtering, "APDF");
  EXPECT_EQ(measured.ports, "preserve");
}

TEST(CertifyRogues, PortOverloadingIsSeen) { // RFC 4787 REQ-3
  EXPECT_EQ(measure(RogueBox::Fault::overloads_ports).overload_ports, "true");
}

TEST(CertifyRogues, SequentialPortsAreNotRandom) {
  EXPECT_EQ(measure(RogueBox::Fault::sequential_ports).ports, "sequential-up");
}

TEST(CertifyRogues, AnEarlyInboundPacketThatTakesThePortIsNoMappingOfAnyGrade) {
  EXPECT_EQ(measure(RogueBox::Fault::early_inbound_takes_the_port).mapping, "?");
}

TEST(CertifyRogues, ARewrittenSourceIsNotAnArrival) {
  EXPECT_EQ(measure(RogueBox::Fault::rewrites_sources).filtering, "?");
}

} // namespace
} // namespace hermesh
