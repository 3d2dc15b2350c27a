// SPDX-License-Identifier: Apache-2.0
//
// One registry as a CSV table for people: one row for each record that is not deleted. Columns:
// record id, the definition's fields in its order, fields it doesn't know by (id, kind), and last
// the fields with unsettled conflicts, because a table has room for one value only. What was
// disclosed of a record stands in the same row. Pure.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "crdt/types/record_view.h"
#include "node/registry/definition.h"

namespace cunju::audit {

/// What one confidential scope says of a record, disclosed.
struct DisclosedView {
  Scope scope;
  std::string name;                  ///< In the roster; empty: it has none.
  const RecordView* view = nullptr;  ///< Borrowed.
};

/// One record of a registry, as an export may show it.
struct ShownRecord {
  RecordId id;
  const RecordView* open = nullptr;      ///< Borrowed. Null: it has no open part.
  std::vector<DisclosedView> disclosed;  ///< By scope.
  bool is_deleted = false;
};

struct Column {
  enum class Role { kRecord, kField, kConflicts };

  Role role = Role::kField;
  std::string field;  ///< Field id; empty unless kField.
  cunju::FieldKind kind = cunju::FieldKind::kRegister;
  std::string label;
  const registry::FieldDefinition* definition = nullptr;  ///< Borrowed; null when unknown.
  std::string scope;                                      ///< Its name; empty: open.
};

/// `definition` may be null. `records` are all of the registry.
std::vector<Column> make_columns(const registry::Definition* definition,
                                 std::span<const ShownRecord> records, registry::Language language);

/// With the byte order mark in front.
std::string write_csv_header(std::span<const Column> columns);
std::string write_csv_record(std::span<const Column> columns, const ShownRecord& record,
                             registry::Language language);

}  // namespace cunju::audit
