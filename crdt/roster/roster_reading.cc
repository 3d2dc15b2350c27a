// SPDX-License-Identifier: Apache-2.0
//
// Whose changes a new roster change may have made late or brought back, so that not everybody's are
// looked at again.
#include "crdt/roster/roster_graph.h"

namespace cunju {

// What an author may do rests on its keys, their member's admission and roles, and policy lines. If
// everything that was in force still is, and no more than that, then only a new taking makes a
// difference to pins that don't know it, and only to who loses one of these by it. Whose a key is,
// is asked of ancestors, so every member counts that anybody ever gave the key to.
std::optional<std::set<AuthorKey>> RosterGraph::judged_otherwise(
    const RosterReading& before) const {
  const RosterVerdicts& was = *before.verdicts;
  const RosterVerdicts& is = *reading().verdicts;
  if (was.cycle_takings != is.cycle_takings || was.forks != is.forks) return std::nullopt;
  std::set<AuthorKey> out;
  std::set<MemberId> members;
  for (RosterNo no = 0; no < history_.size(); ++no) {
    if (no < was.levels.size()) {
      if (was.of(no) != is.of(no)) return std::nullopt;
      continue;
    }
    if (!history_[no].takes) continue;
    for (const RosterOperation& operation : history_[no].operations) {
      if (std::holds_alternative<SetPolicy>(operation) || std::holds_alternative<Epoch>(operation))
        return std::nullopt;
      if (const auto* removal = std::get_if<RemoveMember>(&operation))
        members.insert(removal->member);
      if (const auto* end = std::get_if<EndRole>(&operation)) members.insert(end->member);
      if (const auto* device = std::get_if<RetireDevice>(&operation))
        out.insert(device->cut.author);
      if (const auto* node = std::get_if<RetireNode>(&operation))
        out.insert(AuthorKey{node->node.value});
    }
  }
  if (members.empty()) return out;
  for (const auto& [author, entries] : history_.all_devices())
    for (const RosterSpot& entry : entries)
      if (members.contains(history_.operation<AddDevice>(entry).member)) out.insert(author);
  for (const RosterSpot& entry : history_.nodes()) {
    const auto& node = history_.operation<AddNode>(entry);
    if (members.contains(node.member)) out.insert(AuthorKey{node.node.value});
  }
  return out;
}

}  // namespace cunju
