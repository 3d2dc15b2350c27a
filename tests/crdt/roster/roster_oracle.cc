// SPDX-License-Identifier: Apache-2.0
#include "tests/crdt/roster/roster_oracle.h"

#include <algorithm>
#include <limits>

namespace cunju::test {

// --- words
// ----------------------------------------------------------------------------------------

std::uint64_t RosterOracle::cut_of(const Act& taking, const AuthorKey& author) const {
  const RosterOperation& said = changes_[taking.change].operations[taking.operation];
  Cuts cuts;
  if (const auto* end = std::get_if<EndRole>(&said)) cuts = end->cuts;
  if (const auto* removal = std::get_if<RemoveMember>(&said)) cuts = removal->cuts;
  if (const auto* policy = std::get_if<SetPolicy>(&said)) cuts = policy->cuts;
  if (const auto* retirement = std::get_if<RetireDevice>(&said)) cuts = {retirement->cut};
  for (const Cut& cut : cuts)
    if (cut.author == author) return cut.end;
  return 0;
}

bool RosterOracle::is_taking(const Act& act) const {
  if (!counting_.contains(act)) return false;
  const RosterOperation& said = changes_[act.change].operations[act.operation];
  return std::holds_alternative<EndRole>(said) || std::holds_alternative<RemoveMember>(said) ||
         std::holds_alternative<RetireDevice>(said) || std::holds_alternative<RetireNode>(said) ||
         narrows_[act.change][act.operation] != 0;
}

bool RosterOracle::reaches(const Act& taking, const Subject& subject) const {
  if (subject.before.contains(taking.change)) return true;
  if (subject.self && !is_beside(taking.change, *subject.self)) return false;
  return subject.seq >= cut_of(taking, subject.author);
}

bool RosterOracle::takes(const Act& taking, const Act& gift) const {
  if (!is_taking(taking) || taking.change == gift.change || knows(gift.change, taking.change))
    return false;
  const RosterOperation& said = changes_[taking.change].operations[taking.operation];
  const RosterOperation& given = changes_[gift.change].operations[gift.operation];
  const auto* grant = std::get_if<GrantRole>(&given);
  const auto* device = std::get_if<AddDevice>(&given);
  const auto* node = std::get_if<AddNode>(&given);
  const auto* admission = std::get_if<AdmitMember>(&given);
  if (const auto* removal = std::get_if<RemoveMember>(&said))
    return (grant && grant->member == removal->member) ||
           (device && device->member == removal->member) ||
           (node && node->member == removal->member) ||
           (admission && admission->member == removal->member);
  if (const auto* end = std::get_if<EndRole>(&said))
    return grant && grant->member == end->member && grant->role == end->role;
  if (const auto* retirement = std::get_if<RetireDevice>(&said))
    return device && device->author == retirement->cut.author;
  if (const auto* retirement = std::get_if<RetireNode>(&said))
    return node && node->node == retirement->node;
  return false;
}

bool RosterOracle::takes_right(const Act& taking, const std::string& role, const std::string& line,
                               const std::string& wanted, std::uint8_t right) const {
  if (!is_taking(taking)) return false;
  const auto* said = std::get_if<SetPolicy>(&changes_[taking.change].operations[taking.operation]);
  return said && said->role == role && (said->registry == line || said->registry == wanted) &&
         (narrows_[taking.change][taking.operation] & right) != 0;
}

std::vector<RosterOracle::Act> RosterOracle::acts(const Changes& set, const Gives& gives) const {
  std::vector<Act> out;
  for (Change change : set)
    for (std::size_t i = 0; i < changes_[change].operations.size(); ++i)
      if (counting_.contains({change, i}) && gives(changes_[change].operations[i]))
        out.push_back({change, i});
  std::ranges::sort(out, {}, [&](const Act& act) { return order(act); });
  return out;
}

std::tuple<std::size_t, ChangeId, std::size_t> RosterOracle::order(const Act& act) const {
  return {depth_[act.change], changes_[act.change].id, act.operation};
}

// --- the law
// --------------------------------------------------------------------------------------

bool RosterOracle::is_given(const Model& model, const Act& act) const {
  return counting_.contains(act) && model.whole.contains(act.change);
}

bool RosterOracle::is_taken(const Model& model, const Act& act) const {
  return is_taking(act) && (model.whole.contains(act.change) || model.removals.contains(act));
}

bool RosterOracle::stands(const Case& in, const Act& gift) const {
  if (!in.subject.before.contains(gift.change) || !is_given(in.given, gift)) return false;
  for (Change change : in.set) {
    if (in.left_out.contains(change)) continue;
    for (std::size_t i = 0; i < changes_[change].operations.size(); ++i)
      if (takes({change, i}, gift) && is_taken(in.taken, {change, i}) &&
          reaches({change, i}, in.subject))
        return false;
  }
  return true;
}

/// Whose the key is: the member of its first entry.
std::optional<MemberId> RosterOracle::holder(const Case& in, const AuthorKey& key) const {
  for (const Act& act : acts(in.subject.before, [&](const RosterOperation& said) {
         const auto* device = std::get_if<AddDevice>(&said);
         return device && device->author == key;
       }))
    if (is_given(in.given, act))
      return std::get<AddDevice>(changes_[act.change].operations[act.operation]).member;
  return std::nullopt;
}

bool RosterOracle::has_line(const Case& in, const std::string& role,
                            const std::string& registry) const {
  for (const PolicyLine& line : default_policy())
    if (line.role == role && line.registry == registry) return true;
  for (const Act& act : acts(in.subject.before, [&](const RosterOperation& said) {
         const auto* policy = std::get_if<SetPolicy>(&said);
         return policy && policy->role == role && policy->registry == registry;
       }))
    if (is_given(in.given, act) || is_taken(in.taken, act)) return true;
  return false;
}

bool RosterOracle::line_gives(const Case& in, const std::string& role, const std::string& line,
                              const std::string& wanted, std::uint8_t right) const {
  // What is built in was there before everything.
  auto is_left = [&](const std::optional<Act>& gift) {
    for (Change change : in.set) {
      if (in.left_out.contains(change)) continue;
      if (gift && (gift->change == change || knows(gift->change, change))) continue;
      for (std::size_t i = 0; i < changes_[change].operations.size(); ++i)
        if (takes_right({change, i}, role, line, wanted, right) &&
            is_taken(in.taken, {change, i}) && reaches({change, i}, in.subject))
          return false;
    }
    return true;
  };
  for (const PolicyLine& built : default_policy())
    if (built.role == role && built.registry == line && (built.rights & right) != 0 &&
        is_left(std::nullopt))
      return true;
  for (const Act& act : acts(in.subject.before, [&](const RosterOperation& said) {
         const auto* policy = std::get_if<SetPolicy>(&said);
         return policy && policy->role == role && policy->registry == line &&
                (policy->rights & right) != 0;
       }))
    if (is_given(in.given, act) && is_left(act)) return true;
  return false;
}

bool RosterOracle::may(const Case& in, const std::string& registry, std::uint8_t right) const {
  std::optional<MemberId> member = holder(in, in.subject.author);
  if (!member) return false;
  bool has_device = false, is_admitted = false;
  std::set<std::string> roles;
  for (const Act& act : acts(in.subject.before, [](const RosterOperation&) { return true; })) {
    const RosterOperation& said = changes_[act.change].operations[act.operation];
    if (const auto* device = std::get_if<AddDevice>(&said))
      has_device = has_device || (device->member == *member &&
                                  device->author == in.subject.author && stands(in, act));
    if (const auto* admission = std::get_if<AdmitMember>(&said))
      is_admitted = is_admitted || (admission->member == *member && stands(in, act));
    if (const auto* grant = std::get_if<GrantRole>(&said))
      if (grant->member == *member && stands(in, act)) roles.insert(grant->role);
  }
  return has_device && is_admitted && std::ranges::any_of(roles, [&](const std::string& role) {
           return line_gives(in, role, has_line(in, role, registry) ? registry : "*", registry,
                             right);
         });
}

// --- removal cycles
// -------------------------------------------------------------------------------

RosterOracle::Subject RosterOracle::subject_of(Change change) const {
  return {changes_[change].author, changes_[change].seq.value, before_[change], change};
}

/// Takes, from beside, something that the victim's author had, as far as the victim knew.
bool RosterOracle::attacks(const Act& taking, Change victim, const Changes& set) const {
  if (of_quorum_.contains(victim) || !is_taking(taking) || !is_beside(taking.change, victim) ||
      !reaches(taking, subject_of(victim)))
    return false;
  std::set<MemberId> members;
  std::set<std::string> roles;
  const std::string roster(kRosterRegistry);
  auto known = acts(before_[victim], [](const RosterOperation&) { return true; });
  for (const Act& act : known)
    if (const auto* device =
            std::get_if<AddDevice>(&changes_[act.change].operations[act.operation]))
      if (device->author == changes_[victim].author) members.insert(device->member);
  for (const Act& act : known) {
    const RosterOperation& said = changes_[act.change].operations[act.operation];
    const auto* device = std::get_if<AddDevice>(&said);
    const auto* admission = std::get_if<AdmitMember>(&said);
    const auto* grant = std::get_if<GrantRole>(&said);
    if (grant && members.contains(grant->member)) roles.insert(grant->role);
    if (((device && device->author == changes_[victim].author) ||
         (admission && members.contains(admission->member)) ||
         (grant && members.contains(grant->member))) &&
        takes(taking, act))
      return true;
  }
  return set.contains(taking.change) && std::ranges::any_of(roles, [&](const std::string& role) {
           return takes_right(taking, role, "*", roster, kWrite);
         });
}

RosterOracle::Cycles RosterOracle::cycles(const Changes& set) const {
  Cycles out{std::vector<Changes>(changes_.size()), {}};
  std::set<std::pair<Change, Change>> above;  // Attacks, and then attacks of attacks.
  std::set<std::pair<Act, Change>> attacks_made;
  for (const Act& act : acts(set, [](const RosterOperation&) { return true; }))
    if (is_taking(act))
      for (Change victim : set)
        if (attacks(act, victim, set)) {
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
                                         const Model& taken, const Changes& senior,
                                         const Model& as_settled) const {
  std::set<ChangeId> voided;
  for (Change change : set)
    if (of_quorum_.contains(change))
      for (const RosterOperation& said : changes_[change].operations)
        if (const auto* epoch = std::get_if<Epoch>(&said))
          voided.insert(epoch->voided.begin(), epoch->voided.end());
  Model out;
  for (bool grew = true; grew;) {
    const Model last = out;
    for (Change change : set) {
      if (changes_[change].pins.empty() || of_quorum_.contains(change)) {
        out.whole.insert(change);
        continue;
      }
      if (voided.contains(changes_[change].id)) continue;
      if (senior.contains(change)) {
        if (as_settled.whole.contains(change)) out.whole.insert(change);
        for (const Act& act : as_settled.removals)
          if (act.change == change) out.removals.insert(act);
        continue;
      }
      const Subject subject = subject_of(change);
      if (may({set, out, taken, subject, {}}, std::string(kRosterRegistry), kWrite)) {
        out.whole.insert(change);
        continue;
      }
      Changes left_out;
      for (Change other : cycles.with[change])
        if (is_beside(other, change)) left_out.insert(other);
      for (const Act& act : cycles.removals)
        if (act.change == change &&
            may({set, out, taken, subject, left_out}, std::string(kRosterRegistry), kWrite))
          out.removals.insert(act);
    }
    grew = !(out == last);
  }
  for (Change change : out.whole)
    std::erase_if(out.removals, [&](const Act& act) { return act.change == change; });
  return out;
}

std::pair<RosterOracle::Model, int> RosterOracle::judge(const Changes& set) const {
  const Cycles in_cycles = cycles(set);
  Changes senior;
  Model settled;
  for (int decisions = 0;; ++decisions) {
    Model least, greatest;
    for (bool grew = true; grew;) {
      greatest = derive(set, in_cycles, least, senior, settled);
      Model next = derive(set, in_cycles, greatest, senior, settled);
      grew = !(next == least);
      least = next;
    }
    auto said = [](const Model& model, Change change) {
      std::set<Act> removals;
      for (const Act& act : model.removals)
        if (act.change == change) removals.insert(act);
      return std::pair(model.whole.contains(change), removals);
    };
    std::optional<std::tuple<std::size_t, ChangeId, Change>> first;
    for (Change change : set) {
      if (said(least, change) == said(greatest, change)) continue;
      std::vector<Act> entries = acts(set, [&](const RosterOperation& operation) {
        const auto* device = std::get_if<AddDevice>(&operation);
        return device && device->author == changes_[change].author;
      });
      std::tuple<std::size_t, ChangeId, Change> rank{
          entries.empty() ? changes_.size() : depth_[entries.front().change], changes_[change].id,
          change};
      if (!first || rank < *first) first = rank;
    }
    if (!first) return {least, decisions};
    Change chosen = std::get<2>(*first);
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

const std::pair<RosterOracle::Model, int>& RosterOracle::judged_all() {
  if (!all_) all_ = judge(live_);
  return *all_;
}

bool RosterOracle::is_in_force(const ChangeId& id) {
  return judged_all().first.whole.contains(find(id));
}

bool RosterOracle::is_only_in_cycle(const ChangeId& id) {
  return std::ranges::any_of(judged_all().first.removals,
                             [&](const Act& act) { return act.change == find(id); });
}

int RosterOracle::seniority_decisions() { return judged_all().second; }

bool RosterOracle::is_admitted_late(const ChangeId& id) {
  for (Change change : judged_all().first.whole)
    for (std::size_t i = 0; i < changes_[change].operations.size(); ++i)
      if (const auto* late = std::get_if<AdmitLate>(&changes_[change].operations[i]))
        if (counting_.contains({change, i}) &&
            std::ranges::find(late->changes, id) != late->changes.end())
          return true;
  return false;
}

bool RosterOracle::may(const AuthorKey& author, std::uint64_t seq,
                       const std::vector<ChangeId>& pins, const std::string& registry,
                       Right right) {
  const Model& model = judged_all().first;
  const Subject subject{author, seq, known_with(pins), std::nullopt};
  return may({live_, model, model, subject, {}}, registry, right);
}

std::uint64_t RosterOracle::effective_end(const std::vector<ChangeId>& pins,
                                          const AuthorKey& author, const std::string& registry) {
  // A right is lost at the place of some cut, or at the start, or never.
  std::set<std::uint64_t> places{0};
  for (Change change : live_)
    for (std::size_t i = 0; i < changes_[change].operations.size(); ++i)
      places.insert(cut_of({change, i}, author));
  for (std::uint64_t place : places)
    if (!may(author, place, pins, registry, kWrite)) return place;
  return std::numeric_limits<std::uint64_t>::max();
}

}  // namespace cunju::test
