// SPDX-License-Identifier: Apache-2.0
// What a change says it passes over: whatever decodes has one spelling, and says something.
#include <cstdlib>

#include "crdt/types/text/text_passed.h"

using namespace cunju;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView bytes{data, size};
  const Result<TextPassed> passed = decode_text_passed(bytes);
  if (!passed) return 0;
  if (passed.value().empty()) std::abort();
  if (!equal(encode_text_passed(passed.value()), bytes)) std::abort();
  return 0;
}
