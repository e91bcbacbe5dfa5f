// SPDX-License-Identifier: MIT
#include "machine/libvirt_machine.hh"

#include "base/error.hh"
#include "machine/agent_protocol.hh"
#include "machine/card_link.hh"
#include "machine/tar.hh"

#include <fcntl.h>
#include <libvirt/libvirt-qemu.h>
#include <libvirt/virterror.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>

namespace hermesh {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

// Limits for one question to the agent. It answers in milliseconds; a host that is busy with other
// guests under TCG has needed seconds.
constexpr int answer_patience_s = 30;

constexpr auto shortest_pause = 8ms;
constexpr auto longest_pause = 200ms;
constexpr auto kill_patience = 10s; ///< for a killed program's end to be told
constexpr auto unpack_patience = 60s;
constexpr auto end_patience = 5s; ///< for someone to say how a QEMU ended

// libvirt 9.0 sends garbage to the agent when a message does not fit the socket's buffer at once
// (some 200 kB, seen with 340 kB; its "safe" write forgets what it wrote before EAGAIN), and the
// agent then never answers again. So what goes in goes in parts; what comes out may be large
// (libvirt: 10 MB).
constexpr std::size_t largest_request = 120'000;
constexpr std::size_t part_in = 64 << 10; ///< bytes, a third more as base64
constexpr std::size_t part_out = 1 << 20;

struct FreeString {
  void operator()(char* text) const { std::free(text); } // NOLINT(cppcoreguidelines-no-malloc)
};

const std::string spool = "/run/hermesh-push.tar";

} // namespace

std::string last_lines(const std::filesystem::path& file, std::size_t count) {
  std::ifstream in(file, std::ios::binary);
  std::vector<std::string> lines;
  std::string panic;
  for (std::string line; std::getline(in, line);) {
    std::erase_if(line, [](unsigned char c) { return c < 0x20 && c != '\t'; });
    if (line.find_first_not_of(" \t") == std::string::npos) continue;
    if (line.find("Kernel panic") != std::string::npos) panic = line; // a long trace follows
    lines.push_back(line.substr(0, 300));
    if (lines.size() > count) lines.erase(lines.begin());
  }
  if (std::ranges::find(lines, panic) != lines.end()) panic.clear();
  std::string text = panic;
  for (const auto& line : lines)
    text += (text.empty() ? "" : " | ") + line;
  return text;
}

LibvirtMachine::LibvirtMachine(
    std::string name, Domain domain, GuestPlaces places, std::shared_ptr<Life> life, Reaper* reaper)
    : name_(std::move(name)), domain_(std::move(domain)), places_(std::move(places)),
      life_(std::move(life)), reaper_(reaper) {
  // For the question that libvirt asks before each of ours, to find the agent in step.
  virDomainAgentSetResponseTimeout(domain_.get(), answer_patience_s, 0);
}

LibvirtMachine::~LibvirtMachine() {
  stop();
}

std::string LibvirtMachine::last_words() const {
  auto words = last_lines(places_.console_log, 4);
  const auto qemu = last_lines(places_.qemu_log, 1);
  if (qemu.find("qemu") != std::string::npos) words += (words.empty() ? "" : " | ") + qemu;
  return words.empty() ? "its console is empty" : "its console's last lines: " + words;
}

void LibvirtMachine::fail(const std::string& what) const {
  const auto obituary = life_->settled_obituary(steady_clock::now() + 1s);
  throw Error((obituary.empty() ? what : obituary) + "; " + last_words());
}

std::string LibvirtMachine::ask(const std::string& request) {
  if (!life_->obituary().empty()) fail({});
  if (request.size() > largest_request)
    throw Error("over 64 KiB at once for the guest agent: push it as a file");
  const std::unique_ptr<char, FreeString> answer(
      virDomainQemuAgentCommand(domain_.get(), request.c_str(), answer_patience_s, 0));
  if (answer) return answer.get();
  const LibvirtError problem("ask the guest agent");
  // The agent's socket ends before libvirt and the reaper have noticed that the QEMU has.
  const bool cut = std::string_view(problem.what()).find("End of file") != std::string_view::npos;
  const bool gone = virDomainIsActive(domain_.get()) != 1;
  const bool ended = life_->await_end(steady_clock::now() + (cut || gone ? end_patience : 0s));
  if (ended || gone) fail("the guest is gone");
  throw problem;
}

void LibvirtMachine::await_agent(std::chrono::seconds patience) {
  while_doing(name_ + ": boot", [&] { await_answer(patience); });
}

void LibvirtMachine::await_answer(std::chrono::seconds patience) {
  const auto deadline = steady_clock::now() + patience;
  while (life_->await_agent(deadline)) {
    try {
      agent::parse_empty(ask(agent::ping()));
      return;
    } catch (const LibvirtError&) { // opened its channel, but is not in step yet
      if (life_->await_end(std::min(deadline, steady_clock::now() + longest_pause))) break;
      if (steady_clock::now() >= deadline) break;
    }
  }
  fail("no answer of the guest agent within the boot patience of " +
       std::to_string(patience.count()) + " s");
}

