// SPDX-License-Identifier: MIT
#include "runner/lab_request.hh"

#include "model/foreign_json.hh"
#include "model/json_reader.hh"

#include <nlohmann/json.hpp>

namespace hermesh {
namespace {

std::vector<std::string> read_words(const JsonReader& json) {
  std::vector<std::string> words;
  json.each([&](const JsonReader& word) { words.push_back(word.text()); });
  if (words.empty()) json.fail("found none, wanted at least one");
  return words;
}

} // namespace

LabRequest read_lab_request(std::string_view line) {
  const auto document = parse_foreign_json(line);
  if (document.is_discarded()) throw InputError("request: this is no JSON");
  using What = LabRequest::What;
  LabRequest request;
  JsonReader("request", document).object([&](JsonReader::Fields& fields) {
    request.what =
        static_cast<What>(fields.required("do").one_of({"status", "shell", "exec", "set", "down"}));
    if (request.what == What::shell || request.what == What::exec)
      request.machine = fields.required("machine").text();
    if (request.what == What::exec) request.argv = read_words(fields.required("argv"));
    if (request.what == What::set) request.changes = read_words(fields.required("changes"));
  });
  return request;
}

} // namespace hermesh
