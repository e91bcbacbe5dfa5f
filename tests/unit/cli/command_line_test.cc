// SPDX-License-Identifier: MIT
// The command line as people and programs use it: stdout, stderr and exit status, with golden
// files.
#include "base/temp_dir.hh"
#include "cli/cli.hh"
#include "model/version.hh"
#include "support/golden.hh"
#include "unit/cli/answer.hh"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cstdlib>
#include <fstream>
#include <iterator>

namespace hermesh::cli {
namespace {

namespace fs = std::filesystem;

const fs::path source = HERMESH_TEST_SOURCE_DIR;

class CommandLine : public InSourceTree {};

TEST_F(CommandLine, AloneShowsTheCommandsByTask) {
  const auto answer = hermesh({});
  EXPECT_EQ(answer.status, 0);
  EXPECT_EQ(answer.talk, "");
  testing::expect_golden("cli/hermesh.txt", answer.out);
  EXPECT_EQ(hermesh({"--help"}).out, answer.out);
}

class EveryCommand : public ::testing::TestWithParam<std::string> {};

INSTANTIATE_TEST_SUITE_P(Cli,
                         EveryCommand,
                         ::testing::Values("run",
                                           "judge",
                                           "list",
                                           "validate",
                                           "oracle",
                                           "certify",
                                           "up",
                                           "shell",
                                           "down",
                                           "doctor",
                                           "image",
                                           "show",
                                           "schema",
                                           "completion"),
                         [](const auto& one) { return one.param; });

TEST_P(EveryCommand, HelpEndsWithAnExample) {
  std::vector<std::string> words{GetParam()};
  if (words.front() == "image") words.emplace_back("build");
  words.emplace_back("--help");
  const auto answer = hermesh(words);
  EXPECT_EQ(answer.status, 0);
  const auto last = answer.out.rfind('\n', answer.out.size() - 2) + 1;
  EXPECT_NE(answer.out.find("\nExample"), std::string::npos) << answer.out;
  EXPECT_TRUE(answer.out.substr(last).starts_with("  hermesh " + GetParam())) << answer.out;
}

TEST_F(CommandLine, HelpTextsAreGolden) {
  for (const std::string command :
       {"list", "show", "validate", "oracle", "certify", "schema", "completion"})
    testing::expect_golden("cli/help-" + command + ".txt", hermesh({command, "--help"}).out);
}

TEST_F(CommandLine, VersionIsCmakes) {
  EXPECT_EQ(hermesh({"--version"}).out, "hermesh " + std::string(version) + "\n");
  std::ifstream in(source / "CMakeLists.txt");
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  EXPECT_NE(text.find("VERSION " + std::string(version) + " "), std::string::npos);
}

TEST_F(CommandLine, BadUsageIsOneLineAndStatus2) {
  const std::vector<std::vector<std::string>> lines{
      {"lst"},
      {"zzzzzz"},
      {"--josn"},
      {"list", "scenrios"},
      {"list", "scenarios", "more"},
      {"oracle", "--from", "reuse"},
      {"oracle", "--form=strct"},
      {"oracle", "--frm=strict"},
      {"oracle", "--form", "strict", "--topology", "public"},
      {"oracle", "--topology", "public"},
      {"oracle", "--vpn", "nebula"},
      {"oracle", "--topology", "doubel-nat", "--scenario", "none"},
      {"oracle", "--topology", "double-nat", "--scenario", "none"},
      {"oracle", "--topology", "public", "--scenario", "none", "--vpn", "nebula", "--set", "relay"},
      {"oracle", "--topology", "public", "--scenario", "none", "--set", "relay=on"},
      {"oracle", "--topology", "bad\nname\x1b[2J.json", "--scenario", "none"},
      {"oracle", "--explain"},
      {"oracle", "--explain", "EIM/EIF"},
      {"oracle", "--explain", "EIM/APFD", "EIM/EIF"},
      {"oracle", "--explain", "EIM/EIF", "EIM/EIF", "--topology", "nat-nat", "--scenario", "none"},
      {"certify"},
      {"certify", "symetric"},
      {"certify", "none", "--topology", "nat-nat"},
      {"certify", "symmetric", "--lab-fault", "home-a"},
      {"certify", "symmetric", "--lab-fault", "home-c:mapping=EIM"},
      {"certify", "symmetric", "--lab-fault", "home-a:mapping=EDM"},
      {"certify", "symmetric", "--lab-fault", "home-a:icmp=soon"},
      {"certify", "symmetric", "--lab-fault", "home-a:port_block_size=0"},
      {"certify", "symmetric", "--lab-fault", "home-a:overload_ports=true"},
      {"image"},
      {"show"},
      {"show", "doubel-nat"},
      {"show", "double-nat", "--scenario", "home-and-carier"},
      {"show", "double-nat", "--scenario", "symmetric"},
      {"show", "./nine.json"},
      {"schema", "topologie"},
      {"completion", "zhs"},
      {"__completion"},
      {"validate"}};
  std::string complaints;
  for (const auto& line : lines) {
    const auto answer = hermesh(line);
    EXPECT_EQ(answer.status, 2) << answer.talk;
    EXPECT_EQ(answer.out, "") << answer.talk;
    EXPECT_EQ(std::ranges::count(answer.talk, '\n'), 1) << answer.talk;
    complaints += answer.talk;
  }
  testing::expect_golden("cli/complaints.txt", complaints);
}

TEST_F(CommandLine, TheOracleTableIsGolden) {
  const auto answer = hermesh({"oracle"});
  EXPECT_EQ(answer.status, 0);
  testing::expect_golden("cli/oracle.txt", answer.out);
  EXPECT_NE(answer.out.find("57 of 81 direct"), std::string::npos);
  EXPECT_NE(hermesh({"oracle", "--form", "strict"}).out.find("45 of 81 direct"), std::string::npos);
}

TEST_F(CommandLine, TheOraclesJsonHasAllCells) {
  for (const auto& [form, wanted] : {std::pair("reuse", 57), std::pair("strict", 45)}) {
    const auto document = nlohmann::json::parse(hermesh({"oracle", "--json", "--form", form}).out);
    ASSERT_EQ(document.at("cells").size(), 81U);
    EXPECT_EQ(std::ranges::count_if(document.at("cells"),
                                    [](const auto& cell) { return cell.at("path") == "direct"; }),
              wanted);
    EXPECT_EQ(document.at("cells").at(0).at("a"), "EIM/EIF");
    EXPECT_EQ(document.at("cells").at(80).at("b"), "APDM/APDF");
  }
}

TEST_F(CommandLine, TheOracleAnswersForATrial) {
  const auto answer =
      hermesh({"oracle", "--topology", "double-nat", "--scenario", "home-and-carrier"});
  EXPECT_EQ(answer.status, 0);
  testing::expect_golden("cli/oracle-double-nat.txt", answer.out);
  const auto symmetric = nlohmann::json::parse(
      hermesh({"oracle", "--topology", "nat-nat", "--scenario", "symmetric", "--json"}).out);
  EXPECT_EQ(symmetric.at("path"), "relayed");
  EXPECT_EQ(symmetric.at("vpn"), nullptr);
}

TEST_F(CommandLine, TheOracleExplainsEveryStep) {
  const std::vector<std::vector<std::string>> questions{
      {"APDM/APDF", "EIM/APDF"},
      {"EIM/ADF", "APDM/APDF"},
      {"APDM/EIF", "EIM/APDF", "--form", "strict"},
      {"--topology", "double-nat", "--scenario", "home-and-carrier", "--vpn", "nebula"},
      {"--topology", "nat-public", "--scenario", "symmetric"},
      {"--topology", "nat-nat", "--scenario", "udp-blocked"}};
  std::string all;
  for (const auto& question : questions) {
    std::vector<std::string> words{"oracle", "--explain"};
    words.insert(words.end(), question.begin(), question.end());
    const auto answer = hermesh(words);
    EXPECT_EQ(answer.status, 0) << answer.talk;
    all += answer.out + "--------\n";
  }
  testing::expect_golden("cli/oracle-explain.txt", all);
}

TEST_F(CommandLine, TheOracleExplainsInJson) {
  testing::expect_golden("cli/oracle-explain.json",
                         hermesh({"oracle", "--json", "--explain", "APDM/APDF", "EIM/APDF"}).out);
}

// Two homes of one carrier, on every hairpin mode; and one firewall over both.
TEST_F(CommandLine, TheOracleExplainsSharedGateways) {
  const TempDir place("oracle");
  const auto write = [&](const std::string& name, const std::string& text) {
    std::ofstream(place.path() / name) << text;
    return (place.path() / name).string();
  };
  const auto topology = write("shared-cgn.json", R"({
    "schema": 1, "name": "shared-cgn", "description": "two homes of one carrier",
    "segments": [
      {"name": "internet", "ipv4": "80.100.0.0/16"}, {"name": "carrier", "ipv4": "80.200.0.0/16"},
      {"name": "lan-a", "ipv4": "192.168.1.0/24"}, {"name": "lan-b", "ipv4": "192.168.2.0/24"}],
    "gateways": [
      {"name": "cgn", "role": "carrier", "outside": {"segment": "internet"}, "inside": [{"segment": "carrier"}]},
      {"name": "home-a", "role": "home", "outside": {"segment": "carrier"}, "inside": [{"segment": "lan-a"}]},
      {"name": "home-b", "role": "home", "outside": {"segment": "carrier"}, "inside": [{"segment": "lan-b"}]}],
    "machines": [
      {"name": "a", "role": "peer", "cards": [{"segment": "lan-a"}]},
      {"name": "b", "role": "peer", "cards": [{"segment": "lan-b"}]},
      {"name": "r", "role": "relay", "cards": [{"segment": "internet"}]}]})");
  const auto explain = [&](const std::string& name, const std::string& carrier) {
    const auto scenario = write(name + ".json",
                                R"({"schema": 1, "name": ")" + name +
                                    R"(", "description": "a test", "gateways": [
        {"role": "home", "mapping": "EIM", "filtering": "APDF", "ports": "preserve"},
        {"role": "carrier", "ports": "preserve", )" +
                                    carrier + "}]}");
    const auto answer =
        hermesh({"oracle", "--explain", "--topology", topology, "--scenario", scenario});
    EXPECT_EQ(answer.status, 0) << answer.talk;
    return answer.out + "--------\n";
  };
  testing::expect_golden(
      "cli/oracle-shared.txt",
      explain("off", R"("mapping": "EIM", "filtering": "EIF")") +
          explain("external",
                  R"("mapping": "EIM", "filtering": "ADF", "hairpin": "external-source")") +
          explain("internal",
                  R"("mapping": "EIM", "filtering": "EIF", "hairpin": "internal-source")") +
          explain("firewall", R"("mapping": "EIM", "filtering": "APDF", "translation": "none")"));
}

TEST_F(CommandLine, EveryShippedScenarioCertifies) {
  int scenarios = 0;
  for (const auto& entry : fs::directory_iterator("nat-scenarios")) {
    if (entry.path().extension() != ".json") continue;
    const auto answer = hermesh({"certify", entry.path().string()});
    EXPECT_EQ(answer.status, 0) << answer.out << answer.talk;
    ++scenarios;
  }
  EXPECT_GE(scenarios, 8);
}

TEST_F(CommandLine, ACertificateShowsEachAxisWithItsProbe) {
  const auto answer = hermesh({"certify", "home-and-carrier"});
  EXPECT_EQ(answer.status, 0);
  EXPECT_EQ(answer.talk, "");
  testing::expect_golden("cli/certify.txt", answer.out);
}

TEST_F(CommandLine, AGatewayThatIsNotAsDeclaredIsStatus3) {
  const std::vector<std::string> line{"certify",
                                      "port-restricted",
                                      "--topology",
                                      "nat-nat",
                                      "--lab-fault",
                                      "home-b:hairpin=external-source",
                                      "--lab-fault",
                                      "home-b:udp_stream=90s"};
  const auto answer = hermesh(line);
  EXPECT_EQ(answer.status, 3);
  EXPECT_NE(answer.out.find("home-a (home): certified"), std::string::npos);
  EXPECT_NE(answer.out.find("home-b (home): NOT as declared"), std::string::npos);
  EXPECT_NE(answer.out.find("\n! hairpin "), std::string::npos);
  EXPECT_NE(answer.out.find("\n! udp_stream "), std::string::npos);
  EXPECT_NE(answer.out.find("port-restricted on nat-nat: NOT as declared, 1 of 2"),
            std::string::npos);

  auto as_json = line;
  as_json.emplace_back("--json");
  const auto machine = hermesh(as_json);
  EXPECT_EQ(machine.status, 3);
  const auto document = nlohmann::json::parse(machine.out);
  EXPECT_FALSE(document.at("certified"));
  EXPECT_TRUE(document.at("gateways").at(0).at("certified"));
  std::vector<std::string> wrong;
  for (const auto& axis : document.at("gateways").at(1).at("axes"))
    if (!axis.at("as_declared")) wrong.push_back(axis.at("axis"));
  EXPECT_EQ(wrong, (std::vector<std::string>{"hairpin", "udp_stream"}));
}

TEST_F(CommandLine, ACertificateNeedsATopologyThatFits) {
  const TempDir folder;
  const auto complaint = [&](const std::string& rule, std::vector<std::string> more = {}) {
    const auto file = folder.path() / "mine.json";
    std::ofstream(file) << R"({"schema": 1, "name": "mine", "description": "Mine.", "gateways": [)"
                        << rule << "]}";
    more.insert(more.begin(), {"certify", file.string()});
    const auto answer = hermesh(more);
    EXPECT_EQ(answer.status, 2);
    return answer.talk;
  };
  EXPECT_EQ(complaint(R"({"role": "moon", "mapping": "EIM", "filtering": "EIF"})"),
            "hermesh certify: scenario 'mine' fits no topology that is shipped, wanted --topology "
            "NAME|FILE\n");
  const auto crowded = complaint(
      R"({"role": "home", "mapping": "EIM", "filtering": "EIF", "external_addresses": 64})",
      {"--topology", "three-sites"});
  EXPECT_NE(crowded.find("wants 64 addresses"), std::string::npos) << crowded;
}

TEST_F(CommandLine, ListShowsWhatIsShipped) {
  const auto answer = hermesh({"list", "topologies"});
  EXPECT_EQ(answer.status, 0);
  testing::expect_golden("cli/list-topologies.txt", answer.out);
  const auto all = nlohmann::json::parse(hermesh({"list", "--json"}).out);
  for (const auto* kind : {"topologies", "scenarios", "vpns", "profiles"}) {
    ASSERT_FALSE(all.at(kind).empty()) << kind;
    for (const auto& item : all.at(kind))
      EXPECT_EQ(item.at("problem"), nullptr) << item;
  }
}

TEST_F(CommandLine, EveryShippedFileIsValid) {
  std::vector<std::string> words{"validate"};
  for (const auto* folder : {"vm-topologies", "nat-scenarios", "nat-scenarios/profiles"})
    for (const auto& entry : fs::directory_iterator(folder))
      if (entry.path().extension() == ".json") words.push_back(entry.path().string());
  for (const auto& entry : fs::directory_iterator("vpns"))
    if (entry.is_directory()) words.push_back(entry.path().string());
  ASSERT_GT(words.size(), 15U);
  const auto answer = hermesh(words);
  EXPECT_EQ(answer.status, 0) << answer.out;
  EXPECT_EQ(static_cast<std::size_t>(std::ranges::count(answer.out, '\n')), words.size() - 1);
}

class Validate : public ::testing::Test {
protected:
  Validate() : before_(fs::current_path()) { fs::current_path(folder_.path()); }
  ~Validate() override { fs::current_path(before_); }
  static void write(const std::string& name, const std::string& text) {
    std::ofstream(name) << text;
  }

private:
  TempDir folder_{"hermesh-cli"};
  fs::path before_;
};

TEST_F(Validate, TellsKindsApartAndNamesWhatIsBad) {
  write(
      "t.json",
      R"({"schema": 1, "name": "t", "description": "x", "segments": [{"name": "n", "ipv4": "80.100.0.0/16"}],
    "machines": [{"name": "a", "role": "peer", "cards": [{"segment": "n"}]}, {"name": "b", "role": "peer", "cards": [{"segment": "n"}]}]})");
  write("s.json", R"({"schema": 1, "name": "s", "description": "x", "gateways": []})");
  write(
      "p.json",
      R"({"schema": 1, "name": "p", "description": "x", "delay": "2ms", "loss_percent": 0.5, "rate": "10Mbit"})");
  write("q.json", R"({"schema": 1, "name": "q", "description": "x"})");
  write("none.json", R"({"hello": 1})");
  write("list.json", "[]");
  write("broken.json", "{");
  write(
      "bad.json",
      R"({"schema": 1, "name": "s", "description": "x", "gateways": [{"role": "home", "mapping": "EIN", "filtering": "EIF"}]})");
  fs::create_directory("folder");
  const auto answer = hermesh({"validate",
                               "t.json",
                               "s.json",
                               "p.json",
                               "q.json",
                               "none.json",
                               "list.json",
                               "broken.json",
                               "bad.json",
                               "nine.json",
                               "folder"});
  EXPECT_EQ(answer.status, 2);
  EXPECT_EQ(answer.talk, "");
  testing::expect_golden("cli/validate.txt", answer.out);
}

TEST_F(Validate, JsonSaysTheSame) {
  write("s.json", R"({"schema": 1, "name": "s", "description": "x", "gateways": []})");
  const auto good = hermesh({"validate", "s.json", "--json"});
  EXPECT_EQ(good.status, 0);
  EXPECT_EQ(nlohmann::json::parse(good.out).at("files").at(0).at("kind"), "scenario");
  const auto bad = nlohmann::json::parse(hermesh({"validate", "nine.json", "--json"}).out);
  EXPECT_EQ(bad.at("files").at(0).at("problem"), "nine.json: there is no such file");
}

TEST(Printable, TerminalEscapesAreDefused) {
  EXPECT_EQ(printable("a\nb\x1b[31m\x7f"), "a b?[31m?");
}

} // namespace
} // namespace hermesh::cli
