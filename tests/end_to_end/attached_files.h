// SPDX-License-Identifier: Apache-2.0
//
// Files that tests attach: bytes of any value, which nothing makes smaller.
#pragma once

#include <cstdint>
#include <fstream>
#include <random>
#include <string>

#include "tests/support/temp_folder.h"

namespace cunju::test {

inline std::string random_text(std::size_t count, std::uint64_t seed) {
  std::mt19937_64 dice(seed);
  std::string out;
  while (out.size() < count) out.push_back(static_cast<char>(dice()));
  return out;
}

/// Where it is.
inline std::string write_file(const TempFolder& folder, const std::string& name,
                              const std::string& content) {
  std::ofstream(folder / name, std::ios::binary) << content;
  return (folder / name).string();
}

}  // namespace cunju::test
