// SPDX-License-Identifier: Apache-2.0
//
// One registry as a CSV table for people: one row for each record that is not deleted. Columns:
// record id, the definition's fields in its order, fields it doesn't know by (id, kind), and last
// the fields with unsettled conflicts, because a table has room for one value only. Pure.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "crdt/types/record_view.h"
#include "node/registry/definition.h"

namespace cunju::audit {

struct Column {
  enum class Role { kRecord, kField, kConflicts };

  Role role = Role::kField;
  std::string field;  ///< Field id; empty unless kField.
  cunju::FieldKind kind = cunju::FieldKind::kRegister;
  std::string label;
  const registry::FieldDefinition* definition = nullptr;  ///< Borrowed; null when unknown.
};

/// `definition` may be null. `views` are all records of the registry.
std::vector<Column> make_columns(const registry::Definition* definition,
                                 std::span<const RecordView* const> views,
                                 registry::Language language);

/// With the byte order mark in front.
std::string write_csv_header(std::span<const Column> columns);
std::string write_csv_record(std::span<const Column> columns, const RecordId& record,
                             const RecordView& view, registry::Language language);

}  // namespace cunju::audit
