// SPDX-License-Identifier: Apache-2.0
// Input: brought parts as they come from a peer. What decodes must encode to the same bytes.
#include "crdt/base/check.h"
#include "net/wire/parts_codec.h"

using namespace cunju;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView input(data, size);
  const Result<std::vector<wire::ChangeParts>> parts = wire::decode_parts(input);
  if (parts.has_error()) return 0;
  CUNJU_CHECK(equal(wire::encode_parts(parts.value()), input), "parts have one spelling");
  return 0;
}
