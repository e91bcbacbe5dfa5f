// SPDX-License-Identifier: MIT
#pragma once

#include "model/topology.hh"

#include <nlohmann/json.hpp>

#include <map>
#include <string>

namespace hermesh::cli {

/// What a scenario's file says of each gateway, by the gateway's name: the fields of its rule, in
/// the file's words, without whose rule it is.
using GatewayWords = std::map<std::string, nlohmann::json>;

/// Who is where as a tree: the outermost segment first, on each segment its machines and the
/// gateways whose outside it is, below a gateway the segments that it serves. Plain ASCII, at most
/// `width` columns unless names are very long. `words` may lack gateways.
std::string picture(const Topology& topology, const GatewayWords& words, std::size_t width);

/// The same tree for programs. A segment that two gateways serve is told in full below the first.
nlohmann::ordered_json picture_json(const Topology& topology, const GatewayWords& words);

/// The text in lines of at most `width`, broken at spaces; a longer word has a line of its own.
std::vector<std::string> wrapped(const std::string& text, std::size_t width);

} // namespace hermesh::cli
