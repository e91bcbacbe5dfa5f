// SPDX-License-Identifier: MIT
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hermesh {

/// Writes XML, indented, everything escaped: no value can end an attribute or an element. A byte
/// that XML 1.0 cannot hold at all (a control character) is an Error.
class XmlWriter {
public:
  using Attributes = std::initializer_list<std::pair<std::string_view, std::string_view>>;

  /// <name a='b'>; closed by close().
  void open(std::string_view name, Attributes attributes = {});
  void close();
  /// <name a='b'/>
  void leaf(std::string_view name, Attributes attributes = {});
  /// <name a='b'>text</name>
  void text(std::string_view name, std::string_view value, Attributes attributes = {});

  /// The document; every element must be closed.
  const std::string& document() const;

private:
  void begin(std::string_view name, Attributes attributes);

  std::string document_;
  std::vector<std::string> open_;
};

} // namespace hermesh
