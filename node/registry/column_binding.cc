// SPDX-License-Identifier: Apache-2.0
#include "node/registry/column_binding.h"

#include <algorithm>

namespace cunju::registry {
namespace {

void find_cells(const Mapping& mapping, const std::vector<std::string>& header,
                ColumnBinding& out) {
  for (const ColumnMapping& column : mapping.columns) {
    auto count = std::ranges::count(header, column.column);
    if (count == 0) {
      out.findings.push_back(error("column_missing", column.field,
                                   {"表中没有“" + column.column + "”这一列",
                                    "there is no column \"" + column.column + "\""}));
    } else if (count > 1) {
      out.findings.push_back(
          error("column_twice", column.field,
                {"表中有 " + std::to_string(count) + " 列都叫“" + column.column + "”",
                 std::to_string(count) + " columns are called \"" + column.column + "\""}));
    } else {
      auto at = std::ranges::find(header, column.column) - header.begin();
      out.columns.push_back({static_cast<std::size_t>(at), column.field, nullptr});
    }
  }
}

void find_dropped(const Mapping& mapping, const std::vector<std::string>& header,
                  ColumnBinding& out) {
  for (const std::string& cell : header) {
    if (std::ranges::find(mapping.columns, cell, &ColumnMapping::column) == mapping.columns.end()) {
      out.dropped.push_back(cell);
    }
  }
}

}  // namespace

ColumnBinding bind_columns(const Definition& definition, const Mapping& mapping,
                           const std::vector<std::string>& header) {
  ColumnBinding out;
  out.width = header.size();
  if (!mapping.registry.empty() && mapping.registry != definition.id) {
    out.findings.push_back(error(
        "other_registry", "",
        {"对应表是为“" + mapping.registry + "”写的，不是“" + definition.id + "”",
         "the mapping is for \"" + mapping.registry + "\", not for \"" + definition.id + "\""}));
  }
  if (mapping.columns.empty()) {
    out.findings.push_back(
        error("no_columns", "", {"对应表没有指定任何一列", "the mapping names no column"}));
  }
  find_cells(mapping, header, out);
  find_dropped(mapping, header, out);
  for (BoundColumn& column : out.columns) {
    column.definition = definition.find_field(column.field);
    if (column.definition == nullptr) out.extra_fields.push_back(column.field);
  }
  auto is_mapped = [&](const std::string& id) { return mapping.names_field(id); };
  out.key = mapping.key;
  if (out.key.empty() && std::ranges::all_of(definition.key, is_mapped)) out.key = definition.key;
  for (const FieldDefinition& field : definition.fields) {
    if (!field.required || is_mapped(field.id)) continue;
    out.findings.push_back(warning("required_not_mapped", field.id,
                                   {"必填项没有对应的列", "required, but no column fills it"}));
  }
  return out;
}

}  // namespace cunju::registry
