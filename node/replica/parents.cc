// SPDX-License-Identifier: Apache-2.0
//
// What an author's new change rests on: the parents of its parts, and pins that know what these
// knew. Laws:
//   a part is void when its pins don't dominate a parent's, so one that can't be dominated, because
//   it pins what has fallen, is no parent
//   such a parent is never left away bare: in its place stand the maximal ones below it that are in
//   force or can be dominated, without those that another parent has among its ancestors. So all
//   that is in force below what the author was shown is an ancestor, whoever put a part without
//   effect on top of it: positions are those of the text that was shown
//   what was shown and is lost that way all the same was an edit of somebody that fell while an
//   editor was open. Nothing is written without it that was made from it: kConflict
#include <algorithm>
#include <map>
#include <tuple>

#include "crdt/base/limits.h"
#include "node/replica/replica.h"

namespace cunju::replica {

Result<std::vector<ChangeId>> Replica::parents_of(Admission& admission, std::uint32_t space_no,
                                                  const AuthorKey& author, const PartDraft& draft) {
  const RecordKey record{space_no, draft.record, draft.scope};
  CUNJU_TRY(const RecordView* view, admission.view(record));
  std::vector<ChangeId> heads;
  if (view != nullptr) {
    for (const Head& head : view->heads) heads.push_back(head.id);
  }
  std::vector<ChangeId> seen = draft.seen.empty() ? heads : draft.seen;
  std::ranges::sort(seen);
  if (seen != heads) {
    // An author counts as having seen its own changes, so what it wrote meanwhile must be in mind.
    bool has_own = true;
    for (const Dot& dot : view == nullptr ? VersionVector() : view->clock) {
      if (dot.author == author) has_own = false;
    }
    for (const ChangeId& id : seen) {
      std::optional<IdRow> row = admission.find_id(id);
      std::optional<StoredNode> node;
      if (row) {
        CUNJU_TRY(node, admission.find_node(record, row->ordinal));
      }
      if (!node) return fail(Errc::kNotFound, "change " + id.hex() + " of the record");
      has_own = has_own || std::ranges::any_of(view->clock, [&](const Dot& dot) {
                  return dot.author == author && node->node.clock.covers(dot);
                });
    }
    if (!has_own) {
      CUNJU_TRY(has_own, admission.brings_nothing_in_force(record, author, seen));
    }
    if (!has_own) return fail(Errc::kConflict, "the record was changed meanwhile by this very key");
  }
  return seen;
}

namespace {

/// Whether a change may name others of its record as parents.
class Footing {
 public:
  Footing(const Admission& admission, const RosterGraph& graph, std::span<const ChangeId> pins)
      : admission_(admission), graph_(graph), pins_(pins) {}

  Result<bool> carries(const ChangeId& id, bool is_in_force) {
    if (is_in_force) return true;
    const std::optional<IdRow> row = admission_.find_id(id);
    if (!row) return fail(Errc::kCorrupt, "a change of a record without id row");
    const auto known = dominated_.find(row->pins_ordinal);
    if (known != dominated_.end()) return known->second;
    CUNJU_TRY(const std::vector<ChangeId> theirs, admission_.pins_at(row->pins_ordinal));
    return dominated_.emplace(row->pins_ordinal, graph_.dominates(pins_, theirs)).first->second;
  }

