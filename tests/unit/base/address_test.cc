// SPDX-License-Identifier: MIT
#include "base/address.hh"

#include <gtest/gtest.h>

namespace hermesh {
namespace {

Prefix prefix(const char* text) {
  return Prefix::parse(text).value();
}

TEST(Address, TextSurvives) {
  for (const auto* text :
       {"80.100.0.10", "0.0.0.0", "255.255.255.255", "::", "::1", "3fff::1", "fe80::1:2:3:4"})
    EXPECT_EQ(to_string(Address::parse(text).value()), text);
}

TEST(Address, MalformedTextIsNone) {
  for (const auto* text : {"",
                           "80.100.0",
                           "80.100.0.256",
                           "80.100.0.1 ",
                           "1.2.3.4/8",
                           "3fff::1::2",
                           "fe80::1%eth0",
                           "x"})
    EXPECT_EQ(Address::parse(text), std::nullopt) << text;
  EXPECT_EQ(Address::parse(std::string_view("80.100.0.1\0x", 12)), std::nullopt);
}

TEST(Address, FamiliesAreToldApart) {
  EXPECT_TRUE(Address::v4(0x50640001).is_v4());
  EXPECT_EQ(to_string(Address::v4(0x50640001)), "80.100.0.1");
  EXPECT_EQ(Address::parse("80.100.0.1")->v4_value(), 0x50640001U);
  EXPECT_TRUE(Address::parse("3fff::1")->is_v6());
  EXPECT_TRUE(Address().is_unspecified());
  EXPECT_FALSE(Address::v4(0).is_unspecified()); // 0.0.0.0 is ::ffff:0:0
}

TEST(Address, OrderIsNumeric) {
  EXPECT_LT(*Address::parse("80.100.0.9"), *Address::parse("80.100.0.10"));
  EXPECT_NE(std::hash<Address>()(*Address::parse("80.100.0.9")),
            std::hash<Address>()(*Address::parse("80.100.0.10")));
}

TEST(Prefix, TextSurvives) {
  for (const auto* text :
       {"80.100.0.0/16", "0.0.0.0/0", "10.0.0.1/32", "::/0", "3fff::/20", "3fff::1/128"})
    EXPECT_EQ(to_string(prefix(text)), text);
}

TEST(Prefix, HostBitsAndNonsenseAreRefused) {
  for (const auto* text : {"80.100.0.1/16",
                           "80.100.0.0",
                           "80.100.0.0/",
                           "80.100.0.0/33",
                           "80.100.0.0/-1",
                           "80.100.0.0/+8",
                           "80.100.0.0/8x",
                           "3fff::1/64",
                           "::/129",
                           "/8"})
    EXPECT_EQ(Prefix::parse(text), std::nullopt) << text;
}

TEST(Prefix, ContainsItsOwnFamilyOnly) {
  EXPECT_TRUE(prefix("80.100.0.0/16").contains(*Address::parse("80.100.255.255")));
  EXPECT_FALSE(prefix("80.100.0.0/16").contains(*Address::parse("80.101.0.0")));
  EXPECT_TRUE(prefix("192.168.1.128/25").contains(*Address::parse("192.168.1.200")));
  EXPECT_FALSE(prefix("192.168.1.128/25").contains(*Address::parse("192.168.1.100")));
  EXPECT_FALSE(prefix("::/0").contains(*Address::parse("80.100.0.1")));
  EXPECT_FALSE(prefix("0.0.0.0/0").contains(*Address::parse("3fff::1")));
  EXPECT_TRUE(prefix("0.0.0.0/0").contains(*Address::parse("80.100.0.1")));
}

TEST(Prefix, OverlapsBothWays) {
  EXPECT_TRUE(prefix("10.0.0.0/8").overlaps(prefix("10.200.0.0/16")));
  EXPECT_TRUE(prefix("10.200.0.0/16").overlaps(prefix("10.0.0.0/8")));
  EXPECT_FALSE(prefix("10.0.0.0/16").overlaps(prefix("10.1.0.0/16")));
  EXPECT_FALSE(prefix("::/0").overlaps(prefix("10.0.0.0/8")));
}

TEST(Prefix, NumbersItsHosts) {
  EXPECT_EQ(to_string(prefix("80.100.0.0/16").host(10)), "80.100.0.10");
  EXPECT_EQ(to_string(prefix("80.100.0.0/16").host(258)), "80.100.1.2");
  EXPECT_EQ(to_string(prefix("80.100.0.0/16").broadcast()), "80.100.255.255");
  EXPECT_EQ(to_string(prefix("192.168.1.4/30").broadcast()), "192.168.1.7");
  EXPECT_EQ(to_string(prefix("3fff::/64").host(0x10001)), "3fff::1:1");
  EXPECT_EQ(to_string(prefix("10.0.0.1/32").host(9)), "10.0.0.1");
}

TEST(MacAddress, TextSurvives) {
  EXPECT_EQ(to_string(MacAddress::parse("02:0a:ff:00:10:9c").value()), "02:0a:ff:00:10:9c");
  for (const auto* text : {"",
                           "02:0a:ff:00:10",
                           "02:0a:ff:00:10:9c:",
                           "02-0a-ff-00-10-9c",
                           "02:0a:ff:00:10:9",
                           "02:0a:ff:00:10:gg",
                           "02:0a:ff:00:1:09c",
                           "-2:0a:ff:00:10:9c"})
    EXPECT_EQ(MacAddress::parse(text), std::nullopt) << text;
  EXPECT_TRUE(MacAddress::broadcast().is_group());
  EXPECT_FALSE(MacAddress::parse("02:00:00:00:00:01")->is_group());
}

TEST(Endpoint, TextBracketsIpv6) {
  EXPECT_EQ(to_string(Endpoint{*Address::parse("80.100.0.1"), 53}), "80.100.0.1:53");
  EXPECT_EQ(to_string(Endpoint{*Address::parse("3fff::1"), 53}), "[3fff::1]:53");
}

} // namespace
} // namespace hermesh
