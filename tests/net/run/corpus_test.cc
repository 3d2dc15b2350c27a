// SPDX-License-Identifier: Apache-2.0
// What run_fuzz does, with its first inputs, whole and with each byte changed.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>

#include "tests/support/run_input.h"

using namespace cunju;

TEST_CASE("the fuzz target's corpus of runs passes its checks, whole and with every byte changed") {
  std::size_t whole = 0, damaged = 0, survivors = 0;
  const std::vector<Bytes> inputs = testing::run_inputs();
  // CUNJU_CORPUS: a folder into which they are written, for the fuzzer to begin from.
  const char* folder = std::getenv("CUNJU_CORPUS");
  for (const Bytes& input : inputs) {
    if (folder != nullptr)
      std::ofstream(std::string(folder) + "/run_" + std::to_string(&input - inputs.data()),
                    std::ios::binary)
          << as_text(input);
    whole += testing::check_run_input(input);
    Bytes changed = input;
    for (std::size_t i = 0; i < input.size(); i += 3) {
      changed[i] = static_cast<std::uint8_t>(changed[i] ^ (1u << i % 8));
      survivors += testing::check_run_input(changed) > 0 ? 1 : 0;
      changed[i] = input[i];
      ++damaged;
    }
  }
  CHECK(whole == inputs.size() * 3);
  CHECK(damaged > 3000);
  CHECK(survivors > 0);
}
