// SPDX-License-Identifier: Apache-2.0
//
// Large real-world tables that are not part of the source tree: CUNJU_SHARED_DATA, or else
// ../shared/data beside the project. A test that lacks its table warns and ends.
#pragma once

#include <array>
#include <catch2/catch.hpp>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <optional>
#include <string>

#include "crdt/base/bytes.h"

namespace cunju::test {

/// A gzipped file, unpacked; empty with a warning when it is not here.
inline std::optional<Bytes> load_shared(const std::string& name) {
  const char* shared = std::getenv("CUNJU_SHARED_DATA");
  std::string folder = shared != nullptr ? shared : CUNJU_SOURCE_DIR "/../shared/data";
  std::string file = folder + "/" + name;
  if (!std::ifstream(file)) {
    WARN("skipped: no " + file);
    return std::nullopt;
  }
  std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(("gzip -dc '" + file + "'").c_str(), "r"),
                                             pclose);
  REQUIRE(pipe);
  Bytes out;
  std::array<char, 65536> buffer;
  while (std::size_t n = std::fread(buffer.data(), 1, buffer.size(), pipe.get())) {
    append(out, as_bytes({buffer.data(), n}));
  }
  return out;
}

/// 3,611 registrations of premises in 69 columns.
inline std::optional<Bytes> load_toronto() {
  return load_shared("rental_toronto/registrations.csv.gz");
}

}  // namespace cunju::test
