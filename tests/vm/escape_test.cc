// SPDX-License-Identifier: MIT
//
// Nothing that a guest sends leaves the lab. From inside two guests, as root there, by all means:
// to this host's addresses, its gateway, its resolver and public addresses, by sockets and by raw
// frames. All that is sent holds a mark; this host's interfaces are watched for it and never show
// it, QEMU has no way out but its stream to the fabric, and the fabric accounts for every frame.
#include "base/clock.hh"
#include "base/error.hh"
#include "base/temp_dir.hh"
#include "machine/guardian.hh"
#include "model/readers.hh"
#include "runner/lab.hh"
#include "runner/run_dir.hh"
#include "vm/hermesh.hh"
#include "vm/sniffer.hh"
#include "wire/arp.hh"
#include "wire/frame.hh"
#include "wire/neighbour.hh"

#include <gtest/gtest.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <optional>
#include <set>
#include <sstream>

namespace hermesh::testing {
namespace {

using namespace std::chrono_literals;

/// One guest behind a gateway, one on the segment that stands for the Internet.
constexpr std::string_view where = R"({
  "schema": 1, "name": "escape", "description": "Two guests that try to get out.",
  "segments": [
    {"name": "internet", "ipv4": "80.100.0.0/16", "ipv6": "2001:db8:1::/64"},
    {"name": "lan", "ipv4": "192.168.77.0/24", "ipv6": "2001:db8:a::/64"}],
  "gateways": [
    {"name": "home", "role": "home", "outside": {"segment": "internet"}, "inside": [{"segment": "lan"}]}],
  "machines": [
    {"name": "a", "role": "peer", "cards": [{"segment": "lan"}]},
    {"name": "b", "role": "peer", "cards": [{"segment": "internet"}]}]
})";

/// All that a guest may want to reach out there.
std::set<Address> targets() {
  std::set<Address> all{*Address::parse("1.1.1.1"),
                        *Address::parse("192.0.2.1"),
                        *Address::parse("127.0.0.1"),
                        *Address::parse("169.254.169.254"),
                        *Address::parse("2606:4700::1111"),
                        *Address::parse("::1"),
                        *Address::parse("fe80::1")};
  ifaddrs* list = nullptr;
  check("getifaddrs", ::getifaddrs(&list)); // this host's own
  for (const auto* at = list; at != nullptr; at = at->ifa_next) {
    if (at->ifa_addr == nullptr) continue;
    if (at->ifa_addr->sa_family == AF_INET) {
      const auto* v4 = reinterpret_cast<const sockaddr_in*>(at->ifa_addr);
      all.insert(Address::v4(ntohl(v4->sin_addr.s_addr)));
    }
    if (at->ifa_addr->sa_family == AF_INET6) {
      std::array<std::uint8_t, 16> bytes{};
      const auto* v6 = reinterpret_cast<const sockaddr_in6*>(at->ifa_addr);
      std::copy_n(std::begin(v6->sin6_addr.s6_addr), bytes.size(), bytes.begin());
      all.insert(Address::v6(bytes));
    }
  }
  ::freeifaddrs(list);
  std::string word;
  for (std::ifstream resolver("/etc/resolv.conf"); resolver >> word;)
    if (const auto address = Address::parse(word)) all.insert(*address);
  std::ifstream routes("/proc/net/route"); // a default route: interface, 00000000, gateway
  for (std::string line; std::getline(routes, line);) {
    std::istringstream fields(line);
    std::string interface, destination, gateway;
    fields >> interface >> destination >> gateway;
    if (destination == "00000000")
      all.insert(Address::v4(ntohl(static_cast<std::uint32_t>(std::stoul(gateway, nullptr, 16)))));
  }
  return all;
}

struct Guest {
  std::string name;
  MacAddress mac, router;
  Address ipv4, ipv6;
};

