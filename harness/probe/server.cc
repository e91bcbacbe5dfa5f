// SPDX-License-Identifier: MIT
#include "probe/server.hh"

#include "base/error.hh"

#include <fcntl.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstring>
#include <limits>

namespace hermesh::probe {
namespace {

using nlohmann::json;

constexpr int retry_milliseconds = 100; ///< how often to look for a host that is away
constexpr std::size_t most_activities = 64;

void make_non_blocking(int fd) {
  const int flags = check("ask for a descriptor's flags", ::fcntl(fd, F_GETFL));
  check("make a descriptor non-blocking", ::fcntl(fd, F_SETFL, flags | O_NONBLOCK));
}

template <typename T>
T field(const json& request, const char* name, T lowest, T highest) {
  const auto found = request.find(name);
  if (found == request.end() || !found->is_number_integer())
    throw Error(std::string("'") + name + "' must be an integer");
  const bool negative = !found->is_number_unsigned() && found->get<std::int64_t>() < 0;
  const auto value = negative ? 0 : found->get<std::uint64_t>();
  if (negative || value < lowest || value > highest)
    throw Error(std::string("'") + name + "' must lie in " + std::to_string(lowest) + ".." +
                std::to_string(highest));
  return static_cast<T>(value);
}

std::string text_field(const json& request, const char* name) {
  const auto found = request.find(name);
  if (found == request.end() || !found->is_string())
    throw Error(std::string("'") + name + "' must be a string");
  return found->get<std::string>();
}

PunchBy transport_of(const json& request) {
  if (!request.contains("transport")) return PunchBy::udp;
  const auto name = text_field(request, "transport");
  if (name != "udp" && name != "tcp") throw Error("'transport' must be udp or tcp");
  return name == "tcp" ? PunchBy::tcp : PunchBy::udp;
}

bool same(const SocketAddress& a, const SocketAddress& b) {
  return a.size == b.size && std::memcmp(&a.storage, &b.storage, a.size) == 0;
}

} // namespace

Server::Server(int in, int out, Host host) : control_(in, out), host_(host) {
  make_non_blocking(in);
  make_non_blocking(out);
}

void Server::run() {
  while (!over_)
    turn();
}

void Server::turn() {
  auto watching = watched();
  std::vector<pollfd> polls;
  for (const auto& one : watching)
    polls.push_back(one.poll);
  if (::poll(polls.data(), polls.size(), -1) < 0) {
    if (errno == EINTR) return;
    throw SystemError("poll");
  }
  // The control stream last: it may end activities that are in this list.
  for (std::size_t i = watching.size(); i-- > 0;)
    if (polls[i].revents != 0) watching[i].act(polls[i].revents);
}

std::vector<Server::Watched> Server::watched() {
  std::vector<Watched> all;
  const auto talk_or_wait = [this](short events) {
    if (!talk(events)) await_host();
  };
  const short in = control_.congested() ? short{0} : short{POLLIN};
  const short out = control_.pending() ? short{POLLOUT} : short{0};
  if (control_.in() == control_.out()) {
    all.push_back({{control_.in(), static_cast<short>(in | out), 0}, talk_or_wait});
  } else {
    all.push_back({{control_.in(), in, 0}, talk_or_wait});
    all.push_back({{control_.out(), out, 0}, talk_or_wait});
  }
  for (auto& one : responders_)
    all.push_back({{one->socket(), POLLIN, 0}, [&one](short) { one->receive(); }});
  for (auto& one : servers_)
    all.push_back({{one->socket(), POLLIN, 0}, [&one](short) { one->receive(); }});
  for (auto& one : punchers_) {
    all.push_back({{one->socket(), POLLIN, 0}, [&one](short) { one->receive(); }});
    all.push_back({{one->timer(), POLLIN, 0}, [&one](short) { one->tick(); }});
  }
  for (auto& one : requesters_) {
    all.push_back({{one->socket(), POLLIN, 0}, [&one](short) { one->receive(); }});
    all.push_back({{one->timer(), POLLIN, 0}, [&one](short) { one->tick(); }});
  }
  return all;
}

/// False when the host is gone.
bool Server::talk(short events) {
  if ((events & POLLIN) != 0) {
    std::vector<std::string> lines;
    std::size_t too_long = 0;
    if (!control_.read(lines, too_long)) return false;
    for (const auto& line : lines)
      handle(line);
    for (; too_long > 0; --too_long)
      control_.answer(json{{"id", nullptr}, {"error", "line too long"}}.dump());
  } else if ((events & (POLLHUP | POLLERR | POLLNVAL)) != 0) {
    return false; // nothing left to read
  }
  return control_.flush();
}

/// A virtio port whose host end is closed is always "ready" with POLLHUP (Linux
/// drivers/char/virtio_console.c): poll cannot wait for the next host, so look now and then.
void Server::await_host() {
  stop();
  control_.reset();
  over_ = host_ == Host::once;
  while (!over_) {
    pollfd port{control_.in(), POLLIN, 0};
    if (::poll(&port, 1, 0) >= 0 && (port.revents & POLLHUP) == 0) return;
    ::poll(nullptr, 0, retry_milliseconds);
  }
}

void Server::handle(const std::string& line) {
  json answer{{"id", nullptr}};
  try {
    const auto request = json::parse(line);
    if (!request.is_object()) throw Error("a request is an object");
    if (const auto id = request.find("id"); id != request.end()) answer["id"] = *id;
    answer.update(carry_out(request));
    answer["ok"] = true;
  } catch (const std::exception& error) {
    answer["error"] = error.what();
  }
  control_.answer(answer.dump(-1, ' ', false, json::error_handler_t::replace));
}

json Server::carry_out(const json& request) {
  const auto what = text_field(request, "do");
  if (what == "clock") return {{"now", monotonic_now()}};
  if (what == "respond") return respond(request);
  if (what == "probe") return probe(request);
  if (what == "rendezvous") return rendezvous(request);
  if (what == "punch") return punch(request);
  if (what != "stop")
    throw Error("cannot do '" + what + "', only clock, respond, probe, rendezvous, punch and stop");
  stop();
  return json::object();
}

json Server::respond(const json& request) {
  const auto port = field<std::uint16_t>(request, "port", 0, 65535);
  const auto local = socket_address(text_field(request, "address"), port);
  if (port != 0)
    std::erase_if(responders_, [&](const auto& one) { return same(one->asked_for(), local); });
  if (responders_.size() >= most_activities) throw Error("too many responders");
  responders_.push_back(std::make_unique<Responder>(local, sink()));
  return {{"port", responders_.back()->port()}};
}

json Server::probe(const json& request) {
  const RequesterOptions options{
      .stream =
          field<std::uint32_t>(request, "stream", 0, std::numeric_limits<std::uint32_t>::max()),
      .to = socket_address(text_field(request, "to"),
                           field<std::uint16_t>(request, "port", 1, 65535)),
      .interval =
          std::chrono::milliseconds(field<std::uint32_t>(request, "interval_ms", 1, 3'600'000)),
      .seed = field<std::uint64_t>(request, "seed", 0, std::numeric_limits<std::uint64_t>::max())};
  std::erase_if(requesters_, [&](const auto& one) { return one->stream() == options.stream; });
  if (requesters_.size() >= most_activities) throw Error("too many requesters");
  requesters_.push_back(std::make_unique<Requester>(options, sink()));
  return json::object();
}

json Server::rendezvous(const json& request) {
  const auto address = text_field(request, "address");
  const auto wanted = field<std::uint16_t>(request, "port", 0, 65535);
  if (servers_.size() + 2 > most_activities) throw Error("too many rendezvous servers");
  auto udp = std::make_unique<RendezvousActivity>(socket_address(address, wanted), PunchBy::udp);
  const auto port = udp->port();
  servers_.push_back(
      std::make_unique<RendezvousActivity>(socket_address(address, port), PunchBy::tcp));
  servers_.push_back(std::move(udp));
  return {{"port", port}};
}

/// A new attempt ends the one before: a machine has one puncher.
json Server::punch(const json& request) {
  const auto address = text_field(request, "server");
  const auto server =
      endpoint_of(socket_address(address, field<std::uint16_t>(request, "port", 1, 65535)));
  const punch::PuncherOptions options{
      .session =
          field<std::uint64_t>(request, "session", 0, std::numeric_limits<std::uint64_t>::max()),
      .side = field<std::uint8_t>(request, "side", 0, 1),
      .server = server,
      .interval =
          std::chrono::milliseconds(field<std::uint32_t>(request, "interval_ms", 1, 60'000)),
      .rounds = field<unsigned>(request, "rounds", 2, 1000)};
  punchers_.clear();
  punchers_.push_back(std::make_unique<PuncherActivity>(options, transport_of(request), sink()));
  return json::object();
}

void Server::stop() {
  responders_.clear();
  requesters_.clear();
  servers_.clear();
  punchers_.clear();
}

EventSink Server::sink() {
  return [this](const json& event) { control_.event(event.dump()); };
}

} // namespace hermesh::probe
