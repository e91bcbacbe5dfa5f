// SPDX-License-Identifier: MIT
#include "base/error.hh"
#include "base/temp_dir.hh"
#include "model/catalog.hh"
#include "support/golden.hh"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <fstream>
#include <functional>
#include <string>

namespace hermesh {
namespace {

using nlohmann::json;

json good() {
  return json::parse(R"({
    "schema": 1, "name": "some", "description": "some VPN", "binary": "/usr/bin/some",
    "programs": ["some"], "interface": "some0", "overlay": "${host('10.9.0.0/24', self.index)}",
    "abilities": {"punches_udp": true, "relays": true, "transports": ["udp"]},
    "options": [
      {"name": "relay", "description": "whether it relays", "default": "on",
       "values": [{"value": "on"}, {"value": "off", "abilities": {"relays": false}}]},
      {"name": "transport", "description": "what it runs over", "default": "udp",
       "values": [{"value": "udp"}, {"value": "tcp", "abilities": {"transports": ["tcp"], "punches_udp": false}}]}],
    "values": [{"name": "secret", "value": "${key('secret')}"}],
    "peer": {
      "files": [{"source": "some.conf", "target": "${folder}/some.conf", "mode": "0600"}],
      "setup": [["ip", "link"]], "daemon": ["${program}"], "status": ["${folder}/status"],
      "teardown": [["ip", "link"]]}
  })");
}

/// A VPN's folder on disk.
class Folder {
public:
  explicit Folder(const json& description) : Folder(description.dump()) {}
  explicit Folder(const std::string& text) {
    std::filesystem::create_directory(path());
    std::ofstream(path() / "vpn.json") << text;
    std::ofstream(path() / "some.conf") << "secret ${hex(secret)}\n";
  }
  std::filesystem::path path() const { return place_.path() / "some"; }

