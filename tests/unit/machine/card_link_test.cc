// SPDX-License-Identifier: MIT
#include "base/error.hh"
#include "machine/card_link.hh"

#include <gtest/gtest.h>

namespace hermesh {
namespace {

const MacAddress first = MacAddress::parse("02:00:00:00:00:01").value();
const MacAddress second = MacAddress::parse("02:00:00:00:00:02").value();
constexpr auto domain =
    "<domain><devices><interface type='client'><mac address='02:00:00:00:00:01'/><alias "
    "name='net0'/></interface><interface type='client'><mac address='02:00:00:00:00:02'/><link "
    "state='down'/><alias name='net1'/></interface></devices></domain>";

TEST(CardLink, TheCardsElementAndNoOther) {
  EXPECT_EQ(card_with_link(domain, first, false),
            "<interface type='client'><mac address='02:00:00:00:00:01'/><alias name='net0'/>"
            "<link state='down'/></interface>");
}

TEST(CardLink, TakesThePlaceOfTheStateThatItHas) {
  EXPECT_EQ(card_with_link(domain, second, true),
            "<interface type='client'><mac address='02:00:00:00:00:02'/><alias name='net1'/>"
            "<link state='up'/></interface>");
}

TEST(CardLink, ACardThatIsNotThereIsAnError) {
  const auto stranger = MacAddress::parse("02:00:00:00:00:03").value();
  EXPECT_THROW(card_with_link(domain, stranger, true), Error);
  EXPECT_THROW(card_with_link("<interface <mac address='02:00:00:00:00:03'", stranger, true),
               Error);
}

} // namespace
} // namespace hermesh
