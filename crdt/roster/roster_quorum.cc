// SPDX-License-Identifier: Apache-2.0
//
// The line of recovery quorums, and which of their acts stand. The law is in roster_law.h.
#include <algorithm>
#include <map>

#include "crdt/roster/roster_law.h"

namespace cunju {

QuorumLine RosterLaw::quorum_line(const RosterClock& scope) const {
  QuorumLine out;
  while (true) {
    const std::optional<RosterNo> end =
        out.named.empty() ? std::nullopt : std::optional(out.named.back());
    std::vector<RosterNo> candidates;
    for (const RosterSpot& at : history_.quorums())
      if (history_.covers(scope, at.change) && history_[at.change].known_quorum == end)
        candidates.push_back(at.change);
    if (candidates.empty()) return out;
    const std::optional<RosterNo> next =
        candidates.size() == 1 ? candidates.front() : chosen(candidates, end, scope);
    if (!next) {
      out.undecided = std::move(candidates);
      return out;
    }
    out.named.push_back(*next);
  }
}

/// By most of those who could choose: each by the acts of his keys that know one of them and no
/// other.
std::optional<RosterNo> RosterLaw::chosen(const std::vector<RosterNo>& candidates,
                                          const std::optional<RosterNo>& end,
                                          const RosterClock& scope) const {
  // The founding change has number 0: everything else pins it.
  const Electorate* electorate = history_.electorate(end.value_or(0));
  if (electorate == nullptr) return std::nullopt;
  std::map<MemberId, std::set<RosterNo>> signed_by, chosen_by;
  auto note_signer = [&](const AuthorKey& key, RosterNo candidate) {
    if (auto owner = electorate->owners.find(key); owner != electorate->owners.end())
      signed_by[owner->second].insert(candidate);
  };
  for (RosterNo candidate : candidates) {
    // The first of all is named by its author alone.
    if (!end) note_signer(history_[candidate].author, candidate);
    for (const AuthorKey& key : history_[candidate].quorum_signers) note_signer(key, candidate);
  }
  for (const auto& [key, member] : electorate->owners) {
    if (!electorate->officers.contains(member) || signed_by[member].size() > 1) continue;
    for (RosterNo act : history_.live_of(key)) {
      if (!history_.covers(scope, act)) continue;
      std::vector<RosterNo> known = candidates;
      std::erase_if(known, [&](RosterNo candidate) { return !history_.precedes(candidate, act); });
      if (known.size() == 1) chosen_by[member].insert(known.front());
    }
  }
  std::map<RosterNo, std::size_t> voices;
  for (const auto& [member, choice] : chosen_by)
    if (choice.size() == 1) ++voices[*choice.begin()];
  std::optional<RosterNo> best;
  for (const auto& [candidate, count] : voices)
    if (!best || count > voices.at(*best)) best = candidate;
  const auto can_choose = std::ranges::count_if(electorate->officers, [&](const MemberId& officer) {
    return signed_by[officer].size() <= 1;
  });
  if (!best || 2 * voices.at(*best) <= static_cast<std::size_t>(can_choose)) return std::nullopt;
  return best;
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

std::vector<RosterNo> RosterLaw::find_seals(const RosterClock& scope) const {
  std::vector<RosterNo> out;
  const std::set<RosterNo> silent = silenced(quorum_line(scope), scope);
  for (RosterNo act : history_.quorum_acts()) {
    const bool says_so = std::ranges::any_of(history_[act].operations, [](const auto& operation) {
      return std::holds_alternative<Seal>(operation);
    });
    if (says_so && history_.covers(scope, act) && !silent.contains(act)) out.push_back(act);
  }
  return out;
}

bool RosterLaw::is_final(RosterNo change, RosterNo taker, std::span<const RosterNo> seals) const {
  auto has = [&](RosterNo act, RosterNo what) {
    return act == what || history_.precedes(what, act);
  };
  return !history_[taker].is_of_quorum && std::ranges::any_of(seals, [&](RosterNo seal) {
    return has(seal, change) && !has(seal, taker);
  });
}

}  // namespace cunju
