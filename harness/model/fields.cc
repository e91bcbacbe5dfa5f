// SPDX-License-Identifier: MIT
#include "model/fields.hh"

#include <algorithm>
#include <array>
#include <utility>

namespace hermesh {
namespace {

constexpr std::size_t longest_name = 32;
constexpr std::size_t longest_line = 400;

bool is_family(const Address& address, Family family) {
  return address.is_v4() == (family == Family::ipv4);
}

/// Networks that no host on a segment can have (RFC 6890, RFC 4291 section 2.4): guests would
/// refuse them.
bool is_reserved(const Prefix& prefix) {
  static constexpr std::array<std::string_view, 7> reserved{
      "0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3", "::/8", "fe80::/10", "ff00::/8"};
  return std::ranges::any_of(
      reserved, [&](std::string_view text) { return prefix.overlaps(*Prefix::parse(text)); });
}

/// A prefix was given whose host bits are set: name the one that was meant.
std::string nearest_prefix(const std::string& text, Family family) {
  const auto slash = text.find('/');
  const auto address = Address::parse(text.substr(0, slash));
  if (slash == std::string::npos || !address || !is_family(*address, family)) return "";
  for (unsigned length = 0; length <= (family == Family::ipv4 ? 32U : 128U); ++length)
    if (text.substr(slash + 1) == std::to_string(length)) {
      const Prefix meant{.address = Prefix{*address, length}.host(0), .length = length};
      return " with its host bits zero (did you mean '" + to_string(meant) + "'?)";
    }
  return "";
}

} // namespace

void read_schema(JsonReader::Fields& fields) {
  fields.required("schema").integer(1, 1);
  if (const auto link = fields.optional("$schema")) (void)link->text(); // editors look there
}

std::string read_name(const JsonReader& json) {
  auto name = json.text();
  const bool plain = std::ranges::all_of(
      name, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
  if (name.empty() || !plain || name.front() == '-')
    json.fail("found the name " + json.quoted() + ", wanted lower-case letters, digits and '-'");
  if (name.size() > longest_name)
    json.fail("found a name of " + std::to_string(name.size()) + " characters, wanted at most " +
              std::to_string(longest_name));
  if (name == "certify") json.fail("found the name 'certify', which is the harness's own");
  return name;
}

std::string read_line(const JsonReader& json) {
  auto text = json.text();
  if (text.size() > longest_line)
    json.fail("found a text of " + std::to_string(text.size()) + " bytes, wanted at most " +
              std::to_string(longest_line));
  if (std::ranges::any_of(text, [](unsigned char c) { return c < 0x20 || c == 0x7f; }))
    json.fail("found a control character, wanted one line of text");
  return text;
}

Duration read_duration(const JsonReader& json, Duration low, Duration high) {
  const auto duration = parse_duration(json.text());
  const auto wanted =
      ", wanted a duration like '250ms', from " + to_string(low) + " to " + to_string(high);
  if (!duration || *duration < low || *duration > high)
    json.fail("found " + json.quoted() + wanted);
  return *duration;
}

double read_percent(const JsonReader& json) {
  const auto percent = json.number();
  if (percent < 0 || percent > 100)
    json.fail("found " + json.quoted() + ", wanted a percentage from 0 to 100");
  return percent;
}

std::string_view to_string(Family family) {
  return family == Family::ipv4 ? "IPv4" : "IPv6";
}

Address read_address(const JsonReader& json, Family family) {
  const auto address = Address::parse(json.text());
  if (!address || !is_family(*address, family))
    json.fail("found " + json.quoted() + ", wanted an " + std::string(to_string(family)) +
              " address");
  return *address;
}

Prefix read_prefix(const JsonReader& json, Family family) {
  const auto text = json.text();
  const auto prefix = Prefix::parse(text);
  if (!prefix || !is_family(prefix->address, family))
    json.fail("found " + json.quoted() + ", wanted an " + std::string(to_string(family)) +
              " prefix" + (prefix ? "" : nearest_prefix(text, family)));
  const auto [shortest, longest] =
      family == Family::ipv4 ? std::pair{8U, 30U} : std::pair{16U, 126U};
  if (prefix->length < shortest || prefix->length > longest)
    json.fail("found " + json.quoted() + ", wanted a prefix from /" + std::to_string(shortest) +
              " to /" + std::to_string(longest));
  if (is_reserved(*prefix))
    json.fail("found " + json.quoted() + ", wanted unicast addresses that hosts may have");
  return *prefix;
}

} // namespace hermesh
