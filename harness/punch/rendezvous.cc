// SPDX-License-Identifier: MIT
#include "punch/rendezvous.hh"

#include <utility>

namespace hermesh::punch {

std::optional<Datagram> Rendezvous::receive(const Endpoint& from, const Message& message) {
  if (message.kind != Message::Kind::enrol || message.side > 1) return std::nullopt;
  const auto [session, fresh] = sessions_.try_emplace(message.session);
  if (fresh) {
    if (order_.size() < most_sessions) {
      order_.push_back(message.session);
    } else {
      sessions_.erase(std::exchange(order_[next_], message.session));
      next_ = (next_ + 1) % most_sessions;
    }
  }
  auto& sides = session->second;
  sides.at(message.side) = from;
  return Datagram{from,
                  {.kind = Message::Kind::introduction,
                   .side = message.side,
                   .session = message.session,
                   .sequence = message.sequence,
                   .other = sides.at(1U - message.side)}};
}

} // namespace hermesh::punch
