// SPDX-License-Identifier: MIT
#include "machine/libvirt_process.hh"

#include "base/error.hh"
#include "machine/libvirt_user.hh"

#include <cstdlib>

namespace hermesh {
namespace {

/// libvirt reads where to log from the environment when it is initialised; its talk belongs in a file
/// beside its sockets, not between the lines of a command's output.
void keep_log_in(const std::filesystem::path& root) {
  const auto output = "3:file:" + (root / "libvirt.log").string();
  ::setenv("LIBVIRT_LOG_OUTPUTS", output.c_str(), 0); // NOLINT(concurrency-mt-unsafe): once, early
}

struct Embedded {
  Embedded() {
    if (libvirt_user_missing()) throw Error(libvirt_user_advice());
    keep_log_in(driver.root.path());
  }
  EmbeddedDriver driver;
};

} // namespace

bool is_embedded(const std::string& uri) {
  return uri == "qemu:///embed";
}

void ensure_event_thread() {
  static EventThread thread; // see the class: libvirt's own loop is one per process
}

EmbeddedDriver& embedded_driver() {
  static Embedded embedded; // see EmbeddedDriver
  return embedded.driver;
}

Connection open_connection(const std::string& uri) {
  if (!is_embedded(uri)) {
    ensure_event_thread();
    return Connection(require("connect to " + uri, virConnectOpen(uri.c_str())));
  }
  auto& driver = embedded_driver();
  ensure_event_thread(); // after the log's place is set
  const Reaper::Busy busy(driver.reaper);
  const auto address = driver.root.uri();
  return Connection(require("connect to " + address, virConnectOpen(address.c_str())));
}

} // namespace hermesh
