// SPDX-License-Identifier: Apache-2.0
// Input: as tests/support/channel_input.h has it. CUNJU_CORPUS=FOLDER net_tests
// "*corpus of channels*" writes a small corpus to begin with.
#include "tests/support/channel_input.h"

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  cunju::crypto::initialize();
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  cunju::testing::feed_channel({data, size});
  return 0;
}
