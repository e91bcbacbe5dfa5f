// SPDX-License-Identifier: MIT
#include "base/error.hh"
#include "vpn/deployment.hh"
#include "vpn/template_context.hh"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

namespace hermesh {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t size_limit = 1 << 20; // of a template

std::string
read_template(const VpnSpec& vpn, const std::string& pointer, const std::string& source) {
  const auto file = vpn.folder / source;
  const auto complain = [&](const std::string& complaint) {
    throw InputError((vpn.folder / "vpn.json").string() + ": " + pointer + "/source: " + complaint);
  };
  std::error_code problem;
  if (!fs::is_regular_file(file, problem)) complain("there is no template '" + source + "'");
  if (const auto size = fs::file_size(file, problem); problem || size > size_limit)
    complain("found " + std::to_string(size) + " bytes in '" + source + "', wanted at most 1 MiB");
  std::ifstream in(file, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(in), {}};
  if (!in) complain("template '" + source + "' cannot be read");
  return text;
}

/// One machine's part of a rendering.
class NodeRenderer {
public:
  NodeRenderer(const VpnSpec& vpn, TemplateContext& context, std::size_t machine, std::string role)
      : vpn_(vpn), context_(context), machine_(machine), role_("/" + role) {}

  NodeDeployment render(const std::string& name, const VpnRole& role) {
    NodeDeployment node{.machine = name};
    for (std::size_t i = 0; i < role.files.size(); ++i)
      node.files.push_back(file(role.files[i], role_ + "/files/" + std::to_string(i)));
    node.setup = commands(role.setup, role_ + "/setup");
    node.daemon = words(role.daemon, role_ + "/daemon");
    node.status.argv = words(role.status, role_ + "/status");
    node.teardown = commands(role.teardown, role_ + "/teardown");
    node.overlay = context_.overlay(machine_);
    return node;
  }

private:
  PushedFile file(const VpnFile& file, const std::string& pointer) {
    const auto text = read_template(vpn_, pointer, file.source);
    const auto nodes = parse_template((vpn_.folder / file.source).string(), text);
    return {.target = target(file.target, pointer + "/target"),
            .content = context_.fill(nodes, machine_),
            .mode = file.mode};
  }

  /// stop_vpn removes what was pushed: a folder must not reach beyond its own place.
  std::string target(const std::string& text, const std::string& pointer) {
    const auto path = context_.fill_phrase(pointer, text, machine_);
    const auto folder = folder_on_machine(vpn_) + "/";
    if (!path.starts_with(folder) || fs::path(path).lexically_normal().string() != path ||
        path.ends_with('/'))
      throw InputError((vpn_.folder / "vpn.json").string() + ": " + pointer + ": found '" + path +
                       "', wanted a file below " + folder + " ('${folder}/...')");
    return path;
  }

  std::vector<std::string> words(const std::vector<std::string>& argv, const std::string& pointer) {
    std::vector<std::string> filled;
    for (std::size_t i = 0; i < argv.size(); ++i) {
      const auto place = pointer + "/" + std::to_string(i);
      filled.push_back(context_.fill_phrase(place, argv[i], machine_));
      if (filled.back().find('\0') != std::string::npos)
        throw InputError((vpn_.folder / "vpn.json").string() + ": " + place +
                         ": found a NUL byte, wanted text (see hex() and base64())");
    }
    return filled;
  }

  std::vector<Command> commands(const std::vector<std::vector<std::string>>& lines,
                                const std::string& pointer) {
    std::vector<Command> filled;
    for (std::size_t i = 0; i < lines.size(); ++i)
      filled.push_back({.argv = words(lines[i], pointer + "/" + std::to_string(i))});
    return filled;
  }

  const VpnSpec& vpn_;
  TemplateContext& context_;
  std::size_t machine_;
  std::string role_;
};

std::vector<DeployedMachine> made_up_machines() {
  const auto outside = [](std::uint32_t host) { return Address::v4(0x50640000U + host); };
  return {{.name = "a",
           .role = "peer",
           .underlay = Address::v4(0xc0a80102U),
           .public_address = outside(21)},
          {.name = "b",
           .role = "peer",
           .underlay = outside(12),
           .public_address = outside(12),
           .reachable = true},
          {.name = "r",
           .role = "relay",
           .underlay = outside(10),
           .public_address = outside(10),
           .reachable = true}};
}

} // namespace

std::vector<NodeDeployment> render(const VpnSpec& vpn,
                                   const std::vector<DeployedMachine>& machines,
                                   std::uint64_t seed,
                                   const std::string& program) {
  TemplateContext context(vpn, machines, seed, program.empty() ? vpn.binary : program);
  context.check_values();
  std::vector<NodeDeployment> nodes;
  for (std::size_t i = 0; i < machines.size(); ++i) {
    const auto& machine = machines[i];
    const bool is_relay = machine.role == "relay";
    NodeRenderer renderer(vpn, context, i, is_relay ? "relay" : "peer");
    nodes.push_back(renderer.render(machine.name, is_relay ? vpn.relay : vpn.peer));
  }
  return nodes;
}

std::string replacement_path(const VpnSpec& vpn) {
  return "/opt/hermesh/" + vpn.name;
}

void check_templates(const VpnSpec& vpn) {
  render(vpn, made_up_machines(), 1);
  for (std::size_t i = 0; i < vpn.options.size(); ++i)
    for (const auto& value : vpn.options[i].values) {
      auto chosen = vpn;
      chosen.options[i].value = value;
      render(chosen, made_up_machines(), 1);
    }
}

} // namespace hermesh
