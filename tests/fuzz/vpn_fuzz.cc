// SPDX-License-Identifier: MIT
//
// A VPN's folder: vpn.json of any content, rendered for made-up machines; and a template of any
// content. What is wrong with them is an InputError.
#include "base/error.hh"
#include "base/temp_dir.hh"
#include "model/catalog.hh"
#include "vpn/deployment.hh"
#include "vpn/template.hh"

#include <cstdlib>
#include <fstream>
#include <string_view>

namespace {

using namespace hermesh;

template <typename Body>
void unless_refused(Body body) {
  try {
    body();
  } catch (const InputError&) { // refused, as it should be
  }
}

void write(const std::filesystem::path& file, std::string_view text) {
  std::ofstream(file, std::ios::binary)
      .write(text.data(), static_cast<std::streamsize>(text.size()));
}

/// The smallest folder that has a template.
constexpr std::string_view plain =
    R"({"schema": 1, "name": "fuzz", "description": "d", "abilities": {},
        "values": [{"name": "port", "value": "${pick(key('p'), 1000, 2000)}"}],
        "options": [{"name": "o", "description": "d", "default": "x", "values": [{"value": "x"}]}],
        "peer": {"files": [{"source": "t", "target": "/run/t"}]}})";

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const TempDir folder("hmfuzz");
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto render_all = [] { check_templates(read_vpn_folder(folder.path())); };
  unless_refused([&] { parse_phrase("vpn.json: /peer", text); });
  write(folder.path() / "t", "${self.name}\n");
  write(folder.path() / "vpn.json", text);
  unless_refused(render_all);
  write(folder.path() / "t", text);
  write(folder.path() / "vpn.json", plain);
  unless_refused(render_all);
  return 0;
}
