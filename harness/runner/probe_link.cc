// SPDX-License-Identifier: MIT
#include "runner/probe_link.hh"

#include "base/error.hh"
#include "model/foreign_json.hh"
#include "runner/probe_event.hh"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace hermesh {
namespace {

using nlohmann::json;

constexpr int write_patience_milliseconds = 10'000;
constexpr std::size_t longest_line = 64 * 1024; ///< the program's own lines have some hundred bytes

bool would_block() {
  return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

} // namespace

ProbeLink::ProbeLink(std::string machine, Fd stream, std::function<Time()> now, EventSink sink)
    : machine_(std::move(machine)), stream_(std::move(stream)), now_(std::move(now)),
      sink_(std::move(sink)),
      // No id of an earlier session comes again, so none of its answers can be taken for ours.
      next_id_(static_cast<std::uint64_t>(std::max<std::int64_t>(now_().count(), 1))) {
  write("\n");
  first_id_ = send({{"do", "stop"}});
}

void ProbeLink::fail(const std::string& what) const {
  throw Error(fmt::format("the probe program on machine '{}': {}", machine_, what));
}

std::uint64_t ProbeLink::send(json request) {
  const auto id = next_id_++;
  request["id"] = id;
  write(request.dump() + "\n");
  return id;
}

void ProbeLink::write(std::string_view text) {
  while (!text.empty()) {
    // A stream is a socket (of QEMU's port) or, under SSH, may be a pipe.
    auto wrote = ::send(stream_.get(), text.data(), text.size(), MSG_NOSIGNAL);
    if (wrote < 0 && errno == ENOTSOCK) wrote = ::write(stream_.get(), text.data(), text.size());
    if (wrote >= 0) {
      text.remove_prefix(static_cast<std::size_t>(wrote));
      continue;
    }
    if (!would_block()) fail("its stream has ended");
    pollfd room{stream_.get(), POLLOUT, 0};
    if (::poll(&room, 1, write_patience_milliseconds) == 0)
      fail(fmt::format("read nothing for {} ms", write_patience_milliseconds));
  }
}

void ProbeLink::read() {
  std::array<char, 16384> buffer{};
  const auto got = ::read(stream_.get(), buffer.data(), buffer.size());
  if (got < 0 && would_block()) return;
  if (got <= 0) fail("its stream has ended");
  read_at_ = now_();
  partial_.append(buffer.data(), static_cast<std::size_t>(got));
  std::size_t start = 0;
  for (auto end = partial_.find('\n'); end != std::string::npos; end = partial_.find('\n', start)) {
    if (end > start) take_line(partial_.substr(start, end - start));
    start = end + 1;
  }
  partial_.erase(0, start);
  if (partial_.size() > longest_line)
    fail(fmt::format("said a line of more than {} bytes", longest_line));
}

void ProbeLink::take_line(const std::string& line) {
  const auto said = parse_foreign_json(line);
  const bool object = said.is_object();
  const auto id = object && said.contains("id") && said["id"].is_number_unsigned()
                      ? said["id"].get<std::uint64_t>()
                      : 0;
  if (!ready_) { // until the first answer, all this was meant for an earlier session
    ready_ = id == first_id_;
    return;
  }
  if (!object) fail("said '" + line.substr(0, 80) + "', which is no JSON object");
  if (said.contains("event")) return sink_(said);
  if (id != 0 && id == clock_id_) {
    clock_id_ = 0;
    clock_.add(clock_asked_, read_guest_time(said, "now", machine_), read_at_);
    return;
  }
  if (id >= first_id_ && id < next_id_) answers_[id] = said; // nobody waits for any other
}

std::optional<json> ProbeLink::take_answer(std::uint64_t id) {
  const auto found = answers_.extract(id);
  if (found.empty()) return std::nullopt;
  if (const auto error = found.mapped().find("error"); error != found.mapped().end())
    fail(error->is_string() ? error->get<std::string>() : error->dump());
  return found.mapped();
}

void ProbeLink::ask_clock() {
  if (clock_asked()) return;
  clock_asked_ = now_();
  clock_id_ = send({{"do", "clock"}});
}

} // namespace hermesh
