// SPDX-License-Identifier: Apache-2.0
//
// In whose time epochs of scopes were opened.
#include <algorithm>

#include "crdt/roster/roster_graph.h"

namespace cunju {

const std::set<MemberId>& RosterGraph::in_time_of(const RosterSpot& opening) const {
  const auto [found, is_new] = in_time_.try_emplace(opening);
  if (!is_new) return found->second;
  const auto& opened = history_.operation<OpenEpoch>(opening);
  // Acts that know of the opening neither give nor take here.
  RosterVerdicts without_later = all();
  for (RosterNo no = 0; no < without_later.levels.size(); ++no)
    if (history_.precedes(opening.change, no))
      without_later.levels[no] = RosterVerdicts::Level::kVoid;
  const Roster roster = law_.roster(without_later, history_.seen_by(heads_));
  for (const auto& [id, member] : roster.members)
    if (roster.may_read_scope(member, opened.name)) found->second.insert(id);
  if (!all().is_whole(opening.change)) return found->second;
  for (const EpochWrap& wrap : opened.wraps)
    if (auto owner = roster.owners.find(wrap.recipient); owner != roster.owners.end())
      found->second.insert(owner->second);
  return found->second;
}

std::set<MemberId> RosterGraph::in_whose_time(Scope scope, const crypto::EpochId& epoch) const {
  std::vector<RosterSpot> acts;
  bool is_in_force = false;
  for (const RosterSpot& opening : history_.openings()) {
    const auto& opened = history_.operation<OpenEpoch>(opening);
    if (opened.scope != scope || opened.epoch != epoch) continue;
    acts.push_back(opening);
    is_in_force = is_in_force || all().is_whole(opening.change);
  }
  if (is_in_force)
    std::erase_if(acts, [&](const RosterSpot& at) { return !all().is_whole(at.change); });
  if (acts.empty()) return {};
  std::set<MemberId> out = in_time_of(acts.front());
  for (const RosterSpot& act : acts) {
    const std::set<MemberId>& also = in_time_of(act);
    std::erase_if(out, [&](const MemberId& member) { return !also.contains(member); });
  }
  return out;
}

}  // namespace cunju
