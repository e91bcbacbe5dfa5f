// SPDX-License-Identifier: MIT
#include "base/error.hh"
#include "runner/cards.hh"
#include "runner/trial_spec.hh"

#include <gtest/gtest.h>

namespace hermesh {
namespace {

/// One machine at home, one on the Internet.
Network home_and_internet() {
  const auto home = Prefix::parse("192.168.1.0/24").value();
  const auto internet = Prefix::parse("80.100.0.0/16").value();
  Network network{
      .segments = {{.name = "internet", .ipv4 = internet}, {.name = "home", .ipv4 = home}},
      .cards = {}};
  Gateway gateway;
  gateway.spec = {.name = "gw",
                  .role = "home",
                  .outside = {.segment = "internet", .ipv4 = internet.host(257)},
                  .inside = {{.segment = "home", .ipv4 = home.host(1)}}};
  network.gateways = {gateway};
  network.cards = {{.machine = "a",
                    .name = "eth0",
                    .attachment = {.segment = "home", .ipv4 = home.host(10)},
                    .mac = MacAddress::parse("02:00:00:00:00:01").value()},
                   {.machine = "b",
                    .name = "eth0",
                    .attachment = {.segment = "internet", .ipv4 = internet.host(10)},
                    .mac = MacAddress::parse("02:00:00:00:00:02").value()}};
  return network;
}

TEST(Cards, AHomeMachineGetsItsAddressAndItsGatewayAsDefaultRoute) {
  const auto network = home_and_internet();
  EXPECT_EQ(
      card_batch(network, "a", {{network.cards[0].mac, "eth0"}}),
      "address flush dev eth0 scope global\nlink set dev eth0 up\n"
      "address add 192.168.1.10/24 dev eth0\nroute replace default via 192.168.1.1 dev eth0\n");
}

TEST(Cards, AMachineOnTheInternetHasNoRouter) {
  const auto network = home_and_internet();
  EXPECT_EQ(card_batch(network, "b", {{network.cards[1].mac, "ens3"}}),
            "address flush dev ens3 scope global\nlink set dev ens3 up\naddress add 80.100.0.10/16 "
            "dev ens3\n");
}

TEST(Cards, AMachineOnTheInternetKnowsTheWayToWhatIsNotTranslated) {
  auto network = home_and_internet();
  network.gateways[0].behaviour.translating = nat::Translating::none;
  EXPECT_EQ(card_batch(network, "b", {{network.cards[1].mac, "ens3"}}),
            "address flush dev ens3 scope global\nlink set dev ens3 up\naddress add 80.100.0.10/16 "
            "dev ens3\nroute replace 192.168.1.0/24 via 80.100.1.1 dev ens3\n");
}

TEST(Cards, AMissingCardIsAnError) {
  EXPECT_THROW(card_batch(home_and_internet(), "a", {}), Error);
}

TEST(Interfaces, AreWhatTheGuestSaysOrAnError) {
  const auto names = parse_interfaces(
      R"([{"ifname": "lo", "address": "00:00:00:00:00:00"}, 7, {"address": 5},
          {"ifname": "eth0", "address": "52:54:00:00:00:01"}])");
  EXPECT_EQ(names.at(*MacAddress::parse("52:54:00:00:00:01")), "eth0");
  for (const std::string bad : {"", "{}", "[", "eth0"})
    EXPECT_THROW(parse_interfaces(bad), Error) << bad;
}

TEST(LabFault, IsReadOrRefusedInOneLine) {
  const auto fault = parse_lab_fault("gw-a:mapping=APDM");
  EXPECT_EQ(fault.gateway, "gw-a");
  EXPECT_EQ(fault.field, "mapping");
  EXPECT_EQ(fault.value, "APDM");
  EXPECT_THROW(parse_lab_fault("gw-a"), InputError);
  EXPECT_THROW(parse_lab_fault("gw-a=APDM"), InputError);
}

TEST(LabFault, OnlyWhatAllOfThemMakeOfAGatewayMustBePossible) {
  Network network;
  network.gateways.emplace_back().spec.name = "gw-a";
  const auto apply = [&](const std::vector<std::string>& words) {
    std::vector<LabFault> faults;
    for (const auto& each : words)
      faults.push_back(parse_lab_fault(each));
    apply_lab_faults(faults, network);
  };
  // An MTU of which nobody is told is no Ethernet's: one by one, in that order, they would be
  // refused.
  apply({"gw-a:mtu_errors=false", "gw-a:mtu=1280"});
  EXPECT_FALSE(network.gateways[0].behaviour.mtu_errors);
  apply({"gw-a:mtu=1500", "gw-a:mtu_errors=true"});
  EXPECT_THROW(apply({"gw-a:mtu_errors=false"}), InputError);
}

} // namespace
} // namespace hermesh
