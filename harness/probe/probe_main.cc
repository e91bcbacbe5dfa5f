// SPDX-License-Identifier: MIT
#include "base/error.hh"
#include "base/fd.hh"
#include "probe/server.hh"
#include "probe/tunnel.hh"

#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <iostream>
#include <string>
#include <vector>

namespace {

constexpr auto usage =
    "usage: hermesh-probe serve [DEVICE]\n"
    "       hermesh-probe tunnel INTERFACE STATE-FOLDER SERVER PORT SELF [PEER OVERLAY]...\n"
    "       hermesh-probe rendezvous PORT\n"
    "serve: sends and answers probe packets as its host says, over DEVICE (a virtio port) or over\n"
    "stdin and stdout. tunnel, rendezvous: the VPN `punch` on a peer, and on its server.\n";

void serve(const std::vector<std::string>& arguments) {
  using hermesh::probe::Server;
  if (arguments.size() == 1) return Server(STDIN_FILENO, STDOUT_FILENO, Server::Host::once).run();
  const auto& device = arguments[1];
  const hermesh::Fd port{
      hermesh::check("open " + device, ::open(device.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC))};
  Server(port.get(), port.get(), Server::Host::comes_back).run();
}

} // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  const std::string command = arguments.empty() ? "" : arguments[0];
  std::signal(SIGPIPE, SIG_IGN); // a host that is gone is an error of write(), not our end
  try {
    if (command == "serve" && arguments.size() <= 2) {
      serve(arguments);
      return 0;
    }
    if (command == "tunnel")
      hermesh::probe::run_tunnel(
          hermesh::probe::read_tunnel_options({arguments.begin() + 1, arguments.end()}));
    if (command == "rendezvous" && arguments.size() == 2)
      hermesh::probe::run_rendezvous(static_cast<std::uint16_t>(std::stoi(arguments[1])));
  } catch (const std::exception& error) {
    std::cerr << "hermesh-probe: " << error.what() << '\n';
    return 3;
  }
  std::cerr << usage;
  return 2;
}
