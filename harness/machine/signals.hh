// SPDX-License-Identifier: MIT
#pragma once

#include <csignal>

namespace hermesh {

/// While it lives, threads that are started take no signals: those belong to whoever reads them.
class BlockSignals {
public:
  BlockSignals() {
    sigset_t all;
    sigfillset(&all);
    ::pthread_sigmask(SIG_BLOCK, &all, &before_);
  }
  ~BlockSignals() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  BlockSignals(const BlockSignals&) = delete;
  BlockSignals& operator=(const BlockSignals&) = delete;

private:
  sigset_t before_{};
};

} // namespace hermesh
