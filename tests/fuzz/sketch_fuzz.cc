// SPDX-License-Identifier: Apache-2.0
// Input: tests/support/sketch_input.h.
#include "tests/support/sketch_input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const bool ready = (cunju::crypto::initialize(), true);
  if (ready) cunju::testing::run_sketch_input(cunju::ByteView(data, size));
  return 0;
}
