// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace hermesh {

/// " (did you mean 'nebula'?)" when one of `names` is close to `wrong`, else nothing: to be
/// appended to a complaint. Close: an edit distance (insert, delete, replace, swap of neighbours)
/// of at most a third of the longer word, at least 1.
std::string did_you_mean(std::string_view wrong, std::span<const std::string> names);

/// "'a', 'b' or 'c'": what a complaint says was wanted.
std::string any_of(std::span<const std::string> names);

} // namespace hermesh
