// SPDX-License-Identifier: Apache-2.0
#include "node/registry/scope_moves.h"

#include "node/registry/field_scope.h"

namespace cunju::registry {

std::vector<ScopeMove> find_scope_moves(const Definition& before, const Definition& after) {
  std::vector<ScopeMove> out;
  for (const FieldDefinition& field : before.fields) {
    ScopeMove move{.field = field.id,
                   .from = scope_of_field(&before, field.id),
                   .to = scope_of_field(&after, field.id)};
    if (!move.from.empty() && move.from != move.to) out.push_back(std::move(move));
  }
  return out;
}

}  // namespace cunju::registry
