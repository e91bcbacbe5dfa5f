// SPDX-License-Identifier: MIT
#include "machine/self.hh"

#include "base/error.hh"

#include <fcntl.h>
#include <spawn.h>
#include <unistd.h>

#include <csignal>

namespace hermesh {
namespace {

struct FileActions {
  FileActions() { posix_spawn_file_actions_init(&raw); }
  ~FileActions() { posix_spawn_file_actions_destroy(&raw); }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;
  posix_spawn_file_actions_t raw{};
};

struct Attributes {
  Attributes() { posix_spawnattr_init(&raw); }
  ~Attributes() { posix_spawnattr_destroy(&raw); }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
  posix_spawnattr_t raw{};
};

} // namespace

pid_t spawn_self(const SelfSpawn& what) {
  FileActions files;
  for (const int standard : {0, 1, 2}) // a pipe to `tee` must not stay open because of this child
    posix_spawn_file_actions_addopen(&files.raw, standard, "/dev/null", O_RDWR, 0);
  if (what.inherit >= 0)
    posix_spawn_file_actions_adddup2(&files.raw, what.inherit, inherited_descriptor);
  posix_spawn_file_actions_addclosefrom_np(&files.raw,
                                           inherited_descriptor + (what.inherit >= 0 ? 1 : 0));
  Attributes attributes;
  sigset_t none;
  sigemptyset(&none);
  sigset_t all;
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes.raw, &none);
  posix_spawnattr_setsigdefault(&attributes.raw, &all);
  posix_spawnattr_setflags(&attributes.raw,
                           POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  auto words = what.arguments;
  words.insert(words.begin(), what.name);
  std::vector<char*> argv;
  for (auto& word : words)
    argv.push_back(word.data());
  argv.push_back(nullptr);
  pid_t pid = -1;
  const int problem =
      ::posix_spawn(&pid, "/proc/self/exe", &files.raw, &attributes.raw, argv.data(), environ);
  if (problem != 0) throw SystemError("start " + what.name, problem);
  return pid;
}

} // namespace hermesh
