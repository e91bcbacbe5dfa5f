// SPDX-License-Identifier: MIT
//
// The stream between host and probe program, cut anywhere: what a guest says to the host
// (ProbeLink, probe events), and lines as the probe program reads them (Control).
#include "base/error.hh"
#include "probe/control.hh"
#include "runner/probe_event.hh"
#include "runner/probe_link.hh"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>

namespace {

using namespace hermesh;

/// Two ends of a stream, non-blocking.
std::array<Fd, 2> stream() {
  std::array<int, 2> ends{};
  check("socketpair",
        ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()));
  return {Fd{ends[0]}, Fd{ends[1]}};
}

/// `visit` after every piece; the first byte says how large they are.
template <typename Visit>
void in_pieces(std::string_view text, int to, Visit visit) {
  const std::size_t piece = text.empty() ? 1 : 1 + static_cast<unsigned char>(text[0]) * 16U;
  for (std::size_t at = std::min<std::size_t>(1, text.size()); at < text.size(); at += piece) {
    const auto part = text.substr(at, piece);
    check("write", ::write(to, part.data(), part.size()));
    visit();
  }
}

void host_listens(std::string_view text) {
  auto [host, guest] = stream();
  try {
    ProbeLink link(
        "a",
        std::move(host),
        [] { return Time{7}; },
        [](const nlohmann::json& said) {
          if (read_probe_event(said, "a").sequence >= most_probes) std::abort();
        });
    // The answer that begins the session: its id is the moment.
    constexpr std::string_view first = "{\"id\":7,\"ok\":true}\n";
    check("write", ::write(guest.get(), first.data(), first.size()));
    link.read();
    if (!link.ready()) std::abort();
    link.ask_clock();
    in_pieces(text, guest.get(), [&] {
      link.read();
      link.take_answer(8);
      if (link.clock_asked()) return;
      static_cast<void>(link.clock().to_fabric(Time{1'000'000}));
      link.ask_clock();
    });
  } catch (const Error&) { // refused, as it should be
  }
}

void guest_listens(std::string_view text) {
  auto [host, guest] = stream();
  probe::Control control(guest.get(), guest.get());
  std::vector<std::string> lines;
  std::size_t too_long = 0;
  in_pieces(text, host.get(), [&] { control.read(lines, too_long); });
  const auto wanted = static_cast<std::size_t>(std::ranges::count(text, '\n'));
  if (lines.size() > wanted) std::abort();
  for (const auto& line : lines)
    if (line.find('\n') != std::string::npos) std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto ignored = std::signal(SIGPIPE, SIG_IGN);
  static_cast<void>(ignored);
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  host_listens(text);
  guest_listens(text);
  return 0;
}
