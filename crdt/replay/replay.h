// SPDX-License-Identifier: Apache-2.0
//
// What a set of changes of one space adds up to: a pure function of the set, whatever its order.
// It has no store and shares no code with node/replica, so that it can check exports and be the
// oracle of the replica's tests. The laws, with pins(c) those in force (stated, or as before):
//   admitted(c) ⇔ check_alone(c); prev(c) is admitted and the author's seq before; pins(c) are
//     admitted roster changes, dominate pins(prev(c)), and the author is in the roster there.
//     The founding change of the space needs none of this.
//   a roster change that names a statement needs it as well: `seen` is admitted, and so is each
//     change that it, or an earlier statement of its author, speaks of, at the place it says; of
//     statements count those whose author was a witness at their pins.
//   fork: changes with one prev (of an author's first changes: all) are siblings; all are admitted.
//     The log is forked from the least number F of a change with a sibling on. Its standing path is
//     read from what others cover (RosterGraph::covers).
//   line(c): the author's key, when nothing on c's path from its root up to and with c has a
//     sibling; or else the id of the last change on that path that has one, in the shape of a key.
//     dot(c) = (line(c), seq(c)). Lines are disjoint stretches of the tree, and the author's own
//     previous change on a record is the one along c's path: so a version vector over lines names a
//     set of ancestors exactly, however many branches a liar makes.
//   a part of a confidential scope is read with the keys that the caller has (scopes/scope_keys.h):
//     without its key it stands as one that is withheld, and is sealed;
//   a part has a place in the graph of its (record, scope) unless it is withheld or redacted, its
//     envelope doesn't open, its links don't decode, it names the roster, or an earlier part of its
//     change has that place.
//   it is held while a parent is not admitted, a parent's part on the record is held or may be one
//     that is withheld or sealed, or the author's previous part on the record along its path is
//     held.
//   it is void when a parent has no part on the record, its pins don't dominate a parent's pins,
//     its author may not write the registry at its pins, or its body is shown and doesn't decode.
//   it is late, contributes nothing and is nobody's head, when the law of the whole roster leaves
//   it without effect
//     (crdt/roster/roster_law.h), or its number is F or more and it is not on the standing path,
//     and nobody admitted it. What the founding change says is never late.
//   what acts in force hide stands as erased, and what is erased without a confirmed act as
//   withheld
//     (crdt/erasure/erasures.h). The acts speak in graphs of their own, which nothing can erase.
//   view = every placed part that is not held, applied in causal order (record_view.h).
// Signatures are the caller's business: give authentic changes only. Linear in the changes but for
// lookups. No state; any thread.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "crdt/change/change.h"
#include "crdt/erasure/erasures.h"
#include "crdt/roster/roster_graph.h"
#include "crdt/scopes/scope_keys.h"
#include "crdt/types/record_view.h"

namespace cunju::replay {

struct RecordScope {
  RecordId record;
  Scope scope;
  friend auto operator<=>(const RecordScope&, const RecordScope&) = default;
};

enum class PartState : std::uint8_t {
  kEffective,
  kVoid,     ///< In the graph, contributes nothing.
  kLate,     ///< The same, until somebody admits it.
  kHeld,     ///< Builds on something that is not in the set, or is not shown.
  kSealed,   ///< Of a confidential scope, and its key is not here.
  kNoPlace,  ///< In no graph: absent, unreadable, or a second word about one record.
  kRoster,   ///< The roster's own part, whether it took effect or not.
};

struct PartVerdict {
  ChangeId change;
  std::uint16_t part = 0;
  PartState state = PartState::kNoPlace;
  std::string reason;  ///< English; empty when effective.

  friend auto operator<=>(const PartVerdict&, const PartVerdict&) = default;
};

struct Refusal {
  ChangeId change;
  AuthorKey author;
  Seq seq;
  std::string reason;  ///< English.

  friend auto operator<=>(const Refusal&, const Refusal&) = default;
};

/// Moved, not copied: what is known of erasures points into itself.
struct Replay {
  /// Of each admitted log its tips, ascending; one, unless the log is forked. Their dots name the
  /// author, whatever line (see above) the tip is on.
  std::map<AuthorKey, std::vector<Head>> heads;
  std::vector<ChangeId> admitted;  ///< Ascending.
  std::vector<Refusal> refused;    ///< By (author, seq, id); a change given twice counts once.
  std::vector<PartVerdict> parts;  ///< Of the admitted changes, by (change, part).
  std::map<RecordScope, RecordView> views;
  std::vector<ChangeId> roster_heads;  ///< Ascending.
  Erasures erasures;
  /// By the verdicts of the whole set; null without a founding roster.
  std::shared_ptr<const Roster> roster;
};

/// As somebody sees it who has these keys. `erased_from`: as in apply_fates().
Replay replay(const SpaceId& space, std::span<const Change> changes, const ScopeKeys& keys,
              Fate erased_from = Fate::kConfirmed);
/// As somebody sees it who has none.
Replay replay(const SpaceId& space, std::span<const Change> changes);

}  // namespace cunju::replay
