// SPDX-License-Identifier: Apache-2.0
// Acts of erasing, approvals, receipts and marks of persons as they come from peers.
#include <cstddef>
#include <cstdint>

#include "tests/support/erasure_input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  cunju::test::check_erasure_input({data, size});
  return 0;
}
