// SPDX-License-Identifier: Apache-2.0
//
// Command lines put together, and what a person at the desk is told, looked through.
#pragma once

#include <string>

#include "tests/support/village_process.h"

namespace cunju::test {

inline Words with(Words words, const Words& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

/// On both of the program's outputs.
inline std::string said(const RunResult& result) { return result.out + result.err; }

inline bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}
inline bool has(const RunResult& result, const std::string& part) {
  return has(said(result), part);
}

}  // namespace cunju::test
