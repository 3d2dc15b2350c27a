// SPDX-License-Identifier: Apache-2.0
//
// What a node knows of replication scopes in a space: values for status lines. No thread rule.
#pragma once

#include <cstdint>
#include <optional>

#include "crdt/erasure/scope_receipt.h"
#include "crdt/roster/operations.h"

namespace cunju::replica {

struct PartsStanding {
  /// What this node may have; none: the roster does not name it (yet).
  std::optional<Replication> scope;
  std::uint64_t lacking = 0;   ///< Changes without parts that it may have: it asks peers for them,
  std::uint64_t withheld = 0;  ///< changes without parts that it may not have,
  std::uint64_t excess = 0;    ///< and with parts that are to go once a full node holds them.
};

/// One node's scope.
struct NodeScope {
  Replication replication = Replication::kFull;
  std::optional<ChangeId> act;     ///< Of the roster, that set it last; none: the node's entry did.
  bool is_confirmed = false;       ///< The node has signed that it holds no more since then.
  std::uint64_t confirmed_ms = 0;  ///< The claimed time of the change that brought it.
};

}  // namespace cunju::replica
