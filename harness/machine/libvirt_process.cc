// SPDX-License-Identifier: MIT
#include "machine/libvirt_process.hh"

#include "base/error.hh"
#include "machine/libvirt_user.hh"

#include <unistd.h>

#include <cstdlib>
#include <optional>

namespace hermesh {
namespace {

/// libvirt reads where to log from the environment when it is initialised; its talk belongs in a
/// file beside its sockets, not between the lines of a command's output. The variable does not
/// stay: programs that this one starts may be libvirt's users too.
void initialise_with_log_in(const std::filesystem::path& root) {
  constexpr const char* variable = "LIBVIRT_LOG_OUTPUTS";
  // NOLINTBEGIN(concurrency-mt-unsafe): once, before libvirt has threads
  const bool wanted = std::getenv(variable) != nullptr; // somebody looks for a fault
  if (!wanted) ::setenv(variable, ("3:file:" + (root / "libvirt.log").string()).c_str(), 1);
  const int result = virInitialize();
  if (!wanted) ::unsetenv(variable);
  // NOLINTEND(concurrency-mt-unsafe)
  require("initialise libvirt", result);
}

/// For an ordinary user libvirt keeps a few files in $XDG_RUNTIME_DIR, or else in ~/.cache, also
/// with a root of its own, and fails where neither can be written (a build sandbox, a daemon's
/// user). It asks once, when the driver starts.
class RuntimeFolder {
public:
  explicit RuntimeFolder(const std::filesystem::path& root) {
    const char* folder = std::getenv(variable); // NOLINT(concurrency-mt-unsafe): see initialise
    if (folder != nullptr && ::access(folder, W_OK | X_OK) == 0) return;
    if (folder != nullptr) before_ = folder;
    ::setenv(variable, root.c_str(), 1); // NOLINT(concurrency-mt-unsafe)
    changed_ = true;
  }
  ~RuntimeFolder() {
    if (!changed_) return;
    // NOLINTBEGIN(concurrency-mt-unsafe)
    if (before_)
      ::setenv(variable, before_->c_str(), 1);
    else
      ::unsetenv(variable);
    // NOLINTEND(concurrency-mt-unsafe)
  }
  RuntimeFolder(const RuntimeFolder&) = delete;
  RuntimeFolder& operator=(const RuntimeFolder&) = delete;

private:
  static constexpr const char* variable = "XDG_RUNTIME_DIR";
  std::optional<std::string> before_;
  bool changed_ = false;
};

struct Embedded {
  Embedded() {
    if (libvirt_user_missing()) throw Error(libvirt_user_advice());
    initialise_with_log_in(driver.root.path());
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
  const std::lock_guard lock(driver.opening);
  const RuntimeFolder runtime(driver.root.path());
  return Connection(require("connect to " + address, virConnectOpen(address.c_str())));
}

} // namespace hermesh
