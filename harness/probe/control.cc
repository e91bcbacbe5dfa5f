// SPDX-License-Identifier: MIT
#include "probe/control.hh"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace hermesh::probe {
namespace {

bool would_block() {
  return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

} // namespace

bool Control::read(std::vector<std::string>& lines, std::size_t& too_long) {
  std::array<char, 4096> buffer{};
  const auto got = ::read(in_, buffer.data(), buffer.size());
  if (got == 0) return false; // a pipe's writer, or a virtio port's host, is not there
  if (got < 0) return would_block();
  partial_.append(buffer.data(), static_cast<std::size_t>(got));
  split(lines, too_long);
  return true;
}

void Control::split(std::vector<std::string>& lines, std::size_t& too_long) {
  std::size_t start = 0;
  for (auto end = partial_.find('\n'); end != std::string::npos; end = partial_.find('\n', start)) {
    if (!skipping_ && end > start) lines.push_back(partial_.substr(start, end - start));
    skipping_ = false;
    start = end + 1;
  }
  partial_.erase(0, start);
  if (partial_.size() <= longest_line) return;
  if (!skipping_) ++too_long;
  skipping_ = true;
  partial_.clear();
}

void Control::answer(std::string line) {
  push(std::move(line), false);
}

void Control::event(std::string line) {
  push(std::move(line), true);
  make_room();
}

void Control::push(std::string line, bool event) {
  line += '\n';
  queued_ += line.size();
  queue_.push_back({std::move(line), event});
}

void Control::make_room() {
  // The first line stays when a part of it is out: the host could not tell where the next begins.
  auto oldest = queue_.begin() + (written_ > 0 ? 1 : 0);
  while (queued_ > most_queued) {
    oldest = std::find_if(oldest, queue_.end(), [](const Line& line) { return line.event; });
    if (oldest == queue_.end()) return;
    queued_ -= oldest->text.size();
    oldest = queue_.erase(oldest);
    ++dropped_;
  }
}

bool Control::flush() {
  while (!queue_.empty()) {
    const auto& line = queue_.front().text;
    const auto wrote = ::write(out_, line.data() + written_, line.size() - written_);
    if (wrote < 0) return would_block();
    written_ += static_cast<std::size_t>(wrote);
    if (written_ < line.size()) return true;
    queued_ -= line.size();
    queue_.pop_front();
    written_ = 0;
    if (dropped_ == 0) continue;
    const auto count = std::to_string(dropped_);
    dropped_ = 0;
    push("{\"event\":\"dropped\",\"count\":" + count + "}", false);
  }
  return true;
}

void Control::reset() {
  partial_.clear();
  skipping_ = false;
  queue_.clear();
  queued_ = written_ = 0;
  dropped_ = 0;
}

} // namespace hermesh::probe