/// Frames that no kernel would send for its user: forged, foreign, for everybody.
std::vector<std::vector<std::byte>> raw_frames(const Guest& guest, wire::Bytes mark) {
  std::vector<std::vector<std::byte>> frames;
  const auto own = [&](const Address& to) { return to.is_v4() ? guest.ipv4 : guest.ipv6; };
  const MacAddress foreign{{0x00, 0x16, 0x3e, 0x12, 0x34, 0x56}};
  for (const auto& target : targets())
    for (const auto& via : {guest.router, MacAddress::broadcast(), foreign}) {
      const wire::FrameAddresses ends{.source_mac = guest.mac,
                                      .destination_mac = via,
                                      .source = {own(target), 4000},
                                      .destination = {target, 53}};
      frames.push_back(wire::make_udp_frame(ends, mark));
      if (via != guest.router) continue;
      frames.push_back(wire::make_tcp_frame(ends, 0x02, 1, mark));
      frames.push_back(wire::make_echo_frame(ends, false, 1, mark));
      auto forged = ends; // from the one to the other out there
      forged.source.address = target.is_v4() ? *Address::parse("1.1.1.1") : target;
      frames.push_back(wire::make_udp_frame(forged, mark));
      if (!target.is_v4()) continue;
      auto arp = wire::make_arp_request(guest.mac, guest.ipv4, target);
      arp.insert(arp.end(), mark.begin(), mark.end());
      frames.push_back(std::move(arp));
    }
  // Groups: all nodes, mDNS, SSDP, LLMNR, and the destinations that bridges keep for themselves.
  for (const auto* group : {"ff02::1",
                            "ff02::2",
                            "ff02::fb",
                            "224.0.0.1",
                            "224.0.0.251",
                            "239.255.255.250",
                            "255.255.255.255"}) {
    const auto to = *Address::parse(group);
    const wire::FrameAddresses ends{.source_mac = guest.mac,
                                    .destination_mac = to.is_v4() ? MacAddress::broadcast()
                                                                  : wire::multicast_mac(to),
                                    .source = {own(to), 5353},
                                    .destination = {to, 5353}};
    frames.push_back(wire::make_udp_frame(ends, mark));
    frames.push_back(wire::make_echo_frame(ends, false, 1, mark));
  }
  // VLAN tags, double ones, PPPoE, EAPOL, MPLS, LLDP, a link's flow control, loopback, IPX, no
  // type.
  const MacAddress bridges{{0x01, 0x80, 0xc2, 0, 0, 0x0e}};
  for (const std::uint16_t type : std::initializer_list<std::uint16_t>{
           0x8100, 0x88a8, 0x8863, 0x8864, 0x888e, 0x8847, 0x88cc, 0x8808, 0x9000, 0x8137, 0x0026})
    for (const auto& [to, from] : {std::pair(bridges, guest.mac),
                                   std::pair(MacAddress::broadcast(), guest.router),
                                   std::pair(guest.router, foreign)}) {
      std::vector<std::byte> frame(wire::ethernet_header_size + 4);
      wire::write_ethernet(frame, {.destination = to, .source = from, .type = type});
      wire::store16(frame.data() + 14, 1); // the tag of VLAN 1, where it is one
      wire::store16(frame.data() + 16, 0x0800);
      frame.insert(frame.end(), mark.begin(), mark.end());
      frame.resize(60);
      frames.push_back(std::move(frame));
    }
  return frames;
}

std::string hex_of(wire::Bytes bytes) {
  std::string text;
  for (const auto byte : bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    text += digits[std::to_integer<unsigned>(byte) >> 4];
    text += digits[std::to_integer<unsigned>(byte) & 15U];
  }
  return text;
}

