// SPDX-License-Identifier: MIT
#include "base/error.hh"
#include "base/random.hh"
#include "base/suggest.hh"
#include "base/time.hh"

#include <gtest/gtest.h>

#include <array>
#include <cerrno>
#include <set>

namespace hermesh {
namespace {

using namespace std::chrono_literals;

TEST(Duration, TextIsRead) {
  EXPECT_EQ(parse_duration("250ms"), 250ms);
  EXPECT_EQ(parse_duration("1.5s"), 1500ms);
  EXPECT_EQ(parse_duration("2m"), 2min);
  EXPECT_EQ(parse_duration("1h"), 1h);
  EXPECT_EQ(parse_duration("15us"), 15us);
  EXPECT_EQ(parse_duration("0s"), 0s);
}

TEST(Duration, NonsenseIsNone) {
  for (const auto* text : {"",
                           "5",
                           "s",
                           "-1s",
                           "1 s",
                           "1sec",
                           "inf s",
                           "infs",
                           "nans",
                           "1e300h",
                           "99999999999h",
                           "0x5s"})
    EXPECT_EQ(parse_duration(text), std::nullopt) << text;
}

TEST(Duration, TextIsTheShortestExactOne) {
  EXPECT_EQ(to_string(Duration(120s)), "2m");
  EXPECT_EQ(to_string(Duration(1500ms)), "1500ms");
  EXPECT_EQ(to_string(Duration(1ns)), "1ns");
  EXPECT_EQ(to_string(Duration(0)), "0s");
  for (const auto& duration : {Duration(7h), Duration(61s), Duration(250ms), Duration(999'999ns)})
    EXPECT_EQ(parse_duration(to_string(duration)), duration);
}

TEST(Suggest, OnlyWhatIsNear) {
  const std::array<std::string, 4> names{"nebula", "wireguard", "internal", "tinc"};
  EXPECT_EQ(did_you_mean("nebual", names), " (did you mean 'nebula'?)"); // two neighbours swapped
  EXPECT_EQ(did_you_mean("wiregard", names), " (did you mean 'wireguard'?)");
  EXPECT_EQ(did_you_mean("tnc", names), " (did you mean 'tinc'?)");
  EXPECT_EQ(did_you_mean("zerotier", names), "");
  EXPECT_EQ(did_you_mean("", names), "");
  EXPECT_EQ(did_you_mean("x", {}), "");
}

TEST(Suggest, ChoicesAreListed) {
  const std::array<std::string, 3> names{"a", "b", "c"};
  EXPECT_EQ(any_of(names), "'a', 'b' or 'c'");
  EXPECT_EQ(any_of(std::span(names).first(1)), "'a'");
}

TEST(Random, TheSameSeedGivesTheSameNumbers) {
  Random a(7);
  Random b(7);
  for (int i = 0; i < 100; ++i)
    EXPECT_EQ(a.next(), b.next());
  EXPECT_EQ(Random(1234567).next(), 6457827717110365317ULL); // SplitMix64's published test vector
}

TEST(Random, DrawsStayInRangeAndReachAllOfIt) {
  Random random(1);
  std::set<std::uint32_t> seen;
  for (int i = 0; i < 1000; ++i) {
    seen.insert(random.below(7));
    const auto unit = random.unit();
    EXPECT_TRUE(unit >= 0 && unit < 1);
  }
  EXPECT_EQ(seen.size(), 7U);
  EXPECT_EQ(*seen.rbegin(), 6U);
  EXPECT_EQ(random.below(1), 0U);
}

TEST(Random, SeedsForNamesDiffer) {
  EXPECT_EQ(derive_seed(1, "a"), derive_seed(1, "a"));
  std::set<std::uint64_t> seeds;
  for (const std::uint64_t seed : {0U, 1U, 2U})
    for (const auto* name : {"", "a", "b", "ab", "ba"})
      seeds.insert(derive_seed(seed, name));
  EXPECT_EQ(seeds.size(), 15U);
}

TEST(Error, ContextGathersInFrontAndTheTypeStays) {
  try {
    while_doing("boot machine a",
                [] { while_doing("read the image", [] { throw InputError("no such file"); }); });
    FAIL();
  } catch (const InputError& error) {
    EXPECT_STREQ(error.what(), "boot machine a: read the image: no such file");
  }
}

TEST(Error, ChecksNameTheAttempt) {
  EXPECT_EQ(check("open it", 5), 5);
  try {
    errno = ENOENT;
    check("open it", -1);
    FAIL();
  } catch (const SystemError& error) {
    EXPECT_STREQ(error.what(), "open it: No such file or directory");
    EXPECT_EQ(error.error_number(), ENOENT);
  }
}

} // namespace
} // namespace hermesh
