// SPDX-License-Identifier: Apache-2.0
// What a change says it passes over: whatever decodes has one spelling and names what it names.
#include <cstdlib>

#include "crdt/types/text/text_passed.h"

using namespace cunju;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView bytes{data, size};
  const Result<TextPassed> passed = decode_text_passed(bytes);
  if (!passed) return 0;
  if (!equal(encode_text_passed(passed.value()), bytes)) std::abort();
  for (const TextPassedRange& range : passed.value().ranges) {
    if (!passed.value().covers({range.line, range.first})) std::abort();
    if (!passed.value().covers({range.line, range.last})) std::abort();
    const Seq behind{range.last.value + 1};
    if (behind > range.last && passed.value().covers({range.line, behind})) std::abort();
  }
  return 0;
}
