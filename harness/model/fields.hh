// SPDX-License-Identifier: MIT
#pragma once

#include "base/address.hh"
#include "base/time.hh"
#include "model/json_reader.hh"

#include <string>
#include <string_view>

namespace hermesh {

/// What the readers of all kinds of files share. Each throws InputError with the place.

/// The field "schema" of a file: the number 1, the only one so far. "$schema" may stand beside it:
/// where an editor finds the JSON Schema.
void read_schema(JsonReader::Fields& fields);
/// A name: 1 to 32 of [a-z0-9-], not beginning with '-'. "certify" is the harness's own (its
/// virtual hosts).
std::string read_name(const JsonReader& json);
/// One line of text for people: a description.
std::string read_line(const JsonReader& json);
/// "250ms", "30s": from `low` to `high`, both inclusive.
Duration read_duration(const JsonReader& json, Duration low, Duration high);
double read_percent(const JsonReader& json);

/// Which of the two address families a field is about.
enum class Family : std::uint8_t { ipv4, ipv6 };

std::string_view to_string(Family family); ///< "IPv4", "IPv6"
Address read_address(const JsonReader& json, Family family);
/// A network of unicast addresses that has room for at least two hosts.
Prefix read_prefix(const JsonReader& json, Family family);

} // namespace hermesh
