// SPDX-License-Identifier: MIT
#include "base/unix_socket.hh"

#include "base/error.hh"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace hermesh {
namespace {

struct ShortAddress {
  Fd folder; ///< must live as long as the address is used
  sockaddr_un address{};
};

ShortAddress short_address(const std::filesystem::path& path) {
  ShortAddress result;
  const auto parent = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
  result.folder = Fd(
      check("open " + parent.string(), ::open(parent.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)));
  const auto name =
      "/proc/self/fd/" + std::to_string(result.folder.get()) + "/" + path.filename().string();
  result.address.sun_family = AF_UNIX;
  if (name.size() >= sizeof result.address.sun_path)
    throw Error("the socket's name is too long: " + path.string());
  std::memcpy(&result.address.sun_path, name.c_str(), name.size() + 1);
  return result;
}

const sockaddr* generic(const sockaddr_un& address) {
  return reinterpret_cast<const sockaddr*>(
      &address); // NOLINT(cppcoreguidelines-pro-type-reinterpret-cast): the socket API's own cast
}

Fd make_socket() {
  return Fd(check("make a socket", ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)));
}

} // namespace

Fd listen_unix(const std::filesystem::path& path) {
  const auto where = short_address(path);
  auto fd = make_socket();
  std::error_code ignored;
  std::filesystem::remove(path, ignored);
  check("bind " + path.string(), ::bind(fd.get(), generic(where.address), sizeof where.address));
  check("protect " + path.string(), ::chmod(path.c_str(), 0600));
  check("listen on " + path.string(), ::listen(fd.get(), 8));
  return fd;
}

Fd connect_unix(const std::filesystem::path& path) {
  const auto where = short_address(path);
  auto fd = make_socket();
  check("connect to " + path.string(),
        ::connect(fd.get(), generic(where.address), sizeof where.address));
  return fd;
}

std::optional<std::string> LineReader::next(std::chrono::milliseconds patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (true) {
    if (const auto end = buffer_.find('\n'); end != std::string::npos) {
      auto line = buffer_.substr(0, end);
      buffer_.erase(0, end + 1);
      return line;
    }
    if (ended_) return std::nullopt;
    pollfd polled{fd_, POLLIN, 0};
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - std::chrono::steady_clock::now());
    if (::poll(&polled, 1, static_cast<int>(std::max<std::int64_t>(left.count(), 0))) <= 0)
      return std::nullopt;
    std::array<char, 4096> chunk{};
    const auto got = ::read(fd_, chunk.data(), chunk.size());
    if (got <= 0)
      ended_ = true;
    else
      buffer_.append(chunk.data(), static_cast<std::size_t>(got));
  }
}

void write_all(int fd, std::string_view data) {
  while (!data.empty()) {
    const auto written = check("write to a socket", ::write(fd, data.data(), data.size()));
    data.remove_prefix(static_cast<std::size_t>(written));
  }
}

} // namespace hermesh
