// SPDX-License-Identifier: Apache-2.0
//
// Recorded bytes of tests/vectors, which are in hex: what a version of a format has to stay.
#pragma once

#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>

#include "crdt/base/bytes.h"

namespace cunju::test {

/// As it stands in the file, without line breaks.
inline std::string vector_hex(const std::string& name) {
  std::ifstream file(CUNJU_SOURCE_DIR "/tests/vectors/" + name);
  std::string out{std::istreambuf_iterator<char>(file), {}};
  std::erase_if(out, [](char c) { return c == '\n' || c == '\r' || c == ' '; });
  return out;
}

inline Bytes vector_bytes(const std::string& name) {
  const std::optional<Bytes> bytes = parse_hex(vector_hex(name));
  REQUIRE(bytes);
  return *bytes;
}

}  // namespace cunju::test
