// SPDX-License-Identifier: MIT
#pragma once

#include "base/error.hh"
#include "base/fd.hh"
#include "base/sync.hh"

#include <sys/eventfd.h>

#include <exception>
#include <functional>
#include <future>
#include <string>
#include <utility>
#include <vector>

namespace hermesh {

/// Work that other threads hand to the loop's, and wait for.
class LoopRequests {
public:
  using Body = std::function<void()>;

  /// Readable while there is work.
  int descriptor() const { return event_.get(); }

  /// Waits until the loop has run `body`, whose exceptions come back. Throws Error when the loop
  /// has ended.
  void run(const Body& body) {
    Request request{.body = &body};
    auto done = request.done.get_future();
    queue_.with([&](Queue& queue) {
      if (!queue.ended.empty()) throw Error(queue.ended);
      queue.waiting.push_back(&request);
    });
    wake();
    done.get();
  }

  void wake() { ::eventfd_write(event_.get(), 1); }

  /// The loop's side: run what waits. True: there was something.
  bool serve() {
    eventfd_t count = 0;
    ::eventfd_read(event_.get(), &count);
    const auto waiting = take();
    for (Request* request : waiting) {
      // Once `done` is set the waiting thread may destroy the request.
      try {
        (*request->body)();
        request->done.set_value();
      } catch (...) {
        request->done.set_exception(std::current_exception());
      }
    }
    return !waiting.empty();
  }

  /// The loop has ended: nobody waits any longer.
  void end(const std::string& why) {
    const auto waiting = queue_.with([&](Queue& queue) {
      queue.ended = why;
      return std::exchange(queue.waiting, {});
    });
    for (Request* request : waiting)
      request->done.set_exception(std::make_exception_ptr(Error(why)));
  }

private:
  struct Request {
    const Body* body = nullptr;
    std::promise<void> done{};
  };
  struct Queue {
    std::vector<Request*> waiting{};
    std::string ended{}; ///< why, once the loop has
  };

  std::vector<Request*> take() {
    return queue_.with([](Queue& queue) { return std::exchange(queue.waiting, {}); });
  }

  Fd event_{check("make an eventfd", ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK))};
  Sync<Queue> queue_;
};

} // namespace hermesh
