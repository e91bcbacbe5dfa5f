// SPDX-License-Identifier: MIT
#include "model/foreign_json.hh"

#include <nlohmann/json.hpp>

namespace hermesh {
namespace {

/// Counts brackets outside of strings: in JSON they are balanced.
bool is_too_deep(std::string_view text) {
  std::size_t depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    switch (text[i]) {
    case '"': quoted = !quoted; break;
    case '\\': i += quoted ? 1 : 0; break;
    case '{':
    case '[':
      if (!quoted && ++depth > deepest_foreign_json) return true;
      break;
    case '}':
    case ']':
      if (!quoted && depth > 0) --depth;
      break;
    default: break;
    }
  }
  return false;
}

} // namespace

nlohmann::json parse_foreign_json(std::string_view text) {
  if (is_too_deep(text)) return nlohmann::json::value_t::discarded;
  return nlohmann::json::parse(text, nullptr, false);
}

} // namespace hermesh
