// SPDX-License-Identifier: Apache-2.0
#include "node/audit/csv_table.h"

#include <algorithm>
#include <set>

#include "node/registry/attachment_text.h"
#include "node/registry/csv_write.h"
#include "node/registry/field_scope.h"
#include "node/registry/record_row.h"
#include "node/registry/set_cell.h"
#include "node/registry/validate.h"

namespace cunju::audit {
namespace {

using registry::Label;
using registry::Language;

std::string format_unknown(const Value& value) {
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return std::to_string(*integer);
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  if (const auto* bytes = std::get_if<Bytes>(&value)) return registry::bytes_text(*bytes);
  return {};
}

std::string format(const Column& column, const Value& value, Language language) {
  return column.definition != nullptr ? registry::format_value(*column.definition, value, language)
                                      : format_unknown(value);
}

std::string format_field(const Column& column, const Field& field, Language language) {
  if (field.kind != cunju::FieldKind::kSet) return format(column, field.winner(), language);
  std::vector<std::string> elements;
  const Value* before = nullptr;
  for (const Entry& entry : field.entries) {
    if (before == nullptr || *before != entry.value)
      elements.push_back(format(column, entry.value, language));
    before = &entry.value;
  }
  return registry::join_set(elements);
}

/// Everything that is shown of a record, what is open first.
std::vector<const RecordView*> views_of(const ShownRecord& record) {
  std::vector<const RecordView*> out;
  if (record.open != nullptr) out.push_back(record.open);
  for (const DisclosedView& each : record.disclosed) out.push_back(each.view);
  return out;
}

bool has_field(const RecordState& state, const Column& column) {
  return column.kind == cunju::FieldKind::kText ? state.find_text(column.field) != nullptr
                                                : state.find(column.field, column.kind) != nullptr;
}

/// Where a column's value stands: in the field's own scope, if that is disclosed and has it; or
/// else in the first that does. Null: nowhere.
const RecordState* state_of(const ShownRecord& record, const Column& column) {
  for (const DisclosedView& each : record.disclosed)
    if (!column.scope.empty() && each.name == column.scope && has_field(each.view->state, column))
      return &each.view->state;
  for (const RecordView* view : views_of(record))
    if (has_field(view->state, column)) return &view->state;
  return nullptr;
}

std::string format_conflicts(std::span<const Column> columns, const ShownRecord& record,
                             Language language) {
  static const Label kDeletion{"（删除）", "(deletion)"};
  static const Label kRegistry{"（登记簿）", "(registry)"};
  std::vector<std::string> out;
  for (const Column& column : columns) {
    if (column.role != Column::Role::kField) continue;
    const RecordState* state = state_of(record, column);
    if (state == nullptr) continue;
    const Field* field = state->find(column.field, column.kind);
    const TextField* text = state->find_text(column.field);
    const bool is_text = column.kind == cunju::FieldKind::kText;
    if (is_text ? text != nullptr && text->is_merged : field != nullptr && field->has_conflict())
      out.push_back(column.label);
  }
  const std::vector<const RecordView*> views = views_of(record);
  if (std::ranges::any_of(views,
                          [](const auto* view) { return view->state.has_delete_conflict(); }))
    out.push_back(kDeletion.in(language));
  if (std::ranges::any_of(views, [](const auto* view) { return view->is_contested(); }))
    out.push_back(kRegistry.in(language));
  return registry::join_set(out);
}

}  // namespace

std::vector<Column> make_columns(const registry::Definition* definition,
                                 std::span<const ShownRecord> records, Language language) {
  static const Label kRecord{"记录编号", "Record id"};
  static const Label kConflicts{"有冲突的栏目", "Fields in conflict"};
  std::vector<Column> out{{.role = Column::Role::kRecord, .label = kRecord.in(language)}};
  std::set<std::pair<std::string, cunju::FieldKind>> known;
  if (definition != nullptr) {
    for (const registry::FieldDefinition& field : definition->fields) {
      if (field.is_repeated) continue;  // Each that exists is a column by its name.
      const cunju::FieldKind kind = registry::merge_kind(field.kind);
      known.insert({field.id, kind});
      out.push_back({.field = field.id,
                     .kind = kind,
                     .label = field.label.in(language),
                     .definition = &field,
                     .scope = registry::scope_of_field(definition, field.id)});
    }
  }
  std::set<std::pair<std::string, cunju::FieldKind>> unknown;
  for (const ShownRecord& record : records) {
    if (record.is_deleted) continue;
    for (const RecordView* view : views_of(record)) {
      for (const Field& field : view->state.fields()) {
        if (!known.contains({field.name, field.kind}) && field.kind != cunju::FieldKind::kFreeze)
          unknown.insert({field.name, field.kind});
      }
      for (const TextField& text : view->state.texts()) {
        if (!known.contains({text.name, cunju::FieldKind::kText}))
          unknown.insert({text.name, cunju::FieldKind::kText});
      }
    }
  }
  for (const auto& [name, kind] : unknown)
    out.push_back({.field = name,
                   .kind = kind,
                   .label = name,
                   .scope = registry::scope_of_field(definition, name)});
  out.push_back({.role = Column::Role::kConflicts, .label = kConflicts.in(language)});
  return out;
}

std::string write_csv_header(std::span<const Column> columns) {
  std::vector<std::string> cells;
  for (const Column& column : columns) cells.push_back(column.label);
  return std::string(registry::kUtf8ByteOrderMark) + registry::write_csv_row(cells);
}

std::string write_csv_record(std::span<const Column> columns, const ShownRecord& record,
                             Language language) {
  std::vector<std::string> cells;
  for (const Column& column : columns) {
    std::string cell;
    if (column.role == Column::Role::kRecord) {
      cell = record.id.hex();
    } else if (column.role == Column::Role::kConflicts) {
      cell = format_conflicts(columns, record, language);
    } else if (const RecordState* state = state_of(record, column)) {
      cell = column.kind == cunju::FieldKind::kText
                 ? state->find_text(column.field)->text
                 : format_field(column, *state->find(column.field, column.kind), language);
    }
    cells.push_back(std::move(cell));
  }
  return registry::write_csv_row(cells);
}

}  // namespace cunju::audit
