// SPDX-License-Identifier: Apache-2.0
//
// How an element is taken out of a set that has become confidential since it was entered. It stays
// where it was written, readable to all, and saying there that it is gone would tell everybody what
// is confidential now. So a mark for it is added to the set in its scope, and whoever reads that is
// not shown the element any more. Clerks who take out apart make the same mark or add theirs beside
// it, and what the others have entered stays.
//
//   mark := "out" || BLAKE2b-256("cunju taken out" || record[16] || tag[1] || value)
//           tag 1: value is text; 2: an integer, eight bytes, big-endian
//
// The value itself is not in it. Pure.
#pragma once

#include "crdt/base/ids.h"
#include "crdt/types/value.h"

namespace cunju::registry {

/// Of a text or an integer; no other value is an element that people enter.
Value taken_out_mark(const RecordId& record, const Value& element);

bool is_taken_out_mark(const Value& value);

}  // namespace cunju::registry