/// By what a system has: sockets of every kind, through routes and neighbours that root may invent.
std::string socket_script(const Guest& guest, wire::Bytes mark) {
  std::string script = "mark=/run/mark; card=eth0\n";
  for (const auto& target : targets()) {
    const auto text = to_string(target);
    const bool v4 = target.is_v4();
    const auto address = v4 ? text : "[" + text + (text.starts_with("fe80") ? "%eth0]" : "]");
    const std::string family = v4 ? "4" : "6";
    const auto udp = [&](const std::string& port) {
      return "socat -u FILE:$mark UDP" + family + "-SENDTO:" + address + ":" + port + "\n";
    };
    script += udp("53") + udp("123");
    script +=
        "timeout 2 socat -u FILE:$mark TCP" + family + ":" + address + ":80,connect-timeout=0.2\n";
    script += "socat -u FILE:$mark IP" + family + "-SENDTO:" + address + ":253\n";
    script += "ping -" + family + " -c 1 -W 0.2 -I eth0 -p " + hex_of(mark) + " " + text + "\n";
    // Now as if it were a neighbour, and the fabric's gateway its address.
    script += "ip -" + family + " route replace " + text + " dev $card\n" + udp("53");
    script += "ip -" + family + " neigh replace " + text + " lladdr " + to_string(guest.router) +
              " dev $card\n" + udp("53");
    script += "ip -" + family + " neigh replace " + text + " lladdr ff:ff:ff:ff:ff:ff dev $card\n" +
              udp("53");
  }
  for (const auto* group : {"224.0.0.251", "239.255.255.250", "255.255.255.255"})
    script += std::string("socat -u FILE:$mark UDP4-DATAGRAM:") + group +
              ":1900,broadcast,so-bindtodevice=eth0\n";
  for (const auto* group : {"ff02::1", "ff02::fb", "ff05::2"})
    script += std::string("socat -u FILE:$mark UDP6-DATAGRAM:[") + group +
              "]:5353,so-bindtodevice=eth0\n";
  script += "ping -6 -c 1 -W 0.2 -p " + hex_of(mark) + " ff02::1%eth0\n";
  return script;
}

class Escape : public ::testing::Test {
protected:
  Escape() {
    const auto document = nlohmann::json::parse(where);
    topology = read_topology(JsonReader("escape.json", document));
    network =
        bind(topology,
             {.name = "open",
              .gateways = {{.role = "home",
                            .behaviour = {.filtering = nat::Dependence::endpoint_independent}}}},
             {},
             7);
  }

  void start(const std::filesystem::path& folder) {
    lab.emplace(
        topology,
        network,
        LabOptions{.image = read_guest_image(std::getenv("HERMESH_GUEST")), .run_dir = folder},
        interrupt);
  }
  Guest guest(std::size_t index) const {
    const auto& card = network.cards.at(index);
    return {.name = card.machine,
            .mac = card.mac,
            .router =
                index == 0 ? network.gateways[0].inside_macs[0] : network.gateways[0].outside_mac,
            .ipv4 = card.attachment.ipv4.value(),
            .ipv6 = card.attachment.ipv6.value()};
  }

  /// Everything, from inside. Most of it fails, which is as it should be.
  void try_all(const Guest& from, wire::Bytes mark) {
    auto& machine = lab->machine(from.name);
    std::vector<PushedFile> files;
    const auto text = [](wire::Bytes bytes) {
      return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    };
    files.push_back({.target = "/run/mark", .content = text(mark)});
    for (const auto& frame : raw_frames(from, mark))
      files.push_back(
          {.target = "/run/raw/" + std::to_string(files.size()), .content = text(frame)});
    machine.push(files);
    const auto raw = machine.exec(
        {.argv = {"sh",
                  "-c",
                  "ip link set eth0 promisc on; n=0; for f in /run/raw/*; do socat -u FILE:$f "
                  "INTERFACE:eth0 && n=$((n+1)); done; echo $n"}},
        300s);
    EXPECT_EQ(raw.output, std::to_string(files.size() - 1) + "\n") << raw.diagnostics;
    const auto tried =
        machine.exec({.argv = {"sh", "-c", socket_script(from, mark) + "exit 0"}}, 500s);
    EXPECT_FALSE(tried.timed_out);
    EXPECT_EQ(tried.diagnostics.find("not found"), std::string::npos) << tried.diagnostics;
  }

  /// What the guest's kernel says it sent.
  std::uint64_t sent_by(const std::string& machine) {
    return std::stoull(
        lab->machine(machine)
            .exec({.argv = {"cat", "/sys/class/net/eth0/statistics/tx_packets"}}, 20s)
            .output);
  }

  /// Switched, or not even that, for a reason.
  std::uint64_t accounted_for(const std::string& port) {
    std::uint64_t frames = 0;
    lab->fabric().with([&](Fabric& fabric, Time) {
      for (const auto& row : fabric.flows())
        if (row.port == port) frames += row.frames;
      for (const auto& row : fabric.ledger())
        if (row.where == port &&
            (row.reason == DropReason::malformed || row.reason == DropReason::too_big ||
             row.reason == DropReason::forged_source))
          frames += row.frames;
    });
    return frames;
  }
  std::uint64_t dropped(DropReason reason) {
    std::uint64_t frames = 0;
    lab->fabric().with([&](Fabric& fabric, Time) {
      for (const auto& row : fabric.ledger())
        if (row.reason == reason) frames += row.frames;
    });
    return frames;
  }

