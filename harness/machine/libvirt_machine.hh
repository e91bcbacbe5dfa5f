// SPDX-License-Identifier: MIT
#pragma once

#include "machine/hypervisor.hh"
#include "machine/libvirt_handles.hh"
#include "machine/life.hh"
#include "machine/machine.hh"
#include "machine/reaper.hh"

#include <filesystem>
#include <memory>
#include <string>

namespace hermesh {

/// Where one guest's things are on the host.
struct GuestPlaces {
  std::filesystem::path console_log;
  std::filesystem::path probe_socket;
  std::filesystem::path shell_socket;
  std::filesystem::path qemu_log;  ///< QEMU's own complaints; may be absent
  std::filesystem::path qemu_copy; ///< where they are kept as evidence; empty: nowhere

  bool operator==(const GuestPlaces&) const = default;
};

/// A running domain. The guest agent is its control channel.
class LibvirtMachine : public Machine {
public:
  /// `reaper`: null where another process owns the QEMU.
  LibvirtMachine(std::string name,
                 Domain domain,
                 GuestPlaces places,
                 std::shared_ptr<Life> life,
                 Reaper* reaper);
  ~LibvirtMachine() override;
  LibvirtMachine(const LibvirtMachine&) = delete;
  LibvirtMachine& operator=(const LibvirtMachine&) = delete;

  const std::string& name() const override { return name_; }
  Exit exec(const Command& command, std::chrono::milliseconds timeout) override;
  void push(const std::vector<PushedFile>& files) override;
  std::string pull(const std::string& path) override;
  Fd open_probe() override;
  std::string obituary() override { return life_->obituary(); }
  void set_link(const MacAddress& card, bool up) override;
  void suspend() override;
  void resume() override;
  void stop() noexcept override;

  /// Until the guest agent answers; see Hypervisor::await_boot.
  void await_agent(std::chrono::seconds patience);
  const GuestPlaces& places() const { return places_; }

private:
  std::string ask(const std::string& request);
  void await_answer(std::chrono::seconds patience);
  Exit await_exit(std::int64_t pid, std::chrono::steady_clock::time_point deadline);
  std::string last_words() const;
  [[noreturn]] void fail(const std::string& what) const;

  std::string name_;
  Domain domain_;
  GuestPlaces places_;
  std::shared_ptr<Life> life_;
  Reaper* reaper_;
};

/// The last `count` lines of a console, on one line, joined by " | ", a kernel's panic before them.
/// Empty when there are none.
std::string last_lines(const std::filesystem::path& file, std::size_t count);

} // namespace hermesh
