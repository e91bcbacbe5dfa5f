// SPDX-License-Identifier: MIT
#include "base/error.hh"
#include "vpn/encoding.hh"
#include "vpn/keys.hh"

#include <gtest/gtest.h>

#include <set>

namespace hermesh {
namespace {

TEST(X25519, DerivesThePublicKeysOfRfc7748) { // section 6.1
  EXPECT_EQ(
      hex(x25519_public(unhex("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a"))),
      "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a");
  EXPECT_EQ(
      hex(x25519_public(unhex("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb"))),
      "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f");
}

TEST(X25519, ClampsAsRfc7748Decodes) { // section 5, decodeScalar25519
  const auto clamped = x25519_clamp(std::string(32, '\xff'));
  EXPECT_EQ(hex(clamped), "f8" + hex(std::string(30, '\xff')) + "7f");
  EXPECT_EQ(hex(x25519_clamp(std::string(32, '\0'))), std::string(62, '0') + "40");
  EXPECT_EQ(x25519_clamp(clamped), clamped);
}

TEST(X25519, AClampedKeyHasTheSamePublicKey) {
  const auto key = derive_key(7, "wireguard", "a", "private key");
  EXPECT_EQ(x25519_public(key), x25519_public(x25519_clamp(key)));
}

TEST(X25519, AgreesWithWgPubkey) { // `wg pubkey` of wireguard-tools 1.0.20210914
  EXPECT_EQ(base64(x25519_public(x25519_clamp(sha256("hermesh")))),
            "sdLf+EZO5xDo73VJDVQFwnJpgC88Dj/fRmrpte1BLiM=");
}

TEST(Ed25519, SignsAsRfc8032) { // section 7.1, tests 1 and 2
  const auto first = unhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60");
  EXPECT_EQ(hex(ed25519_public(first)),
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
  EXPECT_EQ(hex(ed25519_sign(first, "")),
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
            "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b");
  const auto second = unhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb");
  EXPECT_EQ(hex(ed25519_sign(second, "r")),
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
            "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00");
}

TEST(Hashes, AreTheirStandards) { // FIPS 180-4's "abc"; RFC 7693 appendix A
  EXPECT_EQ(hex(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hex(sha512("abc")),
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
            "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
  EXPECT_EQ(hex(blake2b("abc", 64)),
            "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1"
            "7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923");
  EXPECT_EQ(blake2b("abc").size(), 32U);
}

TEST(DerivedKeys, DifferInEveryPart) {
  std::set<std::string> keys{derive_key(1, "nebula", "a", "key")};
  keys.insert(derive_key(2, "nebula", "a", "key"));
  keys.insert(derive_key(1ULL << 40, "nebula", "a", "key"));
  keys.insert(derive_key(1, "wireguard", "a", "key"));
  keys.insert(derive_key(1, "nebula", "b", "key"));
  keys.insert(derive_key(1, "nebula", "", "key"));
  keys.insert(derive_key(1, "nebula", "a", "other key"));
  keys.insert(derive_key(1, "nebulaa", "", "key")); // the same letters, cut elsewhere
  keys.insert(derive_key(1, "nebul", "aa", "key"));
  EXPECT_EQ(keys.size(), 9U);
}

TEST(DerivedKeys, StayTheSameForEver) { // stored runs are replayed from their seed
  // python3: hashlib.blake2b(digest_size=32) over the seed and the three length-prefixed names.
  EXPECT_EQ(hex(derive_key(42, "nebula", "a", "host key")),
            "3d75086b3b21f49147f0b20bda33cae51bc91849fce8ef0630d7b9722a72883d");
}

TEST(Keys, RefuseAnythingButTheirSize) {
  EXPECT_THROW(x25519_public("short"), InputError);
  EXPECT_THROW(x25519_clamp(std::string(33, 'x')), InputError);
  EXPECT_THROW(ed25519_sign(std::string(31, 'x'), "message"), InputError);
  EXPECT_THROW(ed25519_public(""), InputError);
  EXPECT_THROW(blake2b("data", 15), InputError);
  EXPECT_THROW(blake2b("data", 65), InputError);
}

} // namespace
} // namespace hermesh
