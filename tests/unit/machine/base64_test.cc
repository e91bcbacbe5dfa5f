// SPDX-License-Identifier: MIT
#include "machine/base64.hh"

#include <gtest/gtest.h>

namespace hermesh {
namespace {

TEST(Base64, TestVectorsOfTheRfc) { // RFC 4648 section 10
  const std::pair<std::string, std::string> vectors[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, text] : vectors) {
    EXPECT_EQ(base64_encode(bytes), text);
    EXPECT_EQ(base64_decode(text), bytes);
  }
}

TEST(Base64, EveryByteComesBack) {
  std::string bytes;
  for (int i = 0; i < 256; ++i)
    bytes += static_cast<char>(i);
  EXPECT_EQ(base64_decode(base64_encode(bytes)), bytes);
}

TEST(Base64, RefusesWhatIsNone) {
  for (const auto* const text : {"Z", "Zg=", "Z===", "Zg==Zg==", "Zm9\n", "Zm-_", "===="})
    EXPECT_EQ(base64_decode(text), std::nullopt) << text;
}

} // namespace
} // namespace hermesh
