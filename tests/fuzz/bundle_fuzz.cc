// SPDX-License-Identifier: Apache-2.0
// Input: as tests/support/bundle_input.h has it. CUNJU_CORPUS=FOLDER net_tests "a corpus*" writes a
// small corpus to begin with.
#include "tests/support/bundle_input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  cunju::testing::feed_bundle({data, size});
  return 0;
}
