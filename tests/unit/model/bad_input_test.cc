// SPDX-License-Identifier: MIT
// Every complaint about a file, as a user reads it: one line, in the golden files.
#include "base/error.hh"
#include "model/readers.hh"
#include "support/golden.hh"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <functional>

namespace hermesh {
namespace {

using nlohmann::json;

/// Two homes and a relay: each case below spoils one thing in it.
json two_homes() {
  return json::parse(R"({
    "schema": 1, "name": "two-homes", "description": "Two homes.",
    "segments": [{"name": "internet", "ipv4": "80.100.0.0/16"},
                 {"name": "lan-a", "ipv4": "192.168.1.0/24"},
                 {"name": "lan-b", "ipv4": "192.168.2.0/24"}],
    "gateways": [{"name": "home-a", "role": "home", "outside": {"segment": "internet"},
                  "inside": [{"segment": "lan-a"}]},
                 {"name": "home-b", "role": "home", "outside": {"segment": "internet"},
                  "inside": [{"segment": "lan-b"}]}],
    "machines": [{"name": "a", "role": "peer", "cards": [{"segment": "lan-a"}]},
                 {"name": "b", "role": "peer", "cards": [{"segment": "lan-b"}]},
                 {"name": "r", "role": "relay", "cards": [{"segment": "internet", "ipv4": "80.100.0.10"}]}]
  })");
}

json port_restricted() {
  return json::parse(R"({"schema": 1, "name": "port-restricted", "description": "Home routers.",
    "gateways": [{"role": "home", "mapping": "EIM", "filtering": "APDF"}]})");
}

json slow() {
  return json::parse(R"({"schema": 1, "name": "slow", "description": "Slow.", "delay": "2ms"})");
}

struct Case {
  const char* place; ///< JSON pointer of what is replaced; "-/..." removes it
  const char* value; ///< JSON text
};

void spoil(json& document, const Case& one) {
  const std::string place = one.place;
  if (place.starts_with("-")) {
    const json::json_pointer pointer(place.substr(1));
    document[pointer.parent_pointer()].erase(pointer.back());
  } else {
    document[json::json_pointer(place)] = json::parse(one.value);
  }
}

template <typename Read>
void expect_complaints(const char* golden,
                       const json& good,
                       const std::vector<Case>& cases,
                       Read read) {
  EXPECT_NO_THROW(read(JsonReader("good.json", good)));
  std::string complaints;
  for (const auto& one : cases) {
    auto document = good;
    spoil(document, one);
    try {
      read(JsonReader("bad.json", document));
      ADD_FAILURE() << "accepted " << one.value << " at " << one.place;
    } catch (const InputError& error) {
      EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos) << error.what();
      complaints += std::string(error.what()) + "\n";
    }
  }
  testing::expect_golden(golden, complaints);
}

