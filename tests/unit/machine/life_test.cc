// SPDX-License-Identifier: MIT
#include "machine/life.hh"

#include <gtest/gtest.h>

#include <thread>

namespace hermesh {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

TEST(Life, ABetterWitnessReplacesAReason) {
  Life life;
  life.ended("exit status 0", Witness::exit_status);
  life.ended("crashed", Witness::libvirt);
  life.ended("signal 9", Witness::signal);
  life.ended("destroyed", Witness::libvirt);
  EXPECT_EQ(life.obituary(), "the guest's QEMU ended: signal 9");
}

TEST(Life, AStopIsNamedAsOne) {
  Life life;
  EXPECT_TRUE(life.begin_stop());
  EXPECT_FALSE(life.begin_stop());
  life.ended("destroyed", Witness::libvirt);
  EXPECT_EQ(life.obituary(), "the machine was stopped: destroyed");
}

TEST(Life, AnEndWakesWhoWaitsForTheAgent) {
  Life life;
  std::thread teller([&] { life.ended("signal 9", Witness::signal); });
  EXPECT_FALSE(life.await_agent(steady_clock::now() + 60s));
  teller.join();
}

TEST(Life, TheAgentIsTold) {
  Life life;
  EXPECT_FALSE(life.await_agent(steady_clock::now()));
  life.agent_connected(true);
  EXPECT_TRUE(life.await_agent(steady_clock::now()));
  EXPECT_FALSE(life.await_end(steady_clock::now()));
}

} // namespace
} // namespace hermesh
