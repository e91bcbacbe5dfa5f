// SPDX-License-Identifier: MIT
#include "base/error.hh"
#include "base/temp_dir.hh"
#include "vpn/deployment.hh"

#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <string>

namespace hermesh {
namespace {

class Render : public ::testing::Test {
protected:
  Render() {
    std::ofstream(place_.path() / "some.conf") << "one\ntwo ${hex(secrte)}\n";
    std::ofstream(place_.path() / "fine.conf") << "fine\n";
  }

  VpnSpec vpn(const std::string& source = "fine.conf") const {
    return {.name = "some",
            .description = "",
            .folder = place_.path(),
            .values = {{"secret", "${key('secret', self)}"}},
            .overlay = "${host('10.9.0.0/24', self.index)}",
            .peer = {.files = {{.source = source, .target = "${folder}/some.conf"}}}};
  }

  /// What is said of `vpn` for one peer, without the temporary directory's name.
  std::string complaint(const VpnSpec& vpn) const {
    const std::vector<DeployedMachine> machines{
        {.name = "a", .role = "peer", .underlay = {}, .public_address = {}}};
    try {
      render(vpn, machines, 1);
      return "accepted";
    } catch (const InputError& error) {
      std::string said = error.what();
      const auto prefix = place_.path().string() + "/";
      for (auto at = said.find(prefix); at != std::string::npos; at = said.find(prefix))
        said.erase(at, prefix.size());
      return said;
    }
  }

  TempDir place_;
};

TEST_F(Render, AcceptsWhatIsRight) {
  EXPECT_EQ(complaint(vpn()), "accepted");
}

TEST_F(Render, NamesALineOfATemplate) {
  EXPECT_EQ(complaint(vpn("some.conf")),
            "some.conf:2: there is no name 'secrte' (did you mean 'secret'?)");
}

TEST_F(Render, NamesAMissingTemplate) {
  EXPECT_EQ(complaint(vpn("sone.conf")),
            "vpn.json: /peer/files/0/source: there is no template 'sone.conf'");
}

TEST_F(Render, NamesAPlaceInVpnJson) {
  auto wrong = vpn();
  wrong.values[0].second = "${key('secret', slef)}";
  EXPECT_EQ(complaint(wrong),
            "vpn.json: /values/0/value: there is no name 'slef' (did you mean 'self'?)");
  wrong = vpn();
  wrong.overlay = "10.9.0.${self.name}";
  EXPECT_EQ(complaint(wrong),
            "vpn.json: /overlay: found '10.9.0.a' for machine 'a', wanted an address");
  wrong = vpn();
  wrong.peer.setup = {{"ip", "${secret"}};
  EXPECT_EQ(complaint(wrong),
            "vpn.json: /peer/setup/0/1: found '${' without its '}' on the same line (a literal one "
            "is '$${')");
  wrong = vpn();
  wrong.peer.daemon = {"some", "${unhex('00')}"};
  EXPECT_EQ(complaint(wrong),
            "vpn.json: /peer/daemon/1: found a NUL byte, wanted text (see hex() and base64())");
}

TEST_F(Render, AnOverlayThatNeedsItselfIsAMistake) {
  auto wrong = vpn();
  wrong.overlay = "${secret}";
  wrong.values[0].second = "x ${self.overlay}";
  EXPECT_EQ(complaint(wrong),
            "vpn.json: /overlay: vpn.json: /values/0/value: the overlay address needs itself to be "
            "worked out");
}

TEST_F(Render, PushesFilesOnlyBelowItsOwnFolder) {
  for (const auto* target : {"/etc/passwd",
                             "some.conf",
                             "${folder}",
                             "${folder}/",
                             "${folder}/../other/x",
                             "${folder}//x",
                             "${folder}/./x",
                             "${folder}-other/x"}) {
    auto wrong = vpn();
    wrong.peer.files[0].target = target;
    EXPECT_NE(complaint(wrong).find("wanted a file below /run/hermesh/some/"), std::string::npos)
        << target;
  }
}

TEST_F(Render, WithoutAnOverlayTheUnderlayIsUsed) {
  auto plain = vpn();
  plain.overlay.clear();
  const DeployedMachine machine{.name = "a",
                                .role = "peer",
                                .underlay = *Address::parse("192.168.1.10"),
                                .public_address = {}};
  EXPECT_EQ(render(plain, {machine}, 1).at(0).overlay, machine.underlay);
}

} // namespace
} // namespace hermesh
