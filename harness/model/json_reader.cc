// SPDX-License-Identifier: MIT
#include "model/json_reader.hh"

#include "base/suggest.hh"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

namespace hermesh {
namespace {

constexpr std::size_t longest_excerpt = 40;

/// A value as a complaint quotes it: short, one line, plain ASCII.
std::string found(const nlohmann::json& value) {
  if (value.is_object()) return "an object";
  if (value.is_array()) return "an array";
  if (value.is_null()) return "null";
  auto text = value.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
  if (text.size() > longest_excerpt) text = text.substr(0, longest_excerpt - 3) + "...";
  return text;
}

std::string wanted_range(std::int64_t low, std::int64_t high) {
  if (low == high) return "the number " + std::to_string(low);
  return "a whole number from " + std::to_string(low) + " to " + std::to_string(high);
}

} // namespace

JsonReader::JsonReader(std::string source, const nlohmann::json& value)
    : JsonReader(std::move(source), "", value) {}

JsonReader::JsonReader(std::string source, std::string path, const nlohmann::json& value)
    : source_(std::move(source)), path_(std::move(path)), value_(&value) {}

void JsonReader::fail(std::string_view complaint) const {
  throw InputError(source_ + ": " + (path_.empty() ? "/" : path_) + ": " + std::string(complaint));
}

std::string JsonReader::quoted() const {
  return found(*value_);
}

std::string JsonReader::text() const {
  if (!value_->is_string()) fail("found " + found(*value_) + ", wanted a string");
  return value_->get<std::string>();
}

double JsonReader::number() const {
  if (!value_->is_number()) fail("found " + found(*value_) + ", wanted a number");
  const auto value = value_->get<double>();
  if (!std::isfinite(value)) fail("found a number that is not finite, wanted a finite one");
  return value;
}

std::int64_t JsonReader::integer(std::int64_t low, std::int64_t high) const {
  if (!value_->is_number_integer())
    fail("found " + found(*value_) + ", wanted " + wanted_range(low, high));
  const bool fits =
      !value_->is_number_unsigned() || std::in_range<std::int64_t>(value_->get<std::uint64_t>());
  const auto value = fits ? value_->get<std::int64_t>() : 0;
  if (!fits || value < low || value > high)
    fail("found " + found(*value_) + ", wanted " + wanted_range(low, high));
  return value;
}

std::uint64_t JsonReader::natural() const {
  if (!value_->is_number_unsigned())
    fail("found " + found(*value_) + ", wanted a whole number from 0 upward");
  return value_->get<std::uint64_t>();
}

bool JsonReader::is_null() const {
  return value_->is_null();
}

bool JsonReader::is_list() const {
  return value_->is_array();
}

bool JsonReader::is_text() const {
  return value_->is_string();
}

bool JsonReader::flag() const {
  if (!value_->is_boolean()) fail("found " + found(*value_) + ", wanted true or false");
  return value_->get<bool>();
}

std::size_t JsonReader::one_of(const std::vector<std::string>& names) const {
  if (!value_->is_string()) fail("found " + found(*value_) + ", wanted " + any_of(names));
  const auto& name = value_->get_ref<const std::string&>();
  const auto position = std::ranges::find(names, name);
  if (position == names.end())
    fail("found " + found(*value_) + ", wanted " + any_of(names) + did_you_mean(name, names));
  return static_cast<std::size_t>(position - names.begin());
}

void JsonReader::object(const std::function<void(Fields&)>& read) const {
  if (!value_->is_object()) fail("found " + found(*value_) + ", wanted an object");
  Fields fields(*this);
  read(fields);
  for (const auto& [name, value] : value_->items())
    if (std::ranges::find(fields.asked_, name) == fields.asked_.end())
      fail("unknown field " + found(nlohmann::json(name)) + did_you_mean(name, fields.asked_));
}

void JsonReader::each(const std::function<void(JsonReader)>& read) const {
  if (!value_->is_array()) fail("found " + found(*value_) + ", wanted an array");
  for (std::size_t i = 0; i < value_->size(); ++i)
    read(JsonReader(source_, path_ + "/" + std::to_string(i), (*value_)[i]));
}

JsonReader JsonReader::Fields::required(const std::string& name) {
  if (auto field = optional(name)) return *std::move(field);
  // The field may be there under a misspelt name: say so, since it was not refused yet.
  const std::vector<std::string> wanted{name};
  for (const auto& [present, value] : object_.value_->items())
    if (std::ranges::find(asked_, present) == asked_.end() &&
        !did_you_mean(present, wanted).empty())
      object_.fail("unknown field '" + present + "'" + did_you_mean(present, wanted));
  object_.fail("missing field '" + name + "'");
}

std::optional<JsonReader> JsonReader::Fields::optional(const std::string& name) {
  asked_.push_back(name);
  const auto position = object_.value_->find(name);
  if (position == object_.value_->end()) return std::nullopt;
  return JsonReader(object_.source_, object_.path_ + "/" + name, *position);
}

} // namespace hermesh
