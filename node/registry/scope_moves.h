// SPDX-License-Identifier: Apache-2.0
//
// What a new version of a definition does to who may read its fields, held against every version of
// the space's own that was ever in force: taking a definition away and entering it again, or
// leaving a field out for one version, opens nothing unsaid.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "node/registry/catalog.h"

namespace cunju::registry {

/// A field whose values a new version of a definition puts into another scope, or does not have.
struct ScopeMove {
  std::string field;
  std::string from;          ///< Confidential.
  std::string to;            ///< Empty: open. Of one that is left out: where unknown fields go.
  bool is_left_out = false;  ///< The new version does not have it.
  Label label;               ///< As the version had it that kept it confidential.
};
/// Fields that were confidential and are open or of another scope by `after`, or that it leaves
/// out, in the order of `before`. Pure.
std::vector<ScopeMove> find_scope_moves(const Definition& before, const Definition& after);

/// Every definition of the registry that a record of the space has held, by record, oldest first.
/// Errors: those of the replica.
Result<std::vector<Definition>> definitions_ever(replica::Replica& replica, const SpaceId& space,
                                                 std::string_view registry);

/// The moves from the definition in use; and of the fields that it does not have from what others
/// before it said, those of records that were taken away among them. Errors: those of the replica.
Result<std::vector<ScopeMove>> find_scope_moves_ever(replica::Replica& replica,
                                                     const SpaceId& space, const Catalog& catalog,
                                                     const Definition& after);

/// The scopes that any definition of the registry has named, ascending. Errors: those of the
/// replica.
Result<std::vector<std::string>> scopes_ever(replica::Replica& replica, const SpaceId& space,
                                             std::string_view registry);

}  // namespace cunju::registry
