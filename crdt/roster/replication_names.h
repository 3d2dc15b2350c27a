// SPDX-License-Identifier: Apache-2.0
//
// How replication scopes of nodes are called by programs: in exports, options and JSON. Pure.
#pragma once

#include <optional>
#include <string_view>

#include "crdt/roster/operations.h"

namespace cunju {

/// "full", "shell", "witness".
std::string_view replication_id(Replication replication);
/// None: there is no such scope.
std::optional<Replication> find_replication(std::string_view id);

}  // namespace cunju
