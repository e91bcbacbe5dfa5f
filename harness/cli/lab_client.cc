// SPDX-License-Identifier: MIT
#include "cli/lab_client.hh"

#include "base/error.hh"
#include "base/unix_socket.hh"
#include "runner/standing_lab.hh"

#include <nlohmann/json.hpp>

namespace hermesh::cli {

std::filesystem::path find_lab(const std::string& lab, const std::string& runs) {
  if (!lab.empty()) return lab;
  const auto standing = standing_labs(runs);
  if (standing.empty())
    throw InputError("no lab is up below " + runs + "; `hermesh up` starts one");
  if (standing.size() == 1) return standing.front();
  std::string list;
  for (const auto& each : standing)
    list += " " + each.string();
  throw InputError("several labs are up; name one with --lab:" + list);
}

LabClient::LabClient(const std::filesystem::path& run_dir) {
  try {
    fd_ = connect_unix(run_dir / "lab.sock");
  } catch (const SystemError&) {
    throw InputError(run_dir.string() + ": no lab is up here");
  }
}

nlohmann::json LabClient::ask(const nlohmann::json& request, std::chrono::milliseconds patience) {
  write_all(fd_.get(), request.dump() + "\n");
  const auto line = LineReader(fd_.get()).next(patience);
  if (!line) throw Error("the lab's supervisor did not answer");
  auto answer = nlohmann::json::parse(*line, nullptr, false);
  if (answer.is_object() && answer.value("input", false))
    throw InputError(answer.value("error", "no reason given"));
  if (!answer.is_object() || !answer.value("ok", false))
    throw Error("the lab's supervisor: " +
                (answer.is_object() ? answer.value("error", "no reason given") : *line));
  return answer;
}

void LabClient::await_end(std::chrono::milliseconds patience) {
  LineReader lines(fd_.get());
  while (lines.next(patience)) {
  }
  if (!lines.ended()) throw Error("the lab is still going down");
}

} // namespace hermesh::cli
