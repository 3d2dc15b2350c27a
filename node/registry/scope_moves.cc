// SPDX-License-Identifier: Apache-2.0
#include "node/registry/scope_moves.h"

#include <algorithm>
#include <iterator>
#include <set>

#include "node/registry/field_scope.h"

namespace cunju::registry {
namespace {

bool has_field(const Definition& definition, const std::string& id) {
  return std::ranges::find(definition.fields, id, &FieldDefinition::id) != definition.fields.end();
}

/// What became of the field where `before` is the last that had it, and `now` is in use; null: none
/// is. What was left out with a version before is not told of again.
bool is_moved(const Definition* now, const ScopeMove& move) {
  if (move.from.empty()) return false;
  if (now == nullptr || !move.is_left_out) return move.from != move.to;
  const std::string last = scope_of_field(now, move.field);
  return has_field(*now, move.field) || (!last.empty() && last != move.to);
}

ScopeMove move_of(const Definition& before, const FieldDefinition& field, const Definition& after) {
  return {.field = field.id,
          .from = scope_of_field(&before, field.id),
          .to = scope_of_field(&after, field.id),
          .is_left_out = !has_field(after, field.id),
          .label = field.label};
}

ScopeMove move_of_home(std::string from, const Definition& after) {
  return {.field = {},
          .from = std::move(from),
          .to = home_scope(&after),
          .is_left_out = false,
          .label = {"其他内容", "everything else"}};
}

/// What is told of nowhere else: the registry's own scope where no definition is in use, and fields
/// that are new by their name in a registry that kept whatever it did not name.
void add_lawful_moves(std::span<const DefinitionVersion> versions, const Definition& after,
                      std::vector<ScopeMove>& out) {
  const auto is_told = [&](const std::string& field) {
    return std::ranges::find(out, field, &ScopeMove::field) != out.end();
  };
  for (const FieldDefinition& field : after.fields) {
    ScopeMove move = move_of(after, field, after);
    move.from = lawful_scope(nullptr, versions, field.id);
    if (!move.from.empty() && move.from != move.to && !is_told(field.id))
      out.push_back(std::move(move));
  }
  ScopeMove home = move_of_home(lawful_scope(nullptr, versions, {}), after);
  if (!home.from.empty() && home.from != home.to && !is_told({})) out.push_back(std::move(home));
}

}  // namespace

std::vector<ScopeMove> find_scope_moves(const Definition& before, const Definition& after) {
  std::vector<ScopeMove> out;
  for (const FieldDefinition& field : before.fields) {
    ScopeMove move = move_of(before, field, after);
    if (is_moved(&before, move)) out.push_back(std::move(move));
  }
  ScopeMove home = move_of_home(home_scope(&before), after);
  if (!home.from.empty() && home.from != home.to) out.push_back(std::move(home));
  return out;
}

Result<std::vector<Definition>> definitions_ever(replica::Replica& replica, const SpaceId& space,
                                                 std::string_view registry) {
  CUNJU_TRY(std::vector<DefinitionVersion> versions, read_versions(replica, space, registry));
  std::vector<Definition> out;
  for (DefinitionVersion& each : versions) out.push_back(std::move(each.definition));
  return out;
}

std::set<std::string> GivenUp::what() const {
  std::set<std::string> out;
  for (const ScopeMove& move : moves)
    out.insert(move.field.empty() ? std::string(kMeantHome) : meant_of_field(move.field));
  if (keeps_less()) out.insert(std::string(kMeantRetention));
  return out;
}

std::vector<ScopeMove> find_scope_moves_from(const Definition* now,
                                             std::span<const DefinitionVersion> versions,
                                             const Definition& after) {
  std::vector<ScopeMove> out;
  std::set<std::string> told;
  if (now != nullptr) {
    out = find_scope_moves(*now, after);
    for (const FieldDefinition& field : now->fields) told.insert(field.id);
  }
  // Also of one that was opened meanwhile and is not in use now: to ask once more hurts nobody.
  for (auto version = versions.rbegin(); version != versions.rend(); ++version) {
    for (const FieldDefinition& field : version->definition.fields) {
      if (told.contains(field.id)) continue;
      ScopeMove move = move_of(version->definition, field, after);
      if (!is_moved(now, move)) continue;
      told.insert(field.id);
      out.push_back(std::move(move));
    }
  }
  add_lawful_moves(versions, after, out);
  return out;
}

Result<std::vector<ScopeMove>> find_scope_moves_ever(replica::Replica& replica,
                                                     const SpaceId& space, const Catalog& catalog,
                                                     const Definition& after) {
  CUNJU_TRY(const std::vector<DefinitionVersion> versions, read_versions(replica, space, after.id));
  return find_scope_moves_from(catalog.find(after.id), versions, after);
}

Result<GivenUp> find_given_up(replica::Replica& replica, const SpaceId& space,
                              const Catalog& catalog, const Definition& after) {
  GivenUp out;
  CUNJU_TRY(out.moves, find_scope_moves_ever(replica, space, catalog, after));
  CUNJU_TRY(const std::vector<DefinitionVersion> versions, read_versions(replica, space, after.id));
  // What counts, whether or not a definition is in use.
  std::set<std::string> kept_fields;
  for (const DefinitionVersion& version : versions) {
    const Definition& before = version.definition;
    if (!version.keeps() || (version.makes_ledger() && !version.is_late)) continue;
    out.ledger = out.ledger || (version.makes_ledger() && !after.is_ledger);
    for (const FieldDefinition& field : after.fields)
      if (field.is_erasable && find_keeper({&version, 1}, field.id) != nullptr &&
          kept_fields.insert(field.id).second)
        out.erasable.push_back(field.label);
    if (!keeps_less(before.retention, before.is_ledger, after.retention, after.is_ledger)) continue;
    if (!out.kept || keeps_less(before.retention, before.is_ledger, *out.kept, false))
      out.kept = before.retention;
  }
  return out;
}

Result<std::vector<std::string>> scopes_ever(replica::Replica& replica, const SpaceId& space,
                                             std::string_view registry) {
  CUNJU_TRY(const std::vector<Definition> versions, definitions_ever(replica, space, registry));
  std::set<std::string> out;
  for (const Definition& version : versions) {
    const std::vector<std::string> scopes = scopes_of(&version);
    out.insert(scopes.begin(), scopes.end());
  }
  return std::vector<std::string>(out.begin(), out.end());
}

Result<std::optional<Label>> find_missing_definition(replica::Replica& replica,
                                                     const SpaceId& space,
                                                     std::string_view registry) {
  CUNJU_TRY(const std::vector<std::string> scopes, scopes_ever(replica, space, registry));
  if (scopes.empty()) return std::optional<Label>();
  return std::optional(
      Label{"登记簿“" + std::string(registry) +
                "”现在没有可用的定义，从前的定义里有保密字段（范围 " + scopes.front() +
                "）；这样写进去人人可看，所以没有保存。请主任先用 define 重新登记它的定义",
            "the registry \"" + std::string(registry) +
                "\" has no definition that can be used, and one that it had keeps fields "
                "confidential (scope " +
                scopes.front() +
                "); everybody could read what is written now, so nothing was saved. Let the chair "
                "define it again first"});
}

}  // namespace cunju::registry
