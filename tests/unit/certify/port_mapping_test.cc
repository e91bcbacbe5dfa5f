// SPDX-License-Identifier: MIT
// What certification sees of a gateway's port mapping, and of gateways that lie about it.
#include "lab.hh"
#include "wire/nat_pmp.hh"
#include "wire/pcp.hh"

#include <gtest/gtest.h>

namespace hermesh {
namespace {

using namespace std::chrono_literals;
using namespace testing;
namespace pmp = wire::nat_pmp;
namespace pcp = wire::pcp;

nat::Behaviour with_mapping(const nat::PortMapping& mapping) {
  return {.mapping = nat::Dependence::address_and_port_dependent,
          .filtering = nat::Dependence::address_and_port_dependent,
          .ports = nat::PortAssignment::random,
          .port_mapping = mapping};
}
const nat::Behaviour both = with_mapping({.nat_pmp = true, .pcp = true});

MeasuredBehaviour measured(const nat::Behaviour& behaviour) {
  Lab lab(double_nat(behaviour));
  return lab.measure("gw-a");
}

TEST(MappingProbe, SeesWhatIsSpoken) {
  EXPECT_EQ(measured(with_mapping({})).port_mapping, "none");
  EXPECT_EQ(measured(with_mapping({.nat_pmp = true})).port_mapping, "nat-pmp");
  EXPECT_EQ(measured(with_mapping({.pcp = true})).port_mapping, "pcp");
  EXPECT_EQ(measured(both).port_mapping, "nat-pmp and pcp");
}

TEST(MappingProbe, SeesWhatALeaseIsWorth) {
  const auto found = measured(both);
  EXPECT_EQ(found.port_mapping_refuses, "no");
  EXPECT_EQ(found.port_mapping_lifetime, "2h");
  EXPECT_EQ(found.port_mapping_inbound, "anyone");
  EXPECT_EQ(found.port_mapping_outbound, "true");
  EXPECT_EQ(found.port_mapping_holder, "keeps it");
  EXPECT_EQ(found.port_mapping_end, "at once");
  EXPECT_EQ(found.port_mapping_outside, "ignored");
  EXPECT_EQ(found.mapping, "APDM") << "what nobody asked for is as it was";
  EXPECT_EQ(found.filtering, "APDF");
}

TEST(MappingProbe, SeesThroughTheInnerAndTheOuterGatewayOfTwo) {
  Lab lab(double_nat(both));
  EXPECT_EQ(lab.measure("gw-b").port_mapping_inbound, "anyone");
  EXPECT_EQ(lab.measure("gw-c").port_mapping_inbound, "anyone");
}

TEST(MappingProbe, SeesRefusals) {
  const auto found = measured(
      with_mapping({.nat_pmp = true, .pcp = true, .refuses = nat::Refusing::no_resources}));
  EXPECT_EQ(found.port_mapping_refuses, "no-resources");
  EXPECT_EQ(found.port_mapping_inbound, "nobody");
  EXPECT_EQ(found.port_mapping_lifetime, "none");
}

TEST(MappingProbe, SeesThatOnlyInboundIsRedirected) {
  const auto found = measured(with_mapping({.pcp = true, .outbound = false}));
  EXPECT_EQ(found.port_mapping_outbound, "false");
  EXPECT_EQ(found.port_mapping_inbound, "anyone");
}

/// The gateway and somebody who tampers with what certification's hosts get of it.
class Tampered {
public:
  explicit Tampered(const nat::Behaviour& behaviour) : lab(double_nat(behaviour)) {}

  struct Datagram {
    wire::FrameSummary summary;
    MacAddress from, to;
  };
  static std::optional<Datagram> datagram(std::span<const std::byte> frame) {
    const auto summary = wire::summarise(frame);
    if (!summary || summary->protocol != wire::ip_protocol::udp) return std::nullopt;
    return Datagram{.summary = *summary,
                    .from = wire::load_mac(frame.data() + 6),
                    .to = wire::load_mac(frame.data())};
  }
  static bool is_server(const Datagram& one) {
    return one.summary.source.port == wire::port_mapping_server_port;
  }

