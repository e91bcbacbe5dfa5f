// SPDX-License-Identifier: MIT
#include "base/error.hh"
#include "base/suggest.hh"
#include "model/catalog.hh"
#include "model/fields.hh"
#include "model/json_reader.hh"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>
#include <system_error>
#include <utility>

namespace hermesh {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t longest_interface = 15; // IFNAMSIZ less its NUL
/// What names in templates mean already (vpns/README.md).
const std::set<std::string> reserved_names{
    "self",           "relay",     "vpn",     "folder", "program", "options", "machines",
    "peers",          "relays",    "for",     "name",   "role",    "index",   "underlay",
    "public_address", "reachable", "overlay", "if",     "else",    "end"};

std::vector<std::string> strings(const JsonReader& list) {
  std::vector<std::string> texts;
  list.each([&](const JsonReader& item) { texts.push_back(item.text()); });
  return texts;
}

/// A command: at least the program's name.
std::vector<std::string> argv(const JsonReader& list) {
  auto words = strings(list);
  if (words.empty() || words.front().empty())
    list.fail(R"(found no program, wanted a command such as ["ip", "link"])");
  return words;
}

std::vector<std::vector<std::string>> commands(const JsonReader& list) {
  std::vector<std::vector<std::string>> lines;
  list.each([&](const JsonReader& item) { lines.push_back(argv(item)); });
  return lines;
}

bool all_of(std::string_view text, std::string_view allowed) {
  return text.find_first_not_of(allowed) == std::string_view::npos;
}

/// A name that templates can use.
std::string template_name(const JsonReader& field) {
  auto name = field.text();
  constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz_";
  if (name.empty() || !all_of(name, "abcdefghijklmnopqrstuvwxyz_0123456789") ||
      letters.find(name.front()) == std::string_view::npos)
    field.fail("found '" + name + "', wanted a name of a-z, 0-9 and '_'");
  return name;
}

std::string value_name(const JsonReader& field, const VpnSpec& vpn) {
  auto name = template_name(field);
  if (reserved_names.contains(name))
    field.fail("'" + name + "' has a meaning in templates already");
  for (const auto& [known, text] : vpn.values)
    if (known == name) field.fail("there is a value '" + name + "' already");
  return name;
}

unsigned file_mode(const JsonReader& field) {
  const auto text = field.text();
  if (text.size() != 4 || text.front() != '0' || !all_of(text, "01234567"))
    field.fail("found '" + text + "', wanted an octal mode such as '0644'");
  unsigned mode = 0;
  for (const char c : text)
    mode = mode * 8 + static_cast<unsigned>(c - '0');
  return mode;
}

std::vector<std::string> files_of(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code problem;
  for (fs::recursive_directory_iterator at(folder, problem), end; !problem && at != end;
       at.increment(problem))
    if (std::error_code ignored; at->is_regular_file(ignored)) // a dangling link is none
      names.push_back(at->path().lexically_relative(folder).string());
  std::ranges::sort(names);
  return names;
}

std::string template_file(const JsonReader& field, const fs::path& folder) {
  auto source = field.text();
  const fs::path path(source);
  if (source.empty() || path.is_absolute() || path.lexically_normal().string() != source ||
      path.begin()->string() == "..")
    field.fail("found '" + source + "', wanted a file in this folder");
  std::error_code problem;
  if (!fs::is_regular_file(folder / path, problem))
    field.fail("there is no template '" + source + "'" + did_you_mean(source, files_of(folder)));
  return source;
}

VpnFile read_file(const JsonReader& json, const fs::path& folder) {
  VpnFile file{};
  json.object([&](JsonReader::Fields& fields) {
    file.source = template_file(fields.required("source"), folder);
    file.target = fields.required("target").text();
    if (const auto mode = fields.optional("mode")) file.mode = file_mode(*mode);
  });
  return file;
}

VpnRole read_role(const JsonReader& json, const fs::path& folder) {
  VpnRole role;
  json.object([&](JsonReader::Fields& fields) {
    if (const auto files = fields.optional("files"))
      files->each([&](const JsonReader& file) { role.files.push_back(read_file(file, folder)); });
    if (const auto setup = fields.optional("setup")) role.setup = commands(*setup);
    if (const auto daemon = fields.optional("daemon")) role.daemon = argv(*daemon);
    if (const auto status = fields.optional("status")) role.status = argv(*status);
    if (const auto teardown = fields.optional("teardown")) role.teardown = commands(*teardown);
  });
  return role;
}

/// Reads into `abilities` what the record names, and leaves the rest as it is.
void read_abilities(const JsonReader& json, Abilities& abilities) {
  json.object([&](JsonReader::Fields& fields) {
    const auto read = [&](const char* name, bool& ability) {
      if (const auto flag = fields.optional(name)) ability = flag->flag();
    };
    read("punches_udp", abilities.punches_udp);
    read("relays", abilities.relays);
    read("uses_known_endpoints", abilities.uses_known_endpoints);
    read("punches_tcp", abilities.punches_tcp);
    read("offers_local_addresses", abilities.offers_local_addresses);
    read("predicts_ports", abilities.predicts_ports);
    read("uses_ipv6", abilities.uses_ipv6);
    if (const auto list = fields.optional("port_mapping")) {
      abilities.port_mapping.clear();
      list->each([&](const JsonReader& item) {
        const std::vector<std::string> known{"nat-pmp", "pcp"};
        abilities.port_mapping.push_back(known[item.one_of(known)]);
      });
    }
    if (const auto list = fields.optional("transports")) {
      abilities.transports.clear();
      list->each([&](const JsonReader& item) {
        const std::vector<std::string> known{"udp", "tcp"};
        abilities.transports.push_back(known[item.one_of(known)]);
      });
      if (abilities.transports.empty()) list->fail("found none, wanted 'udp' or 'tcp'");
    }
  });
}

/// The abilities that an option's chosen value changes are read over those of the folder.
void read_option(const JsonReader& json,
                 const std::map<std::string, std::string>& settings,
                 VpnSpec& vpn) {
  VpnOption option{};
  std::map<std::string, Abilities> effects; // of each value, on the abilities so far
  json.object([&](JsonReader::Fields& fields) {
    const auto name = fields.required("name");
    option.name = template_name(name);
    for (const auto& other : vpn.options)
      if (other.name == option.name) name.fail("there is an option '" + option.name + "' already");
    option.description = read_line(fields.required("description"));
    const auto values = fields.required("values");
    values.each([&](const JsonReader& item) {
      item.object([&](JsonReader::Fields& of_value) {
        const auto field = of_value.required("value");
        const auto value = read_name(field);
        if (effects.contains(value)) field.fail("there is a value '" + value + "' already");
        option.values.push_back(value);
        auto& abilities = effects[value] = vpn.abilities;
        if (const auto change = of_value.optional("abilities")) read_abilities(*change, abilities);
      });
    });
    if (option.values.empty()) values.fail("found none, wanted at least one value");
    option.default_value = option.values[fields.required("default").one_of(option.values)];
  });
  const auto setting = settings.find(option.name);
  option.value = setting == settings.end() ? option.default_value : setting->second;
  const auto effect = effects.find(option.value);
  if (effect == effects.end())
    throw InputError("option '" + option.name + "' of " + vpn.name + ": there is no value '" +
                     option.value + "'" + did_you_mean(option.value, option.values));
  vpn.abilities = effect->second;
  vpn.options.push_back(std::move(option));
}

void refuse_unknown_settings(const VpnSpec& vpn,
                             const std::map<std::string, std::string>& settings) {
  std::vector<std::string> known;
  for (const auto& option : vpn.options)
    known.push_back(option.name);
  for (const auto& [name, value] : settings)
    if (std::ranges::find(known, name) == known.end())
      throw InputError(vpn.name + " has no option '" + name + "'" + did_you_mean(name, known));
}

void read_values(const JsonReader& list, VpnSpec& vpn) {
  list.each([&](const JsonReader& item) {
    item.object([&](JsonReader::Fields& fields) {
      auto name = value_name(fields.required("name"), vpn);
      vpn.values.emplace_back(std::move(name), fields.required("value").text());
    });
  });
}

std::string absolute_path(const JsonReader& field) {
  auto path = field.text();
  if (!path.starts_with('/')) field.fail("found '" + path + "', wanted an absolute path");
  return path;
}

std::string interface_name(const JsonReader& field) {
  auto name = field.text();
  if (name.empty() || name.size() > longest_interface ||
      name.find_first_of("/ \t\n") != std::string::npos)
    field.fail("found '" + name + "', wanted the name of a network interface (1 to 15 characters)");
  return name;
}

void read_vpn(JsonReader::Fields& fields,
              const std::map<std::string, std::string>& settings,
              VpnSpec& vpn) {
  read_schema(fields);
  vpn.name = read_name(fields.required("name"));
  vpn.description = read_line(fields.required("description"));
  if (const auto binary = fields.optional("binary")) vpn.binary = absolute_path(*binary);
  if (const auto programs = fields.optional("programs")) vpn.programs = strings(*programs);
  if (const auto interface = fields.optional("interface"))
    vpn.interface = interface_name(*interface);
  if (const auto overlay = fields.optional("overlay")) vpn.overlay = overlay->text();
  read_abilities(fields.required("abilities"), vpn.abilities);
  if (const auto options = fields.optional("options"))
    options->each([&](const JsonReader& option) { read_option(option, settings, vpn); });
  if (const auto values = fields.optional("values")) read_values(*values, vpn);
  vpn.peer = read_role(fields.required("peer"), vpn.folder);
  if (const auto relay = fields.optional("relay")) vpn.relay = read_role(*relay, vpn.folder);
}

/// The folder itself, whether its name was given with a '/' at the end or with vpn.json.
fs::path folder_of(const fs::path& given) {
  auto folder = given.filename() == "vpn.json" ? given.parent_path() : given;
  if (!folder.has_filename()) folder = folder.parent_path();
  return folder.empty() ? "." : folder;
}

void require_folder(const fs::path& folder) {
  std::error_code problem;
  if (fs::is_directory(folder, problem)) return;
  if (fs::exists(folder, problem))
    throw InputError(folder.string() + ": found a file, wanted a VPN's folder");
  std::vector<std::string> near;
  const auto parent = folder.has_parent_path() ? folder.parent_path() : fs::path(".");
  for (fs::directory_iterator at(parent, problem), end; !problem && at != end;
       at.increment(problem))
    if (std::error_code ignored; at->is_directory(ignored))
      near.push_back(at->path().filename().string());
  std::ranges::sort(near);
  throw InputError(folder.string() + ": there is no such folder" +
                   did_you_mean(folder.filename().string(), near));
}

} // namespace

VpnSpec read_vpn_folder(const fs::path& folder,
                        const std::map<std::string, std::string>& settings) {
  VpnSpec vpn{};
  vpn.folder = folder_of(folder);
  require_folder(vpn.folder);
  const auto file = vpn.folder / "vpn.json";
  const auto json = parse_json_file(file);
  JsonReader(file.string(), json).object([&](JsonReader::Fields& fields) {
    read_vpn(fields, settings, vpn);
  });
  refuse_unknown_settings(vpn, settings);
  return vpn;
}

} // namespace hermesh
