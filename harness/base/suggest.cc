// SPDX-License-Identifier: MIT
#include "base/suggest.hh"

#include <algorithm>
#include <vector>

namespace hermesh {
namespace {

/// Optimal string alignment distance: three rows of the classic table.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j)
    last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t cost = a[i - 1] == b[j - 1] ? 0 : 1;
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + cost});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], before[j - 2] + 1);
    }
    std::swap(before, last);
    std::swap(last, row);
  }
  return last[b.size()];
}

} // namespace

std::string did_you_mean(std::string_view wrong, std::span<const std::string> names) {
  const std::string* best = nullptr;
  std::size_t best_distance = 0;
  for (const auto& name : names) {
    const auto d = distance(wrong, name);
    if (d > std::max<std::size_t>(1, std::max(wrong.size(), name.size()) / 3)) continue;
    if (best == nullptr || d < best_distance) {
      best = &name;
      best_distance = d;
    }
  }
  return best == nullptr ? "" : " (did you mean '" + *best + "'?)";
}

std::string any_of(std::span<const std::string> names) {
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) text += i + 1 == names.size() ? " or " : ", ";
    text += "'" + names[i] + "'";
  }
  return text;
}

} // namespace hermesh
