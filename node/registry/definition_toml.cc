// SPDX-License-Identifier: Apache-2.0
#include "node/registry/definition_toml.h"

#include <set>

#include "crdt/base/limits.h"
#include "node/registry/field_toml.h"
#include "node/registry/retention_toml.h"
#include "node/registry/toml_reader.h"

namespace cunju::registry {
namespace {

constexpr std::size_t kName = limits::kMaxNameBytes;

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
  out.is_ledger = reader.boolean("ledger", false);
  if (std::optional<Retention> retention = read_retention(reader))
    out.retention = *std::move(retention);
  if (!reader.failed()) {
    CUNJU_TRYV(read_fields(reader, out));
  }
  for (const FieldDefinition& field : out.fields) {
    // A freeze makes the texts of one part final, and goes with the state there.
    if (field.kind == FieldKind::kText && !field.scope.empty() && field.scope != out.scope)
      reader.refuse("field \"" + field.id + "\" is a text, which has its registry's own scope");
  }
  if (const std::string problem = check_retention(out); !problem.empty()) reader.refuse(problem);
  for (const FieldDefinition& field : out.fields)
    if (const std::string problem = check_proposed(out, field); !problem.empty())
      reader.refuse(problem);
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
