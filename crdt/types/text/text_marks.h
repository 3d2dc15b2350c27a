// SPDX-License-Identifier: Apache-2.0
//
// When a text is marked "merged, please read", and which versions of it a reader is shown. A pure
// function of two sets, with a ∥ b for changes of which neither has seen the other:
//   covered(a, b)  ⇔  one confirmation has seen both a and b
//   merged         ⇔  edits a ∥ b exist that are not covered
//   side(a)        ⇔  for some b with a ∥ b, not covered: every edit that has seen a has seen b,
//                     and every edit that has seen b has seen a
// A confirmation is about what its author was shown: what is in its ancestry. So two people who
// confirm one merge apart have both read it, and nothing is marked anew. The sides are the last
// versions before somebody wrote on with both: every pair that is not covered is followed to one,
// so no meeting leaves the list because another one follows it.
//
// An author's changes have seen each other, so what one of them has seen the later ones have too.
// For an edit and another author only that author's last edit that lacks it needs looking at, and
// of each author's confirmations only the last. Cost: O(edits · authors), whatever they say.
// Values; borrows the clocks for the time of a call.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "crdt/graph/version_vector.h"

namespace cunju {

/// A change as far as marks go.
struct TextEvent {
  Dot dot;
  const VersionVector* clock = nullptr;  ///< Its ancestors and itself.
};

/// The law of `merged`. Both lists in any causal order.
bool has_unread_meeting(std::span<const TextEvent> edits, std::span<const TextEvent> confirmations);

/// The sides, as indices into `edits`, ascending. Costs authors more for each pair of sides.
std::vector<std::size_t> find_unread_sides(std::span<const TextEvent> edits,
                                           std::span<const TextEvent> confirmations);

}  // namespace cunju
