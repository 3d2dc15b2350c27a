// SPDX-License-Identifier: Apache-2.0
//
// What travels between replicas: heads, which say where a log ends, and runs, which are stretches
// of a log. Values; used by sessions and bundles alike.
#pragma once

#include <compare>
#include <vector>

#include "crdt/base/ids.h"
#include "crdt/change/change.h"

namespace cunju::wire {

struct AuthorHead {
  AuthorKey author;
  Seq seq;
  ChangeId id;
  friend auto operator<=>(const AuthorHead&, const AuthorHead&) = default;
};

/// A change of one author's log by its place.
struct Sample {
  Seq seq;
  ChangeId id;
  friend auto operator<=>(const Sample&, const Sample&) = default;
};

/// Consecutive changes of one author, at least one. The last one's signature has been checked by
/// the sender and is checked by the receiver; it covers the others through the prev chain.
struct Run {
  std::vector<Change> changes;
  friend bool operator==(const Run&, const Run&) = default;
};

}  // namespace cunju::wire
