// SPDX-License-Identifier: Apache-2.0
//
// The bytes of TextEdits: the value of a text operation.
//
//   edits   := 0 | run_count varint | heads | moves | text            less than 192 bytes of these
//            | 1 | blob(heads) | blob(moves) | blob(text)             as many or more
//   heads   := ((length - 1) << 2 | has_move << 1 | erases) varint    for each run
//   moves   := zigzag(end - cursor) varint, never 0                   for each run with has_move
//   blob(x) := raw_size varint | stored_size varint | x or, when stored_size < raw_size, zstd(x)
//
// cursor is where the run before ended: behind inserted text, or where text was erased; 0 at first.
// end is an insertion's position, and the position behind the last erased scalar value, so that
// typing on and rubbing out cost no move. varint is LEB128 in its shortest form. text is UTF-8.
//
// Law: decode(encode(e)) = e, and decode refuses every other spelling of heads, moves and text:
// runs that touch, a move of 0, a longer varint, another format. Equal edits have equal columns;
// only zstd's own bytes may differ between builds of zstd, so compare edits, not blobs.
#pragma once

#include "crdt/base/bytes.h"
#include "crdt/base/result.h"
#include "crdt/types/text/text_edits.h"

namespace cunju {

Bytes encode_text_edits(const TextEdits& edits);
/// Errors: kMalformed; kLimit (limits::kMaxTextRuns, kMaxTextPosition, kMaxTextInsertBytes).
/// Takes memory and time in proportion to the limits, whatever the bytes say.
Result<TextEdits> decode_text_edits(ByteView bytes);
/// What decoding these would unpack, found without doing so; 0 for what is malformed at sight.
std::size_t unpacked_text_bytes(ByteView bytes);

}  // namespace cunju
