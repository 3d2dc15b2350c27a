// SPDX-License-Identifier: Apache-2.0
//
// The oracle: what is in force in a set of changes, and the questions to it.
#include <algorithm>
#include <limits>

#include "tests/crdt/roster/roster_oracle.h"

namespace cunju::test {

// --- removal cycles
// -------------------------------------------------------------------------------

RosterOracle::Subject RosterOracle::subject_of(Change change) const {
  return {changes_[change].author, changes_[change].seq.value, before_[change], change};
}

/// Removes the victim's author, ends a role of it or retires its key, from beside and in reach.
bool RosterOracle::attacks(const Act& taking, Change victim, const Finals& finals) const {
  if (of_quorum_.contains(victim) || !is_taking(taking) || !is_beside(taking.change, victim) ||
      !reaches(taking, subject_of(victim), finals))
    return false;
  std::set<MemberId> members;
  for (const Act& act : acts<AddDevice>(before_[victim]))
    if (said<AddDevice>(act)->author == changes_[victim].author)
      members.insert(said<AddDevice>(act)->member);
  const auto* removal = said<RemoveMember>(taking);
  const auto* end = said<EndRole>(taking);
  const auto* retirement = said<RetireDevice>(taking);
  return (removal && members.contains(removal->member)) || (end && members.contains(end->member)) ||
         (retirement && retirement->cut.author == changes_[victim].author);
}

RosterOracle::Cycles RosterOracle::cycles(const Changes& set, const Finals& finals) const {
  Cycles out{std::vector<Changes>(changes_.size()), {}};
  std::set<std::pair<Change, Change>> above;  // Attacks, and then attacks of attacks.
  std::set<std::pair<Act, Change>> attacks_made;
  for (const Act& act : takings_)
    for (Change victim : set)
      if (set.contains(act.change) && attacks(act, victim, finals)) {
        above.insert({act.change, victim});
        attacks_made.insert({act, victim});
      }
  for (Change via : set)
    for (Change from : set)
      for (Change to : set)
        if (above.contains({from, via}) && above.contains({via, to})) above.insert({from, to});
  for (Change a : set)
    for (Change b : set)
      if (a != b && above.contains({a, b}) && above.contains({b, a})) out.with[a].insert(b);
  for (const auto& [act, victim] : attacks_made)
    if (out.with[act.change].contains(victim)) out.removals.insert(act);
  return out;
}

// --- what is in force
// -----------------------------------------------------------------------------

/// What is in force if exactly `taken` is taken: by and by, from nothing. `senior` are settled.
RosterOracle::Model RosterOracle::derive(const Changes& set, const Cycles& cycles,
                                         const Finals& finals, const Model& taken,
                                         const Changes& senior, const Model& as_settled,
                                         const Changes& fallen) const {
  std::set<ChangeId> voided;
  for (const Act& act : acts<Epoch>(set))
    if (!fallen.contains(act.change))
      voided.insert(said<Epoch>(act)->voided.begin(), said<Epoch>(act)->voided.end());
  Model out;
  for (bool grew = true; grew;) {
    const Model last = out;
    for (Change change : set) {
      if (changes_[change].pins.empty() ||
          (of_quorum_.contains(change) && !fallen.contains(change))) {
        out.whole.insert(change);
        continue;
      }
      if (voided.contains(changes_[change].id) || fallen.contains(change)) continue;
      if (senior.contains(change)) {
        if (as_settled.whole.contains(change)) out.whole.insert(change);
        for (const Act& act : as_settled.removals)
          if (act.change == change) out.removals.insert(act);
        continue;
      }
      const Subject subject = subject_of(change);
      if (may({set, out, taken, subject, {}, finals}, std::string(kRosterRegistry), kWrite)) {
        out.whole.insert(change);
        continue;
      }
      Changes left_out;
      for (Change other : cycles.with[change])
        if (is_beside(other, change)) left_out.insert(other);
      for (const Act& act : cycles.removals)
        if (act.change == change &&
            may({set, out, taken, subject, left_out, finals}, std::string(kRosterRegistry), kWrite))
          out.removals.insert(act);
    }
    grew = !(out == last);
  }
  for (Change change : out.whole)
    std::erase_if(out.removals, [&](const Act& act) { return act.change == change; });
  return out;
}

/// Narrows, from beside and in reach, what the victim's author wrote the roster with.
bool RosterOracle::disarms(const Act& taking, Change victim, const Finals& finals) const {
  if (!is_taking(taking) || !is_beside(taking.change, victim) ||
      !reaches(taking, subject_of(victim), finals))
    return false;
  for (const Act& key : acts<AddDevice>(before_[victim]))
    for (const Act& grant : acts<GrantRole>(before_[victim]))
      if (said<AddDevice>(key)->author == changes_[victim].author &&
          said<AddDevice>(key)->member == said<GrantRole>(grant)->member &&
          takes_right(taking, said<GrantRole>(grant)->role, "*", std::string(kRosterRegistry),
                      kWrite))
        return true;
  return false;
}

/// Who takes from somebody else of them is heard before who only gives.
RosterOracle::Change RosterOracle::most_senior(const Changes& unsettled, const Model& greatest,
                                               const Finals& finals) const {
  Changes attackers;
  for (const Act& taking : takings_)
    for (Change victim : unsettled)
      if (unsettled.contains(taking.change) && attacks(taking, victim, finals))
        attackers.insert(taking.change);
  if (attackers.empty())
    for (const Act& taking : takings_)
      for (Change victim : unsettled)
        if (unsettled.contains(taking.change) && disarms(taking, victim, finals))
          attackers.insert(taking.change);
  auto rank = [&](Change change) {
    for (const Act& act : acts<AddDevice>(before_[change]))
      if (said<AddDevice>(act)->author == changes_[change].author && is_given(greatest, act))
        return std::tuple(order(act), depth_[change], changes_[change].id);
    return std::tuple(order({change, 0}), depth_[change], changes_[change].id);
  };
  const Changes& candidates = attackers.empty() ? unsettled : attackers;
  return *std::ranges::min_element(candidates, {}, rank);
}

std::pair<RosterOracle::Model, int> RosterOracle::settle(const Changes& set,
                                                         const Changes& fallen) const {
  const Finals finals = finals_of(set);
  const Cycles in_cycles = cycles(set, finals);
  Changes senior;
  Model settled;
  for (int decisions = 0;; ++decisions) {
    Model least, greatest;
    for (bool grew = true; grew;) {
      greatest = derive(set, in_cycles, finals, least, senior, settled, fallen);
      Model next = derive(set, in_cycles, finals, greatest, senior, settled, fallen);
      grew = !(next == least);
      least = next;
    }
    auto left = [](const Model& model, Change change) {
      std::set<Act> removals;
      for (const Act& act : model.removals)
        if (act.change == change) removals.insert(act);
      return std::pair(model.whole.contains(change), removals);
    };
    Changes unsettled;
    for (Change change : set)
      if (left(least, change) != left(greatest, change)) unsettled.insert(change);
    if (unsettled.empty()) return {least, decisions};
    const Change chosen = most_senior(unsettled, greatest, finals);
    senior.insert(chosen);
    if (greatest.whole.contains(chosen)) settled.whole.insert(chosen);
    for (const Act& act : greatest.removals)
      if (act.change == chosen) settled.removals.insert(act);
  }
}

// --- questions
// ------------------------------------------------------------------------------------

RosterOracle::Change RosterOracle::find(const ChangeId& id) const {
  return static_cast<Change>(std::ranges::find(changes_, id, &RosterChange::id) - changes_.begin());
}

RosterOracle::Changes RosterOracle::known_with(const std::vector<ChangeId>& heads) const {
  Changes out;
  for (const ChangeId& id : heads) {
    Change change = find(id);
    out.insert(before_[change].begin(), before_[change].end());
    if (live_.contains(change)) out.insert(change);
  }
  return out;
}

std::vector<ChangeId> RosterOracle::heads() const {
  std::set<ChangeId> out;
  for (Change change : live_)
    if (std::ranges::none_of(live_, [&](Change later) { return knows(later, change); }))
      out.insert(changes_[change].id);
  return {out.begin(), out.end()};
}

const RosterOracle::Judgement& RosterOracle::judged_all() {
  if (!all_) all_ = judge(live_, noted_, statements_);
  return *all_;
}

bool RosterOracle::is_in_force(const ChangeId& id) {
  return judged_all().model.whole.contains(find(id));
}

bool RosterOracle::is_only_in_cycle(const ChangeId& id) {
  return std::ranges::any_of(judged_all().model.removals,
                             [&](const Act& act) { return act.change == find(id); });
}

int RosterOracle::seniority_decisions() { return judged_all().decisions; }

bool RosterOracle::is_admitted_late(const ChangeId& id) {
  return std::ranges::any_of(acts<AdmitLate>(judged_all().model.whole), [&](const Act& act) {
    const std::vector<ChangeId>& late = said<AdmitLate>(act)->changes;
    return std::ranges::find(late, id) != late.end();
  });
}

bool RosterOracle::may(const AuthorKey& author, std::uint64_t seq,
                       const std::vector<ChangeId>& pins, const std::string& registry,
                       Right right) {
  const Model& model = judged_all().model;
  const Changes known = known_with(pins);
  const Subject subject{author, seq, known, std::nullopt};
  return may({live_, model, model, subject, {}, {}}, registry, right);
}

std::uint64_t RosterOracle::effective_end(const std::vector<ChangeId>& pins,
                                          const AuthorKey& author, const std::string& registry) {
  // A right is lost at the place of some cut, or at the start, or never.
  std::set<std::uint64_t> places{0};
  for (const Act& taking : takings_) places.insert(cut_of(taking, author));
  for (std::uint64_t place : places)
    if (!may(author, place, pins, registry, kWrite)) return place;
  return std::numeric_limits<std::uint64_t>::max();
}

}  // namespace cunju::test
