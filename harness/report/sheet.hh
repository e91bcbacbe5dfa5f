// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace hermesh {

enum class Tint : unsigned char { none, bold, faint, red, green, yellow };

/// Lines of text with a label in the margin; long ones are wrapped. Plain ASCII, and ANSI colours
/// only when asked.
class Sheet {
public:
  explicit Sheet(bool colour) : colour_(colour) {}

  /// A paragraph of words under `label`, wrapped; "" goes on under the last label.
  void words(std::string_view label, std::string_view text, Tint tint = Tint::none);
  /// A line that keeps its spacing, however long.
  void line(std::string_view label, std::string_view text, Tint tint = Tint::none);
  /// Rows whose columns are aligned.
  void table(std::string_view label, const std::vector<std::vector<std::string>>& rows);
  void gap() { text_ += "\n"; }

  const std::string& text() const { return text_; }

private:
  std::string tinted(std::string_view text, Tint tint) const;

  bool colour_;
  std::string text_;
};

/// The text with control characters and bytes beyond ASCII replaced by '?': guests' words may hold
/// terminal escapes.
std::string plain(std::string_view text);

} // namespace hermesh
