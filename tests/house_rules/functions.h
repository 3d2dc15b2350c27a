// SPDX-License-Identifier: Apache-2.0
//
// Finds function bodies in C++ text by their braces, for the length report and for rules about
// one function. A reading of text: exotic declarations may be missed, never invented from data.
#pragma once

#include "tests/house_rules/source.h"

namespace cunju::house {

struct Function {
  std::string name;
  std::size_t line = 1;   ///< Where its declaration's last name stands.
  std::size_t lines = 1;  ///< From there to the closing brace.
  std::size_t begin = 0;  ///< Offsets of the body in the code view, braces included.
  std::size_t end = 0;
};

/// Free, member and test functions of a code view; lambdas belong to the function around them.
std::vector<Function> find_functions(std::string_view code);

inline constexpr std::size_t kLongFile = 500;
inline constexpr std::size_t kLongFunction = 70;
/// Files and functions over the lengths at which they usually want splitting by concept.
Findings report_lengths(const Tree& tree);

}  // namespace cunju::house
