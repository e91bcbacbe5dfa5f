// SPDX-License-Identifier: MIT
// What no gateway of the fabric fails to do, failed on purpose on its way to the virtual hosts.
#include "lab.hh"
#include "wire/icmp.hh"
#include "wire/transport.hh"

#include <gtest/gtest.h>

namespace hermesh {
namespace {

using namespace testing;

std::optional<wire::IpHeader> ip_of(std::span<const std::byte> frame) {
  const auto ethernet = wire::parse_ethernet(frame);
  if (!ethernet || ethernet->type != wire::ether_type::ipv4) return std::nullopt;
  return wire::parse_ipv4(frame.subspan(wire::ethernet_header_size));
}

/// 0 when the frame is no TCP segment.
std::uint8_t tcp_flags(std::span<const std::byte> frame) {
  const auto ip = ip_of(frame);
  if (!ip || ip->protocol != wire::ip_protocol::tcp || !ip->has_upper_header()) return 0;
  const auto tcp = wire::parse_tcp(frame.subspan(wire::ethernet_header_size + ip->header_size));
  return tcp ? tcp->flags : std::uint8_t{0};
}

bool comes_in(std::span<const std::byte> frame) {
  const auto ip = ip_of(frame);
  return ip && Prefix::parse("192.168.1.0/24")->contains(ip->destination);
}

MeasuredBehaviour measure_losing(std::function<bool(std::span<const std::byte>)> loses) {
  Lab lab(double_nat({}));
  lab.loses = std::move(loses);
  return lab.measure("gw-a");
}

TEST(CertifyDuties, AreDoneByTheFabric) { // or the others would prove nothing
  const auto measured = measure_losing({});
  EXPECT_EQ(measured.fragments, "any order");
  EXPECT_EQ(measured.icmp_query, "passes");
  EXPECT_EQ(measured.simultaneous_open, "works");
  EXPECT_EQ(measured.unsolicited_syn, "ignored");
  EXPECT_EQ(measured.icmp_errors, "translated");
}

TEST(CertifyDuties, LostFragmentsAreSeen) { // RFC 4787 REQ-14
  for (const bool in : {false, true}) {
    const auto measured = measure_losing([in](auto frame) {
      const auto ip = ip_of(frame);
      return ip && !ip->has_upper_header() && comes_in(frame) == in;
    });
    EXPECT_EQ(measured.fragments, "lost");
    EXPECT_EQ(measured.mapping, "EIM");
  }
}

TEST(CertifyDuties, LostEchoRepliesAreSeen) { // RFC 5508 REQ-1
  const auto measured = measure_losing([](auto frame) {
    const auto ip = ip_of(frame);
    return ip && ip->protocol == wire::ip_protocol::icmp &&
           wire::load8(frame.data() + wire::ethernet_header_size + ip->header_size) ==
               wire::icmp_type::echo_reply;
  });
  EXPECT_EQ(measured.icmp_query, "lost");
  EXPECT_EQ(measured.icmp, "?");
  EXPECT_EQ(measured.udp_stream, "5m");
}

TEST(CertifyDuties, ASynThatMayNotMeetAnotherIsSeen) { // RFC 5382 REQ-2
  const auto measured = measure_losing(
      [](auto frame) { return tcp_flags(frame) == wire::tcp_flag::syn && comes_in(frame); });
  EXPECT_EQ(measured.simultaneous_open, "fails");
  EXPECT_EQ(measured.tcp_established, "124m");
}

TEST(CertifyDuties, AnErrorAboutSomebodyElseIsNotTranslated) { // RFC 5508 REQ-4
  Lab lab(double_nat({}));
  const auto gateway = lab.under_test("gw-a");
  lab.loses = [](auto frame) {
    const auto ip = ip_of(frame);
    if (!ip || ip->protocol != wire::ip_protocol::icmp || !comes_in(frame)) return false;
    return wire::load8(frame.data() + wire::ethernet_header_size + ip->header_size) ==
           wire::icmp_type::unreachable;
  };
  EXPECT_EQ(lab.measure(gateway).icmp_errors, "dropped");
}

TEST(CertifyDuties, AResetInAnswerToAnUnsolicitedSynIsSeen) { // RFC 5382 REQ-4
  Lab lab(double_nat({}));
  lab.on_tap = [&](const Lab::Seen& seen) {
    const bool from_outside = seen.segment == "internet" && seen.port.starts_with("certify");
    if (!from_outside || seen.drop == DropReason::none ||
        tcp_flags(seen.frame) != wire::tcp_flag::syn)
      return;
    const auto ethernet = *wire::parse_ethernet(seen.frame);
    const auto summary = *wire::summarise(seen.frame);
    lab.send_to(seen.port,
                wire::make_tcp_frame({.source_mac = ethernet.destination,
                                      .destination_mac = ethernet.source,
                                      .source = summary.destination,
                                      .destination = summary.source},
                                     wire::tcp_flag::rst | wire::tcp_flag::ack));
  };
  EXPECT_EQ(lab.measure("gw-a").unsolicited_syn, "answered");
}

} // namespace
} // namespace hermesh