  Lab lab;
};

TEST(MappingProbe, CatchesAGrantThatRedirectsNothing) {
  Tampered tampered(both);
  tampered.lab.loses = [](std::span<const std::byte> frame) {
    const auto one = Tampered::datagram(frame); // of the third server, whom nobody speaks to
    return one && one->summary.source.address == Address::parse("80.100.255.252") &&
           one->summary.destination.address == Address::parse("192.168.1.254");
  };
  const auto found = tampered.lab.measure("gw-a");
  EXPECT_EQ(found.port_mapping, "nat-pmp and pcp");
  EXPECT_EQ(found.port_mapping_inbound, "nobody");
  EXPECT_TRUE(found.port_mapping_lifetime.starts_with("?")) << found.port_mapping_lifetime;
}

TEST(MappingProbe, CatchesAnAnswerToTheOutside) {
  Tampered tampered(both);
  tampered.lab.on_tap = [&](const Lab::Seen& seen) {
    const auto one = Tampered::datagram(seen.frame);
    if (!one || seen.segment != "internet" ||
        one->summary.destination.port != wire::port_mapping_server_port)
      return;
    std::vector<std::byte> data(pmp::most_response_size);
    data.resize(pmp::write_response(data, {}));
    tampered.lab.send_to("certify2",
                         wire::make_udp_frame({.source_mac = one->to,
                                               .destination_mac = one->from,
                                               .source = one->summary.destination,
                                               .destination = one->summary.source},
                                              data));
  };
  EXPECT_EQ(tampered.lab.measure("gw-a").port_mapping_outside, "answered");
}

/// Forges answers to NAT-PMP questions.
template <typename Forge>
void forge_answers(Tampered& tampered, Forge forge) {
  tampered.lab.loses = [&tampered, forge](std::span<const std::byte> frame) {
    const auto one = Tampered::datagram(frame);
    if (!one || !Tampered::is_server(*one)) return false;
    auto answer = pmp::parse_response(one->summary.data);
    if (!answer || !forge(*one, *answer)) return false;
    std::vector<std::byte> data(pmp::most_response_size);
    data.resize(pmp::write_response(data, *answer));
    const bool second = one->summary.destination.address == Address::parse("192.168.1.253");
    tampered.lab.send_to(second ? "certify1" : "certify0",
                         wire::make_udp_frame({.source_mac = one->from,
                                               .destination_mac = one->to,
                                               .source = one->summary.source,
                                               .destination = one->summary.destination},
                                              data));
    return true;
  };
}

TEST(MappingProbe, CatchesAPortThatIsGivenAway) {
  Tampered tampered(with_mapping({.nat_pmp = true}));
  std::uint16_t held = 0;
  forge_answers(tampered, [&held](const Tampered::Datagram& one, pmp::Response& answer) {
    if (answer.opcode != 1 || answer.lifetime == 0) return false;
    if (one.summary.destination.address == Address::parse("192.168.1.254")) {
      held = answer.external_port;
      return false;
    }
    answer.external_port = held; // to the second host
    return true;
  });
  EXPECT_EQ(tampered.lab.measure("gw-a").port_mapping_holder, "loses it");
}

TEST(MappingProbe, CatchesALifetimeThatIsNotKept) {
  Tampered tampered(with_mapping({.nat_pmp = true}));
  forge_answers(tampered, [](const Tampered::Datagram&, pmp::Response& answer) {
    if (answer.opcode != 1 || answer.lifetime == 0) return false;
    answer.lifetime += 60;
    return true;
  });
  EXPECT_TRUE(tampered.lab.measure("gw-a").port_mapping_lifetime.starts_with("?"));
}

TEST(MappingProbe, CatchesARefusalThatIsNone) {
  Tampered tampered(with_mapping({.nat_pmp = true}));
  forge_answers(tampered, [](const Tampered::Datagram&, pmp::Response& answer) {
    if (answer.opcode != 1) return false;
    answer.result = pmp::Result::not_authorized;
    return true;
  });
  const auto found = tampered.lab.measure("gw-a");
  EXPECT_EQ(found.port_mapping_refuses, "not-authorized");
  EXPECT_EQ(found.port_mapping_inbound, "anyone");
}

TEST(MappingProbe, CatchesAnEndThatIsRefused) {
  Tampered tampered(with_mapping({.nat_pmp = true}));
  forge_answers(tampered, [](const Tampered::Datagram&, pmp::Response& answer) {
    if (answer.opcode != 1 || answer.lifetime != 0) return false;
    answer.result = pmp::Result::out_of_resources;
    return true;
  });
  EXPECT_EQ(tampered.lab.measure("gw-a").port_mapping_end, "never");
}

/// Whoever is told that a lease has ended, and asks again at once, has one: as if it had not.
TEST(MappingProbe, CatchesAnEndThatEndsNothing) {
  Tampered tampered(with_mapping({.nat_pmp = true}));
  bool renewing = false;
  tampered.lab.on_tap = [&](const Lab::Seen& seen) {
    const auto one = Tampered::datagram(seen.frame);
    if (!one || renewing || seen.segment != "home-a") return;
    auto request = pmp::parse_request(one->summary.data);
    if (!request || request->opcode != 1 || request->lifetime != 0) return;
    request->lifetime = 3600;
    request->suggested_port = request->internal_port;
    std::vector<std::byte> data(12);
    data.resize(pmp::write_request(data, *request));
    auto frame = wire::make_udp_frame({.source_mac = one->from,
                                       .destination_mac = one->to,
                                       .source = one->summary.source,
                                       .destination = one->summary.destination},
                                      data);
    renewing = true;
    tampered.lab.fabric().receive(tampered.lab.fabric().port("certify0"), frame, Time{5s});
    renewing = false;
  };
  EXPECT_EQ(tampered.lab.measure("gw-a").port_mapping_end, "never");
}

} // namespace
} // namespace hermesh
