// SPDX-License-Identifier: MIT
#include "model/path.hh"

namespace hermesh {

std::string to_string(PathKind kind) {
  switch (kind) {
  case PathKind::local: return "local";
  case PathKind::direct: return "direct";
  case PathKind::relayed: return "relayed";
  case PathKind::unreachable: return "unreachable";
  }
  return "?";
}

std::optional<PathKind> parse_path_kind(std::string_view text) {
  for (const auto kind :
       {PathKind::local, PathKind::direct, PathKind::relayed, PathKind::unreachable})
    if (to_string(kind) == text) return kind;
  return std::nullopt;
}

std::string to_string(const Path& path) {
  if (path.kind != PathKind::relayed || path.via.empty()) return to_string(path.kind);
  return "relayed via " + path.via;
}

} // namespace hermesh
