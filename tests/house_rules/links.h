// SPDX-License-Identifier: Apache-2.0
//
// Links of README.md and docs/**/*.md: every relative one leads to a file or folder of the project
// and every anchor to a heading. Links to the web are not followed. Anchors are made from headings
// as GitHub makes them.
#pragma once

#include "tests/house_rules/source.h"

namespace cunju::house {

Findings check_links(const Tree& tree);
/// The anchor of a heading's text: lower case, blanks as '-', punctuation (also Chinese) dropped.
std::string anchor_of(std::string_view heading);

}  // namespace cunju::house
