// SPDX-License-Identifier: MIT
#include "machine/accelerator.hh"
#include "machine/guardian.hh"
#include "machine/self.hh"

#include <string>
#include <string_view>

namespace hermesh {

std::optional<int> run_hidden_command(int argc, char** argv) {
  if (argc != 4 || std::string_view(argv[2]) != std::to_string(inherited_descriptor))
    return std::nullopt;
  const std::string_view command(argv[1]);
  if (command == "guardian") return guardian_main(inherited_descriptor, argv[3]);
  if (command == "probe-kvm") return probe_kvm_main(inherited_descriptor, argv[3]);
  return std::nullopt;
}

} // namespace hermesh
