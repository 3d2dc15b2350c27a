// SPDX-License-Identifier: Apache-2.0
#include "node/council/replication_act.h"

#include <set>

namespace cunju::council {

Result<ReplicationPlan> plan_replication(replica::Replica& replica, const SpaceId& space,
                                         const NodeKey& node, Replication replication) {
  CUNJU_TRY(const std::shared_ptr<const Roster> roster, replica.roster(space));
  const auto entry = roster->nodes.find(node);
  if (entry == roster->nodes.end()) return fail(Errc::kNotFound, "node " + node.hex());
  ReplicationPlan out{
      .act = {.operations = {SetReplication{.node = node, .replication = replication}},
              .devices = {}},
      .before = entry->second.replication,
      .after = replication,
      .is_witness = roster->may(AuthorKey{node.value}, kWitnessRegistry, kWrite)};
  for (const auto& [key, other] : roster->nodes)
    if (key != node && other.replication == Replication::kFull) ++out.other_full_nodes;
  if (const auto member = roster->members.find(entry->second.member);
      member != roster->members.end()) {
    for (const auto& [number, scope] : roster->scopes) {
      for (const AuthorKey& device : member->second.devices)
        out.is_readers = out.is_readers || roster->may_read_scope(device, scope.name);
    }
  }
  if (replication != Replication::kFull && out.other_full_nodes == 0)
    return fail(Errc::kConflict, "no other node keeps everything");
  return out;
}

bool ends_last_full_node(const Roster& roster, std::span<const RosterOperation> operations) {
  std::set<NodeKey> ended;
  for (const RosterOperation& operation : operations) {
    if (const auto* retired = std::get_if<RetireNode>(&operation)) ended.insert(retired->node);
    const auto* removed = std::get_if<RemoveMember>(&operation);
    if (removed == nullptr) continue;
    for (const auto& [key, entry] : roster.nodes)
      if (entry.member == removed->member) ended.insert(key);
  }
  std::size_t before = 0, after = 0;
  for (const auto& [key, entry] : roster.nodes) {
    if (entry.replication != Replication::kFull) continue;
    ++before;
    if (!ended.contains(key)) ++after;
  }
  return before > 0 && after == 0;
}

}  // namespace cunju::council
