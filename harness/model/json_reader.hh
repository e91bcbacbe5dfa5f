// SPDX-License-Identifier: MIT
#pragma once

#include "base/error.hh"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hermesh {

/// A place in a JSON document that remembers its path, so that every complaint says where:
/// "double-nat.json: /machines/1/cards/0/segment: there is no segment 'hoem' (did you mean
/// 'home'?)".
///
/// An object must be read completely: a field nobody asked for is a typo, and an InputError that
/// names the nearest field that was asked for.
class JsonReader {
public:
  /// `source` names the file in messages. `value` must outlive the reader.
  JsonReader(std::string source, const nlohmann::json& value);

  std::string text() const;
  double number() const;                                           ///< finite
  std::int64_t integer(std::int64_t low, std::int64_t high) const; ///< both inclusive
  std::uint64_t natural() const; ///< any whole number from 0 up, a seed
  bool flag() const;
  bool is_null() const;
  bool is_list() const;
  bool is_text() const;
  /// One of `names`, else a complaint with the nearest; returns its index.
  std::size_t one_of(const std::vector<std::string>& names) const;

  class Fields;
  void object(const std::function<void(Fields&)>& read) const;
  void each(const std::function<void(JsonReader)>& read) const;

  [[noreturn]] void fail(std::string_view complaint) const;
  /// The value as a complaint quotes it: short, on one line: `"80.100.0.0/33"`, `an object`.
  std::string quoted() const;
  const std::string& source() const { return source_; }

private:
  JsonReader(std::string source, std::string path, const nlohmann::json& value);

  std::string source_;
  std::string path_;
  const nlohmann::json* value_;
};

class JsonReader::Fields {
public:
  explicit Fields(const JsonReader& object) : object_(object) {}

  JsonReader required(const std::string& name);
  std::optional<JsonReader> optional(const std::string& name);

private:
  friend class JsonReader;

  const JsonReader& object_;
  std::vector<std::string> asked_;
};

/// The file parsed as JSON. InputError with line and column when it is not; a file over 1 MiB, a
/// missing or unreadable one, and a duplicate key are InputErrors too.
nlohmann::json parse_json_file(const std::filesystem::path& file);

} // namespace hermesh
