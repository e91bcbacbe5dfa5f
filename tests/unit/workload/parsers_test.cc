// SPDX-License-Identifier: MIT
#include "base/error.hh"
#include "workload/ping.hh"
#include "workload/tcp.hh"

#include <gtest/gtest.h>

namespace hermesh {
namespace {

TEST(Ping, ReadsRoundTripsAndLoss) {
  const auto sample = parse_ping(
      "PING 10.42.0.3 (10.42.0.3) 56(84) bytes of data.\n\n--- 10.42.0.3 ping statistics ---\n"
      "30 packets transmitted, 29 received, 3.33333% packet loss, time 5840ms\n"
      "rtt min/avg/max/mdev = 1.234/2.500/9.000/0.750 ms\n");
  const std::vector<Figure> wanted{{"rtt minimum", "ms", 1.234},
                                   {"rtt average", "ms", 2.5},
                                   {"rtt maximum", "ms", 9.0},
                                   {"rtt deviation", "ms", 0.75},
                                   {"loss", "%", 3.33333}};
  EXPECT_EQ(sample.figures, wanted);
  EXPECT_EQ(sample.problem, "");
}

TEST(Ping, NothingCameBackIsAProblemAndNoFigure) {
  const auto sample =
      parse_ping("30 packets transmitted, 0 received, 100% packet loss, time 6000ms\n");
  EXPECT_TRUE(sample.figures.empty());
  EXPECT_EQ(sample.problem, "no echo came back");
}

TEST(Tcp, ReadsWhatTheReceiverGot) {
  const auto sample = parse_iperf3(
      R"({"end":{"sum_sent":{"bits_per_second":9e7,"retransmits":3},"sum_received":{"bits_per_second":8.5e7}}})");
  const std::vector<Figure> wanted{{"throughput", "Mbit/s", 85.0},
                                   {"retransmissions", "segments", 3.0}};
  EXPECT_EQ(sample.figures, wanted);
}

TEST(Tcp, TheProgramsOwnErrorIsTheProblem) {
  EXPECT_EQ(parse_iperf3(R"({"error":"unable to connect to server"})").problem,
            "iperf3: unable to connect to server");
  EXPECT_EQ(parse_iperf3("iperf3: not found").problem, "iperf3 printed no JSON");
  EXPECT_NE(parse_iperf3("{}").problem, "");
}

TEST(Workloads, AnUnknownNameComesWithTheNearest) {
  try {
    workload("pnig");
    FAIL();
  } catch (const InputError& error) {
    EXPECT_STREQ(error.what(), "there is no workload 'pnig' (did you mean 'ping'?)");
  }
}

} // namespace
} // namespace hermesh
