// SPDX-License-Identifier: MIT
#include "base/command.hh"
#include "base/error.hh"
#include "base/temp_dir.hh"
#include "machine/tar.hh"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <iterator>

namespace hermesh {
namespace {

using namespace std::chrono_literals;

std::string contents(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

unsigned mode_of(const std::filesystem::path& file) {
  struct stat status {};
  return ::stat(file.c_str(), &status) == 0 ? status.st_mode & 07777U : 0;
}

TEST(Tar, TheHostsTarUnpacksIt) {
  std::string binary;
  for (int i = 0; i < 1000; ++i)
    binary += static_cast<char>(i * 7);
  const std::string deep = "/etc/" + std::string(90, 'd') + "/" + std::string(60, 'e') + "/f";
  const std::vector<PushedFile> files{{.target = "/etc/empty", .content = "", .mode = 0600},
                                      {.target = "/usr/bin/tool", .content = binary, .mode = 0755},
                                      {.target = deep, .content = std::string(512, 'x')}};
  const TempDir folder;
  HostExecutor host;
  const auto exit = host.run(
      {.argv = {"tar", "-xpf", "-", "-C", folder.path().string()}, .input = make_tar(files)}, 20s);
  ASSERT_TRUE(exit.ok()) << exit.diagnostics;
  for (const auto& file : files) {
    const auto place = folder.path() / file.target.substr(1);
    EXPECT_EQ(contents(place), file.content) << file.target;
    EXPECT_EQ(mode_of(place), file.mode) << file.target;
  }
}

TEST(Tar, RefusesPathsThatCannotBe) {
  for (const auto& target : {std::string("etc/passwd"),
                             std::string("/etc/../../x"),
                             std::string("/etc/"),
                             std::string(),
                             "/" + std::string(101, 'x')})
    EXPECT_THROW(make_tar({{.target = target, .content = "x"}}), Error) << target;
}

} // namespace
} // namespace hermesh
