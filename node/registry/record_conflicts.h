// SPDX-License-Identifier: Apache-2.0
//
// The concurrent versions a record holds, each with who wrote it and when by their clock. Pure:
// state and history are passed in.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "crdt/types/record_state.h"
#include "node/registry/text_reading.h"
#include "node/replica/replica.h"

namespace cunju::registry {

/// One of several concurrent versions of a field, or of whether the record is there.
struct Candidate {
  Value value;               ///< kLife: none. kText: what the text says.
  Value previous;            ///< kState: the state its author left.
  bool is_deletion = false;  ///< kLife: this one deleted the record, the others edited it.
  ChangeId change;           ///< kText: zero for the merged text itself, which nobody wrote.
  std::string mark;          ///< kText: left_out_mark() of that change's version.
  AuthorKey author;
  std::uint64_t claimed_ms = 0;
};

struct ConflictRow {
  RecordId record;
  std::string registry;
  Scope scope = kOpenScope;  ///< Of the part of the record that the versions are in.
  std::string field;         ///< Empty: a deletion and a concurrent edit.
  cunju::FieldKind kind = cunju::FieldKind::kRegister;
  std::vector<Candidate> candidates;  ///< What is shown now comes first.
  std::vector<ChangeId> version;      ///< The record's heads when this was read.
  std::string mark;                   ///< kText: left_out_mark() then.
  std::size_t more = 0;               ///< kText: older versions that are not among the candidates.
  bool is_deleted = false;            ///< The record has to come back before this can end.
  bool is_final = false;              ///< The record's texts take no edits.
};

/// A merged text as a conflict: the text as it is, then the versions that it was merged from. It is
/// ended by RecordBook::confirm_text, not by a choice.
ConflictRow make_text_conflict(const RecordId& record, std::string_view registry,
                               const TextField& text, const MergedVersions& versions,
                               std::span<const replica::HistoryEntry> history);

/// The deletion's conflict first, then fields by name; texts are not here. `history` as
/// Replica::history() gives it.
std::vector<ConflictRow> find_conflicts(const RecordId& record, std::string_view registry,
                                        const RecordState& state,
                                        std::span<const replica::HistoryEntry> history);

}  // namespace cunju::registry