TEST(BadInput, FieldsOfATopology) {
  expect_complaints("model/topology-fields.txt",
                    two_homes(),
                    {{"/schema", "2"},
                     {"/schema", "\"1\""},
                     {"-/schema", ""},
                     {"-/name", ""},
                     {"-/segments", ""},
                     {"/segmnets", "[]"},
                     {"/name", "7"},
                     {"/name", "\"Two Homes\""},
                     {"/name", "\"-x\""},
                     {"/name", "\"\""},
                     {"/name", "\"abcdefghijklmnopqrstuvwxyz0123456\""},
                     {"/description", "\"two\\nlines\""},
                     {"/description", "null"},
                     {"/segments", "{}"},
                     {"/segments/0", "\"internet\""},
                     {"/segments/0/ipv4", "\"80.100.0.1/16\""},
                     {"/segments/0/ipv4", "\"80.100.0.0\""},
                     {"/segments/0/ipv4", "\"80.100.0.0/33\""},
                     {"/segments/0/ipv4", "\"3fff::/64\""},
                     {"/segments/0/ipv4", "\"80.100.0.0/31\""},
                     {"/segments/0/ipv4", "\"127.0.0.0/8\""},
                     {"/segments/0/ipv6", "\"80.100.0.0/16\""},
                     {"/segments/0/ipv6", "\"fe80::/64\""},
                     {"/segments/0/addressing", "\"dchp\""},
                     {"/segments/0/addressing", "true"},
                     {"/segments/0/may_overlap", "1"},
                     {"/segments/0/ipv5", "\"x\""},
                     {"-/segments/1/ipv4", ""},
                     {"-/gateways/0/role", ""},
                     {"/gateways/0/outside/segment", "\"intrenet\""},
                     {"/gateways/0/inside", "{\"segment\": \"lan-a\"}"},
                     {"/gateways/0/inside/0/segment", "\"elsewhere\""},
                     {"/machines/1/cards/0/segment", "\"lan_b\""},
                     {"/machines/0/name", "\"certify\""},
                     {"/machines/0/role", "\"pear\""},
                     {"/machines/0/memory_mib", "95"},
                     {"/machines/0/memory_mib", "4097"},
                     {"/machines/0/memory_mib", "192.5"},
                     {"/machines/0/memory_mib", "18446744073709551615"},
                     {"/machines/2/cards/0/ipv4", "\"80.100.0.300\""},
                     {"/machines/2/cards/0/ipv6", "\"3fff::1\""},
                     {"/machines/2/cards/0/ipv4", "\"81.100.0.10\""},
                     {"/machines/2/cards/0/ipv4", "\"80.100.0.0\""},
                     {"/machines/2/cards/0/ipv4", "\"80.100.255.255\""},
                     {"/machines/2/cards/0/vlan", "7"}},
                    read_topology);
}

TEST(BadInput, ShapeOfATopology) {
  auto with_carrier = two_homes();
  with_carrier["segments"].push_back({{"name", "carrier"}, {"ipv4", "10.200.0.0/16"}});
  with_carrier["gateways"].push_back({{"name", "carrier-b"},
                                      {"role", "carrier"},
                                      {"outside", {{"segment", "internet"}}},
                                      {"inside", {{{"segment", "carrier"}}}}});
  with_carrier["gateways"][1]["outside"]["segment"] = "carrier";
  expect_complaints(
      "model/topology-shape.txt",
      with_carrier,
      {{"/machines/1/name", "\"a\""},
       {"/machines/1/name", "\"home-a\""},
       {"/gateways/1/name", "\"lan-a\""},
       {"/segments/2/name", "\"lan-a\""},
       {"/segments/2/ipv4", "\"192.168.1.0/24\""},
       {"/segments/2/ipv4", "\"192.168.0.0/16\""},
       {"/segments/3", R"({"name": "carrier", "ipv4": "80.100.7.0/24", "may_overlap": true})"},
       {"/gateways/0/inside", "[]"},
       {"/gateways/0/inside/0/segment", "\"internet\""},
       {"/gateways/0/inside/1", R"({"segment": "lan-a"})"},
       {"/gateways/2/outside/segment", "\"lan-b\""},
       {"/gateways/2",
        R"({"name": "x", "role": "x", "outside": {"segment": "lan-a"}, "inside": [{"segment": "internet"}]})"},
       {"/segments/4", R"({"name": "island", "ipv4": "10.9.0.0/16"})"},
       {"/machines", "[]"},
       {"/machines/1/role", "\"relay\""},
       {"/machines/0/cards", "[]"},
       {"/machines/0/cards/1", R"({"segment": "lan-a"})"},
       {"/machines/0/cards", R"([{"segment": "internet", "ipv4": "80.100.0.10"}])"},
       {"/machines/0/cards/0/ipv4", "\"192.168.2.9\""},
       {"/gateways/0/outside/ipv4", "\"80.100.0.10\""}},
      read_topology);
}

