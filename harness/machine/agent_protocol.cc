// SPDX-License-Identifier: MIT
#include "machine/agent_protocol.hh"

#include "base/error.hh"
#include "machine/base64.hh"
#include "model/foreign_json.hh"

#include <nlohmann/json.hpp>

namespace hermesh::agent {
namespace {

using nlohmann::json;

std::string request(std::string_view what, json arguments) {
  json message{{"execute", what}};
  if (!arguments.empty()) message["arguments"] = std::move(arguments);
  try {
    return message.dump();
  } catch (const json::exception&) { // not UTF-8
    throw Error(std::string(what) + ": an argument is not text: give bytes as input or as a file");
  }
}

/// The answer's "return".
json value_of(std::string_view answer) {
  auto parsed = parse_foreign_json(answer);
  if (!parsed.is_object())
    throw Error("the guest agent's answer is no JSON: " + std::string(answer.substr(0, 80)));
  if (const auto error = parsed.find("error"); error != parsed.end()) {
    const bool told = error->is_object() && error->contains("desc") && (*error)["desc"].is_string();
    throw Error("the guest agent: " + (told ? (*error)["desc"].get<std::string>() : error->dump()));
  }
  if (!parsed.contains("return")) throw Error("the guest agent's answer has no 'return'");
  return std::move(parsed["return"]);
}

/// `body` on the answer's value; whatever is missing or of another type is the agent's fault.
template <typename Body>
auto read(std::string_view answer, Body&& body) {
  const auto value = value_of(answer);
  try {
    return body(value);
  } catch (const json::exception& problem) {
    throw Error("the guest agent's answer is not understood: " + std::string(problem.what()));
  }
}

std::string bytes_of(const json& value, const char* field) {
  const auto decoded = base64_decode(value.value(field, std::string{}));
  if (!decoded) throw Error("the guest agent's answer is not understood: " + std::string(field));
  return *decoded;
}

/// setsid makes the program lead a group of its own under the number that the agent knows; env and,
/// for a directory, sh become the program in turn (none of them stays). sh sees the words as words:
/// nothing is quoted or expanded.
std::vector<std::string> words_of(const Command& command) {
  std::vector<std::string> words;
  if (!command.cwd.empty())
    words = {"sh", "-c", "cd -- \"$1\" && shift && exec \"$@\"", "sh", command.cwd.string()};
  if (!command.env.empty()) words.emplace_back("env");
  for (const auto& [name, value] : command.env)
    words.push_back(name + "=" + value);
  words.insert(words.end(), command.argv.begin(), command.argv.end());
  return words;
}

} // namespace

std::string ping() {
  return request("guest-ping", {});
}

std::string exec(const Command& command) {
  if (command.argv.empty()) throw Error("guest-exec: no program");
  json arguments{{"path", "setsid"}, {"arg", words_of(command)}, {"capture-output", true}};
  if (!command.input.empty()) arguments["input-data"] = base64_encode(command.input);
  return request("guest-exec", std::move(arguments));
}

std::string kill_group(std::int64_t pid) {
  return request("guest-exec",
                 {{"path", "kill"}, {"arg", {"-KILL", "--", "-" + std::to_string(pid)}}});
}

std::string exec_status(std::int64_t pid) {
  return request("guest-exec-status", {{"pid", pid}});
}

std::string open_file(const std::string& path, std::string_view mode) {
  return request("guest-file-open", {{"path", path}, {"mode", mode}});
}

std::string read_file(std::int64_t handle, std::size_t count) {
  return request("guest-file-read", {{"handle", handle}, {"count", count}});
}

std::string write_file(std::int64_t handle, std::string_view bytes) {
  return request("guest-file-write", {{"handle", handle}, {"buf-b64", base64_encode(bytes)}});
}

std::string close_file(std::int64_t handle) {
  return request("guest-file-close", {{"handle", handle}});
}

void parse_empty(std::string_view answer) {
  static_cast<void>(value_of(answer));
}

std::int64_t parse_pid(std::string_view answer) {
  return read(answer, [](const json& value) { return value.at("pid").get<std::int64_t>(); });
}

std::int64_t parse_handle(std::string_view answer) {
  return read(answer, [](const json& value) { return value.get<std::int64_t>(); });
}

FilePart parse_file_part(std::string_view answer) {
  return read(answer, [](const json& value) {
    return FilePart{.bytes = bytes_of(value, "buf-b64"), .end = value.at("eof").get<bool>()};
  });
}

std::optional<Exit> parse_exec_status(std::string_view answer) {
  return read(answer, [](const json& value) -> std::optional<Exit> {
    if (!value.at("exited").get<bool>()) return std::nullopt;
    if (value.value("out-truncated", false) || value.value("err-truncated", false))
      throw Error("the guest agent dropped a part of the program's output (over 16 MiB)");
    Exit exit;
    if (value.contains("signal"))
      exit.code = 128 + value.at("signal").get<int>();
    else
      exit.code = value.at("exitcode").get<int>();
    exit.output = bytes_of(value, "out-data");
    exit.diagnostics = bytes_of(value, "err-data");
    return exit;
  });
}

} // namespace hermesh::agent
