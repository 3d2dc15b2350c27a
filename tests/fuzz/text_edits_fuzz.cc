// SPDX-License-Identifier: Apache-2.0
// The bytes of text edits: whatever decodes has one spelling, and does to any text what a peer
// with the same bytes sees, however its positions lie.
#include <cstdlib>

#include "crdt/types/text/text_edits_codec.h"

using namespace cunju;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView bytes{data, size};
  const Result<TextEdits> edits = decode_text_edits(bytes);
  if (!edits) return 0;
  const Bytes again = encode_text_edits(edits.value());
  // The packed format keeps the columns, not zstd's own bytes.
  if (data[0] == 0 && !equal(again, bytes)) std::abort();
  const Result<TextEdits> back = decode_text_edits(again);
  if (!back || !(back.value() == edits.value())) std::abort();
  TextBuffer buffer("村居 text 𠮷");
  const std::size_t before = buffer.bytes();
  apply_edits(buffer, edits.value());
  if (buffer.bytes() > before + edits.value().text().size()) std::abort();
  if (!is_utf8(buffer.str())) std::abort();
  return 0;
}