TEST(BadInput, Events) {
  auto timeline = port_restricted();
  timeline["events"] = json::parse(R"([
    {"at": "2s", "event": "nat-reboot", "role": "home"},
    {"at": "10s", "event": "roam", "machine": "a", "to": "mobile"},
    {"at": "20s", "event": "path-change", "machine": "a", "delay": "50ms"},
    {"at": "30s", "event": "relay-silence"},
    {"at": "40s", "event": "rebind", "machine": "a"}])");
  expect_complaints("model/events.txt",
                    timeline,
                    {{"/events", "{}"},
                     {"/events/0/event", "\"nat-rebot\""},
                     {"-/events/0/at", ""},
                     {"/events/0/at", "\"soon\""},
                     {"-/events/0/role", ""},
                     {"/events/0/gateway", "\"home-a\""},
                     {"/events/0/machine", "\"a\""},
                     {"/events/0/lasts", "\"100ms\""},
                     {"/events/0/lasts", "\"8s\""},
                     {"/events/0/delay", "\"50ms\""},
                     {"-/events/1/to", ""},
                     {"/events/1/at", "\"4s\""},
                     {"/events/2/delay", "\"5ms\""},
                     {"/events/2/segment", "\"lan-a\""},
                     {"/events/4/lasts", "\"2s\""}},
                    read_scenario);
}

TEST(BadInput, OverlappingSegmentsAreForOwnersThatTellThemApart) {
  auto equal = two_homes();
  equal["segments"][1]["may_overlap"] = true;
  equal["segments"][2]["ipv4"] = "192.168.1.0/24";
  equal["segments"][2]["may_overlap"] = true;
  expect_complaints("model/topology-overlap.txt",
                    equal,
                    {{"/segments/1/may_overlap", "false"},
                     {"/machines/0/cards/1", R"({"segment": "lan-b"})"},
                     {"/gateways/0/inside/1", R"({"segment": "lan-b"})"},
                     {"/gateways/1/outside/segment", "\"lan-a\""}},
                    read_topology);
}

TEST(BadInput, TooManyAndTooSmall) {
  auto small = two_homes();
  small["segments"][1]["ipv4"] = "192.168.1.0/30";
  auto crowd = small;
  crowd["machines"].push_back(
      {{"name", "c"}, {"role", "peer"}, {"cards", {{{"segment", "lan-a"}}}}});
  auto heap = small;
  for (int i = 0; i < 300; ++i)
    heap["machines"].push_back(
        {{"name", "m" + std::to_string(i)}, {"role", "peer"}, {"cards", {{{"segment", "lan-b"}}}}});
  std::string complaints;
  EXPECT_NO_THROW(read_topology(JsonReader("good.json", small)));
  for (const auto* document : {&crowd, &heap}) {
    try {
      read_topology(JsonReader("bad.json", *document));
      ADD_FAILURE() << "accepted";
    } catch (const InputError& error) {
      complaints += std::string(error.what()) + "\n";
    }
  }
  EXPECT_EQ(complaints,
            "bad.json: /segments/1: 192.168.1.0/30 of segment 'lan-a' has no address left for "
            "machine 'c'\n"
            "bad.json: /machines: found 303, wanted at most 250\n");
}

