// SPDX-License-Identifier: Apache-2.0
//
// What an edit of one scope is made from: the record in that scope, and what other scopes have from
// before a definition moved the field. Somebody edits what is shown (join_rows() of record_row.h),
// and it may stand elsewhere. Pure; borrows the states.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "crdt/types/record_state.h"
#include "node/registry/definition.h"

namespace cunju::registry {

/// What one scope says of a record.
struct ScopedState {
  std::string scope;  ///< Its name; empty: open.
  const RecordState* state = nullptr;
};

struct RecordStates {
  RecordId id = {};
  const RecordState* own = nullptr;      ///< In the scope that is written; null: nothing there yet.
  std::vector<ScopedState> others = {};  ///< Of the same record, that which is shown first first.

  /// Never null; empty where nothing is there yet.
  const RecordState& written() const;
  /// The state that a register or state field is shown from: the written one as soon as it has the
  /// field, cleared or not.
  const RecordState& shown(std::string_view field, cunju::FieldKind kind) const;
  /// The same of a text.
  const RecordState& shown_text(std::string_view field) const;
  /// Whether the record has the field anywhere, of whatever kind.
  bool has(std::string_view field) const;
  /// The elements of a set, ascending.
  std::vector<Value> elements(std::string_view field) const;
  /// Whether `state` marks the element as taken out (taken_out.h).
  bool is_taken_out(const RecordState& state, std::string_view field, const Value& element) const;
};

/// Whether the texts take no edits any more: they were made final, or a state that the record is in
/// says so by its definition though no freeze came with it (a record older than texts). Other nodes
/// would merge an edit of the latter, so it is refused where it is written.
bool has_final_texts(const Definition* definition, const RecordState& state);
/// The same of a record whose texts are in the scope that is written. What was made final before
/// they came there stays so until the record moves on in that scope.
bool has_final_texts(const Definition* definition, const RecordStates& record);

}  // namespace cunju::registry
