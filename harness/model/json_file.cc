// SPDX-License-Identifier: MIT
#include "base/suggest.hh"
#include "model/json_reader.hh"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <set>
#include <system_error>

namespace hermesh {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t size_limit = 1 << 20;
constexpr std::size_t depth_limit = 32;

[[noreturn]] void refuse(const fs::path& file, const std::string& complaint) {
  throw InputError(file.string() + ": " + complaint);
}

/// What lies in the folder of a file that does not: the nearest name may be the one meant.
[[noreturn]] void refuse_missing(const fs::path& file) {
  const auto folder = file.has_parent_path() ? file.parent_path() : fs::path(".");
  std::error_code problem;
  fs::directory_iterator entries(folder, problem);
  if (problem) refuse(file, "there is no such file, nor a folder " + folder.string());
  std::vector<std::string> names;
  for (const auto& entry : entries)
    names.push_back(entry.path().filename().string());
  std::ranges::sort(names);
  refuse(file, "there is no such file" + did_you_mean(file.filename().string(), names));
}

std::string contents(const fs::path& file) {
  std::error_code problem;
  const auto status = fs::status(file, problem);
  if (status.type() == fs::file_type::not_found) refuse_missing(file);
  if (problem) refuse(file, "cannot be read: " + problem.message());
  if (fs::is_directory(status)) refuse(file, "found a folder, wanted a file");
  errno = 0;
  std::ifstream in(file, std::ios::binary);
  if (!in) refuse(file, "cannot be read: " + std::generic_category().message(errno));
  std::string text(size_limit + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad()) refuse(file, "cannot be read");
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() > size_limit)
    refuse(file, "found more than 1 MiB, wanted a file of at most that");
  return text;
}

void refuse_byte_order_mark(const fs::path& file, std::string_view text) {
  for (const std::string_view mark : {"\xef\xbb\xbf", "\xff\xfe", "\xfe\xff"})
    if (text.starts_with(mark))
      refuse(file,
             "found a byte order mark at 1:1, wanted UTF-8 without one (RFC 8259 section 8.1)");
}

/// Where the parser is, and which keys the open objects have had: the library keeps the last of two
/// equal keys and says nothing.
class DuplicateKeys {
public:
  explicit DuplicateKeys(const fs::path& file) : file_(file) {}

  void see(nlohmann::json::parse_event_t event, const nlohmann::json& parsed) {
    using Event = nlohmann::json::parse_event_t;
    switch (event) {
    case Event::object_start:
    case Event::array_start:
      if (open_.size() == depth_limit)
        refuse(file_,
               pointer() + ": found more than " + std::to_string(depth_limit) +
                   " levels, wanted fewer");
      open_.push_back({.is_array = event == Event::array_start});
      break;
    case Event::object_end:
    case Event::array_end:
      open_.pop_back();
      next_element();
      break;
    case Event::value: next_element(); break;
    case Event::key: {
      auto& object = open_.back();
      object.key = parsed.get<std::string>();
      if (!object.keys.insert(object.key).second)
        refuse(file_, pointer() + ": found this field twice, wanted it once");
    }
    }
  }

private:
  struct Container {
    bool is_array = false;
    std::size_t index = 0;
    std::string key{};
    std::set<std::string> keys{};
  };

  void next_element() {
    if (!open_.empty()) ++open_.back().index;
  }

  std::string pointer() const {
    std::string text;
    for (const auto& container : open_)
      text += "/" + (container.is_array ? std::to_string(container.index) : container.key);
    return text;
  }

  const fs::path& file_;
  std::vector<Container> open_;
};

/// "3:14": where the byte number `byte`, counted from 1, stands.
std::string position_of(std::string_view text, std::size_t byte) {
  const auto before = text.substr(0, byte == 0 ? 0 : std::min(byte - 1, text.size()));
  const auto line = std::ranges::count(before, '\n') + 1;
  const auto begin = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
  return std::to_string(line) + ":" + std::to_string(before.size() - begin + 1);
}

/// The library's sentence without its own number, place and copy of the text.
std::string complaint_of(const nlohmann::json::exception& error) {
  std::string text = error.what();
  if (const auto last = text.find("; last read"); last != std::string::npos) {
    const auto wanted = text.find("; expected", last);
    text.erase(last, wanted == std::string::npos ? std::string::npos : wanted - last);
  }
  for (const std::string_view end : {"] ", "syntax error while parsing "})
    if (const auto at = text.find(end); at != std::string::npos) text.erase(0, at + end.size());
  return text;
}

} // namespace

nlohmann::json parse_json_file(const fs::path& file) {
  const auto text = contents(file);
  refuse_byte_order_mark(file, text);
  DuplicateKeys duplicates(file);
  try {
    return nlohmann::json::parse(text, [&](int, auto event, auto& parsed) {
      duplicates.see(event, parsed);
      return true;
    });
  } catch (const nlohmann::json::parse_error& error) {
    refuse(file.string() + ":" + position_of(text, error.byte), "not JSON: " + complaint_of(error));
  } catch (const nlohmann::json::exception& error) {
    refuse(file, "not JSON: " + complaint_of(error)); // a number beyond a double's range
  }
}

} // namespace hermesh
