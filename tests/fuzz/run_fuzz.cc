// SPDX-License-Identifier: Apache-2.0
// Input: a space and the batches that a peer sends for it in one session
// (tests/support/run_input.h).
#include "crdt/base/check.h"
#include "crdt/crypto/crypto.h"
#include "tests/support/run_input.h"

using namespace cunju;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const bool initialized = (crypto::initialize(), true);
  CUNJU_CHECK(initialized, "libsodium starts");
  testing::check_run_input(ByteView(data, size));
  return 0;
}
