// SPDX-License-Identifier: MIT
#include "base/error.hh"
#include "base/fd.hh"
#include "probe/server.hh"

#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <iostream>
#include <string>
#include <vector>

namespace {

constexpr auto usage =
    "usage: hermesh-probe serve [DEVICE]\n"
    "Sends and answers probe packets as its host says: over DEVICE (a virtio port), or over\n"
    "stdin and stdout.\n";

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
  if (arguments.empty() || arguments.size() > 2 || arguments[0] != "serve") {
    std::cerr << usage;
    return 2;
  }
  std::signal(SIGPIPE, SIG_IGN); // a host that is gone is an error of write(), not our end
  try {
    serve(arguments);
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "hermesh-probe: " << error.what() << '\n';
    return 3;
  }
}