TEST(BadInput, Scenario) {
  expect_complaints(
      "model/scenario.txt",
      port_restricted(),
      {{"/gateways/0/mapping", "\"EMI\""},
       {"/gateways/0/filtering", "\"EIM\""},
       {"-/gateways/0/mapping", ""},
       {"-/gateways/0/filtering", ""},
       {"-/gateways/0/role", ""},
       {"/gateways/0/gateway", "\"home-a\""},
       {"/gateways/1", R"({"role": "home", "mapping": "EIM", "filtering": "EIF"})"},
       {"/gateways/0/ports", "\"sequental\""},
       {"/gateways/0/flows", "false"},
       {"/gateways/0/udp", "\"blocked\""},
       {"/gateways/0/udp_out", "\"nothing\""},
       {"/gateways/0/udp_out", "443"},
       {"/gateways/0/udp_out", "[]"},
       {"/gateways/0/tcp_out", "[443, 80, 443]"},
       {"/gateways/0/tcp_out", "[0]"},
       {"/gateways/0/tcp_out", "[\"443\"]"},
       {"/gateways/0/translation", "\"symmetric\""},
       {"/gateways/0/port_block_size", "0"},
       {"/gateways/0/port_block_size", "32"},
       {"/gateways/0/overload_ports", "\"true\""},
       {"/gateways/0/hairpin", "\"on\""},
       {"/gateways/0/hairpin", "\"internal-source\""},
       {"/gateways/0/refresh", "\"inbound\""},
       {"/gateways/0/absolute_lifetime", "60"},
       {"/gateways/0/absolute_lifetime", "\"30s\""},
       {"/gateways/0/pooling", "\"arbitrary\""},
       {"/gateways/0/external_addresses", "65"},
       {"/gateways/0/icmp_errors", "false"},
       {"/gateways/0/per_host_limit", "0"},
       {"/gateways/0/ipv6", "\"broken\""},
       {"/gateways/0/mtu", "1279"},
       {"/gateways/0/mtu_errors", "\"no\""},
       {"/gateways/0/mtu_errors", "false"},
       {"/gateways/0/port_mapping", "true"},
       {"/gateways/0/port_mapping", "{}"},
       {"/gateways/0/port_mapping", R"({"protocols": []})"},
       {"/gateways/0/port_mapping", R"({"protocols": "pcp"})"},
       {"/gateways/0/port_mapping", R"({"protocols": ["upnp"]})"},
       {"/gateways/0/port_mapping", R"({"protocols": ["pcp", "nat-pmp", "pcp"]})"},
       {"/gateways/0/port_mapping", R"({"protocols": ["pcp"], "lifetime": "0s"})"},
       {"/gateways/0/port_mapping", R"({"protocols": ["pcp"], "lifetime": 7200})"},
       {"/gateways/0/port_mapping", R"({"protocols": ["pcp"], "refuses": true})"},
       {"/gateways/0/port_mapping", R"({"protocols": ["pcp"], "refuses": "resources"})"},
       {"/gateways/0/port_mapping", R"({"protocols": ["pcp"], "outbound": "no"})"},
       {"/gateways/0/port_mapping", R"({"protocols": ["pcp"], "leases": 3})"},
       {"/gateways/0/port_mapping",
        R"({"protocols": ["pcp"], "outbound": false, "refuses": "no-resources"})"},
       {"/gateways/0/timers", "120"},
       {"/gateways/0/timers", R"({"udp": "120s"})"},
       {"/gateways/0/timers", R"({"udp_stream": 120})"},
       {"/gateways/0/timers", R"({"udp_stream": "120"})"},
       {"/gateways/0/timers", R"({"udp_stream": "0s"})"},
       {"/gateways/0/timers", R"({"udp_stream": "nan s"})"},
       {"/gateways/0/expect", "\"direct\""},
       {"/expectations", "[]"}},
      read_scenario);
}

TEST(BadInput, Profile) {
  expect_complaints("model/profile.txt",
                    slow(),
                    {{"/delay", "2"},
                     {"/delay", "\"2\""},
                     {"/delay", "\"-2ms\""},
                     {"/delay", "\"11s\""},
                     {"/jiter", "\"2ms\""},
                     {"/loss_percent", "101"},
                     {"/loss_percent", "-0.5"},
                     {"/loss_percent", "\"1%\""},
                     {"/rate", "100"},
                     {"/rate", "\"100mbit\""},
                     {"/rate", "\"nanMbit\""},
                     {"/rate", "\"0Mbit\""},
                     {"/reorder_percent", "true"},
                     {"/delay", "null"}},
                    read_profile);
  auto overtaking = slow();
  overtaking.erase("delay");
  overtaking["reorder_percent"] = 1;
  EXPECT_THROW(read_profile(JsonReader("bad.json", overtaking)), InputError);
}

} // namespace
} // namespace hermesh
