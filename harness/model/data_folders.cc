// SPDX-License-Identifier: MIT
#include "base/error.hh"
#include "model/catalog.hh"

#include <cstdlib>
#include <system_error>

namespace hermesh {
namespace {

namespace fs = std::filesystem;

DataFolders folders_in(const fs::path& root) {
  return {.topologies = root / "vm-topologies",
          .scenarios = root / "nat-scenarios",
          .vpns = root / "vpns"};
}

bool complete(const DataFolders& folders) {
  std::error_code ignored; // an unreadable folder is as good as none
  return fs::is_directory(folders.topologies, ignored) &&
         fs::is_directory(folders.scenarios, ignored) && fs::is_directory(folders.vpns, ignored);
}

} // namespace

DataFolders DataFolders::below(const fs::path& root) {
  auto folders = folders_in(root);
  if (!complete(folders))
    throw InputError(root.string() +
                     ": wanted a folder with vm-topologies, nat-scenarios and vpns in it");
  return folders;
}

DataFolders DataFolders::find() {
  const char* chosen = std::getenv("HERMESH_DATA"); // NOLINT(concurrency-mt-unsafe): nobody sets it
  if (chosen != nullptr && *chosen != '\0')
    return while_doing("HERMESH_DATA", [&] { return below(chosen); });
  std::error_code problem;
  const auto program = fs::read_symlink("/proc/self/exe", problem);
  auto installed = folders_in(program.parent_path().parent_path() / "share" / "hermesh");
  if (complete(installed)) return installed;
  auto source = folders_in(HERMESH_SOURCE_DIR);
  if (complete(source)) return source;
  throw Error("found no data folders beside the program nor in its source tree; "
              "set HERMESH_DATA to a folder with vm-topologies, nat-scenarios and vpns in it");
}

} // namespace hermesh
