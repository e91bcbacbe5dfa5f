// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace hermesh::cli {

/// What could stand at the end of a command line, for the shells' scripts (`hermesh completion`).
struct Candidate {
  std::string text;          ///< the whole word; ":files" and ":folders" ask the shell for those
  std::string description{}; ///< may be empty

  bool operator==(const Candidate&) const = default;
};

/// `words`: the line without the program's name; the last is the word to complete, maybe empty.
/// What cannot be found out now (a broken file, no lab) is no candidate; it never throws.
std::vector<Candidate> candidates(CLI::App& app, const std::vector<std::string>& words);

/// One a line, with a tab before the description.
int print_candidates(CLI::App& app, const std::vector<std::string>& words);

} // namespace hermesh::cli
