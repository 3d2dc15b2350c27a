// SPDX-License-Identifier: Apache-2.0
//
// Runs of one space on the wire and in bundles, without what the receiver can derive: it rebuilds
// each header's exact bytes and parses those, so the rules of crdt/change are applied in one place.
//   runs   := varint count | run*
//   run    := kind u8 (0 founding, 1 first of a log, 2 later) | author[32]
//             | kind 2: varint seq of the first change, prev[32] | varint count | change*
//   change := flags u8 (1 pins, 2 seen) | flag 1: varint count, pin[32]* | flag 2: seen[32]
//             | varint zigzag(claimed_ms - that of the change before in the run, or 0)
//             | varint count | part* | signature[64]
//   part   := varint (scope << 2 | presence) | present: varint size, links, varint size, body
//             | erased: varint size, links, body_hash[32] | withheld, redacted: part_hash[32]
// Space, suite, seq, prev, part hashes and parts_hash are derived. docs/protocol.md has the
// numbers.
#pragma once

#include <span>
#include <vector>

#include "crdt/base/bytes.h"
#include "crdt/base/ids.h"
#include "crdt/base/result.h"
#include "net/wire/run.h"

namespace cunju::wire {

/// Errors: kLimit when the batch is over kMaxBatchChanges or kMaxBatchBytes; kInvalidArgument when
/// the changes are not runs of the space.
Result<Bytes> encode_runs(const SpaceId& space, std::span<const Run> runs);

/// The changes are well formed and chained, and a founding change is the space's; no signature has
/// been checked. What decodes encodes to the same bytes. Memory stays under a small multiple of
/// kMaxBatchBytes. Errors: kMalformed, kLimit.
Result<std::vector<Run>> decode_runs(const SpaceId& space, ByteView bytes);

}  // namespace cunju::wire
