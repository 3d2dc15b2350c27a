// SPDX-License-Identifier: Apache-2.0
//
// Setting what a node keeps of a space, as a person decides on it: full, shell (what is open) or
// witness (the roster and statements). A plan changes nothing. Pure but for the reading.
#pragma once

#include <span>

#include "node/council/roster_acts.h"

namespace cunju::council {

struct ReplicationPlan {
  RosterAct act;
  Replication before = Replication::kFull;
  Replication after = Replication::kFull;
  /// Nodes beside this one that keep everything, as far as is known here.
  std::size_t other_full_nodes = 0;
  bool is_witness = false;  ///< Its member's roles make it one: it goes on stating what it holds.
  /// Its member reads something confidential, and would read none of it there.
  bool is_readers = false;

  bool is_narrower() const { return after > before; }
};

/// Errors: kNotFound (the node), kConflict (no other node would be left that keeps everything, so
/// what only this one has could never go anywhere).
Result<ReplicationPlan> plan_replication(replica::Replica& replica, const SpaceId& space,
                                         const NodeKey& node, Replication replication);

/// Whether the act ends computers so that none is left which keeps everything, while there is one
/// now: what only that one has is out of reach afterwards.
bool ends_last_full_node(const Roster& roster, std::span<const RosterOperation> operations);

}  // namespace cunju::council