 private:
  const Admission& admission_;
  const RosterGraph& graph_;
  std::span<const ChangeId> pins_;
  std::map<std::uint64_t, bool> dominated_;
};

bool is_in_force(const TextChange& change) { return !change.node.is_void && !change.is_left_out; }

/// The changes of a record from descendants to ancestors.
Result<std::vector<TextChange>> changes_from_above(const Admission& admission,
                                                   const RecordKey& record) {
  CUNJU_TRY(std::vector<TextChange> out, admission.text_changes(record));
  std::ranges::sort(out, [](const TextChange& a, const TextChange& b) {
    return std::tie(a.node.depth, a.id) > std::tie(b.node.depth, b.id);
  });
  return out;
}

/// What stands in the place of those of `shown` that a change with such pins can't name.
Result<std::vector<ChangeId>> stand_in(const Admission& admission, const RecordKey& record,
                                       Footing footing, const std::vector<ChangeId>& shown) {
  std::vector<ChangeId> out, dropped;
  for (const ChangeId& id : shown) {
    const std::optional<IdRow> row = admission.find_id(id);
    if (!row) return fail(Errc::kNotFound, "change " + id.hex() + " of the record");
    CUNJU_TRY(const std::optional<StoredNode> node, admission.find_node(record, row->ordinal));
    CUNJU_TRY(const bool carries, footing.carries(id, node && node->is_in_force()));
    (carries ? out : dropped).push_back(id);
  }
  if (dropped.empty()) return shown;
  CUNJU_TRY(const std::vector<TextChange> changes, changes_from_above(admission, record));
  VersionVector below, covered;
  for (const TextChange& change : changes) {
    if (std::ranges::find(dropped, change.id) != dropped.end()) below.merge(change.node.clock);
    if (std::ranges::find(out, change.id) != out.end()) covered.merge(change.node.clock);
  }
  for (const TextChange& change : changes) {
    if (!below.covers(change.dot) || covered.covers(change.dot)) continue;
    CUNJU_TRY(const bool carries, footing.carries(change.id, is_in_force(change)));
    if (!carries) continue;
    covered.merge(change.node.clock);
    out.push_back(change.id);
  }
  std::ranges::sort(out);
  return out;
}

/// The pins of those that are in force.
Result<void> add_pins(const Admission& admission, const RecordKey& record,
                      std::span<const ChangeId> parents, std::vector<ChangeId>& out) {
  for (const ChangeId& id : parents) {
    const std::optional<IdRow> row = admission.find_id(id);
    if (!row) return fail(Errc::kCorrupt, "a change of a record without id row");
    CUNJU_TRY(const std::optional<StoredNode> node, admission.find_node(record, row->ordinal));
    if (!node || !node->is_in_force()) continue;
    CUNJU_TRY(const std::vector<ChangeId> pins, admission.pins_at(row->pins_ordinal));
    out.insert(out.end(), pins.begin(), pins.end());
  }
  return ok();
}

/// kConflict when something that was shown is not among the ancestors any more.
Result<void> require_all_shown(const Admission& admission, const RecordKey& record,
                               const AuthorKey& author, const PartDraft& draft,
                               std::span<const ChangeId> shown, std::span<const ChangeId> parents) {
  CUNJU_TRY(const std::vector<TextChange> changes, admission.text_changes(record));
  VersionVector seen, kept;
  for (const TextChange& change : changes) {
    if (std::ranges::find(shown, change.id) != shown.end()) seen.merge(change.node.clock);
    if (change.author == author || std::ranges::find(parents, change.id) != parents.end())
      kept.merge(change.node.clock);
  }
  for (const TextChange& change : changes) {
    const bool is_lost = seen.covers(change.dot) && !kept.covers(change.dot);
    // What says nothing, or was left out of what was shown, was not read by anybody.
    if (is_lost && !change.node.is_void && !change.operations.empty() &&
        std::ranges::find(draft.left_out, change.id) == draft.left_out.end())
      return fail(Errc::kConflict, std::string(kShownHasFallen));
  }
  return ok();
}

}  // namespace

Result<Replica::Grounds> Replica::find_grounds(Admission& admission, std::uint32_t space_no,
                                               const SpaceId& space,
                                               const crypto::SigningKey& author,
                                               std::span<const PartDraft> parts,
                                               std::uint64_t claimed_ms) {
  Grounds out;
  CUNJU_TRY(out.next, next_change(admission, space_no, space, author, claimed_ms));
  for (const PartDraft& part : parts) {
    CUNJU_TRY(std::vector<ChangeId> shown, parents_of(admission, space_no, author.author(), part));
    out.bases.push_back({.shown = shown, .parents = std::move(shown)});
  }
  CUNJU_TRY(RosterGraph * graph, admission.roster(space_no, space));
  if (!graph->has_fallen()) return out;
  NextChange& next = out.next;
  // A change that builds on another must know what that one knew, also what has fallen and would
  // not be pinned otherwise; or it would have no effect itself.
  std::vector<ChangeId> known = next.pins;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const RecordKey record{space_no, parts[i].record, parts[i].scope};
    CUNJU_TRY(const std::vector<ChangeId> parents,
              stand_in(admission, record, {admission, *graph, next.pins}, out.bases[i].shown));
    CUNJU_TRYV(add_pins(admission, record, parents, known));
  }
  if (!graph->dominates(next.pins, known)) {
    next.pins = graph->pick_pins(author.author(), known, limits::kMaxPins);
    if (next.pins.size() > limits::kMaxPins) return fail(Errc::kLimit, "kMaxPins");
    next.roster = graph->at(next.pins);
    next.header.pins = next.pins;
    if (!next.roster->is_author(author.author()))
      return fail(Errc::kPermission, "this key is not in the roster that the record rests on");
  }
  // With these pins more can be dominated, so nothing in force is named that was not before.
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const RecordKey record{space_no, parts[i].record, parts[i].scope};
    Basis& basis = out.bases[i];
    CUNJU_TRY(basis.parents,
              stand_in(admission, record, {admission, *graph, next.pins}, basis.shown));
    if (basis.parents != basis.shown && !parts[i].seen.empty()) {
      CUNJU_TRYV(require_all_shown(admission, record, author.author(), parts[i], basis.shown,
                                   basis.parents));
    }
  }
  return out;
}

