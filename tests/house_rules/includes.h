// SPDX-License-Identifier: Apache-2.0
//
// Who may include what. The table is data: to let a folder see a foreign header, or to bring in a
// new library, change a row of includes.cc in the same commit and say why there.
#pragma once

#include "tests/house_rules/source.h"

namespace cunju::house {

/// Foreign headers outside the folders that own them, and foreign headers that no row names.
Findings check_foreign_includes(const Tree& tree);
/// Includes against the direction crdt <- net <- node <- cli <- tests, includes that are not
/// written from the project's root, and the composition root included from below.
Findings check_direction(const Tree& tree);
/// Clocks, threads, files, randomness in rooms that must stay pure (crdt and the sans-IO rooms of
/// net): standard headers, and the names of clocks and random sources.
Findings check_purity(const Tree& tree);

}  // namespace cunju::house
