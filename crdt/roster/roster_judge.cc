// SPDX-License-Identifier: Apache-2.0
//
// Settling what is in force: the circles of the law in roster_law.h.
#include <algorithm>
#include <map>
#include <tuple>

#include "crdt/roster/roster_law.h"

namespace cunju {

using Level = RosterVerdicts::Level;

std::vector<RosterNo> RosterLaw::members_of(const RosterClock& scope) const {
  std::vector<RosterNo> out;
  for (RosterNo no = 0; no < history_.size(); ++no)
    if (!history_[no].is_dead && history_.covers(scope, no)) out.push_back(no);
  return out;
}

/// Nobody takes anything beside anybody, nothing is voided, no key is claimed twice: then each
/// change is in force as it was for its author, who could write the roster or it would be dead.
/// Only where no log is forked: a branch that is released may take from who wrote above it.
bool RosterLaw::is_peaceful(const std::vector<RosterNo>& members) const {
  if (history_.has_double_claims()) return false;
  for (RosterNo no : members) {
    const RosterNode& node = history_[no];
    if (std::ranges::any_of(node.operations, [](const auto& operation) {
          const auto* epoch = std::get_if<Epoch>(&operation);
          return epoch != nullptr && !epoch->voided.empty();
        }))
      return false;
    if (!node.takes) continue;
    if (!std::ranges::all_of(members, [&](RosterNo other) {
          return other == no || history_.precedes(other, no) || history_.precedes(no, other);
        }))
      return false;
  }
  return true;
}

/// What was taken from the change's author beside the change, beyond its cut. Whose the key is, is
/// asked of the change's ancestors alone: what others claim later must not change what it attacked.
std::vector<RosterSpot> RosterLaw::attacks_on(RosterNo change,
                                              std::span<const RosterNo> seals) const {
  const RosterNode& node = history_[change];
  std::vector<RosterSpot> out;
  auto add = [&](const Spots& takings) {
    for (const RosterSpot& taking : takings) {
      const RosterNo act = taking.change;
      if (act == change || history_.precedes(act, change) || history_.precedes(change, act))
        continue;
      if (node.seq.value >= cut_end(taking, node.author) && !is_final(change, act, seals))
        out.push_back(taking);
    }
  };
  add(history_.retirements(node.author));
  std::set<MemberId> owners;
  for (const RosterSpot& device : history_.devices(node.author))
    if (history_.precedes(device.change, change))
      owners.insert(history_.operation<AddDevice>(device).member);
  for (const MemberId& owner : owners) {
    add(history_.removals(owner));
    add(history_.ends(owner));
  }
  return out;
}

/// The same of the policy: who may write the roster no longer. No removal cycle is made of these.
std::vector<RosterSpot> RosterLaw::narrowings_on(RosterNo change,
                                                 std::span<const RosterNo> seals) const {
  const RosterNode& node = history_[change];
  std::set<std::string> roles;
  for (const RosterSpot& device : history_.devices(node.author)) {
    if (!history_.precedes(device.change, change)) continue;
    for (const RosterSpot& grant : history_.grants(history_.operation<AddDevice>(device).member))
      if (history_.precedes(grant.change, change))
        roles.insert(history_.operation<GrantRole>(grant).role);
  }
  std::vector<RosterSpot> out;
  for (const std::string& role : roles) {
    for (std::string_view registry : {kRosterRegistry, std::string_view("*")}) {
      for (const RosterSpot& policy : history_.policies({role, std::string(registry)})) {
        const RosterNo act = policy.change;
        const bool is_beside =
            act != change && !history_.precedes(act, change) && !history_.precedes(change, act);
        if (is_beside && (history_[act].taken_rights[policy.operation] & kWrite) != 0 &&
            node.seq.value >= cut_end(policy, node.author) && !is_final(change, act, seals))
          out.push_back(policy);
      }
    }
  }
  return out;
}

/// Strongly connected components (Kosaraju) of the changes that take from each other's authors.
RosterLaw::Attacks RosterLaw::find_attacks(const std::vector<RosterNo>& members,
                                           const RosterClock& scope) const {
  Attacks out{.seals = find_seals(scope)};
  std::map<RosterNo, std::vector<RosterSpot>> attacks;  // victim -> what attacks it
  for (RosterNo no : members)
    if (history_[no].takes && !history_[no].is_of_quorum) attacks[no];
  std::map<RosterNo, std::vector<RosterNo>> victims;
  for (auto& [victim, attacks_on_it] : attacks) {
    attacks_on_it = attacks_on(victim, out.seals);
    std::erase_if(attacks_on_it,
                  [&](const RosterSpot& attack) { return !attacks.contains(attack.change); });
    for (const RosterSpot& attack : attacks_on_it) victims[attack.change].push_back(victim);
  }
  std::vector<RosterNo> finished;
  std::set<RosterNo> visited;
  for (const auto& [start, ignored] : attacks) {
    if (!visited.insert(start).second) continue;
    std::vector<std::pair<RosterNo, std::size_t>> stack{{start, 0}};
    while (!stack.empty()) {
      auto& [at, next] = stack.back();
      const std::vector<RosterNo>& onward = victims[at];
      if (next == onward.size()) {
        finished.push_back(at);
        stack.pop_back();
      } else if (const RosterNo to = onward[next++]; visited.insert(to).second) {
        stack.emplace_back(to, 0);
      }
    }
  }
  std::map<RosterNo, RosterNo> component;
  for (auto start = finished.rbegin(); start != finished.rend(); ++start) {
    std::vector<RosterNo> stack;
    if (component.emplace(*start, *start).second) stack.push_back(*start);
    while (!stack.empty()) {
      const RosterNo at = stack.back();
      stack.pop_back();
      for (const RosterSpot& attack : attacks[at])
        if (component.emplace(attack.change, *start).second) stack.push_back(attack.change);
    }
  }
  auto takings = std::make_shared<std::set<RosterSpot>>();
  for (const auto& [victim, attacks_on_it] : attacks) {
    for (const RosterSpot& attack : attacks_on_it) {
      if (component[attack.change] != component[victim]) continue;
      takings->insert(attack);
      out.cycle_of[victim] = component[victim];
    }
  }
  out.takings = std::move(takings);
  for (const auto& [change, cycle] : out.cycle_of) out.in_cycle[cycle].push_back(change);
  return out;
}

/// `base` with the changes of `open` judged anew: whether each is in force is asked of what comes
/// out for its ancestors, and what takes from it of `taken`.
RosterVerdicts RosterLaw::derive(const std::vector<RosterNo>& open, const RosterVerdicts& base,
                                 const RosterVerdicts& taken, Attacks& attacks) const {
  RosterVerdicts out{.levels = base.levels, .cycle_takings = base.cycle_takings};
  for (RosterNo no : open) {
    const RosterNode& node = history_[no];
    const RosterSubject author{
        .author = node.author, .seq = node.seq, .seen = node.seen, .self = no};
    out.levels[no] = Level::kVoid;
    if (may({out, taken, author, nullptr, attacks.seals}, kRosterRegistry, kWrite)) {
      out.levels[no] = Level::kWhole;
    } else if (const std::vector<RosterNo>* mates = attacks.mates(no);
               mates != nullptr &&
               may({out, taken, author, mates, attacks.seals}, kRosterRegistry, kWrite)) {
      out.levels[no] = Level::kCycle;
    }
  }
  return out;
}

/// Those that take something from the change's author beside the change and reach it.
const std::set<RosterNo>& RosterLaw::takers_from(RosterNo change, bool is_of_policy,
                                                 Attacks& attacks) const {
  auto [known, is_new] = (is_of_policy ? attacks.narrowers : attacks.attackers).try_emplace(change);
  if (is_new) {
    for (const RosterSpot& taking :
         is_of_policy ? narrowings_on(change, attacks.seals) : attacks_on(change, attacks.seals))
      known->second.insert(taking.change);
  }
  return known->second;
}

/// What is to be decided by seniority. If something of what is open takes from somebody else of it,
/// only that: who makes puppets must not be heard before who removes the maker. And removals before
/// policy lines, or whoever was removed could answer with a line, for ever.
std::vector<RosterNo> RosterLaw::candidates(const std::vector<RosterNo>& open,
                                            Attacks& attacks) const {
  for (const bool is_of_policy : {false, true}) {
    std::set<RosterNo> out;
    for (RosterNo no : open)
      for (RosterNo taker : takers_from(no, is_of_policy, attacks))
        if (std::ranges::binary_search(open, taker)) out.insert(taker);
    if (!out.empty()) return {out.begin(), out.end()};
  }
  return open;
}

/// By (depth, id, place) of the entry that gave the author its key, then (depth, id) of the act. An
/// author's rank is given by others, so nobody can better it by trying ids.
RosterNo RosterLaw::most_senior(const std::vector<RosterNo>& members,
                                const RosterVerdicts& greatest) const {
  using Seniority = std::tuple<std::uint64_t, ChangeId, std::uint32_t, std::uint64_t, ChangeId>;
  std::optional<std::pair<Seniority, RosterNo>> best;
  for (RosterNo no : members) {
    const RosterNode& node = history_[no];
    std::optional<RosterSpot> added;
    for (const RosterSpot& device : history_.devices(node.author)) {
      // What is void for certain gives no rank.
      if (!history_.precedes(device.change, no) || !greatest.is_whole(device.change)) continue;
      if (!added || history_.comes_first(device.change, added->change)) added = device;
    }
    const RosterNode& entry = history_[added ? added->change : no];
    const Seniority seniority{entry.depth, entry.id, added ? added->operation : 0, node.depth,
                              node.id};
    if (!best || seniority < best->first) best = {seniority, no};
  }
  return best->second;
}

/// Whether a change is in force is asked of its ancestors and of what takes from its author: what
/// is open and not tied by that, directly or over others, is settled each by itself, with the same
/// result. Members of each group ascend.
std::vector<std::vector<RosterNo>> RosterLaw::groups_of(const std::vector<RosterNo>& open,
                                                        Attacks& attacks) const {
  std::vector<std::size_t> above(open.size());
  for (std::size_t i = 0; i < open.size(); ++i) above[i] = i;
  auto find = [&](std::size_t at) {
    while (above[at] != at) at = above[at] = above[above[at]];
    return at;
  };
  for (std::size_t i = 0; i < open.size(); ++i) {
    for (std::size_t before = 0; before < i; ++before)
      if (history_.precedes(open[before], open[i])) above[find(before)] = find(i);
    for (const bool is_of_policy : {false, true}) {
      for (RosterNo taker : takers_from(open[i], is_of_policy, attacks)) {
        const auto at = std::ranges::lower_bound(open, taker);
        if (at != open.end() && *at == taker)
          above[find(static_cast<std::size_t>(at - open.begin()))] = find(i);
      }
    }
  }
  std::map<std::size_t, std::vector<RosterNo>> groups;
  for (std::size_t i = 0; i < open.size(); ++i) groups[find(i)].push_back(open[i]);
  std::vector<std::vector<RosterNo>> out;
  for (auto& [first, group] : groups) out.push_back(std::move(group));
  return out;
}

/// One more of the undecided changes is taken as the greater reading has it, until none is left.
void RosterLaw::settle_group(std::vector<RosterNo> open, RosterVerdicts& least,
                             RosterVerdicts& greatest, Attacks& attacks) const {
  while (true) {
    const RosterNo senior = most_senior(candidates(open, attacks), greatest);
    // Not more than any reading allows: of a change in a cycle this is its removals alone.
    least.levels[senior] = greatest.of(senior);
    std::erase(open, senior);
    greatest = derive(open, least, least, attacks);
    for (bool has_moved = true; has_moved;) {
      RosterVerdicts more = derive(open, least, greatest, attacks);
      RosterVerdicts fewer = derive(open, least, more, attacks);
      has_moved = more.levels != least.levels || fewer.levels != greatest.levels;
      least = std::move(more);
      greatest = std::move(fewer);
      std::erase_if(open, [&](RosterNo no) { return least.of(no) == greatest.of(no); });
      if (open.empty()) return;
    }
  }
}

/// What both readings agree on is never otherwise again: each next pair of readings lies between
/// the two before it, and so does each pair after a decision, which is one that the greater reading
/// allows. So only what is open is looked at again, and nothing begins anew.
RosterVerdicts RosterLaw::settle(const std::vector<RosterNo>& members, const RosterClock& scope,
                                 const std::set<RosterNo>& voided, Attacks& attacks) const {
  Fixed fixed;
  for (RosterNo no : members)
    if (history_[no].parents.empty() || (history_[no].is_of_quorum && !voided.contains(no)))
      fixed.emplace(no, Level::kWhole);
  for (const RosterSpot& at : history_.epochs()) {
    if (!history_.covers(scope, at.change) || voided.contains(at.change)) continue;
    for (const ChangeId& id : history_.operation<Epoch>(at).voided)
      if (std::optional<RosterNo> no = history_.find(id)) fixed.emplace(*no, Level::kVoid);
  }
  for (RosterNo no : voided) fixed.emplace(no, Level::kVoid);
  RosterVerdicts least{.levels = std::vector<Level>(history_.size(), Level::kVoid),
                       .cycle_takings = attacks.takings};
  for (const auto& [no, level] : fixed) least.levels[no] = level;
  std::vector<RosterNo> open = members;
  std::erase_if(open, [&](RosterNo no) { return fixed.contains(no); });
  RosterVerdicts greatest = derive(open, least, least, attacks);
  for (bool has_moved = true; has_moved && !open.empty();) {
    RosterVerdicts more = derive(open, least, greatest, attacks);
    RosterVerdicts fewer = derive(open, least, more, attacks);
    has_moved = more.levels != least.levels || fewer.levels != greatest.levels;
    least = std::move(more);
    greatest = std::move(fewer);
    std::erase_if(open, [&](RosterNo no) { return least.of(no) == greatest.of(no); });
  }
  for (std::vector<RosterNo>& group : groups_of(open, attacks)) {
    RosterVerdicts greater = greatest;
    settle_group(std::move(group), least, greater, attacks);
  }
  return least;
}

}  // namespace cunju
