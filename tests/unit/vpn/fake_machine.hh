// SPDX-License-Identifier: MIT
#pragma once

#include "base/error.hh"
#include "machine/machine.hh"

#include <functional>
#include <string>
#include <vector>

namespace hermesh::testing {

/// Remembers what it was asked to do; `answer` says how each command ends.
class FakeMachine : public Machine {
public:
  std::vector<std::string> done;
  std::function<Exit(const Command&)> answer = [](const Command&) { return Exit{}; };

  const std::string& name() const override { return name_; }
  Exit exec(const Command& command, std::chrono::milliseconds) override {
    done.push_back(to_string(command));
    return answer(command);
  }
  void push(const std::vector<PushedFile>& files) override {
    for (const auto& file : files)
      done.push_back("push " + file.target);
  }
  std::string pull(const std::string& path) override { throw Error("there is no file " + path); }
  Fd open_probe() override { throw Error("there is no probe"); }
  std::string obituary() override { return {}; }
  void set_link(const MacAddress&, bool up) override {
    done.push_back(up ? "link up" : "link down");
  }
  void suspend() override { done.emplace_back("suspend"); }
  void resume() override { done.emplace_back("resume"); }
  void stop() noexcept override {}

private:
  std::string name_ = "a";
};

} // namespace hermesh::testing
