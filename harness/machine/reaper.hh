// SPDX-License-Identifier: MIT
#pragma once

#include "base/fd.hh"

#include <sys/types.h>

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

namespace hermesh {

/// Reaps the QEMUs of this process. They daemonise, so they become orphans; where PID 1 does not
/// reap (containers, build sandboxes) an ended one stays a zombie, and libvirt waits for it for
/// ever. So this process becomes a child subreaper (prctl(2)) and asks how they ended: the watched
/// ones by pidfd, and while libvirt is busy also the ones that no one has registered yet (a QEMU
/// that fails at start, or that is started to learn its capabilities). Children that other code
/// waits for are never touched: an adopted daemon is known by its session, which is neither its own
/// nor ours.
class Reaper {
public:
  Reaper();
  ~Reaper();
  Reaper(const Reaper&) = delete;
  Reaper& operator=(const Reaper&) = delete;

  /// `ended` is called once, from the reaper's thread, with "signal 9" or "exit status 1". It must
  /// not call the reaper. Nothing happens when `pid` is no child of this process.
  void watch(pid_t pid, std::function<void(const std::string&)> ended);

  /// While one lives, adopted daemons that end are reaped within some 50 ms.
  class Busy {
  public:
    explicit Busy(Reaper& reaper);
    ~Busy();
    Busy(const Busy&) = delete;
    Busy& operator=(const Busy&) = delete;

  private:
    Reaper& reaper_;
  };

private:
  struct Watched {
    Fd process;
    std::function<void(const std::string&)> ended;
  };

  void run();
  void wait();
  void reap_watched();
  bool is_watched(pid_t pid);
  void wake();

  std::mutex mutex_;
  std::map<pid_t, std::shared_ptr<Watched>> watched_;
  int busy_ = 0;
  bool stopping_ = false;
  Fd wake_;
  std::thread thread_;
};

} // namespace hermesh
