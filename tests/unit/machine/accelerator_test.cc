// SPDX-License-Identifier: MIT
#include "base/error.hh"
#include "base/temp_dir.hh"
#include "machine/accelerator.hh"
#include "machine/cache_folder.hh"
#include "machine/host_facts.hh"
#include "machine/kvm_cache.hh"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

namespace hermesh {
namespace {

/// The cache in a folder of the test's own.
class Accelerators : public ::testing::Test {
protected:
  Accelerators() { ::setenv("XDG_CACHE_HOME", folder_.path().c_str(), 1); }
  ~Accelerators() override { ::unsetenv("XDG_CACHE_HOME"); }

  TempDir folder_;
};

TEST_F(Accelerators, TcgNeedsNoProbe) {
  EXPECT_EQ(choose_accelerator("tcg", {}), Accelerator::tcg);
}

TEST_F(Accelerators, UnknownNameIsTheUsersFault) {
  EXPECT_THROW(choose_accelerator("xen", {}), InputError);
}

TEST_F(Accelerators, AnAnswerIsKeptForThisHost) {
  EXPECT_EQ(recall_kvm_answer(), std::nullopt);
  const KvmAnswer answer{.works = false, .certain = true, .reason = "a guest hangs"};
  remember_kvm_answer(answer);
  EXPECT_EQ(recall_kvm_answer(), answer);
}

TEST_F(Accelerators, AnAnswerOfAnotherHostDoesNotCount) {
  ASSERT_TRUE(cache_folder());
  std::ofstream(*cache_folder() / "kvm.json")
      << R"({"key": "boot x kernel y", "works": true, "reason": "a guest answered"})";
  EXPECT_EQ(recall_kvm_answer(), std::nullopt);
}

TEST_F(Accelerators, ABrokenCacheIsAsNone) {
  ASSERT_TRUE(cache_folder());
  for (const auto* const text : {"", "[]", "{", R"({"key": 1})"}) {
    std::ofstream(*cache_folder() / "kvm.json") << text;
    EXPECT_EQ(recall_kvm_answer(), std::nullopt) << text;
  }
}

TEST_F(Accelerators, WithoutAFolderNothingIsKept) {
  ::setenv("XDG_CACHE_HOME", "/proc/nowhere", 1);
  EXPECT_EQ(cache_folder(), std::nullopt);
  remember_kvm_answer({.works = true, .certain = true, .reason = "a guest answered"});
  EXPECT_EQ(recall_kvm_answer(), std::nullopt);
}

TEST(HostFacts, SayWhatThisHostHas) {
  const auto facts = host_facts({});
  EXPECT_FALSE(facts.libvirt_version.empty());
  EXPECT_GT(facts.cores, 0U);
  EXPECT_GT(facts.memory_mib, 0U);
  EXPECT_GT(facts.open_files, 0U);
  EXPECT_GT(facts.socket_path_room, 0);
  EXPECT_EQ(facts.qemu.has_value(), !facts.qemu_version.empty());
}

TEST(HostFacts, WithoutQemuSaysWhatToInstall) {
  const std::string path = std::getenv("PATH");
  ::setenv("PATH", "/nowhere", 1);
  const auto facts = host_facts({});
  ::setenv("PATH", path.c_str(), 1);
  ASSERT_FALSE(facts.missing.empty());
  EXPECT_EQ(facts.missing.front().debian, "qemu-system-x86");
  EXPECT_TRUE(facts.missing.front().fatal);
}

} // namespace
} // namespace hermesh
