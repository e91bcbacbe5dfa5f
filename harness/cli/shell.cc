// SPDX-License-Identifier: MIT
#include "base/error.hh"
#include "base/suggest.hh"
#include "base/unix_socket.hh"
#include "cli/commands.hh"
#include "cli/lab_client.hh"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>

namespace hermesh::cli {
namespace {

using namespace std::chrono_literals;

constexpr char escape = 0x1d; ///< Ctrl-], as in telnet and `virsh console`

struct ShellArguments {
  std::string machine{};
  std::vector<std::string> command{};
  std::string lab{};
  std::string runs = "runs";
};

/// The terminal passes every key on, until this goes.
class RawTerminal {
public:
  RawTerminal() {
    check("ask for the terminal's settings", ::tcgetattr(STDIN_FILENO, &before_));
    auto raw = before_;
    ::cfmakeraw(&raw);
    check("set the terminal to raw", ::tcsetattr(STDIN_FILENO, TCSANOW, &raw));
  }
  RawTerminal(const RawTerminal&) = delete;
  RawTerminal& operator=(const RawTerminal&) = delete;
  ~RawTerminal() {
    ::tcsetattr(STDIN_FILENO, TCSANOW, &before_);
    fmt::print(stderr, "\n"); // the guest's prompt is still on the line
  }

private:
  termios before_{};
};

/// A virtio console does not know how large the terminal at its other end is; programs that draw
/// ask it.
void tell_size(LabClient& client, const std::string& machine) {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0) return;
  const auto number = [](unsigned value) { return std::to_string(value); };
  client.ask(
      {{"do", "exec"},
       {"machine", machine},
       {"argv",
        {"stty", "-F", "/dev/hvc0", "rows", number(size.ws_row), "columns", number(size.ws_col)}}},
      30s);
}

/// Passes on what is there to read; false at the end, or when the user typed the escape.
bool pass_on(int from, int to, bool watch_escape) {
  std::array<char, 4096> buffer{};
  const auto got = ::read(from, buffer.data(), buffer.size());
  if (got <= 0) return false;
  const std::string_view data(buffer.data(), static_cast<std::size_t>(got));
  const auto end = watch_escape ? data.find(escape) : std::string_view::npos;
  write_all(to, data.substr(0, end));
  return end == std::string_view::npos;
}

int interactive(LabClient& client, const std::string& machine) {
  if (::isatty(STDIN_FILENO) != 1)
    throw InputError(
        "stdin is no terminal; for one command write: hermesh shell MACHINE -- COMMAND");
  const auto shell = client.ask({{"do", "shell"}, {"machine", machine}}, 10s);
  tell_size(client, machine);
  const auto console = connect_unix(shell.at("socket").get<std::string>());
  fmt::print(stderr, "Ctrl-] leaves; the lab stays up. Press Enter for a prompt.\n");
  const RawTerminal raw;
  while (true) {
    std::array<pollfd, 2> polled{pollfd{STDIN_FILENO, POLLIN, 0}, pollfd{console.get(), POLLIN, 0}};
    if (::poll(polled.data(), polled.size(), -1) < 0) continue;
    if (polled[0].revents != 0 && !pass_on(STDIN_FILENO, console.get(), true)) return 0;
    if (polled[1].revents != 0 && !pass_on(console.get(), STDOUT_FILENO, false)) return 0;
  }
}

int shell(const ShellArguments& arguments) {
  LabClient client(find_lab(arguments.lab, arguments.runs));
  const auto machines =
      client.ask({{"do", "status"}}, 10s).at("machines").get<std::vector<std::string>>();
  if (std::ranges::find(machines, arguments.machine) == machines.end())
    throw InputError("the lab has no machine '" + arguments.machine + "'" +
                     did_you_mean(arguments.machine, machines));
  if (arguments.command.empty()) return interactive(client, arguments.machine);
  const auto answer = client.ask(
      {{"do", "exec"}, {"machine", arguments.machine}, {"argv", arguments.command}}, 11min);
  if (answer.at("timed_out").get<bool>()) throw Error("the command was ended: it took over 10 min");
  fmt::print("{}", answer.at("output").get<std::string>());
  fmt::print(stderr, "{}", answer.at("diagnostics").get<std::string>());
  return answer.at("code").get<int>();
}

} // namespace

void add_shell(CLI::App& app, int& status) {
  auto arguments = std::make_shared<ShellArguments>();
  auto* command =
      app.add_subcommand("shell", "a terminal, or one command, in a machine of a standing lab");
  command->add_option("MACHINE", arguments->machine, "its name in the topology")->required();
  command->add_option("COMMAND",
                      arguments->command,
                      "after --: run this instead of a terminal; its exit status is hermesh's");
  command->add_option("--lab", arguments->lab, "the lab's run directory, when several are up")
      ->type_name("FOLDER");
  command->add_option("--runs", arguments->runs, "where to look for it")
      ->type_name("FOLDER")
      ->capture_default_str();
  command->footer("Examples:\n  hermesh shell a\n  hermesh shell a -- wg show");
  command->callback([arguments, &status] { status = shell(*arguments); });
}

} // namespace hermesh::cli
