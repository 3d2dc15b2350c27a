// SPDX-License-Identifier: Apache-2.0
//
// What an author's new change passes over (crdt/types/text/text_passed.h), and what would become of
// its edits. Left-out changes are no heads, so mostly nothing is passed over: only what something
// in force was built on, or the author's own.
#include <algorithm>

#include "crdt/base/limits.h"
#include "crdt/types/text/text_places.h"
#include "node/replica/replica.h"

namespace cunju::replica {
namespace {

bool touches_texts(std::span<const Operation> operations) {
  return std::ranges::any_of(operations, [](const Operation& operation) {
    return is_of_texts(operation) &&
           operation.kind != static_cast<std::uint16_t>(OperationKind::kStateMove);
  });
}

bool is_act(const Operation& operation) {
  return operation.kind == static_cast<std::uint16_t>(OperationKind::kFreeze) ||
         operation.kind == static_cast<std::uint16_t>(OperationKind::kThaw);
}

VersionVector seen_by(std::span<const TextChange> changes, std::span<const ChangeId> heads) {
  VersionVector out;
  for (const TextChange& change : changes)
    if (std::ranges::find(heads, change.id) != heads.end()) out.merge(change.node.clock);
  return out;
}

/// What is among the ancestors of something that the author writes on `parents`: through these, and
/// through the author's own last change.
struct Below {
  VersionVector named, own;

  bool covers(const Dot& dot) const { return named.covers(dot) || own.covers(dot); }
};

Below find_below(std::span<const TextChange> changes, const AuthorKey& author,
                 std::span<const ChangeId> parents) {
  Below out;
  for (const TextChange& change : changes) {
    if (change.author == author) out.own.merge(change.node.clock);
  }
  out.named = seen_by(changes, parents);
  return out;
}

}  // namespace

Result<bool> Reader::brings_nothing_in_force(const RecordKey& record, const AuthorKey& author,
                                             std::span<const ChangeId> parents) const {
  CUNJU_TRY(std::vector<TextChange> changes, text_changes(record));
  const Below below = find_below(changes, author, parents);
  return std::ranges::all_of(changes, [&](const TextChange& change) {
    return change.is_left_out || !below.own.covers(change.dot) || below.named.covers(change.dot);
  });
}

Result<TextPassed> Replica::find_passed(Admission& admission, const RecordKey& record,
                                        const AuthorKey& author, const PartDraft& draft,
                                        const Basis& basis) {
  CUNJU_TRY(std::vector<TextChange> changes, admission.text_changes(record));
  const Below below = find_below(changes, author, basis.parents);
  const VersionVector shown = seen_by(changes, basis.shown);
  std::vector<ChangeId> left_out = draft.left_out;
  std::ranges::sort(left_out);
  std::vector<TextPlace> passed, kept;
  for (const TextChange& change : changes) {
    if (!below.covers(change.dot)) continue;
    const TextPlace place{
        .id = change.id, .author = change.author, .dot = change.dot, .clock = &change.node.clock};
    // What the author's own last change brings in is in no text that the author was shown.
    const bool is_passed = std::ranges::binary_search(left_out, change.id) ||
                           (change.is_left_out && !shown.covers(change.dot));
    if (!is_passed) {
      kept.push_back(place);
    } else if (touches_texts(change.operations)) {
      passed.push_back(place);
    }
  }
  if (passed.empty()) return TextPassed();
  return make_text_passed(std::move(passed), std::move(kept));
}

Result<PartDraft> Replica::pass_over(Admission& admission, const RecordKey& record,
                                     const AuthorKey& author, const PartDraft& draft,
                                     const Basis& basis, KnownOfTexts& known) {
  PartDraft out = draft;
  CUNJU_TRY(const RecordView* view, admission.view(record));
  const bool has_left_out = view != nullptr && !view->left_out.empty();
  if (!touches_texts(out.operations) || (!has_left_out && draft.left_out.empty())) return out;
  // What the change before it passed over, and nothing of its own.
  if (!draft.follows || !known.passed) {
    CUNJU_TRY(known.passed, find_passed(admission, record, author, draft, basis));
  }
  if (known.passed->empty()) return out;
  if (known.passed->ranges.size() > limits::kMaxTextPassed)
    return fail(Errc::kLimit, "kMaxTextPassed");
  out.operations.push_back(passed_operation(*known.passed));
  return out;
}

// "Saved" would be a lie about an edit that has no effect anywhere.
Result<void> Replica::check_text_edits(Admission& admission, const RecordKey& record,
                                       const AuthorKey& author, const PartDraft& draft,
                                       const Basis& basis, KnownOfTexts& known) {
  const TextWrites writes = read_text_writes(draft.operations);
  if (writes.is_too_large) return fail(Errc::kLimit, "kMaxTextChangeBytes");
  const std::uint64_t load = writes.load;
  if (load == 0 && std::ranges::any_of(draft.operations, is_act)) known.outlook.reset();
  if (load == 0) return ok();
  CUNJU_TRY(const RecordView* view, admission.view(record));
  const RecordState* state = view == nullptr ? nullptr : view->find(draft.registry);
  if (state == nullptr) return ok();
  const TextPassed passed = read_text_passed(draft.operations);
  const bool was_ever_final = state->find(kFreezeField, FieldKind::kFreeze) != nullptr;
  if (!passed.empty() || was_ever_final || !view->left_out.empty()) {
    // A change that follows has seen the one before it besides, which makes nothing final.
    if (!draft.follows || !known.outlook) {
      CUNJU_TRY(std::vector<TextChange> changes, admission.text_changes(record));
      const Below below = find_below(changes, author, basis.parents);
      VersionVector ancestors = below.named;
      ancestors.merge(below.own);
      known.outlook = foresee_text_edit(draft.registry, changes, ancestors, passed);
    }
    const TextOutlook outlook = *known.outlook;
    if (std::ranges::any_of(draft.operations, is_act)) known.outlook.reset();
    if (outlook.is_vain) return fail(Errc::kInvalidArgument, std::string(kFinalInItsVersion));
    known.passed_load += outlook.passed_load;
  }
  const std::uint64_t own = state->text_load_of(author) + load;
  if (own > limits::kMaxAuthorTextLoad) return fail(Errc::kLimit, "kMaxAuthorTextLoad");
  if (own + known.passed_load > limits::kMaxAuthorTextLoad)
    return fail(Errc::kLimit, "kMaxAuthorTextLoad passed");
  return ok();
}

}  // namespace cunju::replica