// A part that left some of the heads unnamed would act on a record that nobody saw: a text edit's
// positions are read at the parents. So all of them are joined first. Gives what the part has seen
// then; still empty when it takes the heads of the moment of writing.
Result<std::vector<ChangeId>> Replica::join_heads(Admission& admission, std::uint32_t space_no,
                                                  const SpaceId& space,
                                                  const crypto::SigningKey& author,
                                                  const PartDraft& part, std::uint64_t claimed_ms) {
  CUNJU_TRY(RosterGraph * graph, admission.roster(space_no, space));
  const bool names_few = !part.seen.empty() && part.seen.size() <= limits::kMaxParents;
  if (names_few && !graph->has_fallen()) return part.seen;
  CUNJU_TRY(Grounds all, find_grounds(admission, space_no, space, author, {&part, 1}, claimed_ms));
  std::vector<ChangeId> seen = std::move(all.bases.front().parents);
  if (seen.size() <= limits::kMaxParents) return part.seen;
  CUNJU_TRYV(check_permission(admission, space_no, space, author.author(), part));
  while (seen.size() > limits::kMaxParents) {
    const auto end = seen.begin() + limits::kMaxParents;
    const PartDraft nothing{.record = part.record,
                            .registry = part.registry,
                            .scope = part.scope,
                            .operations = {},
                            .seen = {seen.begin(), end}};
    CUNJU_TRY(Grounds few,
              find_grounds(admission, space_no, space, author, {&nothing, 1}, claimed_ms));
    CUNJU_TRY(Part joining, build_part(admission, space_no, few.next, 0, nothing,
                                       std::move(few.bases.front().parents)));
    Change change = sign_change(author, std::move(few.next.header), {std::move(joining)});
    CUNJU_TRYV(admit_own(admission, change));
    seen.erase(seen.begin(), end);
    seen.push_back(change.id);
  }
  return part.seen.empty() ? part.seen : seen;
}

Result<void> Replica::check_permission(Admission& admission, std::uint32_t space_no,
                                       const SpaceId& space, const AuthorKey& author,
                                       const PartDraft& part) {
  CUNJU_TRY(RosterGraph * graph, admission.roster(space_no, space));
  if (!graph->now()->may(author, part.registry, kWrite))
    return fail(Errc::kPermission, part.registry);
  return ok();
}

}  // namespace cunju::replica
