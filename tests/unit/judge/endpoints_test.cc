// SPDX-License-Identifier: MIT
#include "base/error.hh"
#include "base/temp_dir.hh"
#include "judge/endpoints.hh"
#include "wire/frame.hh"
#include "wire/pcapng.hh"

#include <gtest/gtest.h>

#include <fstream>

namespace hermesh {
namespace {

using namespace std::chrono_literals;

Endpoint at(std::string_view address, std::uint16_t port) {
  return {Address::parse(address).value(), port};
}

const Endpoint inside = at("192.168.1.10", 5000);
const Endpoint relay = at("80.100.0.10", 3478);

/// Two captures, of a home and of the Internet, with a gateway between.
class Captures {
public:
  Captures() {
    wire::write_pcapng_header(lan_, "lan", std::vector<std::string>{"a.eth0"}, 0);
    wire::write_pcapng_header(internet_, "internet", std::vector<std::string>{"home-a.outside"}, 0);
  }

  void on_lan(Time time, const Endpoint& from, const std::string& payload) {
    put(lan_, time, from, payload, "");
  }
  void dropped_on_lan(Time time, const Endpoint& from, const std::string& payload) {
    put(lan_, time, from, payload, "dropped: nat-filtered");
  }
  void outside(Time time, const Endpoint& from, const std::string& payload) {
    put(internet_, time, from, payload, "");
  }
  std::vector<SeenEndpoint> seen(Time from = 0s) {
    save();
    return external_endpoints(folder_.path(), "a", from);
  }
  std::uint16_t busiest() {
    save();
    return busiest_port(folder_.path(), "a", 0s);
  }

private:
  static void put(std::vector<std::byte>& file,
                  Time time,
                  const Endpoint& from,
                  const std::string& payload,
                  std::string_view comment) {
    const auto frame = wire::make_udp_frame({.source = from, .destination = relay},
                                            std::as_bytes(std::span(payload)));
    wire::write_pcapng_packet(file, 0, 0, time, frame, frame.size(), comment);
  }
  void save() const {
    for (const auto& [name, bytes] : {std::pair("lan", &lan_), std::pair("internet", &internet_)}) {
      std::ofstream out(folder_.path() / (std::string(name) + ".pcapng"), std::ios::binary);
      out.write(reinterpret_cast<const char*>(bytes->data()),
                static_cast<std::streamsize>(bytes->size()));
    }
  }

  TempDir folder_{"hmtest"};
  std::vector<std::byte> lan_{}, internet_{};
};

TEST(Endpoints, FollowsAPayloadThroughTheGateway) {
  Captures captures;
  captures.on_lan(1s, inside, "one");
  captures.outside(1s, at("80.100.0.1", 6000), "one");
  captures.on_lan(2s, inside, "lost on its way");
  captures.dropped_on_lan(2s, inside, "lost on its way");
  captures.on_lan(3s, inside, "two");
  captures.outside(3s, at("80.100.0.1", 7000), "two");
  captures.outside(4s, at("80.100.0.1", 1), "somebody else's");
  const auto seen = captures.seen();
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(seen[0], (SeenEndpoint{1s, inside, at("80.100.0.1", 6000), relay}));
  EXPECT_EQ(seen[1].outside, at("80.100.0.1", 7000));
  EXPECT_EQ(captures.seen(2s).size(), 1U);
}

TEST(Endpoints, TheSamePayloadAgainIsAnotherPacket) {
  Captures captures;
  for (int i = 1; i <= 2; ++i) {
    captures.on_lan(Time{1s} * i, inside, "keepalive");
    captures.outside(
        Time{1s} * i, at("80.100.0.1", static_cast<std::uint16_t>(6000 + i)), "keepalive");
  }
  const auto seen = captures.seen();
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(seen[0].outside.port, 6001);
  EXPECT_EQ(seen[1].outside.port, 6002);
}

TEST(Endpoints, TheBusiestPort) {
  Captures captures;
  EXPECT_EQ(captures.busiest(), 0);
  captures.on_lan(1s, inside, "x");
  captures.on_lan(2s, at("192.168.1.10", 53), "y");
  captures.on_lan(3s, inside, "z");
  EXPECT_EQ(captures.busiest(), 5000);
}

TEST(Endpoints, AFolderThatIsNotThere) {
  EXPECT_THROW(external_endpoints("/nonexistent", "a", 0s), Error);
}

} // namespace
} // namespace hermesh
