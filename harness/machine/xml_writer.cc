// SPDX-License-Identifier: MIT
#include "machine/xml_writer.hh"

#include "base/error.hh"

namespace hermesh {
namespace {

std::string escaped(std::string_view value) {
  std::string result;
  for (const char c : value) {
    switch (c) {
    case '&': result += "&amp;"; break;
    case '<': result += "&lt;"; break;
    case '>': result += "&gt;"; break;
    case '\'': result += "&apos;"; break;
    case '"': result += "&quot;"; break;
    default:
      if (static_cast<unsigned char>(c) < 0x20)
        throw Error("XML cannot hold the byte " + std::to_string(static_cast<unsigned char>(c)));
      result += c;
    }
  }
  return result;
}

} // namespace

void XmlWriter::begin(std::string_view name, Attributes attributes) {
  document_.append(2 * open_.size(), ' ');
  document_ += "<" + std::string(name);
  for (const auto& [key, value] : attributes)
    document_ += " " + std::string(key) + "='" + escaped(value) + "'";
}

void XmlWriter::open(std::string_view name, Attributes attributes) {
  begin(name, attributes);
  document_ += ">\n";
  open_.emplace_back(name);
}

void XmlWriter::close() {
  if (open_.empty()) throw Error("XML: nothing is open");
  const auto name = std::move(open_.back());
  open_.pop_back();
  document_.append(2 * open_.size(), ' ');
  document_ += "</" + name + ">\n";
}

void XmlWriter::leaf(std::string_view name, Attributes attributes) {
  begin(name, attributes);
  document_ += "/>\n";
}

void XmlWriter::text(std::string_view name, std::string_view value, Attributes attributes) {
  begin(name, attributes);
  document_ += ">" + escaped(value) + "</" + std::string(name) + ">\n";
}

const std::string& XmlWriter::document() const {
  if (!open_.empty()) throw Error("XML: <" + open_.back() + "> is still open");
  return document_;
}

} // namespace hermesh
