// SPDX-License-Identifier: MIT
#include "base/error.hh"
#include "base/temp_dir.hh"
#include "machine/hypervisor.hh"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <fstream>

namespace hermesh {
namespace {

using nlohmann::json;

class GuestImageTest : public ::testing::Test {
protected:
  GuestImageTest() {
    for (const auto* const file : {"vmlinux", "initrd", "root.erofs"})
      std::ofstream(folder_.path() / file) << file;
  }

  std::string complaint() {
    std::ofstream(folder_.path() / "manifest.json") << manifest_;
    try {
      read_guest_image(folder_.path());
    } catch (const InputError& error) {
      return error.what();
    }
    return "no complaint";
  }

  TempDir folder_;
  json manifest_{{"schema", 1},
                 {"name", "debian"},
                 {"kernel", {{"file", "vmlinux"}, {"version", "6.12"}, {"sha256", "1"}}},
                 {"initrd", {{"file", "initrd"}}},
                 {"root", {{"file", "root.erofs"}, {"format", "erofs"}}},
                 {"cmdline", "console=ttyS0"},
                 {"vpns", {{"nebula", "1.9.3"}}},
                 {"tools", json::object()},
                 {"fingerprint", "f00d"}};
};

TEST_F(GuestImageTest, IsRead) {
  std::ofstream(folder_.path() / "manifest.json") << manifest_;
  const auto image = read_guest_image(folder_.path());
  EXPECT_EQ(image.kernel, folder_.path() / "vmlinux");
  EXPECT_EQ(image.root, folder_.path() / "root.erofs");
  EXPECT_EQ(image.root_format, "erofs");
  EXPECT_EQ(image.cmdline, "console=ttyS0");
  EXPECT_EQ(image.vpns, (std::vector<std::pair<std::string, std::string>>{{"nebula", "1.9.3"}}));
}

TEST_F(GuestImageTest, NoImageSaysHowToMakeOne) {
  const auto nowhere = folder_.path() / "nowhere";
  try {
    read_guest_image(nowhere);
    FAIL();
  } catch (const InputError& error) {
    EXPECT_NE(std::string(error.what()).find("hermesh image build"), std::string::npos)
        << error.what();
  }
}

TEST_F(GuestImageTest, MissingFile) {
  std::filesystem::remove(folder_.path() / "initrd");
  EXPECT_NE(complaint().find("/initrd/file: there is no file"), std::string::npos) << complaint();
}

TEST_F(GuestImageTest, FileElsewhere) {
  manifest_["kernel"]["file"] = "../../etc/passwd";
  EXPECT_NE(complaint().find("/kernel/file"), std::string::npos) << complaint();
}

TEST_F(GuestImageTest, MisspeltField) {
  manifest_["cmdlin"] = "x";
  EXPECT_NE(complaint().find("cmdlin"), std::string::npos) << complaint();
}

TEST_F(GuestImageTest, WrongTypes) {
  manifest_["vpns"] = {{"nebula", 1}};
  EXPECT_NE(complaint().find("/vpns"), std::string::npos) << complaint();
  manifest_["vpns"] = json::array();
  EXPECT_NE(complaint().find("/vpns"), std::string::npos) << complaint();
  manifest_["vpns"] = json::object();
  manifest_["root"]["format"] = "ext4";
  EXPECT_NE(complaint().find("/root/format"), std::string::npos) << complaint();
}

} // namespace
} // namespace hermesh
