// SPDX-License-Identifier: MIT
#include "base/temp_dir.hh"
#include "model/json_reader.hh"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <fstream>

namespace hermesh {
namespace {

class JsonFile : public ::testing::Test {
protected:
  std::filesystem::path write(const std::string& name, const std::string& text) const {
    const auto file = folder_.path() / name;
    std::ofstream(file, std::ios::binary) << text;
    return file;
  }

  /// The complaint about a file, without the folder.
  std::string complaint(const std::filesystem::path& file) const {
    try {
      parse_json_file(file);
      return "accepted";
    } catch (const InputError& error) {
      std::string text = error.what();
      const auto prefix = folder_.path().string() + "/";
      for (auto at = text.find(prefix); at != std::string::npos; at = text.find(prefix))
        text.erase(at, prefix.size());
      return text;
    }
  }
  std::string complaint_about(const std::string& text) const {
    return complaint(write("x.json", text));
  }

  TempDir folder_{"hermesh-json"};
};

TEST_F(JsonFile, ReadsAnObject) {
  EXPECT_EQ(parse_json_file(write("x.json", "{\"a\": [1, {\"a\": null}, {\"a\": 2}]}\n")).size(),
            1U);
}

TEST_F(JsonFile, SyntaxErrorsHaveLineAndColumn) {
  EXPECT_EQ(complaint_about("{\"a\": 1,\n \"b\": tru}"),
            "x.json:2:10: not JSON: value - invalid literal");
  EXPECT_EQ(complaint_about("{\"a\": 1,}"),
            "x.json:1:9: not JSON: object key - unexpected '}'; expected string literal");
  EXPECT_EQ(complaint_about("{} x"),
            "x.json:1:4: not JSON: value - invalid literal; expected end of input");
  EXPECT_EQ(
      complaint_about(""),
      "x.json:1:1: not JSON: value - unexpected end of input; expected '[', '{', or a literal");
  EXPECT_EQ(complaint_about("\n\n  {'a': 1}"),
            "x.json:3:4: not JSON: object key - invalid literal; expected string literal");
}

TEST_F(JsonFile, BadTextIsOneLine) {
  EXPECT_EQ(complaint_about("{\"a\": \"\xff\"}"),
            "x.json:1:8: not JSON: value - invalid string: ill-formed UTF-8 byte");
  EXPECT_EQ(complaint_about("[1e999]"), "x.json: not JSON: number overflow parsing '1e999'");
  EXPECT_EQ(
      complaint_about("\xef\xbb\xbf{}"),
      "x.json: found a byte order mark at 1:1, wanted UTF-8 without one (RFC 8259 section 8.1)");
}

TEST_F(JsonFile, DuplicateKeysAreToldWithTheirPlace) {
  EXPECT_EQ(complaint_about(R"({"m": [{}, [0], {"cards": 1, "cards": 2}]})"),
            "x.json: /m/2/cards: found this field twice, wanted it once");
  EXPECT_EQ(complaint_about(R"({"a": {"x": 1}, "b": {"x": 1}, "a": 3})"),
            "x.json: /a: found this field twice, wanted it once");
}

TEST_F(JsonFile, SizeHasALimit) {
  EXPECT_EQ(complaint_about("\"" + std::string((1 << 20) - 2, 'x') + "\""), "accepted");
  EXPECT_EQ(complaint_about("\"" + std::string((1 << 20) - 1, 'x') + "\""),
            "x.json: found more than 1 MiB, wanted a file of at most that");
  EXPECT_EQ(complaint_about(std::string(1 << 20, '[')).substr(0, 12), "x.json: /0/0");
}

TEST_F(JsonFile, MissingFilesNameTheNearest) {
  write("double-nat.json", "{}");
  EXPECT_EQ(complaint(folder_.path() / "doubel-nat.json"),
            "doubel-nat.json: there is no such file (did you mean 'double-nat.json'?)");
  EXPECT_EQ(complaint(folder_.path() / "zzz"), "zzz: there is no such file");
  EXPECT_EQ(complaint(folder_.path() / "no" / "x.json"),
            "no/x.json: there is no such file, nor a folder no");
  std::filesystem::create_directory(folder_.path() / "d");
  EXPECT_EQ(complaint(folder_.path() / "d"), "d: found a folder, wanted a file");
}

TEST(JsonReader, NumbersKeepTheirKind) {
  const auto document = nlohmann::json::parse(R"([1, 2.5, -3])");
  std::vector<double> numbers;
  JsonReader("x", document).each([&](const JsonReader& item) { numbers.push_back(item.number()); });
  EXPECT_EQ(numbers, (std::vector<double>{1, 2.5, -3}));
  const auto limit = nlohmann::json::parse("-9223372036854775808");
  EXPECT_EQ(JsonReader("x", limit).integer(INT64_MIN, INT64_MAX), INT64_MIN);
}

TEST(JsonReader, AnObjectMustBeReadWhole) {
  const auto document = nlohmann::json::parse(R"({"segment": 1, "cards": 2})");
  try {
    JsonReader("x.json", document).object([](JsonReader::Fields& fields) {
      fields.required("segment");
      fields.optional("card");
    });
    FAIL();
  } catch (const InputError& error) {
    EXPECT_STREQ(error.what(), "x.json: /: unknown field \"cards\" (did you mean 'card'?)");
  }
}

} // namespace
} // namespace hermesh