Exit LibvirtMachine::exec(const Command& command, std::chrono::milliseconds timeout) {
  return while_doing(name_ + ": " + to_string(command), [&] {
    const auto pid = agent::parse_pid(ask(agent::exec(command)));
    return await_exit(pid, steady_clock::now() + timeout);
  });
}

Exit LibvirtMachine::await_exit(std::int64_t pid, steady_clock::time_point deadline) {
  steady_clock::duration pause = shortest_pause;
  bool killed = false;
  while (true) {
    if (auto exit = agent::parse_exec_status(ask(agent::exec_status(pid)))) {
      exit->timed_out = killed;
      return *exit;
    }
    const auto now = steady_clock::now();
    if (now >= deadline && killed) // something that left the group holds its output open
      return {.code = 128 + SIGKILL, .timed_out = true};
    if (now >= deadline) {
      ask(agent::kill_group(pid));
      killed = true;
      deadline = now + kill_patience;
    }
    life_->await_end(std::min(deadline, now + pause));
    pause = std::min<steady_clock::duration>(pause * 3 / 2, longest_pause);
  }
}

void LibvirtMachine::push(const std::vector<PushedFile>& files) {
  if (files.empty()) return;
  const auto archive = make_tar(files);
  Command unpack{.argv = {"tar", "-xpf", "-", "-C", "/"}};
  if (archive.size() <= part_in) {
    unpack.input = archive;
    must(*this, unpack, unpack_patience);
    return;
  }
  while_doing(name_ + ": push " + files.front().target, [&] {
    const auto handle = agent::parse_handle(ask(agent::open_file(spool, "w")));
    for (std::size_t at = 0; at < archive.size(); at += part_in)
      agent::parse_empty(
          ask(agent::write_file(handle, std::string_view(archive).substr(at, part_in))));
    agent::parse_empty(ask(agent::close_file(handle)));
  });
  unpack.argv[2] = spool;
  must(*this, unpack, unpack_patience);
  must(*this, {.argv = {"rm", spool}}, unpack_patience);
}

std::string LibvirtMachine::pull(const std::string& path) {
  return while_doing(name_ + ": pull " + path, [&] {
    const auto handle = agent::parse_handle(ask(agent::open_file(path, "r")));
    std::string content;
    while (true) {
      auto part = agent::parse_file_part(ask(agent::read_file(handle, part_out)));
      content += part.bytes;
      if (part.end || part.bytes.empty()) break;
    }
    agent::parse_empty(ask(agent::close_file(handle)));
    return content;
  });
}

Fd LibvirtMachine::open_probe() {
  const auto attempt = name_ + ": connect to the probe " + places_.probe_socket.string();
  if (!life_->obituary().empty()) while_doing(attempt, [this] { fail({}); });
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const auto path = places_.probe_socket.string();
  if (path.size() >= sizeof address.sun_path) throw SystemError(attempt, ENAMETOOLONG);
  std::memcpy(address.sun_path, path.data(), path.size());
  Fd stream(check(attempt, ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)));
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): the sockets API
  check(attempt,
        ::connect(stream.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address));
  return stream;
}

void LibvirtMachine::set_link(const MacAddress& card, bool up) {
  const auto attempt =
      name_ + ": carrier " + (up ? "up" : "down") + " on the card " + to_string(card);
  while_doing(attempt, [&] {
    const std::unique_ptr<char, FreeString> xml(virDomainGetXMLDesc(domain_.get(), 0));
    if (!xml) throw LibvirtError("read the domain's XML");
    const auto element = card_with_link(xml.get(), card, up);
    if (virDomainUpdateDeviceFlags(domain_.get(), element.c_str(), VIR_DOMAIN_AFFECT_LIVE) < 0)
      throw LibvirtError("update the card");
  });
}

void LibvirtMachine::suspend() {
  if (virDomainSuspend(domain_.get()) < 0) throw LibvirtError(name_ + ": suspend");
}

void LibvirtMachine::resume() {
  if (virDomainResume(domain_.get()) < 0) throw LibvirtError(name_ + ": resume");
}

void LibvirtMachine::stop() noexcept {
  if (!life_->begin_stop()) return;
  try {
    const auto busy = reaper_ == nullptr ? nullptr : std::make_unique<Reaper::Busy>(*reaper_);
    // Its last event is waited for: one that came late would be taken for a successor's of that
    // name.
    if (virDomainDestroy(domain_.get()) == 0)
      life_->await_last_event(std::chrono::steady_clock::now() + end_patience);
    std::error_code ignored;
    if (!places_.qemu_copy.empty())
      std::filesystem::copy_file(places_.qemu_log,
                                 places_.qemu_copy,
                                 std::filesystem::copy_options::overwrite_existing,
                                 ignored);
    life_->ended("destroyed", Witness::libvirt);
  } catch (...) { // out of memory: the guardian will end it
    return;
  }
}

} // namespace hermesh
