// SPDX-License-Identifier: MIT
#include "base/error.hh"
#include "vpn/encoding.hh"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace hermesh {
namespace {

using namespace std::string_literals;

TEST(BaseEncodings, AreThoseOfRfc4648) { // section 10
  struct Vector {
    std::string data, base64, base32, base16;
  };
  const std::array<Vector, 7> vectors{{{"", "", "", ""},
                                       {"f", "Zg==", "MY======", "66"},
                                       {"fo", "Zm8=", "MZXQ====", "666f"},
                                       {"foo", "Zm9v", "MZXW6===", "666f6f"},
                                       {"foob", "Zm9vYg==", "MZXW6YQ=", "666f6f62"},
                                       {"fooba", "Zm9vYmE=", "MZXW6YTB", "666f6f6261"},
                                       {"foobar", "Zm9vYmFy", "MZXW6YTBOI======", "666f6f626172"}}};
  for (const auto& vector : vectors) {
    EXPECT_EQ(base64(vector.data), vector.base64);
    EXPECT_EQ(base32(vector.data), vector.base32);
    EXPECT_EQ(hex(vector.data), vector.base16);
    EXPECT_EQ(unhex(vector.base16), vector.data);
  }
  EXPECT_EQ(base64("\xfb\xff\xfe"), "+//+");
  EXPECT_EQ(base64url("\xfb\xff\xfe"), "-__-");
  EXPECT_EQ(base64url("f"), "Zg");
}

TEST(Base58, IsBitcoins) { // draft-msporny-base58-03, section 5
  EXPECT_EQ(base58("Hello World!"), "2NEpo7TZRRrLZSi2U");
  EXPECT_EQ(base58("The quick brown fox jumps over the lazy dog."),
            "USm3fpXnKG5EUBx2ndxBDMPVciP5hGey2Jh4NDv6gmeo1LkMeiKrLJUUBk6Z");
  EXPECT_EQ(base58("\x00\x00\x28\x7f\xb4\xcd"s), "11233QC4");
  EXPECT_EQ(base58(""), "");
  EXPECT_EQ(base58("\0\0"s), "11");
}

TEST(Unhex, RefusesWhatIsNotPairsOfDigits) {
  for (const auto* wrong : {"0", "0g", "0x12", "12 34", " "})
    EXPECT_THROW(unhex(wrong), InputError) << wrong;
  EXPECT_EQ(unhex("DEADbeef"), "\xde\xad\xbe\xef");
}

TEST(Pem, BreaksLinesAt64) { // RFC 7468 section 2
  EXPECT_EQ(pem("X", std::string(48, '\0')),
            "-----BEGIN X-----\n" + std::string(64, 'A') + "\n-----END X-----\n");
  EXPECT_EQ(pem("X", std::string(49, '\0')),
            "-----BEGIN X-----\n" + std::string(64, 'A') + "\nAA==\n-----END X-----\n");
}

TEST(Ssh, StringsHaveTheirLengthBefore) { // RFC 4251 section 5
  EXPECT_EQ(lv32("testing"), "\0\0\0\x07testing"s);
  EXPECT_EQ(u32(699921578), "\x29\xb7\xf4\xaa");
}

TEST(ProtocolBuffers, AreEncodedAsTheirGuideShows) { // protobuf.dev, "Encoding"
  EXPECT_EQ(hex(pb_varint(1, 150)), "089601");
  EXPECT_EQ(hex(pb_bytes(2, "testing")), "120774657374696e67");
  const std::array<std::uint64_t, 3> numbers{3, 270, 86942};
  EXPECT_EQ(hex(pb_packed(6, numbers)), "3206038e029ea705");
  EXPECT_EQ(hex(pb_varint(100, ~0ULL)), "a006ffffffffffffffffff01");
}

} // namespace
} // namespace hermesh
