// SPDX-License-Identifier: Apache-2.0
#include "node/registry/definition_toml.h"

#include <set>

#include "crdt/base/limits.h"
#include "node/registry/field_toml.h"
#include "node/registry/toml_reader.h"

namespace cunju::registry {
namespace {

constexpr std::size_t kName = limits::kMaxNameBytes;

/// Where the class is left out, the cautious one: a definition of before there were classes.
RetentionClass read_class(TableReader& table, const Retention& retention) {
  const std::string name = table.text("class", kName);
  if (name.empty()) return retention.years ? RetentionClass::kPeriod : RetentionClass::kPermanent;
  if (name == "purge") return RetentionClass::kPurge;
  if (name == "permanent") return RetentionClass::kPermanent;
  if (name != "period") table.refuse("\"class\" must be purge, period or permanent");
  if (!retention.years) table.refuse("class \"period\" needs \"years\"");
  return RetentionClass::kPeriod;
}

void read_retention(TableReader& reader, Retention& out) {
  const TomlNode* node = reader.node("retention");
  if (node == nullptr) return;
  TableReader table(*node, "retention");
  out.rule = table.label("rule", true);
  if (std::optional<std::int64_t> years = table.integer("years")) {
    if (*years < 1 || *years > 1000) table.refuse("\"years\" must be 1 to 1000");
    out.years = static_cast<int>(*years);
  }
  out.ground = table.label("ground");
  out.from = table.text("from", kName);
  out.kind = read_class(table, out);
  if (Result<void> result = table.finish(); !result) reader.adopt(result.error());
}

Result<void> read_fields(TableReader& reader, Definition& out) {
  const TomlNode* node = reader.node("field");
  const TomlNode::Array* items = node == nullptr ? nullptr : node->array();
  if (items == nullptr || items->empty()) {
    reader.refuse("needs at least one [[field]]");
    return ok();
  }
  if (items->size() > limits::kMaxDefinitionFields) {
    return fail(Errc::kLimit, "more than " + std::to_string(limits::kMaxDefinitionFields) +
                                  " fields (kMaxDefinitionFields)");
  }
  std::set<std::string> seen;
  for (const TomlNode& item : *items) {
    CUNJU_TRY(FieldDefinition field, parse_field_definition(item));
    if (!seen.insert(field.id).second) {
      reader.refuse_at(item.line, "field \"" + field.id + "\" is there twice");
    }
    out.fields.push_back(std::move(field));
  }
  return ok();
}

std::vector<std::string> read_field_list(TableReader& reader, std::string_view key,
                                         const Definition& definition) {
  std::vector<std::string> out = reader.texts(key, limits::kMaxDefinitionFields);
  std::set<std::string> seen;
  for (const std::string& id : out) {
    if (definition.find_field(id) == nullptr) {
      reader.refuse("\"" + std::string(key) + "\" names \"" + id + "\", which is not a field");
    }
    if (!seen.insert(id).second) {
      reader.refuse("\"" + std::string(key) + "\" names \"" + id + "\" twice");
    }
  }
  return out;
}

}  // namespace

Result<Definition> parse_definition(std::string_view toml) {
  CUNJU_TRY(TomlNode root, parse_toml(toml));
  TableReader reader(root, "definition");
  std::int64_t format = reader.integer("format").value_or(0);
  if (format > kDefinitionFormat) {
    return fail(Errc::kUnsupported,
                "definition format " + std::to_string(format) + " is not known to this version");
  }
  if (format != kDefinitionFormat) reader.refuse("\"format\" must be 1");
  Definition out;
  out.id = reader.text("id", kName, true);
  if (!is_plain_name(out.id)) {
    reader.refuse("\"id\" must be a small letter, then small letters, digits, _");
  }
  out.version = reader.integer("version").value_or(0);
  if (out.version < 1) reader.refuse("\"version\" must be 1 or more");
  out.label = reader.label("label", true);
  out.help = reader.label("help");
  out.scope = reader.text("scope", kName);
  if (out.scope.empty()) out.scope = "open";
  if (!is_plain_name(out.scope)) reader.refuse("\"scope\" must be a name");
  out.legal_basis = reader.label("legal_basis");
  read_retention(reader, out.retention);
  if (!reader.failed()) {
    CUNJU_TRYV(read_fields(reader, out));
  }
  for (const FieldDefinition& field : out.fields) {
    // A freeze makes the texts of one part final, and goes with the state there.
    if (field.kind == FieldKind::kText && !field.scope.empty() && field.scope != out.scope)
      reader.refuse("field \"" + field.id + "\" is a text, which has its registry's own scope");
  }
  if (!out.retention.from.empty()) {
    const FieldDefinition* from = out.find_field(out.retention.from);
    if (from == nullptr || from->type != FieldType::kDate)
      reader.refuse("\"from\" of the retention must be a date field");
  }
  out.display = read_field_list(reader, "display", out);
  out.key = read_field_list(reader, "key", out);
  for (const std::string& id : out.key) {
    const FieldDefinition* field = out.find_field(id);
    if (field != nullptr && field->kind != FieldKind::kRegister) {
      reader.refuse("\"key\" names \"" + id + "\", which is not a register");
    }
  }
  CUNJU_TRYV(reader.finish());
  return out;
}

}  // namespace cunju::registry
