// SPDX-License-Identifier: Apache-2.0
//
// Which confidential scope the fields of a registry belong to, by its definition; the roster says
// which number the name has. Pure.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "crdt/types/operation.h"
#include "node/registry/definition.h"

namespace cunju::registry {

/// Name of the scope that a record's deletion, its texts, and fields without a scope of their own
/// belong to; empty: open.
std::string home_scope(const Definition* definition);
/// Name of the scope of a field, also of one that the definition does not know; empty: open.
std::string scope_of_field(const Definition* definition, std::string_view field);
/// Names of all confidential scopes of a registry, ascending, its own among them.
std::vector<std::string> scopes_of(const Definition* definition);

/// The operations of each scope, by name; empty: open. Operations on no field, and those on all
/// texts, go to the home scope.
using OperationsByScope = std::map<std::string, std::vector<Operation>>;
OperationsByScope split_by_scope(const Definition* definition, std::vector<Operation> operations);

/// Operations of one scope in groups for changes that follow each other: a part carries several
/// fields and is erased whole, so each erasable field (FieldDefinition::is_erasable) has a group to
/// itself, after that of all others. No group is empty.
std::vector<std::vector<Operation>> split_erasable(const Definition* definition,
                                                   std::vector<Operation> operations);

}  // namespace cunju::registry
