// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <vector>

namespace hermesh::testing {

/// hermesh, started and left running; ended by its destructor when it still runs.
class Background {
public:
  explicit Background(const std::vector<std::string>& arguments);
  Background(Background&& other) noexcept;
  Background& operator=(Background&&) = delete;
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;
  ~Background();

  void signal(int number) const;
  /// Its exit status (128 + signal when killed); killed and -1 when it does not end in time.
  int wait(std::chrono::seconds patience);
  std::string output() const; ///< both streams so far

private:
  pid_t pid_ = -1;
  std::string log_;
};

} // namespace hermesh::testing
