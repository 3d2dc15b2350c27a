// SPDX-License-Identifier: Apache-2.0
#include "node/registry/mapping.h"

#include <algorithm>
#include <set>

#include "crdt/base/limits.h"
#include "node/registry/person_tags.h"
#include "node/registry/text_form.h"
#include "node/registry/toml_reader.h"

namespace cunju::registry {
namespace {

bool is_field_name(std::string_view name) {
  return !name.empty() && name.size() <= limits::kMaxNameBytes &&
         std::ranges::none_of(
             name, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

void check_field_name(TableReader& reader, std::size_t line, const std::string& name) {
  if (!is_field_name(name)) {
    reader.refuse_at(line, "a field's name has 1 to " + std::to_string(limits::kMaxNameBytes) +
                               " bytes and no control characters");
  }
  if (is_refused_person_tag(name)) {
    reader.refuse_at(line, "\"" + name + "\" is a tag on persons that no registry here may have");
  }
}

void read_columns(TableReader& reader, Mapping& out) {
  const TomlNode* node = reader.node("columns");
  const TomlNode::Table* table = node == nullptr ? nullptr : node->table();
  if (table == nullptr) {
    reader.refuse("needs a table [columns]");
    return;
  }
  if (table->size() > limits::kMaxImportColumns) {
    reader.refuse("more than " + std::to_string(limits::kMaxImportColumns) +
                  " columns (kMaxImportColumns)");
    return;
  }
  std::set<std::string> seen;
  for (const TomlEntry& entry : *table) {
    const std::string* field = entry.value.text();
    if (field == nullptr) {
      reader.refuse_at(entry.value.line, "column \"" + entry.key +
                                             "\" needs a field id in quotes (a name with points, "
                                             "spaces or Chinese stands in quotes too)");
      return;
    }
    check_field_name(reader, entry.value.line, *field);
    if (is_refused_person_tag(entry.key)) {
      reader.refuse_at(entry.value.line, "column \"" + entry.key +
                                             "\" is a tag on persons that no registry here may "
                                             "have; leave it out");
    }
    if (!seen.insert(*field).second) {
      reader.refuse_at(entry.value.line, "two columns go to field \"" + *field + "\"");
    }
    out.columns.push_back({entry.key, *field});
  }
}

void read_defaults(TableReader& reader, Mapping& out) {
  const TomlNode* node = reader.node("defaults");
  if (node == nullptr) return;
  const TomlNode::Table* table = node->table();
  if (table == nullptr || table->size() > limits::kMaxImportColumns) {
    reader.refuse_at(node->line, "\"defaults\" must be a table of at most " +
                                     std::to_string(limits::kMaxImportColumns) + " fields");
    return;
  }
  for (const TomlEntry& entry : *table) {
    const std::string* text = entry.value.text();
    if (text == nullptr) {
      reader.refuse_at(entry.value.line, "default of \"" + entry.key + "\" must be in quotes");
      return;
    }
    check_field_name(reader, entry.value.line, entry.key);
    out.defaults.push_back({entry.key, *text});
  }
}

}  // namespace

bool Mapping::names_field(std::string_view field) const {
  return std::ranges::find(columns, field, &ColumnMapping::field) != columns.end() ||
         std::ranges::find(defaults, field, &DefaultValue::field) != defaults.end();
}

Result<Mapping> parse_mapping(std::string_view toml) {
  CUNJU_TRY(TomlNode root, parse_toml(toml));
  TableReader reader(root, "mapping");
  Mapping out;
  out.registry = reader.text("registry", limits::kMaxNameBytes);
  std::string encoding = lower_ascii(reader.text("encoding", limits::kMaxNameBytes));
  if (encoding == "utf-8") {
    out.encoding = Encoding::kUtf8;
  } else if (encoding == "gb18030") {
    out.encoding = Encoding::kGb18030;
  } else if (!encoding.empty() && encoding != "auto") {
    reader.refuse("\"encoding\" is auto, utf-8 or gb18030");
  }
  out.from_export = reader.boolean("from_export", false);
  out.key = reader.texts("key", limits::kMaxImportColumns);
  read_columns(reader, out);
  read_defaults(reader, out);
  std::set<std::string> seen;
  for (const std::string& field : out.key) {
    if (!out.names_field(field)) {
      reader.refuse("\"key\" names \"" + field + "\", which no column and no default fills");
    }
    if (!seen.insert(field).second) reader.refuse("\"key\" names \"" + field + "\" twice");
  }
  CUNJU_TRYV(reader.finish());
  return out;
}

namespace {

const FieldDefinition* match_header(const Definition& definition, std::string_view cell) {
  std::string wanted = fold_label(cell);
  if (wanted.empty()) return nullptr;
  for (const FieldDefinition& field : definition.fields) {
    if (wanted == field.id || wanted == fold_label(field.label.zh) ||
        wanted == fold_label(field.label.en)) {
      return &field;
    }
  }
  return nullptr;
}

}  // namespace

std::string make_mapping_template(const Definition& definition,
                                  const std::vector<std::string>& header) {
  std::string mapped;
  std::string rest;
  std::set<std::string> used_fields;
  for (const std::string& cell : header) {
    auto count = std::ranges::count(header, cell);
    const FieldDefinition* field = match_header(definition, cell);
    if (is_refused_person_tag(cell)) {
      rest += "# " + toml_quote(cell) + "  不导入 / is not imported: a tag on persons\n";
    } else if (count > 1) {
      rest += "# " + toml_quote(cell) + "  列名重复 / stands in the header more than once\n";
    } else if (field != nullptr && used_fields.insert(field->id).second) {
      mapped += toml_quote(cell) + " = " + toml_quote(field->id) + "\n";
    } else {
      rest += "# " + toml_quote(cell) + " = \"\"\n";
    }
  }
  std::string out = "registry = " + toml_quote(definition.id) + "\nencoding = \"auto\"\n";
  if (!definition.key.empty()) {
    out += "# key = [";
    for (const std::string& id : definition.key) {
      if (&id != definition.key.data()) out += ", ";
      out += toml_quote(id);
    }
    out += "]\n";
  }
  out += "\n[columns]\n" + mapped;
  if (!rest.empty()) {
    out +=
        "\n# 未对应的列：去掉行首的 # 并填写字段名即导入，不改则不导入。\n"
        "# Not matched: take the # off and fill in a field to import the column.\n" +
        rest;
  }
  return out;
}

}  // namespace cunju::registry
