// SPDX-License-Identifier: MIT
#include "base/error.hh"
#include "support/golden.hh"
#include "vpn/encoding.hh"
#include "vpn/functions.hh"
#include "vpn/keys.hh"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace hermesh {
namespace {

using Values = std::vector<Value>;

const KeySource keys{.seed = 5, .vpn = "some", .machines = {"a", "b"}};

Value text(std::string_view bytes) {
  return std::string(bytes);
}

Value number(std::int64_t value) {
  return value;
}

Value call(std::string_view name, const Values& arguments) {
  return call_function(name, arguments, keys);
}

TEST(Functions, DeriveKeysOfTheLabAndOfAMachine) {
  EXPECT_EQ(call("key", {text("ca")}), text(derive_key(5, "some", "", "ca")));
  EXPECT_EQ(call("key", {text("ca"), MachineRef{1}}), text(derive_key(5, "some", "b", "ca")));
}

TEST(Functions, TakeAddressesApart) {
  EXPECT_EQ(call("ip_bytes", {text("10.42.0.1")}), text(unhex("0a2a0001")));
  EXPECT_EQ(call("ip_bytes", {text("3fff::1")}), text(unhex("3fff0000000000000000000000000001")));
  EXPECT_EQ(call("ip_number", {text("255.255.0.0")}), number(0xffff0000));
  EXPECT_EQ(call("host", {text("10.42.0.0/16"), number(258)}), text("10.42.1.2"));
}

TEST(Functions, PickWithinBounds) {
  for (int i = 0; i < 200; ++i) {
    const auto picked =
        std::get<std::int64_t>(call("pick", {text(std::to_string(i)), number(7), number(9)}));
    EXPECT_GE(picked, 7);
    EXPECT_LE(picked, 9);
  }
  EXPECT_EQ(call("pick", {text("x"), number(7), number(7)}), number(7));
  EXPECT_EQ(call("pick", {text("x"), number(1), number(60000)}),
            call("pick", {text("x"), number(1), number(60000)}));
}

TEST(Functions, JoinAndCut) {
  EXPECT_EQ(call("concat", {text("a"), text(""), text("b")}), text("ab"));
  EXPECT_EQ(call("slice", {text("abcdef"), number(2), number(3)}), text("cde"));
  EXPECT_EQ(call("slice", {text("abc"), number(3), number(0)}), text(""));
  EXPECT_THROW(call("slice", {text("abc"), number(2), number(2)}), InputError);
}

TEST(Functions, Decide) {
  EXPECT_EQ(call("equal", {text("on"), text("on")}), Value(true));
  EXPECT_EQ(call("equal", {number(1), number(2)}), Value(false));
  EXPECT_EQ(call("not", {Value(true)}), Value(false));
  EXPECT_EQ(call("and", {Value(true), Value(false), Value(true)}), Value(false));
  EXPECT_EQ(call("or", {Value(false), Value(true)}), Value(true));
}

TEST(Functions, SayWhatIsWrong) {
  const std::vector<std::pair<std::string, Values>> wrong{
      {"sha265", {text("x")}},
      {"sha256", {}},
      {"sha256", {number(5)}},
      {"sha256", {text("x"), text("y")}},
      {"key", {}},
      {"key", {text("x"), text("a")}},
      {"x25519_public", {text("short")}},
      {"ed25519_sign", {text("short"), text("message")}},
      {"unhex", {text("0g")}},
      {"concat", {}},
      {"concat", {text("x"), number(1)}},
      {"u32", {number(4294967296)}},
      {"pb_varint", {number(0), number(1)}},
      {"pb_bytes", {number(1), number(1)}},
      {"ip_bytes", {text("10.42.0.256")}},
      {"ip_number", {text("3fff::1")}},
      {"host", {text("10.42.0.1/16"), number(1)}},
      {"host", {text("10.42.0.0/24"), number(256)}},
      {"pick", {text("x"), number(9), number(7)}},
      {"equal", {text("1"), number(1)}},
      {"not", {text("true")}},
      {"and", {Value(true)}},
      {"hex", {MachineRef{0}}},
      {"blake2b", {text("x"), number(8)}},
  };
  std::string messages;
  for (const auto& [name, arguments] : wrong) {
    try {
      call(name, arguments);
      messages += "accepted: " + name + "\n";
    } catch (const InputError& error) {
      messages += std::string(error.what()) + "\n";
    }
  }
  testing::expect_golden("vpn/function-errors.txt", messages);
}

TEST(Functions, AreAllInTheReadme) {
  std::ifstream in(std::filesystem::path(HERMESH_TEST_SOURCE_DIR) / "vpns/README.md");
  const std::string readme{std::istreambuf_iterator<char>(in), {}};
  for (const auto& name : function_names())
    EXPECT_NE(readme.find("`" + name + "("), std::string::npos) << name;
}

} // namespace
} // namespace hermesh
