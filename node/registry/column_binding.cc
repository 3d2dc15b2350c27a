// SPDX-License-Identifier: Apache-2.0
#include "node/registry/column_binding.h"

#include <algorithm>

#include "node/registry/program_fields.h"

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

/// A value there would pass for what the program has noted.
void refuse_program_fields(const Definition& definition, const Mapping& mapping,
                           ColumnBinding& out) {
  const auto refuse = [&](const std::string& field) {
    if (!is_program_field(&definition, field)) return;
    out.findings.push_back(error(
        "program_field", field,
        {"“" + field +
             "”由程序自己填写，不能从表格导入；删掉对应表里的这一项。要重新登记已删除的人，用 "
             "--readmit",
         "\"" + field +
             "\" is written by the program alone, and no table brings it: take it out of the "
             "mapping. --readmit enters an erased person again"}));
  };
  for (const ColumnMapping& column : mapping.columns) refuse(column.field);
  for (const DefaultValue& value : mapping.defaults) refuse(value.field);
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
  refuse_program_fields(definition, mapping, out);
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
