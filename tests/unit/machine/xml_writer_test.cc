// SPDX-License-Identifier: MIT
#include "base/error.hh"
#include "machine/xml_writer.hh"

#include <gtest/gtest.h>

namespace hermesh {
namespace {

TEST(XmlWriter, Nests) {
  XmlWriter xml;
  xml.open("a", {{"b", "c"}});
  xml.leaf("d");
  xml.text("e", "f", {{"g", "h"}});
  xml.close();
  EXPECT_EQ(xml.document(), "<a b='c'>\n  <d/>\n  <e g='h'>f</e>\n</a>\n");
}

TEST(XmlWriter, EscapesWhatWouldEndAValue) {
  XmlWriter xml;
  xml.text("a", "</a><b/>&", {{"c", "' d='\"e"}});
  EXPECT_EQ(xml.document(), "<a c='&apos; d=&apos;&quot;e'>&lt;/a&gt;&lt;b/&gt;&amp;</a>\n");
}

TEST(XmlWriter, RefusesWhatXmlCannotHold) {
  XmlWriter xml;
  EXPECT_THROW(xml.text("a", std::string_view("\0", 1)), Error);
}

TEST(XmlWriter, WantsEveryElementClosed) {
  XmlWriter xml;
  EXPECT_THROW(xml.close(), Error);
  xml.open("a");
  EXPECT_THROW(static_cast<void>(xml.document()), Error);
}

} // namespace
} // namespace hermesh
