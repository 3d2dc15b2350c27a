// SPDX-License-Identifier: Apache-2.0
#include "node/registry/field_scope.h"

#include <algorithm>

#include "node/registry/definition_law.h"

namespace cunju::registry {
namespace {

constexpr std::string_view kOpenName = "open";

std::string confidential(std::string_view name) {
  return name == kOpenName ? std::string() : std::string(name);
}

/// Operations that are about the record and not about one of its fields.
bool is_of_record(const Operation& operation) {
  return operation.field.empty() || operation.field == kFreezeField;
}

}  // namespace

std::string home_scope(const Definition* definition) {
  return definition == nullptr ? std::string() : confidential(definition->scope);
}

std::string scope_of_field(const Definition* definition, std::string_view field) {
  if (definition == nullptr) return home_scope(definition);
  const FieldDefinition* known = definition->find_field(field);
  // One of which there are any number, by its id alone, belongs where each of them does.
  const auto by_id = std::ranges::find(definition->fields, field, &FieldDefinition::id);
  if (known == nullptr && by_id != definition->fields.end()) known = &*by_id;
  if (known == nullptr || known->scope.empty()) return home_scope(definition);
  return confidential(known->scope);
}

std::vector<std::string> scopes_of(const Definition* definition) {
  std::vector<std::string> out;
  if (definition == nullptr) return out;
  const auto add = [&](const std::string& name) {
    const std::vector<std::string> several = contested_scopes(name);
    out.insert(out.end(), several.begin(), several.end());
    if (several.empty()) out.push_back(name);
  };
  add(home_scope(definition));
  for (const FieldDefinition& field : definition->fields) add(scope_of_field(definition, field.id));
  std::ranges::sort(out);
  out.erase(std::unique(out.begin(), out.end()), out.end());
  std::erase_if(out, [](const std::string& name) { return name.empty(); });
  return out;
}

OperationsByScope split_by_scope(const Definition* definition, std::vector<Operation> operations) {
  OperationsByScope out;
  for (Operation& operation : operations) {
    std::string scope = is_of_record(operation) ? home_scope(definition)
                                                : scope_of_field(definition, operation.field);
    out[std::move(scope)].push_back(std::move(operation));
  }
  return out;
}

std::vector<std::vector<Operation>> split_erasable(const Definition* definition,
                                                   std::vector<Operation> operations) {
  std::vector<Operation> rest;
  std::map<std::string, std::vector<Operation>> alone;
  for (Operation& operation : operations) {
    const FieldDefinition* known = definition == nullptr || is_of_record(operation)
                                       ? nullptr
                                       : definition->find_field(operation.field);
    auto& group = known != nullptr && known->is_erasable ? alone[operation.field] : rest;
    group.push_back(std::move(operation));
  }
  std::vector<std::vector<Operation>> out;
  if (!rest.empty()) out.push_back(std::move(rest));
  for (auto& [field, group] : alone) out.push_back(std::move(group));
  return out;
}

}  // namespace cunju::registry
