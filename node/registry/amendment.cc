// SPDX-License-Identifier: Apache-2.0
#include "node/registry/amendment.h"

#include <algorithm>

#include "crdt/base/limits.h"
#include "node/registry/definition_toml.h"
#include "node/registry/retention_toml.h"
#include "node/registry/toml_reader.h"

namespace cunju::registry {
namespace {

constexpr std::string_view kAmends = "amends";

void read_proposals(TableReader& reader, Amendment& out) {
  const TomlNode* list = reader.node("proposed");
  if (list == nullptr) return;
  const TomlNode::Array* items = list->array();
  if (items == nullptr || items->empty() || items->size() > limits::kMaxDefinitionFields)
    return reader.refuse("\"proposed\" must be a list of 1 to " +
                         std::to_string(limits::kMaxDefinitionFields) + " entries");
  for (const TomlNode& item : *items) {
    TableReader entry(item, "\"proposed\"");
    std::string field = entry.text("field", limits::kMaxNameBytes, true);
    ProposedDay day = read_proposed(entry);
    if (Result<void> result = entry.finish(); !result) return reader.adopt(result.error());
    out.proposed.emplace_back(std::move(field), std::move(day));
  }
}

}  // namespace

bool is_amendment(std::string_view toml) {
  const Result<TomlNode> root = parse_toml(toml);
  return root.has_value() && TableReader(root.value(), "amendment").has(kAmends);
}

Result<Amendment> parse_amendment(std::string_view toml) {
  CUNJU_TRY(const TomlNode root, parse_toml(toml));
  TableReader reader(root, "amendment");
  const std::int64_t format = reader.integer("format").value_or(0);
  if (format > kDefinitionFormat)
    return fail(Errc::kUnsupported,
                "definition format " + std::to_string(format) + " is not known to this version");
  if (format != kDefinitionFormat) reader.refuse("\"format\" must be 1");
  Amendment out;
  out.id = reader.text(kAmends, limits::kMaxNameBytes, true);
  if (!is_plain_name(out.id)) reader.refuse("\"amends\" must be a registry's id");
  out.version = reader.integer("version").value_or(0);
  if (out.version < 1) reader.refuse("\"version\" must be 1 or more");
  if (reader.has("legal_basis")) out.legal_basis = reader.label("legal_basis", true);
  out.retention = read_retention(reader);
  read_proposals(reader, out);
  if (!out.legal_basis && !out.retention && out.proposed.empty())
    reader.refuse("amends nothing: needs legal_basis, [retention] or proposed");
  CUNJU_TRYV(reader.finish());
  return out;
}

Result<Definition> amend(Definition definition, const Amendment& amendment) {
  if (amendment.legal_basis) definition.legal_basis = *amendment.legal_basis;
  if (amendment.retention) definition.retention = *amendment.retention;
  for (const std::string& problem :
       {check_retention(definition), check_ledger_retention(definition)})
    if (!problem.empty()) return fail(Errc::kMalformed, problem);
  for (const auto& [id, day] : amendment.proposed) {
    const auto field = std::ranges::find(definition.fields, id, &FieldDefinition::id);
    if (field == definition.fields.end())
      return fail(Errc::kMalformed, "\"proposed\" names \"" + id + "\", which is not a field");
    field->proposed = day;
    if (const std::string problem = check_proposed(definition, *field); !problem.empty())
      return fail(Errc::kMalformed, problem);
  }
  return definition;
}

std::string find_left_out(const Amendment& before, const Amendment& after) {
  std::string out;
  const auto add = [&](bool is_left_out, const std::string& key) {
    if (is_left_out) out += (out.empty() ? "" : ", ") + key;
  };
  add(before.legal_basis && !after.legal_basis, "legal_basis");
  add(before.retention && !after.retention, "[retention]");
  for (const auto& [field, day] : before.proposed)
    add(std::ranges::none_of(after.proposed, [&](const auto& each) { return each.first == field; }),
        "proposed." + field);
  return out;
}

}  // namespace cunju::registry
