// SPDX-License-Identifier: Apache-2.0
//
// A record as people read it: the winning value of every field, in the order of its definition,
// then fields that the definition does not know by name. What is void, concurrent or older is not
// here (record_book.h lists conflicts). Pure.
#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <vector>

#include "crdt/types/record_view.h"
#include "node/registry/definition.h"

namespace cunju::registry {

/// What somebody had of a record when they wrote; empty for a new one.
struct Seen {
  std::vector<ChangeId> heads;
  std::vector<ChangeId> left_out;  ///< RecordView::left_out_ids() then.
};
Seen seen_of(const RecordView& view);

/// Parts of a record that its reader can't read: what scope, and how many at least. Never what.
struct HiddenParts {
  std::string scope;  ///< Its name, or its number where the roster has no name for it.
  std::uint64_t parts = 0;
  friend bool operator==(const HiddenParts&, const HiddenParts&) = default;
};

struct RecordRow {
  RecordId id;
  std::string registry;
  FieldValues values;             ///< Without empty ones; a set's field once for each element.
  std::vector<std::string> sets;  ///< Names of the fields that are sets here, ascending.
  bool has_conflict = false;
  bool is_deleted = false;  ///< In the registry's own scope.
  std::vector<HiddenParts> hidden;

  /// The first value of the field; null when it has none.
  const Value* find(std::string_view field) const;
};

/// What one scope says of a record, and what it says of what the other scopes have.
struct ScopedRow {
  std::string scope;  ///< Its name; empty: open.
  RecordRow row;
  std::vector<std::string> cleared;  ///< Fields that were written there and hold nothing now.
  FieldValues taken_out;             ///< Marks (taken_out.h), by the set that they are in.
};

/// `definition` may be null: then fields are ordered by name.
ScopedRow make_row(const RecordId& id, std::string_view registry, std::string scope,
                   const RecordState& state, const Definition* definition);

/// The record of what its scopes say. A field is shown from the scope that the definition gives it,
/// also when it was cleared there; as long as nobody has written it there, from the registry's own
/// scope or the first that has it, since records may be older than that. Of a set all scopes' are
/// shown without what was taken out. Whether the record is deleted says the registry's own scope,
/// and where that has nothing of it the first. Of several rows of one scope the first counts; there
/// is one at least.
RecordRow join_rows(std::vector<ScopedRow> rows, std::string_view home,
                    const Definition* definition);

/// The winner of a register or state; empty when the field was never written or was cleared.
Value shown_value(const RecordState& state, std::string_view field, cunju::FieldKind kind);
/// The elements of a set, ascending; marks of what was taken out (taken_out.h) are none.
std::vector<Value> set_elements(const RecordState& state, std::string_view field);

/// How a field of that kind merges.
cunju::FieldKind merge_kind(FieldKind kind);

/// A number, a text, bytes in hexadecimal, or null.
boost::json::value value_json(const Value& value);
/// Typed values in the row's order; sets are arrays.
boost::json::object fields_json(const RecordRow& row);
/// {"id", "registry", "deleted", "conflict", "fields"}, and "hidden" when something is.
boost::json::object row_json(const RecordRow& row);

}  // namespace cunju::registry
