// SPDX-License-Identifier: MIT
#include "runner/standing_lab.hh"

#include "base/error.hh"
#include "base/unix_socket.hh"
#include "runner/certification.hh"
#include "runner/evidence.hh"
#include "runner/lab_request.hh"
#include "runner/vpn_nodes.hh"

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <list>
#include <map>
#include <mutex>
#include <thread>

namespace hermesh {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

/// A client's connection and the thread that talks to it.
struct Conversation {
  Fd client;
  std::atomic<bool> over{false};
  std::atomic<bool> leaves{false}; ///< it asked for the end, and waits for that
  std::thread thread{};
};

/// Answers requests, each client in a thread of its own: a command that takes long holds up nobody
/// but others on the same machine.
class Server {
public:
  /// `leavers` gets the connections of those who asked for the end.
  Server(Lab& lab,
         const TrialSpec& spec,
         int listener,
         std::filesystem::path place,
         std::vector<Fd>& leavers)
      : lab_(&lab), spec_(spec), listener_(listener), place_(std::move(place)), leavers_(&leavers) {
    for (const auto& name : lab.machine_names())
      machines_[name]; // a mutex each; no entry is added later
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server() {
    lab_->hypervisor().abort(); // whoever waits for a guest stops waiting
    for (auto& each : conversations_) {
      if (!each.leaves) ::shutdown(each.client.get(), SHUT_RDWR);
      each.thread.join();
      if (each.leaves) leavers_->push_back(std::move(each.client));
    }
  }

  /// Serves until somebody asks for the end. Throws Error when its run directory was deleted:
  /// nobody could ever ask.
  void serve(Interrupt& interrupt) {
    while (true) {
      interrupt.check();
      lab_->check_alive();
      if (std::error_code ignored; !std::filesystem::exists(place_, ignored))
        throw Error(place_.string() + " was deleted: nobody can reach this lab any more");
      if (std::ranges::any_of(conversations_, [](auto& each) { return each.leaves.load(); }))
        return;
      std::erase_if(conversations_, [](Conversation& each) {
        if (!each.over || each.leaves) return false;
        each.thread.join();
        return true;
      });
      pollfd polled{listener_, POLLIN, 0};
      if (::poll(&polled, 1, 200) <= 0) continue;
      Fd client(::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC));
      if (!client) continue;
      // A client that reads nothing gets no more than this.
      const timeval limit{.tv_sec = 10, .tv_usec = 0};
      ::setsockopt(client.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
      auto& conversation = conversations_.emplace_back(std::move(client));
      conversation.thread = std::thread([this, &conversation] { converse(conversation); });
    }
  }

  /// `visit` for every machine on which no client's command goes on.
  void each_idle(const std::function<void(const std::string&)>& visit) {
    for (auto& [name, mutex] : machines_)
      if (const std::unique_lock lock(mutex, a_moment); lock) visit(name);
  }

private:
  static constexpr auto a_moment = 1s;

  void converse(Conversation& conversation) noexcept {
    try {
      talk(conversation);
    } catch (const std::exception&) { // no client's words may end the lab
    }
    conversation.over = true;
  }

  void talk(Conversation& conversation) {
    LineReader lines(conversation.client.get());
    while (const auto line = lines.next(1h)) {
      bool leaves = false;
      const auto answered = answer(*line, leaves);
      if (leaves) conversation.leaves = true;
      constexpr auto replace = json::error_handler_t::replace; // a command may print any bytes
      write_all(conversation.client.get(), answered.dump(-1, ' ', false, replace) + "\n");
      if (leaves) return;
    }
  }

  json answer(const std::string& line, bool& leaves) {
    try {
      const auto request = read_lab_request(line);
      switch (request.what) {
      case LabRequest::What::status: return {{"ok", true}, {"machines", lab_->machine_names()}};
      case LabRequest::What::shell: return shell(request.machine);
      case LabRequest::What::exec: return exec(request);
      case LabRequest::What::set: return set(request);
      case LabRequest::What::down: break;
      }
      leaves = true;
      return {{"ok", true}};
    } catch (const InputError& problem) {
      return {{"ok", false}, {"error", problem.what()}, {"input", true}};
    } catch (const std::exception& problem) {
      return {{"ok", false}, {"error", problem.what()}};
    }
  }

  json shell(const std::string& machine) {
    return {{"ok", true},
            {"socket", lab_->hypervisor().shell_socket(lab_->machine(machine).name()).string()}};
  }

  json exec(const LabRequest& request) {
    auto& machine = lab_->machine(request.machine);
    const std::lock_guard one_at_a_time(machines_.at(machine.name()));
    const auto exit = machine.exec({.argv = request.argv}, 10min);
    return {{"ok", true},
            {"code", exit.code},
            {"timed_out", exit.timed_out},
            {"output", exit.output},
            {"diagnostics", exit.diagnostics}};
  }

  /// Other rules for gateways, which forget everything; then they are what they are measured to be.
  json set(const LabRequest& request) {
    const std::lock_guard one_at_a_time(gateways_);
    auto changed = spec_;
    std::vector<LabFault> changes;
    for (const auto& words : request.changes)
      changes.push_back(parse_lab_fault(words, "CHANGE"));
    apply_lab_faults(changes, changed.built);
    if (const auto why = misfit(changed.built); !why.empty()) throw InputError("CHANGE: " + why);
    changed.declared = changed.built;
    spec_ = changed;
    lab_->adopt(changed.built);
    auto rows = json::array();
    for (const auto& gateway : certify_gateways(lab_->fabric(), changed))
      rows.push_back({{"gateway", gateway.gateway},
                      {"measured", gateway.measured},
                      {"certified", gateway.certified}});
    return {{"ok", true}, {"gateways", rows}};
  }

  Lab* lab_;
  TrialSpec spec_; ///< as the gateways are now
  int listener_;
  std::filesystem::path place_; ///< of the listener
  std::mutex gateways_{};
  std::map<std::string, std::timed_mutex> machines_{};
  std::list<Conversation> conversations_{};
  std::vector<Fd>* leavers_;
};

/// The socket goes with its owner, so that a directory without one is a lab that is down.
class LabSocket {
public:
  explicit LabSocket(std::filesystem::path path)
      : path_(std::move(path)), fd_(listen_unix(path_)) {}
  LabSocket(const LabSocket&) = delete;
  LabSocket& operator=(const LabSocket&) = delete;
  ~LabSocket() {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }
  int get() const { return fd_.get(); }

private:
  std::filesystem::path path_;
  Fd fd_;
};

} // namespace

void supervise(const TrialSpec& spec,
               const LabOptions& options,
               Progress& progress,
               Interrupt& interrupt) {
  std::vector<Fd> leavers; // closed after everything else: their owners wait for that
  progress.phase("boot");
  Lab lab(spec.topology, spec.built, options, interrupt);
  lab.start_machines();
  for (const auto& gateway : certify_gateways(lab.fabric(), spec))
    progress.note(
        fmt::format("{}: {}{}",
                    gateway.gateway,
                    gateway.measured,
                    gateway.certified ? "" : " (NOT as declared: " + gateway.declared + ")"));
  lab.await_machines();
  progress.phase("vpn");
  VpnNodes nodes(lab, spec);
  nodes.save_deployed(options.run_dir / "deployed");
  const auto logs = options.run_dir / "logs";
  const LogKeeper keeper(nodes, logs);
  nodes.start();
  for (const auto& name : lab.machine_names())
    progress.note(
        fmt::format("{}: {} address {}", name, spec.vpn.name, to_string(nodes.node(name).overlay)));
  const auto place = options.run_dir / "lab.sock";
  const LabSocket socket(place);
  progress.phase("up");
  Server server(lab, spec, socket.get(), place, leavers);
  // The server, when it goes, ends the guests.
  const auto pull_logs = [&] {
    server.each_idle([&](const std::string& machine) { nodes.save_log(machine, logs); });
  };
  try {
    server.serve(interrupt);
  } catch (const Error&) {
    pull_logs(); // of those that live
    throw;
  }
  progress.phase("tear-down");
  pull_logs();
}

std::vector<std::filesystem::path> standing_labs(const std::filesystem::path& parent) {
  std::vector<std::filesystem::path> labs;
  std::error_code problem;
  for (std::filesystem::directory_iterator entry(parent, problem), end; !problem && entry != end;
       entry.increment(problem)) {
    if (std::error_code denied; !std::filesystem::exists(entry->path() / "lab.sock", denied))
      continue;
    try {
      connect_unix(entry->path() / "lab.sock");
      labs.push_back(entry->path());
    } catch (const SystemError&) { // its supervisor was killed; the socket is all that is left
    }
  }
  return labs;
}

} // namespace hermesh
