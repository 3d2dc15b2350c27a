// SPDX-License-Identifier: Apache-2.0
//
// The merged state of one record in one scope: its fields, and whether it is there. A pure
// function of the set of effective changes and their ancestry:
//   each operation is interpreted by its own (field, kind) alone; unknown kinds have no effect;
//   life = a register (register.h) over {live, deleted}, written by every change that has an
//          operation with effect: `deleted` if the last such operation in its list is kDelete
//   deleted         ⇔  life has candidates and all are `deleted`
//   delete conflict ⇔  life has both: a deletion and a concurrent edit; the record stays shown
// So an edit that has seen a deletion brings the record back with all its values (a deletion hides
// and removes nothing), and a change that has seen both sides of a delete conflict settles it.
// Texts (text/text_field.h) are applied here while everybody writes in turn. One that was written
// apart is stale until settle_texts() is given the record's history.
// Values; no thread rule. Not here: what is void, how things are shown.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "crdt/base/bytes.h"
#include "crdt/base/result.h"
#include "crdt/types/field.h"
#include "crdt/types/operation.h"
#include "crdt/types/text/text_field.h"

namespace cunju {

/// The change whose operations are applied.
struct OperationContext {
  ChangeId id;
  Dot dot;
  /// Ancestors in the record graph. May also hold the change itself (GraphNode::clock): a change
  /// always overrides its own earlier operations.
  const VersionVector& seen;
  std::uint64_t depth = 0;
};

/// True when the operation can change a state at all: known kind, field and values of the right
/// type and within limits.h. A function of the operation alone.
bool has_effect(const Operation& operation);

class RecordState {
 public:
  /// Applies an effective change. Every effective ancestor must have been applied before, no change
  /// twice, no two changes with one dot. Every such order gives the same state.
  void apply(const OperationContext& change, std::span<const Operation> operations);

  /// Ascending by (name, kind). Valid until the next apply().
  std::span<const Field> fields() const { return fields_; }
  /// Null when no entry is left (or was ever written). Valid until the next apply().
  const Field* find(std::string_view name, FieldKind kind) const;
  /// The first field of that name, of whatever kind; null when there is none.
  const Field* find(std::string_view name) const;
  const Origin& origin(const Entry& entry) const { return origins_[entry.origin]; }
  /// The changes that entries come from, ascending by (depth, id).
  std::span<const Origin> origins() const { return origins_; }

  /// Ascending by name. Valid until the next apply().
  std::span<const TextField> texts() const { return texts_; }
  /// Null when nobody wrote that text. Valid until the next apply().
  const TextField* find_text(std::string_view name) const;
  /// Whether the texts are final for somebody who has seen everything here.
  bool is_frozen() const;
  bool has_stale_text() const;
  /// What the author has used of limits::kMaxAuthorTextLoad.
  std::uint64_t text_load_of(const AuthorKey& author) const;
  /// Computes the stale texts from all changes of the record and scope.
  void settle_texts(std::string_view registry, std::span<const TextChange> changes);
  /// Takes those that were computed from all changes, for a record in which something is left out
  /// or passed over.
  void replace_texts(DerivedTexts derived);

  bool is_deleted() const;
  bool has_delete_conflict() const { return life_.has_conflict(); }
  /// Any conflict: of a field or of a deletion, or a merged text that nobody confirmed.
  bool has_conflict() const;
  /// The deletions no change has answered, by falling (depth, id).
  std::vector<Origin> deletions() const;
  /// True while no operation had an effect.
  bool is_empty() const { return life_.entries.empty(); }

  /// Packed Cap'n Proto (view.capnp), canonical: equal states have equal bytes, and only those.
  Bytes encode() const;
  /// Errors: kMalformed (does not parse), kLimit, kCorrupt (parses, but no state looks like this).
  static Result<RecordState> decode(ByteView bytes);

  friend bool operator==(const RecordState&, const RecordState&) = default;

 private:
  friend class RecordStateCodec;  // view_codec.cc

  // The values of the life register.
  static inline const Value kLive{std::int64_t{0}};
  static inline const Value kDeleted{std::int64_t{1}};

  std::uint32_t insert_origin(const OperationContext& change);
  void apply_one(const Operation& operation, const Write& write);
  void apply_texts(const OperationContext& change, std::span<const Operation> operations,
                   TextWrites writes, bool has_share);
  Field& field(std::string_view name, FieldKind kind);
  void drop_unused(const std::vector<std::uint32_t>& entry_count);

  std::vector<Origin> origins_;       ///< Ascending by (depth, id); each has at least one entry.
  std::vector<Field> fields_;         ///< Ascending by (name, kind); each has at least one entry.
  std::vector<TextField> texts_;      ///< Ascending by name.
  std::vector<TextLoad> text_loads_;  ///< Ascending by author.
  Field life_{.name = {}, .kind = FieldKind::kLife, .entries = {}};
};

}  // namespace cunju
