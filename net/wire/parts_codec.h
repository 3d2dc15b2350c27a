// SPDX-License-Identifier: Apache-2.0
//
// Brought parts as a Parts message carries them (net/wire/parts.h).
//   parts  := varint count | change*
//   change := id[32] | varint count | part*                          at least one part
//   part   := varint (index << 1 | is erased) | varint size, links
//             | not erased: varint size, body | erased: body_hash[32]
// Indices are ascending. Parsing is strict: what decodes encodes to the same bytes.
#pragma once

#include <span>
#include <vector>

#include "crdt/base/bytes.h"
#include "crdt/base/result.h"
#include "net/wire/parts.h"

namespace cunju::wire {

Bytes encode_parts(std::span<const ChangeParts> changes);
/// Errors: kMalformed, kLimit.
Result<std::vector<ChangeParts>> decode_parts(ByteView bytes);

/// Takes the numbers below `next` out of what was asked. False: none is left.
bool cut_below(LogSpan& span, std::uint64_t next);

}  // namespace cunju::wire
