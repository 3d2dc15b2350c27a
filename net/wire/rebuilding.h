// SPDX-License-Identifier: Apache-2.0
//
// What every codec of runs does to a change of which it has read what travels: it derives the rest
// and parses the exact signed bytes, so that the rules of crdt/change are applied in one place; and
// what one batch may use, the same for the sender and the receiver. Pure.
#pragma once

#include <cstddef>

#include "crdt/base/ids.h"
#include "crdt/base/limits.h"
#include "crdt/base/result.h"
#include "crdt/change/change.h"

namespace cunju::wire {

/// Every part that means anything holds 32 bytes: a hash in its place, or a salt and a record id.
/// Without this bound, parts of 3 bytes on the wire would become a Part object each.
inline constexpr std::size_t kMaxBatchParts = limits::kMaxBatchBytes / 32;

/// Counts against the limits of a batch. Errors: kLimit.
class BatchUse {
 public:
  Result<void> add_change();
  Result<void> add_part();
  /// As stored.
  Result<void> add_bytes(std::size_t size);

 private:
  std::size_t changes_ = 0;
  std::size_t parts_ = 0;
  std::size_t stored_bytes_ = 0;
};

/// Fills what follows from parts, signature and the rest of the header, and counts its bytes. The
/// parts have their hashes. Errors: kMalformed, kLimit.
Result<void> complete_change(Change& change, const SpaceId& space, BatchUse& use);

}  // namespace cunju::wire
