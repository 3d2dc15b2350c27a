// SPDX-License-Identifier: Apache-2.0
//
// Foreign texts that are taken for invitations, and what people type as confirmation words.
#include "tests/support/invitation_input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  cunju::crypto::initialize();
  cunju::test::try_invitation_input({data, size});
  return 0;
}
