// SPDX-License-Identifier: MIT
#include "base/error.hh"
#include "machine/hypervisor.hh"
#include "model/json_reader.hh"

#include <nlohmann/json.hpp>

namespace hermesh {
namespace {

using Versions = std::vector<std::pair<std::string, std::string>>;

std::string word(const JsonReader& json) {
  auto text = json.text();
  if (text.empty() || text.size() > 4096 || text.find_first_of("\n\r\t") != std::string::npos)
    json.fail("found " + json.quoted() + ", wanted one line of text");
  return text;
}

std::filesystem::path file_of(const JsonReader& json, const std::filesystem::path& folder) {
  const std::filesystem::path name(word(json));
  if (name.has_parent_path()) json.fail("found " + json.quoted() + ", wanted a file name");
  std::error_code problem;
  auto file = folder / name;
  if (!std::filesystem::is_regular_file(file, problem))
    json.fail("there is no file " + file.string() + "; make the image again: hermesh image build");
  return file;
}

/// {"nebula": "1.9.3", ...}: the keys are data, so they are walked, not asked for.
Versions versions_of(const JsonReader& json, const nlohmann::json& value) {
  Versions result;
  if (!value.is_object()) json.fail("found " + json.quoted() + ", wanted an object");
  for (const auto& [name, version] : value.items()) {
    if (!version.is_string()) json.fail("the version of '" + name + "' is not a string");
    result.emplace_back(name, version.get<std::string>());
  }
  return result;
}

/// Only the fields that a boot needs are checked; what else is there is for people (kernel and
/// release versions, packages, the lock's differences).
GuestImage
read(const JsonReader& json, const nlohmann::json& document, const std::filesystem::path& folder) {
  GuestImage image;
  image.folder = folder;
  json.object([&](JsonReader::Fields& fields) {
    fields.required("schema").integer(1, 1);
    image.name = word(fields.required("name"));
    image.cmdline = word(fields.required("cmdline"));
    image.fingerprint = word(fields.required("fingerprint"));
    fields.required("kernel").object([&](JsonReader::Fields& kernel) {
      image.kernel = file_of(kernel.required("file"), folder);
      kernel.optional("version");
      kernel.optional("sha256");
    });
    fields.required("initrd").object([&](JsonReader::Fields& initrd) {
      image.initrd = file_of(initrd.required("file"), folder);
      initrd.optional("sha256");
    });
    fields.required("root").object([&](JsonReader::Fields& root) {
      image.root = file_of(root.required("file"), folder);
      const std::vector<std::string> formats{"erofs", "squashfs"};
      image.root_format = formats.at(root.required("format").one_of(formats));
      root.optional("sha256");
    });
    image.vpns = versions_of(fields.required("vpns"), document.at("vpns"));
    image.tools = versions_of(fields.required("tools"), document.at("tools"));
    for (const auto* const extra : {"release", "probe", "packages", "lock"})
      fields.optional(extra);
  });
  return image;
}

} // namespace

GuestImage read_guest_image(const std::filesystem::path& folder) {
  std::error_code problem;
  const auto place = std::filesystem::absolute(folder, problem);
  const auto manifest = place / "manifest.json";
  if (!std::filesystem::exists(manifest, problem))
    throw InputError(folder.string() +
                     ": no guest image here (no manifest.json); make one: hermesh image build");
  const auto document = parse_json_file(manifest);
  return read(JsonReader(manifest.string(), document), document, place);
}

} // namespace hermesh
