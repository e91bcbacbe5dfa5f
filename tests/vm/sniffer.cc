// SPDX-License-Identifier: MIT
#include "vm/sniffer.hh"

#include "base/error.hh"
#include "wire/ethernet.hh"
#include "wire/frame.hh"

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <sys/random.h>
#include <sys/socket.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

namespace hermesh::testing {
namespace {

namespace fs = std::filesystem;

constexpr std::uint16_t every_protocol = 3; // ETH_P_ALL
constexpr int room = 64 << 20;
constexpr std::size_t largest = 128 << 10; // an offloaded segment

std::string interface_name(int index) {
  std::array<char, IF_NAMESIZE> name{};
  return ::if_indextoname(static_cast<unsigned>(index), name.data()) == nullptr ? "?" : name.data();
}

/// "0100007F:1F90" as /proc/net/tcp writes it: the address's words in the host's order.
std::string endpoint_of(const std::string& text) {
  const auto colon = text.find(':');
  const auto port = std::stoul(text.substr(colon + 1), nullptr, 16);
  if (colon != 8) return text; // IPv6: as it is
  const auto value = static_cast<std::uint32_t>(std::stoul(text.substr(0, 8), nullptr, 16));
  return to_string(Endpoint{Address::v4(ntohl(value)), static_cast<std::uint16_t>(port)});
}

/// By inode: what the kernel's table of that protocol says.
void read_table(const std::string& protocol, std::map<std::string, std::string>& by_inode) {
  std::ifstream in("/proc/net/" + protocol);
  std::string line;
  std::getline(in, line); // titles
  while (std::getline(in, line)) {
    std::istringstream words(line);
    std::vector<std::string> fields;
    for (std::string word; words >> word;)
      fields.push_back(word);
    if (protocol == "packet") {
      if (fields.size() >= 9) by_inode[fields[8]] = "packet";
    } else if (fields.size() >= 10) {
      by_inode[fields[9]] = protocol + " " + endpoint_of(fields[1]) + " " + endpoint_of(fields[2]);
    }
  }
}

/// A TCP segment over IPv4, whose checksum may be left to a card.
bool is_of_port(std::span<const std::byte> frame, const std::set<std::uint16_t>& ports) {
  if (frame.size() < wire::ethernet_header_size) return false;
  const auto packet = frame.subspan(wire::ethernet_header_size);
  const auto ip = wire::parse_ipv4(packet);
  if (!ip || ip->protocol != wire::ip_protocol::tcp || ip->data_size() < 4) return false;
  const auto* at = packet.data() + ip->header_size;
  return ports.contains(wire::load16(at)) || ports.contains(wire::load16(at + 2));
}

} // namespace

Mark fresh_mark() {
  Mark mark{};
  check("getrandom", ::getrandom(mark.data(), mark.size(), 0));
  return mark;
}

Sniffer::Sniffer(Wanted wanted)
    : wanted_(std::move(wanted)),
      socket_(check("packet socket",
                    ::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(every_protocol)))) {
  check("SO_RCVBUFFORCE",
        ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room));
  thread_ = std::thread([this] { listen(); });
}

Sniffer::~Sniffer() {
  stop_ = true;
  thread_.join();
}

void Sniffer::listen() {
  std::vector<std::byte> buffer(largest);
  while (!stop_) {
    pollfd readable{socket_.get(), POLLIN, 0};
    if (::poll(&readable, 1, 100) <= 0) continue;
    sockaddr_ll from{};
    socklen_t size = sizeof from;
    const auto got = ::recvfrom(
        socket_.get(), buffer.data(), buffer.size(), 0, reinterpret_cast<sockaddr*>(&from), &size);
    if (got > 0)
      judge(interface_name(from.sll_ifindex),
            std::span(buffer).first(static_cast<std::size_t>(got)));
  }
}

void Sniffer::judge(const std::string& interface, std::span<const std::byte> frame) {
  std::vector<std::string> seen;
  for (std::size_t i = 0; i < wanted_.marks.size(); ++i)
    if (!std::ranges::search(frame, wanted_.marks[i]).empty())
      seen.push_back("mark " + std::to_string(i));
  if (interface != "lo" && frame.size() >= wire::ethernet_header_size)
    for (const auto offset : {0, 6})
      if (const auto mac = wire::load_mac(frame.data() + offset); wanted_.macs.contains(mac))
        seen.push_back("the MAC address " + to_string(mac));
  if (seen.empty()) return;
  if (interface == "lo" && is_of_port(frame, wanted_.own_ports)) {
    ++own_;
    return;
  }
  const std::lock_guard lock(mutex_);
  for (auto& what : seen)
    found_.push_back({.interface = interface, .what = std::move(what)});
}

std::vector<Sniffer::Found> Sniffer::found() const {
  const std::lock_guard lock(mutex_);
  return found_;
}

unsigned Sniffer::lost() const {
  tpacket_stats stats{};
  socklen_t size = sizeof stats;
  check("PACKET_STATISTICS",
        ::getsockopt(socket_.get(), SOL_PACKET, PACKET_STATISTICS, &stats, &size));
  return stats.tp_drops;
}

std::vector<std::string> network_handles(int pid) {
  std::map<std::string, std::string> by_inode;
  for (const auto* protocol :
       {"tcp", "tcp6", "udp", "udp6", "raw", "raw6", "icmp", "icmp6", "udplite", "packet"})
    read_table(protocol, by_inode);
  std::vector<std::string> handles;
  for (const auto& entry : fs::directory_iterator("/proc/" + std::to_string(pid) + "/fd")) {
    std::error_code gone;
    const auto target = fs::read_symlink(entry.path(), gone).string();
    if (target.starts_with("/dev/net") || target.starts_with("/dev/vhost-net") ||
        target.starts_with("/dev/tap"))
      handles.push_back(target);
    if (!target.starts_with("socket:[")) continue;
    const auto known = by_inode.find(target.substr(8, target.size() - 9));
    if (known != by_inode.end()) handles.push_back(known->second);
  }
  return handles;
}

} // namespace hermesh::testing
