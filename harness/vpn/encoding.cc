// SPDX-License-Identifier: MIT
#include "vpn/encoding.hh"

#include "base/error.hh"

#include <sodium.h>

#include <algorithm>
#include <vector>

namespace hermesh {
namespace {

const unsigned char* bytes(std::string_view data) {
  return reinterpret_cast<const unsigned char*>(data.data());
}

std::string sodium_base64(std::string_view data, int variant) {
  std::string text(sodium_base64_encoded_len(data.size(), variant), '\0');
  sodium_bin2base64(text.data(), text.size(), bytes(data), data.size(), variant);
  text.pop_back(); // the library ends it with a NUL
  return text;
}

std::string varint(std::uint64_t number) {
  std::string encoded;
  for (; number >= 0x80; number >>= 7)
    encoded += static_cast<char>((number & 0x7f) | 0x80);
  return encoded += static_cast<char>(number);
}

enum class Wire : std::uint8_t { varint = 0, bytes = 2 };

std::string tag(std::uint32_t field, Wire wire) {
  return varint(std::uint64_t{field} << 3 | static_cast<std::uint64_t>(wire));
}

} // namespace

std::string hex(std::string_view data) {
  std::string text(data.size() * 2 + 1, '\0');
  sodium_bin2hex(text.data(), text.size(), bytes(data), data.size());
  text.pop_back();
  return text;
}

std::string unhex(std::string_view digits) {
  std::string data(digits.size() / 2, '\0');
  std::size_t length = 0;
  const int result = sodium_hex2bin(reinterpret_cast<unsigned char*>(data.data()),
                                    data.size(),
                                    digits.data(),
                                    digits.size(),
                                    nullptr,
                                    &length,
                                    nullptr);
  if (result != 0 || length * 2 != digits.size())
    throw InputError("'" + std::string(digits) + "' is not pairs of hexadecimal digits");
  return data;
}

std::string base64(std::string_view data) {
  return sodium_base64(data, sodium_base64_VARIANT_ORIGINAL);
}

std::string base64url(std::string_view data) {
  return sodium_base64(data, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

std::string base32(std::string_view data) {
  constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  std::string text;
  std::uint32_t held = 0;
  unsigned bits = 0;
  for (const char c : data) {
    held = (held << 8) | static_cast<unsigned char>(c);
    for (bits += 8; bits >= 5; bits -= 5)
      text += alphabet[(held >> (bits - 5)) & 31];
  }
  if (bits > 0) text += alphabet[(held << (5 - bits)) & 31];
  while (text.size() % 8 != 0)
    text += '=';
  return text;
}

std::string base58(std::string_view data) {
  constexpr std::string_view alphabet =
      "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
  const auto zeros = std::min(data.find_first_not_of('\0'), data.size());
  std::vector<unsigned> digits; // least significant first
  for (const char c : data.substr(zeros)) {
    unsigned carry = static_cast<unsigned char>(c);
    for (auto& digit : digits) {
      carry += digit << 8;
      digit = carry % 58;
      carry /= 58;
    }
    for (; carry > 0; carry /= 58)
      digits.push_back(carry % 58);
  }
  std::string text(zeros, alphabet.front());
  for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit)
    text += alphabet[*digit];
  return text;
}

std::string pem(std::string_view label, std::string_view data) {
  const auto body = base64(data);
  const std::string name(label);
  std::string text = "-----BEGIN " + name + "-----\n";
  for (std::size_t at = 0; at < body.size(); at += 64)
    text += body.substr(at, 64) + "\n";
  return text + "-----END " + name + "-----\n";
}

std::string u32(std::uint32_t number) {
  return {static_cast<char>(number >> 24),
          static_cast<char>(number >> 16),
          static_cast<char>(number >> 8),
          static_cast<char>(number)};
}

std::string lv32(std::string_view data) {
  return u32(static_cast<std::uint32_t>(data.size())) + std::string(data);
}

std::string pb_varint(std::uint32_t field, std::uint64_t number) {
  return tag(field, Wire::varint) + varint(number);
}

std::string pb_bytes(std::uint32_t field, std::string_view data) {
  return tag(field, Wire::bytes) + varint(data.size()) + std::string(data);
}

std::string pb_packed(std::uint32_t field, std::span<const std::uint64_t> numbers) {
  std::string packed;
  for (const auto number : numbers)
    packed += varint(number);
  return pb_bytes(field, packed);
}

} // namespace hermesh