  Interrupt interrupt;
  Topology topology;
  Network network;
  std::optional<Lab> lab;
};

/// This host sends something marked to itself: what the sniffer must see.
void send_control(const Mark& mark) {
  const Fd socket(check("socket", ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)));
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  to.sin_port = htons(9);
  check("sendto",
        ::sendto(socket.get(),
                 mark.data(),
                 mark.size(),
                 0,
                 reinterpret_cast<const sockaddr*>(&to),
                 sizeof to));
}

std::string text_of(const std::vector<Sniffer::Found>& found) {
  std::string text;
  for (const auto& one : found)
    text += one.interface + ": " + one.what + "\n";
  return text;
}

TEST_F(Escape, NothingThatAGuestSendsLeavesTheLab) {
  HERMESH_NEEDS_GUESTS();
  if (::geteuid() != 0) GTEST_SKIP() << "watching this host's interfaces needs root";
  const TempDir folder("hmescape");
  start(folder.path());
  const auto mark = fresh_mark();
  const auto control = fresh_mark();
  std::set<MacAddress> macs{network.gateways[0].outside_mac, network.gateways[0].inside_macs[0]};
  std::set<std::uint16_t> own_ports;
  for (const auto& card : network.cards) {
    macs.insert(card.mac);
    own_ports.insert(lab->fabric().listening_port(card.machine + "." + card.name));
  }
  const Sniffer sniffer({.marks = {mark, control}, .macs = macs, .own_ports = own_ports});
  lab->start_machines();
  lab->await_machines();
  const auto qemus = qemu_processes("hermesh-" + run_id_of(folder.path()));
  ASSERT_EQ(qemus.size(), 2U);

  lab->parallel({"a", "b"},
                [&](Machine& machine) { try_all(guest(machine.name() == "a" ? 0 : 1), mark); });
  send_control(control);

  SteadyClock clock;
  for (const std::size_t index : {0U, 1U}) {
    const auto name = guest(index).name;
    std::uint64_t in_guest = 0;
    std::uint64_t in_fabric = 0;
    wait_for("the fabric to account for every frame of " + name,
             30s,
             clock,
             [&]() -> std::optional<bool> {
               in_guest = sent_by(name);
               in_fabric = accounted_for(name + ".eth0");
               if (in_guest != in_fabric) return std::nullopt;
               return true;
             });
    EXPECT_GT(in_guest, 100U);
  }
  EXPECT_GT(dropped(DropReason::outside_lab), 10U) << "public addresses: the hermeticity check";
  EXPECT_GT(dropped(DropReason::no_route), 10U);
  EXPECT_GT(dropped(DropReason::forged_source), 10U);
  EXPECT_GT(dropped(DropReason::unsupported), 0U);

  // QEMU speaks to the fabric, over the loopback interface, and to nobody else.
  for (const int qemu : qemus) {
    const auto handles = network_handles(qemu);
    ASSERT_EQ(handles.size(), 1U) << ::testing::PrintToString(handles);
    const bool to_fabric = std::ranges::any_of(own_ports, [&](std::uint16_t port) {
      return handles[0].starts_with("tcp 127.0.0.1:") &&
             handles[0].ends_with(" 127.0.0.1:" + std::to_string(port));
    });
    EXPECT_TRUE(to_fabric) << handles[0];
  }

  wait_for("the sniffer to see the control", 10s, clock, [&]() -> std::optional<bool> {
    if (sniffer.found().empty()) return std::nullopt;
    return true;
  });
  for (const auto& one : sniffer.found())
    EXPECT_EQ(one, (Sniffer::Found{.interface = "lo", .what = "mark 1"}))
        << text_of(sniffer.found());
  EXPECT_GT(sniffer.in_own_streams(), 100U) << "the guests' frames do hold the mark";
  EXPECT_EQ(sniffer.lost(), 0U);
}

} // namespace
} // namespace hermesh::testing

int main(int argc, char** argv) {
  if (const auto status = hermesh::run_hidden_command(argc, argv)) return *status;
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
