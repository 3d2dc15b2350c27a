// SPDX-License-Identifier: Apache-2.0
//
// A number that whoever runs the tests gives in the environment: a seed, or how many of them.
#pragma once

#include <cstdint>
#include <cstdlib>

namespace cunju::test {

inline std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

}  // namespace cunju::test
