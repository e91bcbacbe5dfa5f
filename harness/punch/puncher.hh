// SPDX-License-Identifier: MIT
#pragma once

#include "base/time.hh"
#include "punch/message.hh"

#include <optional>
#include <vector>

namespace hermesh::punch {

struct Datagram {
  Endpoint to;
  Message message;
};

struct PuncherOptions {
  std::uint64_t session = 0;
  std::uint8_t side = 0; ///< 0 or 1; the other puncher has the other
  Endpoint server{};
  Duration interval = std::chrono::milliseconds{40};
  unsigned rounds = 8; ///< of punches, once the other side is known
  /// Not 0: the path is kept. So long without an answer and it counts as lost; until there is one
  /// (again) the server is asked between the rounds, since the other side may be somewhere else.
  Duration lost_after{0};
};

/// One side of UDP hole punching as RFC 5128 section 3.3 describes it, and nothing more: it learns
/// its peer's endpoint from a server, sends to that endpoint from the one socket that the server
/// knows, and answers whatever reaches it where it came from. No port prediction, no second socket,
/// no relay: what it reaches is what theory says can be reached.
///
/// A step function: time and datagrams in, datagrams out. It opens no socket.
class Puncher {
public:
  explicit Puncher(const PuncherOptions& options) : options_(options) {}

  /// What is to be sent at `now`; call again at due().
  std::vector<Datagram> advance(Time now);
  Time due() const { return due_; }
  std::vector<Datagram> receive(const Endpoint& from, const Message& message);

  /// A punch of ours was answered: packets pass both ways. Where the answer came from; of a path
  /// that is kept the latest one, and empty when it was lost.
  const std::optional<Endpoint>& reached() const { return reached_; }
  /// A punch of the other side arrived. Where it came from.
  const std::optional<Endpoint>& heard() const { return heard_; }
  /// Where the server says that the other side is.
  const std::optional<Endpoint>& told() const { return told_; }
  /// All rounds are over. It still answers.
  bool spent() const { return rounds_ >= options_.rounds; }

private:
  bool keeps() const { return options_.lost_after > Duration::zero(); }
  Message say(Message::Kind kind, std::uint32_t sequence) const {
    return {.kind = kind, .side = options_.side, .session = options_.session, .sequence = sequence};
  }

  PuncherOptions options_;
  Time due_{0};
  Time now_{0};      ///< of the last advance()
  Time answered_{0}; ///< about when the last answer came
  unsigned rounds_ = 0;
  std::uint32_t sequence_ = 0;
  std::optional<Endpoint> told_{};
  std::optional<Endpoint> heard_{};
  std::optional<Endpoint> reached_{};
};

} // namespace hermesh::punch
