// SPDX-License-Identifier: MIT
#pragma once

#include "base/address.hh"
#include "base/command.hh"
#include "base/fd.hh"

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

namespace hermesh {

/// A file to be put on a machine.
struct PushedFile {
  std::string target; ///< absolute; directories are made
  std::string content;
  unsigned mode = 0644;

  bool operator==(const PushedFile&) const = default;
};

/// Anything that can run commands: a VM (libvirt) or, later, a real host (SSH). Nothing above this
/// layer knows a domain or an agent. The control channel is never the network under test.
/// One thread at a time per machine; different machines may be used from different threads.
class Machine {
public:
  virtual ~Machine() = default;

  virtual const std::string& name() const = 0;
  /// Runs to the end or to `timeout` (then killed, and Exit::timed_out). Throws Error when the
  /// machine is gone or does not answer.
  virtual Exit exec(const Command& command, std::chrono::milliseconds timeout) = 0;
  virtual void push(const std::vector<PushedFile>& files) = 0;
  /// Throws Error when there is no such file.
  virtual std::string pull(const std::string& path) = 0;
  /// The stream to the machine's probe program (harness/probe/protocol.hh): connected,
  /// non-blocking. One user at a time; call again for a new stream.
  virtual Fd open_probe() = 0;
  /// Empty while the machine runs; else how it ended ("the guest's QEMU ended: signal 9").
  virtual std::string obituary() = 0;
  /// A card's carrier, as its operating system sees it.
  virtual void set_link(const MacAddress& card, bool up) = 0;
  /// Stop it as it is, clocks and all; until resume() it answers nothing. Its clocks then go on
  /// where they stopped.
  virtual void suspend() = 0;
  virtual void resume() = 0;
  /// End it. Does not throw; safe to call twice; the destructor calls it.
  virtual void stop() noexcept = 0;
};

/// exec, and an Error with the program's own words when it did not end well.
Exit must(Machine& machine, const Command& command, std::chrono::milliseconds timeout);

} // namespace hermesh