  /// Without the temporary directory's name, which is another each time.
  std::string complaint(const std::map<std::string, std::string>& settings = {}) const {
    try {
      read_vpn_folder(path(), settings);
      return "accepted";
    } catch (const InputError& error) {
      std::string said = error.what();
      const auto prefix = place_.path().string() + "/";
      for (auto at = said.find(prefix); at != std::string::npos; at = said.find(prefix))
        said.erase(at, prefix.size());
      return said;
    }
  }

private:
  TempDir place_;
};

TEST(VpnReader, ReadsAFolder) {
  const Folder folder(good());
  const auto vpn = read_vpn_folder(folder.path());
  EXPECT_EQ(vpn.name, "some");
  EXPECT_EQ(vpn.folder, folder.path());
  EXPECT_EQ(vpn.interface, "some0");
  EXPECT_EQ(vpn.peer.files, (std::vector<VpnFile>{{"some.conf", "${folder}/some.conf", 0600}}));
  EXPECT_EQ(vpn.peer.daemon, std::vector<std::string>{"${program}"});
  EXPECT_EQ(vpn.relay, VpnRole{});
  EXPECT_EQ(vpn.options.at(0).value, "on");
  EXPECT_EQ(vpn.abilities, (Abilities{.punches_udp = true, .relays = true}));
}

TEST(VpnReader, ReadsEveryAbility) {
  auto document = good();
  document["options"] = json::array();
  document["abilities"] = {{"punches_udp", true},
                           {"relays", true},
                           {"uses_known_endpoints", true},
                           {"punches_tcp", true},
                           {"offers_local_addresses", true},
                           {"predicts_ports", true},
                           {"uses_ipv6", true},
                           {"port_mapping", {"nat-pmp", "pcp"}},
                           {"transports", {"tcp"}}};
  const Folder folder(document);
  EXPECT_EQ(read_vpn_folder(folder.path()).abilities,
            (Abilities{.punches_udp = true,
                       .relays = true,
                       .uses_known_endpoints = true,
                       .punches_tcp = true,
                       .offers_local_addresses = true,
                       .predicts_ports = true,
                       .uses_ipv6 = true,
                       .port_mapping = {"nat-pmp", "pcp"},
                       .transports = {"tcp"}}));
}

TEST(VpnReader, TakesTheFolderInAnyForm) {
  const Folder folder(good());
  const auto wanted = read_vpn_folder(folder.path());
  EXPECT_EQ(read_vpn_folder(folder.path() / ""), wanted);
  EXPECT_EQ(read_vpn_folder(folder.path() / "vpn.json"), wanted);
}

TEST(VpnReader, OptionsChangeAbilitiesOneAfterTheOther) {
  const Folder folder(good());
  const auto vpn = read_vpn_folder(folder.path(), {{"relay", "off"}, {"transport", "tcp"}});
  EXPECT_EQ(vpn.options.at(0).value, "off");
  EXPECT_EQ(vpn.options.at(0).default_value, "on");
  EXPECT_EQ(vpn.abilities, (Abilities{.transports = {"tcp"}}));
}

TEST(VpnReader, RefusesSettingsThatItDoesNotHave) {
  const Folder folder(good());
  EXPECT_EQ(folder.complaint({{"relais", "off"}}),
            "some has no option 'relais' (did you mean 'relay'?)");
  EXPECT_EQ(folder.complaint({{"relay", "offf"}}),
            "option 'relay' of some: there is no value 'offf' (did you mean 'off'?)");
}

TEST(VpnReader, SaysWhatIsWrongAndWhere) {
  const std::vector<std::function<void(json&)>> mistakes{
      [](json& j) { j["schema"] = 2; },
      [](json& j) { j.erase("name"); },
      [](json& j) { j["name"] = "Some VPN"; },
      [](json& j) { j["descripton"] = "typo"; },
      [](json& j) { j["binary"] = "some"; },
      [](json& j) { j["interface"] = "an-interface-too-long"; },
      [](json& j) { j["abilities"]["transports"] = json::array({"upd"}); },
      [](json& j) { j["abilities"]["punches_upd"] = true; },
      [](json& j) { j["abilities"]["relays"] = "yes"; },
      [](json& j) { j["options"][0]["default"] = "onn"; },
      [](json& j) { j["options"][1]["name"] = "relay"; },
      [](json& j) { j["options"][0]["values"] = json::array(); },
      [](json& j) { j["options"][0]["values"][1]["value"] = "on"; },
      [](json& j) { j["values"][0]["name"] = "self"; },
      [](json& j) { j["values"][0]["name"] = "my.secret"; },
      [](json& j) { j["values"].push_back(j["values"][0]); },
      [](json& j) {
        j["values"] = json{{"secret", "x"}};
      },
      [](json& j) { j["peer"]["files"][0]["source"] = "some.cnf"; },
      [](json& j) { j["peer"]["files"][0]["source"] = "../some/some.conf"; },
      [](json& j) { j["peer"]["files"][0]["source"] = "/etc/passwd"; },
      [](json& j) { j["peer"]["files"][0]["mode"] = "600"; },
      [](json& j) { j["peer"]["files"][0]["mode"] = "0800"; },
      [](json& j) { j["peer"]["files"][0].erase("target"); },
      [](json& j) { j["peer"]["setup"] = json::array({json::array()}); },
      [](json& j) { j["peer"]["setup"] = json::array({"ip link"}); },
      [](json& j) { j["peer"]["daemon"] = "some -f"; },
      [](json& j) { j["peer"]["daemons"] = json::array({"some"}); },
      [](json& j) { j.erase("peer"); },
      [](json& j) { j["relay"] = json::array(); },
  };
  std::string messages;
  for (const auto& mistake : mistakes) {
    auto description = good();
    mistake(description);
    messages += Folder(description).complaint() + "\n";
  }
  testing::expect_golden("vpn/vpn-json-errors.txt", messages);
}

TEST(VpnReader, SaysWhichFolderWasMeant) {
  const Folder folder(good());
  std::filesystem::rename(folder.path(), folder.path().parent_path() / "sone");
  EXPECT_EQ(folder.complaint(), "some: there is no such folder (did you mean 'sone'?)");
}

TEST(VpnReader, SaysWhatAFolderLacks) {
  const Folder folder(good());
  std::filesystem::remove(folder.path() / "vpn.json");
  EXPECT_NE(folder.complaint().find("vpn.json: there is no such file"), std::string::npos);
}

} // namespace
} // namespace hermesh
