// SPDX-License-Identifier: MIT
#include "base/error.hh"
#include "support/golden.hh"
#include "vpn/template.hh"
#include "vpn/template_context.hh"

#include <gtest/gtest.h>

#include <string>

namespace hermesh {
namespace {

VpnSpec some_vpn() {
  return {.name = "some",
          .description = "",
          .folder = "vpns/some",
          .options = {{.name = "relay",
                       .description = "",
                       .values = {"on", "off"},
                       .default_value = "on"}},
          .values = {{"port", "${pick(key('port', self), 1000, 1999)}"},
                     {"greeting", "hello ${self.name}"},
                     {"circle", "${other_circle}"},
                     {"other_circle", "${circle}"}},
          .overlay = "${host('10.9.0.0/24', self.index)}",
          .binary = "/usr/bin/some",
          .peer = {}};
}

std::vector<DeployedMachine> machines() {
  const auto address = [](std::string_view text) { return *Address::parse(text); };
  return {{"a", "peer", address("192.168.1.10"), address("80.100.0.21"), false},
          {"b", "peer", address("80.100.0.12"), address("80.100.0.12"), true},
          {"r", "relay", address("80.100.0.10"), address("80.100.0.10"), true}};
}

std::string filled(std::string_view text, std::size_t self = 0) {
  const auto vpn = some_vpn();
  const auto all = machines();
  return TemplateContext(vpn, all, 3, vpn.binary).fill(parse_template("some.conf", text), self);
}

TEST(Template, TakesTextAsItIs) {
  for (const auto* text : {"", "\n", "plain", "$", "$x $(y) {z} }", "a\r\nb\n", "tail$"})
    EXPECT_EQ(filled(text), text);
  EXPECT_EQ(filled("$${literal} $$${self.name}"), "${literal} $${self.name}");
  EXPECT_EQ(filled("${'a}b'}"), "a}b");
}

TEST(Template, KnowsItsMachine) {
  EXPECT_EQ(
      filled("${self.name} ${self.role} ${self.index} ${self.underlay} ${self.public_address} "
             "${self.reachable} ${self.overlay}"),
      "a peer 1 192.168.1.10 80.100.0.21 false 10.9.0.1");
  EXPECT_EQ(filled("${relay.name} ${vpn} ${folder} ${program} ${options.relay}"),
            "r some /run/hermesh/some /usr/bin/some on");
}

TEST(Template, HasValuesForEveryMachine) {
  EXPECT_EQ(filled("${greeting}, ${relay.greeting}"), "hello a, hello r");
  EXPECT_EQ(filled("${port}"), filled("${self.port}"));
  EXPECT_EQ(filled("${relay.port}", 0), filled("${port}", 2));
  EXPECT_NE(filled("${port}", 0), filled("${port}", 1));
  EXPECT_EQ(filled("${u32(port)}").size(), 4U) << "a lone expression keeps its type";
}

TEST(Template, RepeatsLines) {
  EXPECT_EQ(filled("[\n  ${for peer in peers}\n  ${peer.name} of ${self.name}\n${end}\n]\n"),
            "[\n  b of a\n]\n");
  EXPECT_EQ(filled("${for m in machines}\n${m.name}${m.greeting}\n${end}\n"),
            "ahello a\nbhello b\nrhello r\n");
  EXPECT_EQ(filled("${for x in relays}\n${for y in machines}\n${x.name}${y.name}\n${end}\n${end}"),
            "ra\nrb\nrr\n");
  EXPECT_EQ(filled("${for peer in peers}\n${peer.name}\n${end}\n", 2), "a\nb\n");
}

TEST(Template, ChoosesLines) {
  const auto text =
      "${for m in machines}\n${if m.reachable}\n+${m.name}\n${else}\n-${m.name}\n${end}\n${end}\n";
  EXPECT_EQ(filled(text), "-a\n+b\n+r\n");
  EXPECT_EQ(filled("${if not(equal(options.relay, 'on'))}\nx\n${end}\ny\n"), "y\n");
  EXPECT_EQ(filled("${if equal(options.relay, 'on')}\r\nx\r\n${end}\r\n"), "x\r\n");
}

TEST(Template, SaysWhatIsWrongAndWhere) {
  std::string messages;
  for (const auto* wrong : {
           "one\ntwo ${selv.name}\n",
           "${porrt}",
           "${self.nam}",
           "${peer.name}",
           "${options.relais}",
           "${self}",
           "${peers}",
           "${sha256(self.name, 'x')}",
           "${hsah('x')}",
           "text ${self.name",
           "${self.name\n}",
           "${}",
           "a ${if self.reachable}\n",
           "${if self.name}\n${end}\n",
           "${if self.reachable}\nno end\n",
           "${for peer in piers}\n${end}\n",
           "${for peer of peers}\n${end}\n",
           "${for self in peers}\n${end}\n",
           "${for port in peers}\n${end}\n",
           "${for peer in peers}\n${for peer in peers}\n${end}\n${end}\n",
           "${end}\n",
           "${else}\n",
           "${if self.reachable}\n${else}\n${else}\n${end}\n",
           "${for peer in peers}\n${else}\n${end}\n",
           "${end peers}\n",
           "${circle}",
       }) {
    try {
      messages += "accepted, gives: " + filled(wrong) + "\n";
    } catch (const InputError& error) {
      messages += std::string(error.what()) + "\n";
    }
  }
  testing::expect_golden("vpn/template-errors.txt", messages);
}

TEST(Template, HasNoBlocksInAPhrase) {
  EXPECT_THROW(parse_phrase("vpn.json: /overlay", "${end}"), InputError);
  EXPECT_THROW(parse_phrase("vpn.json: /overlay", "${for peer in peers}"), InputError);
}

TEST(Template, BlocksAreNotNestedWithoutBound) {
  std::string text;
  for (int i = 0; i < 100000; ++i)
    text += "${if self.reachable}\n";
  EXPECT_THROW(parse_template("deep", text), InputError);
}

TEST(Template, NeedsARelayWhereItNamesOne) {
  const auto vpn = some_vpn();
  auto pair = machines();
  pair.pop_back();
  TemplateContext context(vpn, pair, 3, "");
  try {
    context.fill(parse_template("some.conf", "${relay.overlay}"), 0);
    FAIL() << "there is no relay";
  } catch (const InputError& error) {
    EXPECT_STREQ(error.what(),
                 "some.conf:1: 'some' needs a machine of role 'relay', and the topology has none");
  }
}

} // namespace
} // namespace hermesh
