// SPDX-License-Identifier: MIT
#include "report/sheet.hh"

#include <algorithm>

namespace hermesh {
namespace {

constexpr std::size_t margin = 11;
constexpr std::size_t text_width = 88;

std::string_view escape_of(Tint tint) {
  switch (tint) {
  case Tint::none: return "";
  case Tint::bold: return "\x1b[1m";
  case Tint::faint: return "\x1b[2m";
  case Tint::red: return "\x1b[1;31m";
  case Tint::green: return "\x1b[1;32m";
  case Tint::yellow: return "\x1b[1;33m";
  }
  return "";
}

/// Where to end a line of `text`: at the last space that fits, else after the first word.
std::size_t break_of(std::string_view text) {
  if (text.size() <= text_width) return text.size();
  const auto last = text.rfind(' ', text_width);
  if (last != std::string_view::npos && last > 0) return last;
  return std::min(text.find(' '), text.size());
}

} // namespace

std::string Sheet::tinted(std::string_view text, Tint tint) const {
  if (!colour_ || tint == Tint::none || text.empty()) return std::string(text);
  return std::string(escape_of(tint)) + std::string(text) + "\x1b[0m";
}

void Sheet::line(std::string_view label, std::string_view text, Tint tint) {
  std::string left(label);
  left.resize(std::max(margin, left.size() + 1), ' ');
  const auto end = text.find_last_not_of(' ');
  const auto right = text.substr(0, end == std::string_view::npos ? 0 : end + 1);
  text_ += tinted(left, label.empty() ? Tint::none : Tint::bold) + tinted(right, tint) + "\n";
}

void Sheet::words(std::string_view label, std::string_view text, Tint tint) {
  auto rest = text;
  do {
    const auto end = break_of(rest);
    line(label, rest.substr(0, end), tint);
    label = "";
    rest.remove_prefix(end);
    rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  } while (!rest.empty());
}

void Sheet::table(std::string_view label, const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i)
      widths[i] = std::max(widths[i], row[i].size());
  }
  for (const auto& row : rows) {
    std::string text;
    for (std::size_t i = 0; i < row.size(); ++i)
      text += row[i] + std::string(widths[i] - row[i].size() + 2, ' ');
    line(label, text);
    label = "";
  }
}

std::string plain(std::string_view text) {
  std::string result(text);
  for (auto& c : result)
    if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) >= 0x7f) c = '?';
  return result;
}

} // namespace hermesh
