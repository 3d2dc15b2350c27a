// SPDX-License-Identifier: Apache-2.0
//
// Rules that a line of text can break: licence lines, guards, forbidden words. Whole-word matches
// in code; marks of unfinished work are searched in comments as well.
#pragma once

#include "tests/house_rules/source.h"

namespace cunju::house {

/// Sources, schemas, build files and scripts whose first line (second after a #!) is not the
/// licence. Empty files are let pass.
Findings check_licence_line(const Tree& tree);
Findings check_pragma_once(const Tree& tree);
Findings check_no_throw(const Tree& tree);
/// clang 14 refuses std::ranges::subrange of libstdc++ 12, and so every algorithm that returns one.
Findings check_no_subranges(const Tree& tree);
Findings check_no_using_namespace_in_headers(const Tree& tree);
Findings check_no_unfinished_marks(const Tree& tree);
/// Standard output belongs to the cli: elsewhere it corrupts --json.
Findings check_no_standard_output(const Tree& tree);
/// Sources that no target compiles, by their place: `.cc` files outside the rooms, tests outside
/// the tiers of tests/CMakeLists.txt, fuzz files with another name.
Findings check_every_source_in_a_target(const Tree& tree);

}  // namespace cunju::house
