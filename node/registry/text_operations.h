// SPDX-License-Identifier: Apache-2.0
//
// What a person did to a text, as operations: the difference between what it said and what it is
// to say. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "crdt/types/operation.h"

namespace cunju::registry {

/// Longest text that may be saved, in bytes: about 1.4 million Chinese characters.
inline constexpr std::size_t kMaxTextBytes = 4 * 1024 * 1024;

/// What turns the text of `field` from `before` into `after`; nothing when they are equal. Both are
/// well-formed UTF-8 of at most kMaxTextBytes. Several operations when one would be too long.
std::vector<Operation> plan_text(std::string_view field, std::string_view before,
                                 std::string_view after);

/// A text that a person gave on a command line, in a file or in a table's cell, without byte order
/// mark and carriage returns: the same words typed on two machines are the same text. What is not
/// UTF-8 comes back as it was.
std::string plain_lines(std::string_view text);

/// "I have read what was merged."
Operation confirm_operation(std::string_view field);

}  // namespace cunju::registry
