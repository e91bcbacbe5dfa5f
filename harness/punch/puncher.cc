// SPDX-License-Identifier: MIT
#include "punch/puncher.hh"

namespace hermesh::punch {

std::vector<Datagram> Puncher::advance(Time now) {
  now_ = now;
  if (now < due_) return {};
  due_ = now + options_.interval;
  if (keeps() && reached_ && now - answered_ > options_.lost_after) reached_.reset();
  if (!told_) return {{options_.server, say(Message::Kind::enrol, sequence_++)}};
  if (spent()) {
    due_ = Time::max();
    return {};
  }
  ++rounds_;
  std::vector<Datagram> out{{*told_, say(Message::Kind::punch, sequence_++)}};
  // Where the peer really sends from (RFC 8445 calls it peer-reflexive).
  if (heard_ && *heard_ != *told_) out.push_back({*heard_, say(Message::Kind::punch, sequence_++)});
  if (keeps() && !reached_)
    out.push_back({options_.server, say(Message::Kind::enrol, sequence_++)});
  return out;
}

std::vector<Datagram> Puncher::receive(const Endpoint& from, const Message& message) {
  if (message.session != options_.session) return {};
  switch (message.kind) {
  case Message::Kind::introduction:
    if (from != options_.server || message.other.port == 0) return {};
    if (!told_) due_ = Time{0}; // at once
    if (!told_ || (keeps() && !reached_)) told_ = message.other;
    return {};
  case Message::Kind::punch:
    if (message.side == options_.side) return {};
    heard_ = from;
    return {{from, say(Message::Kind::answer, message.sequence)}};
  case Message::Kind::answer:
    if (message.side == options_.side) return {};
    answered_ = now_;
    if (!reached_ || keeps()) reached_ = from;
    return {};
  case Message::Kind::enrol: return {};
  }
  return {};
}

} // namespace hermesh::punch
