// SPDX-License-Identifier: Apache-2.0
#include "node/council/member_computers.h"

#include <algorithm>

#include "node/council/roster_copy.h"
#include "node/council/roster_outlook.h"

namespace cunju::council {

Result<EnteredComputers> read_entered_computers(replica::Replica& replica, const SpaceId& space) {
  EnteredComputers out;
  CUNJU_TRY(const RosterCopy copy, RosterCopy::read(replica, space));
  for (const RosterEntry& entry : copy.entries()) {
    if (!entry.is_in_force) continue;
    for (const RosterOperation& operation : entry.operations)
      if (const auto* add = std::get_if<AddNode>(&operation)) out[add->member].insert(add->node);
  }
  return out;
}

EnteredComputers own_computers(replica::Replica& replica, const Roster& roster) {
  EnteredComputers out;
  const std::vector<AuthorKey> own = replica.own_authors();
  for (const AuthorKey& key : own) {
    const AddNode* node = roster.find_node(key);
    if (node == nullptr) continue;
    for (const AuthorKey& author : own)
      if (const Member* member = roster.find_author(author)) out[member->id].insert(node->node);
  }
  return out;
}

ComputerUse use_of(const Roster& roster, const EnteredComputers& entered, const MemberId& member) {
  const auto known = entered.find(member);
  bool has_one = known != entered.end() && !known->second.empty();
  ComputerUse out;
  for (const auto& [key, node] : roster.nodes) {
    const bool is_entered = known != entered.end() && known->second.contains(key);
    if (node.member != member && !is_entered) continue;
    has_one = out.exchanges = true;
    out.reads = out.reads || node.replication == Replication::kFull;
  }
  return has_one ? out : ComputerUse{.reads = true, .exchanges = true};
}

Roster roster_after(const Roster& roster, const EnteredComputers& entered,
                    std::span<const RosterOperation> operations) {
  Roster out = roster_after(roster, operations);
  for (const auto& [key, node] : roster.nodes) {
    const bool is_retired = std::ranges::any_of(operations, [&](const RosterOperation& operation) {
      const auto* retired = std::get_if<RetireNode>(&operation);
      return retired != nullptr && retired->node == key;
    });
    if (is_retired || out.nodes.contains(key)) continue;
    const auto sharer = std::ranges::find_if(entered, [&](const auto& entry) {
      return entry.second.contains(key) && out.members.contains(entry.first);
    });
    if (sharer == entered.end()) continue;
    AddNode shared = node;
    shared.member = sharer->first;
    out.nodes.emplace(key, std::move(shared));
  }
  return out;
}

}  // namespace cunju::council
