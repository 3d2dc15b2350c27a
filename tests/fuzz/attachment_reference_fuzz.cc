// SPDX-License-Identifier: Apache-2.0
// References to attachments of foreign bytes: what parses is written again as the same bytes.
#include "crdt/attachment/reference.h"
#include "crdt/base/check.h"

using namespace cunju;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const bool is_ready = [] {
    crypto::initialize();
    return true;
  }();
  (void)is_ready;
  const Bytes bytes(data, data + size);
  const Result<attachment::Reference> parsed = attachment::parse_reference(bytes);
  if (parsed.has_error()) return 0;
  CUNJU_CHECK(attachment::encode_reference(parsed.value()) == bytes, "one reference, one spelling");
  CUNJU_CHECK(attachment::is_possible_size(parsed.value().blob().bytes), "a size that can be");
  return 0;
}
