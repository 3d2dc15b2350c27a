// SPDX-License-Identifier: Apache-2.0
//
// When a text is marked "merged, please read", and which versions of it a reader is shown. A pure
// function of three sets, with saw(c) as in text_passed.h and a ∥ b for changes of which neither
// saw the other:
//   reads(k, e)    ⇔  e is an ancestor of confirmation k, and k passes over no edit that stands, of
//                     e's author, up to e; and k is a last one: no other confirmation of k's author
//                     has k among its ancestors
//   covered(a, b)  ⇔  one confirmation reads both a and b
//   rests(e, v)    ⇔  edit e saw v, which is left out: somebody's words rest on words that were
//                     taken out
//   merged         ⇔  edits a ∥ b exist that are not covered,
//                     or rests(e, v) for some, and no confirmation that reads e passes over v
//   side(a)        ⇔  for some b with a ∥ b, not covered: every edit that has a among its ancestors
//                     has b, and every edit that has b has a;
//                     when there is none, for the last such pair of each two lines
// A confirmation is about what its author was shown: what is in its ancestry and was not passed
// over. So two people who confirm one merge apart have both read it, and nothing is marked anew.
// When something that it passed over stands again, it has not read that, nor what that author wrote
// behind it. The sides are the last versions before somebody wrote on with both: a pair that is not
// covered is followed to one, so no meeting leaves the list because another one follows it. It may
// lead to a pair that was read, where only what lies below has not been, since that stands again.
// Beside them stand an edit and the last one of each line that passed it over, and the last edit of
// each line that rests on something left out.
//
// An author's changes have each other among their ancestors, so what one of them has, the later
// ones have too. For an edit and another author only that author's last edit that lacks it needs
// looking at, and of each author's confirmations only the last. Cost: O(edits · authors), whatever
// they say, and beside it the edits that are passed over, which are a part of their passers' load
// (text_field.h), times the authors. Values; borrows clocks and ranges for the time of a call.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "crdt/graph/version_vector.h"
#include "crdt/types/text/text_places.h"

namespace cunju {

/// A change as far as marks go.
struct TextEvent {
  AuthorKey author;  ///< Who signed it, whatever its line.
  Dot dot;
  const VersionVector* clock = nullptr;  ///< Its ancestors and itself.
  const PassedDots* passed = nullptr;    ///< Null: nothing.

  bool passes(const Dot& other) const { return passed != nullptr && passed->covers(other); }
  /// Whether it is, or saw, the other.
  bool saw(const Dot& other) const {
    return other == dot || (clock->covers(other) && !passes(other));
  }
};

/// All lists in a causal order: ancestors first.
struct TextEvents {
  std::vector<TextEvent> edits;  ///< Those that stand.
  std::vector<TextEvent> confirmations;
  std::vector<TextEvent> left_out;  ///< Edits that do not stand.
};

/// Those that no other of the same author has among its ancestors; from a causal order.
std::vector<TextEvent> last_of_each_author(std::span<const TextEvent> events);

/// The law of `merged`.
bool has_unread_meeting(const TextEvents& events);

/// What a reader is to see, as indices into `edits`, ascending. Costs authors more for each pair of
/// sides.
std::vector<std::size_t> find_unread_sides(const TextEvents& events);

}  // namespace cunju
