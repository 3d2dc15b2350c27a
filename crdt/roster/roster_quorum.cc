// SPDX-License-Identifier: Apache-2.0
//
// The line of recovery quorums, and which of their acts stand. The law is in roster_law.h.
#include <algorithm>
#include <tuple>

#include "crdt/roster/roster_law.h"

namespace cunju {

bool RosterLaw::follow_quorums(QuorumLine& line, const RosterClock& scope,
                               const std::set<RosterNo>& voided,
                               const RosterVerdicts* in_force) const {
  bool is_longer = false, has_decided = false;
  while (true) {
    const std::optional<RosterNo> end =
        line.named.empty() ? std::nullopt : std::optional(line.named.back());
    std::vector<RosterNo> candidates;
    for (const RosterSpot& at : history_.quorums())
      if (history_.covers(scope, at.change) && history_[at.change].known_quorum == end)
        candidates.push_back(at.change);
    line.undecided.clear();
    if (candidates.empty()) return is_longer;
    std::optional<RosterNo> next;
    if (candidates.size() == 1) {
      next = candidates.front();
    } else if (in_force != nullptr && !has_decided) {
      if (end) {
        next = covered_first(candidates, *in_force);
      } else {
        std::vector<RosterNo> standing = candidates;
        std::erase_if(standing, [&](RosterNo no) { return voided.contains(no); });
        if (standing.size() == 1) next = standing.front();
      }
      has_decided = next.has_value();
    }
    if (!next) {
      line.undecided = std::move(candidates);
      return is_longer;
    }
    line.named.push_back(*next);
    is_longer = true;
  }
}

std::optional<RosterNo> RosterLaw::covered_first(const std::vector<RosterNo>& candidates,
                                                 const RosterVerdicts& in_force) const {
  std::map<MemberId, std::set<RosterNo>> signed_by;
  for (RosterNo candidate : candidates)
    for (const AuthorKey& key : history_[candidate].quorum_signers)
      if (const std::optional<MemberId> owner = owner_of(in_force, key))
        signed_by[*owner].insert(candidate);
  using Rank = std::tuple<KeyRank, std::uint64_t, ChangeId>;
  std::optional<std::pair<Rank, RosterNo>> first;
  for (RosterNo act = 0; act < history_.size(); ++act) {
    if (!in_force.is_whole(act)) continue;
    const RosterNode& node = history_[act];
    const std::optional<MemberId> owner = owner_of(in_force, node.author);
    if (!owner) continue;
    auto signer = signed_by.find(*owner);
    if (signer != signed_by.end() && signer->second.size() > 1) continue;
    std::vector<RosterNo> seen = candidates;
    std::erase_if(seen, [&](RosterNo candidate) { return !history_.precedes(candidate, act); });
    if (seen.size() != 1) continue;
    const Rank rank{rank_of(in_force, node.author), node.depth, node.id};
    if (!first || rank < first->first) first = {rank, seen.front()};
  }
  if (!first) return std::nullopt;
  return first->second;
}

bool RosterLaw::quorum_act_stands(const QuorumLine& line, RosterNo act) const {
  const auto place = std::ranges::find(line.named, history_[act].known_quorum);
  if (place == line.named.end()) return false;
  if (const auto next = std::next(place); next != line.named.end())
    return act == *next || history_.precedes(act, *next);
  return std::ranges::all_of(line.undecided,
                             [&](RosterNo other) { return history_.precedes(act, other); });
}

std::set<RosterNo> RosterLaw::silenced(const QuorumLine& line, const RosterClock& scope) const {
  std::set<RosterNo> out;
  for (RosterNo act : history_.quorum_acts())
    if (history_.covers(scope, act) && !quorum_act_stands(line, act)) out.insert(act);
  return out;
}

}  // namespace cunju
