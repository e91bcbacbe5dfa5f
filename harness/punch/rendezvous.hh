// SPDX-License-Identifier: MIT
#pragma once

#include "punch/puncher.hh"

#include <map>

namespace hermesh::punch {

/// The server that tells two punchers of a session where each is seen to be. A step function; it
/// remembers the latest sessions only.
class Rendezvous {
public:
  static constexpr std::size_t most_sessions = 4096;

  std::optional<Datagram> receive(const Endpoint& from, const Message& message);

private:
  std::map<std::uint64_t, std::array<Endpoint, 2>> sessions_{}; ///< port 0: not enrolled
  std::vector<std::uint64_t> order_{};                          ///< a ring of most_sessions
  std::size_t next_ = 0;
};

} // namespace hermesh::punch
