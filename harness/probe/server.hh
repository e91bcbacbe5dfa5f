// SPDX-License-Identifier: MIT
#pragma once

#include "probe/activity.hh"
#include "probe/control.hh"
#include "probe/puncher_activity.hh"

#include <nlohmann/json_fwd.hpp>
#include <poll.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace hermesh::probe {

/// The guest's side of protocol.hh: one poll loop, no thread.
class Server {
public:
  enum class Host : bool {
    comes_back, ///< a virtio port: wait for the next one
    once,       ///< stdin and stdout, a socket: its end is ours
  };

  /// The descriptors (they may be the same) are made non-blocking and must outlive this.
  Server(int in, int out, Host host);

  /// Until the host is gone for good. Throws Error when the loop itself fails.
  void run();

private:
  struct Watched {
    pollfd poll;
    std::function<void(short events)> act;
  };

  void turn();
  std::vector<Watched> watched();
  bool talk(short events);
  void await_host();
  void handle(const std::string& line);
  nlohmann::json carry_out(const nlohmann::json& request);
  nlohmann::json respond(const nlohmann::json& request);
  nlohmann::json probe(const nlohmann::json& request);
  nlohmann::json rendezvous(const nlohmann::json& request);
  nlohmann::json punch(const nlohmann::json& request);
  void stop();
  EventSink sink();

  Control control_;
  Host host_;
  bool over_ = false;
  std::vector<std::unique_ptr<Responder>> responders_{};
  std::vector<std::unique_ptr<Requester>> requesters_{};
  std::vector<std::unique_ptr<RendezvousActivity>> servers_{};
  std::vector<std::unique_ptr<PuncherActivity>> punchers_{};
};

} // namespace hermesh::probe
