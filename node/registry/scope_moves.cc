// SPDX-License-Identifier: Apache-2.0
#include "node/registry/scope_moves.h"

#include <algorithm>
#include <iterator>
#include <set>

#include "node/registry/field_scope.h"
#include "node/registry/ledger_law.h"

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

}  // namespace

std::vector<ScopeMove> find_scope_moves(const Definition& before, const Definition& after) {
  std::vector<ScopeMove> out;
  for (const FieldDefinition& field : before.fields) {
    ScopeMove move = move_of(before, field, after);
    if (is_moved(&before, move)) out.push_back(std::move(move));
  }
  return out;
}

Result<std::vector<Definition>> definitions_ever(replica::Replica& replica, const SpaceId& space,
                                                 std::string_view registry) {
  std::vector<RecordId> records;
  CUNJU_TRYV(replica.scan(space, kDefinitionRegistry, [&](const RecordId& id, const RecordView&) {
    records.push_back(id);
    return true;
  }));
  std::vector<Definition> out;
  for (const RecordId& record : records) {
    CUNJU_TRY(const std::vector<replica::HistoryEntry> edits, replica.edits(space, record));
    std::ranges::copy_if(definitions_described(edits), std::back_inserter(out),
                         [&](const Definition& each) { return each.id == registry; });
  }
  return out;
}

Result<std::vector<ScopeMove>> find_scope_moves_ever(replica::Replica& replica,
                                                     const SpaceId& space, const Catalog& catalog,
                                                     const Definition& after) {
  const Definition* now = catalog.find(after.id);
  std::vector<ScopeMove> out;
  std::set<std::string> told;
  if (now != nullptr) {
    out = find_scope_moves(*now, after);
    for (const FieldDefinition& field : now->fields) told.insert(field.id);
  }
  CUNJU_TRY(const std::vector<Definition> versions, definitions_ever(replica, space, after.id));
  // Also of one that was opened meanwhile and is not in use now: to ask once more hurts nobody.
  for (auto version = versions.rbegin(); version != versions.rend(); ++version) {
    for (const FieldDefinition& field : version->fields) {
      if (told.contains(field.id)) continue;
      ScopeMove move = move_of(*version, field, after);
      if (!is_moved(now, move)) continue;
      told.insert(field.id);
      out.push_back(std::move(move));
    }
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

}  // namespace cunju::registry
