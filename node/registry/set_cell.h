// SPDX-License-Identifier: Apache-2.0
//
// All elements of a set field in one cell of a table, and back. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cunju::registry {

/// The elements of a set written in one cell: separated by ; or ； or a new line, trimmed, empty
/// ones left out. A backslash before a separator or backslash keeps it.
std::vector<std::string> split_set(std::string_view text);
/// One cell that split_set() takes apart into the same elements (trimmed, not empty).
std::string join_set(const std::vector<std::string>& elements);

}  // namespace cunju::registry
