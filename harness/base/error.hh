// SPDX-License-Identifier: MIT
#pragma once

#include <cerrno>
#include <exception>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace hermesh {

/// The harness could not do its job: a guest that will not boot, a file that cannot be written.
/// The program ends with exit status 3.
///
/// A VPN that fails to connect is *not* an Error: that is a measurement, and measurements are
/// values.
class Error : public std::exception {
public:
  explicit Error(std::string message) : message_(std::move(message)) {}

  /// Say what was being attempted. Callers add outer context as the error rises.
  void add_context(std::string_view doing) { message_ = std::string(doing) + ": " + message_; }

  const char* what() const noexcept override { return message_.c_str(); }

private:
  std::string message_;
};

/// What the user gave is wrong: a file, a name, a flag. The program ends with exit status 2, and
/// nothing has been started. The message is one line: file, place, what was found, what was wanted,
/// nearest name.
class InputError : public Error {
public:
  using Error::Error;
};

/// A system call failed.
class SystemError : public Error {
public:
  explicit SystemError(std::string_view attempt, int error_number = errno)
      : Error(std::string(attempt) + ": " + std::generic_category().message(error_number)),
        error_number_(error_number) {}

  int error_number() const { return error_number_; }

private:
  int error_number_;
};

/// Return what the system call returned, or throw SystemError saying what was attempted:
///
///     Fd file{check("open /dev/kvm", ::open("/dev/kvm", O_RDWR | O_CLOEXEC))};
template <typename T>
T check(std::string_view attempt, T result) {
  if (result < 0) throw SystemError(attempt);
  return result;
}

/// Run `body`; an Error that leaves it also says what was being done, and keeps its type.
template <typename Body>
decltype(auto) while_doing(std::string_view what, Body&& body) {
  try {
    return std::forward<Body>(body)();
  } catch (Error& error) {
    error.add_context(what);
    throw;
  }
}

} // namespace hermesh
