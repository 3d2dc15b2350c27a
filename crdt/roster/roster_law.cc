// SPDX-License-Identifier: Apache-2.0
//
// What stands for whom. Settling what is in force: roster_judge.cc.
#include "crdt/roster/roster_law.h"

#include <algorithm>
#include <limits>

namespace cunju {
namespace {

std::optional<std::uint8_t> default_line(std::string_view role, std::string_view registry) {
  for (const PolicyLine& line : default_policy())
    if (line.role == role && line.registry == registry) return line.rights;
  return std::nullopt;
}

}  // namespace

const Cut* RosterLaw::find_cut(const RosterOperation& operation, const AuthorKey& author) {
  const std::span<const Cut> cuts = cuts_of(operation);
  auto found = std::ranges::find(cuts, author, &Cut::author);
  return found == cuts.end() ? nullptr : &*found;
}

std::uint64_t RosterLaw::cut_end(const RosterSpot& taking, const AuthorKey& author) const {
  const RosterNode& act = history_[taking.change];
  if (const Cut* cut = find_cut(act.operations[taking.operation], author)) return cut->end;
  auto known = act.witnessed.find(author);
  return known == act.witnessed.end() ? 0 : known->second;
}

bool RosterLaw::reaches(const Case& given, const RosterSpot& taking) const {
  const RosterSubject& subject = given.subject;
  const RosterNo act = taking.change;
  if (subject.self == act) return false;
  if (history_.covers(subject.seen, act)) return true;
  if (subject.self && history_.precedes(*subject.self, act)) return false;
  if (given.left_out != nullptr && std::ranges::binary_search(*given.left_out, act)) return false;
  if (subject.seq.value < cut_end(taking, subject.author)) return false;
  return !subject.self || !is_final(*subject.self, act, given.seals);
}

bool RosterLaw::is_taken(const Case& given, const RosterSpot& thing, const Spots& takings) const {
  return std::ranges::any_of(takings, [&](const RosterSpot& taking) {
    if (!given.taken.takes(taking)) return false;
    if (taking.change == thing.change) {
      if (taking.operation < thing.operation) return false;
    } else if (history_.precedes(taking.change, thing.change)) {
      return false;
    }
    return reaches(given, taking);
  });
}

bool RosterLaw::stands(const Case& given, const RosterSpot& thing) const {
  return given.subject.self != thing.change && history_.covers(given.subject.seen, thing.change) &&
         given.given.is_whole(thing.change);
}

/// The entry's member was the first to claim the key. Another's claim that may be in force stands
/// in the way; only a claim that is in force keeps it out.
bool RosterLaw::holds_key(const Case& given, const RosterSpot& device) const {
  const auto& entry = history_.operation<AddDevice>(device);
  auto comes_first = [&](const RosterSpot& a, const RosterSpot& b) {
    return a.change == b.change ? a.operation < b.operation
                                : history_.comes_first(a.change, b.change);
  };
  RosterSpot first = device;
  const Spots& claims = history_.devices(entry.author);
  for (const RosterSpot& own : claims)
    if (history_.operation<AddDevice>(own).member == entry.member && stands(given, own) &&
        comes_first(own, first))
      first = own;
  return std::ranges::none_of(claims, [&](const RosterSpot& other) {
    return history_.operation<AddDevice>(other).member != entry.member &&
           history_.covers(given.subject.seen, other.change) &&
           (given.taken.is_whole(other.change) || other.change == device.change) &&
           comes_first(other, first);
  });
}

bool RosterLaw::device_stands(const Case& given, const RosterSpot& device) const {
  if (!stands(given, device) || !holds_key(given, device)) return false;
  const auto& entry = history_.operation<AddDevice>(device);
  return !is_taken(given, device, history_.retirements(entry.author)) &&
         !is_taken(given, device, history_.removals(entry.member));
}

bool RosterLaw::member_stands(const Case& given, const MemberId& member) const {
  return std::ranges::any_of(history_.admissions(member), [&](const RosterSpot& admission) {
    return stands(given, admission) && !is_taken(given, admission, history_.removals(member));
  });
}

bool RosterLaw::grant_stands(const Case& given, const RosterSpot& grant) const {
  const auto& entry = history_.operation<GrantRole>(grant);
  if (!stands(given, grant) || is_taken(given, grant, history_.removals(entry.member)))
    return false;
  Spots ends;
  for (const RosterSpot& end : history_.ends(entry.member))
    if (history_.operation<EndRole>(end).role == entry.role) ends.push_back(end);
  return !is_taken(given, grant, ends);
}

/// The line of exactly `registry`; `wanted` is the registry that it is asked for, which differs
/// when the line is "*": what was taken there through a line of its own is missing from "*" as
/// well.
RosterLaw::Line RosterLaw::rights_of_line(const Case& given, std::string_view role,
                                          std::string_view registry,
                                          std::string_view wanted) const {
  const Spots& own = history_.policies({std::string(role), std::string(registry)});
  Spots narrowings = own;
  if (wanted != registry) {
    const Spots& more = history_.policies({std::string(role), std::string(wanted)});
    narrowings.insert(narrowings.end(), more.begin(), more.end());
  }
  auto left_of = [&](std::uint8_t bits, std::optional<RosterSpot> giver) {
    for (const RosterSpot& narrowing : narrowings) {
      if (giver == narrowing || !given.taken.takes(narrowing)) continue;
      if (giver && (history_.precedes(narrowing.change, giver->change) ||
                    (narrowing.change == giver->change && narrowing.operation < giver->operation)))
        continue;
      const std::uint8_t taken = history_[narrowing.change].taken_rights[narrowing.operation];
      if (taken != 0 && reaches(given, narrowing)) bits = static_cast<std::uint8_t>(bits & ~taken);
    }
    return bits;
  };
  const std::optional<std::uint8_t> standard = default_line(role, registry);
  Line out{.is_there = standard.has_value(),
           .rights = standard ? left_of(*standard, std::nullopt) : std::uint8_t{0}};
  for (const RosterSpot& policy : own) {
    if (given.subject.self == policy.change || !history_.covers(given.subject.seen, policy.change))
      continue;
    out.is_there = out.is_there || given.taken.is_whole(policy.change);
    if (!given.given.is_whole(policy.change)) continue;
    out.rights = static_cast<std::uint8_t>(
        out.rights | left_of(history_.operation<SetPolicy>(policy).rights, policy));
  }
  return out;
}

std::uint8_t RosterLaw::rights(const Case& given, std::string_view role,
                               std::string_view registry) const {
  const Line own = rights_of_line(given, role, registry, registry);
  // The role's line "*" says nothing of witnesses, or every clerk's node would be one.
  if (own.is_there || registry == kWitnessRegistry) return own.rights;
  // A line of its own that the other solution has not hides nothing, and may give all the same: if
  // more that is taken gave more, settling would skip a dispute, or go round for ever.
  return static_cast<std::uint8_t>(own.rights | rights_of_line(given, role, "*", registry).rights);
}

bool RosterLaw::node_stands(const Case& given, const RosterSpot& node) const {
  const auto& entry = history_.operation<AddNode>(node);
  return stands(given, node) && !is_taken(given, node, history_.node_retirements(entry.node)) &&
         !is_taken(given, node, history_.removals(entry.member));
}

bool RosterLaw::member_may(const Case& given, const MemberId& member, std::string_view registry,
                           Right right) const {
  return member_stands(given, member) &&
         std::ranges::any_of(history_.grants(member), [&](const RosterSpot& grant) {
           return (rights(given, history_.operation<GrantRole>(grant).role, registry) & right) !=
                      0 &&
                  grant_stands(given, grant);
         });
}

bool RosterLaw::may(const Case& given, std::string_view registry, Right right) const {
  if (registry == kWitnessRegistry) {
    return std::ranges::any_of(history_.nodes(), [&](const RosterSpot& node) {
      const auto& entry = history_.operation<AddNode>(node);
      return entry.node.value == given.subject.author.value && node_stands(given, node) &&
             member_may(given, entry.member, registry, right);
    });
  }
  return std::ranges::any_of(history_.devices(given.subject.author), [&](const RosterSpot& device) {
    return device_stands(given, device) &&
           member_may(given, history_.operation<AddDevice>(device).member, registry, right);
  });
}

std::optional<std::uint8_t> RosterLaw::line(const RosterVerdicts& verdicts, const RosterClock& seen,
                                            std::string_view role,
                                            std::string_view registry) const {
  const RosterSubject reader{.author = {}, .seq = {}, .seen = seen};
  const Line out = rights_of_line({verdicts, verdicts, reader, nullptr}, role, registry, registry);
  if (!out.is_there) return std::nullopt;
  return out.rights;
}

std::uint64_t RosterLaw::effective_end(const RosterVerdicts& verdicts, const AuthorKey& author,
                                       const RosterClock& seen, std::string_view registry) const {
  std::set<std::uint64_t> ends{0};
  for (RosterNo taker : history_.takers()) {
    if (history_.covers(seen, taker) || verdicts.of(taker) == RosterVerdicts::Level::kVoid)
      continue;
    const auto count = static_cast<std::uint32_t>(history_[taker].operations.size());
    for (std::uint32_t i = 0; i < count; ++i) ends.insert(cut_end({taker, i}, author));
  }
  for (std::uint64_t end : ends)
    if (!may(verdicts, {.author = author, .seq = {end}, .seen = seen}, registry, kWrite))
      return end;
  return std::numeric_limits<std::uint64_t>::max();
}

Roster RosterLaw::roster(const RosterVerdicts& verdicts, const RosterClock& seen) const {
  const RosterSubject reader{.author = {}, .seq = {}, .seen = seen};
  const Case all{verdicts, verdicts, reader, nullptr};
  Roster out;
  std::vector<RosterNo> order;
  for (RosterNo no = 0; no < history_.size(); ++no)
    if (history_.covers(seen, no) && !history_[no].is_dead) order.push_back(no);
  std::ranges::sort(order, [&](RosterNo a, RosterNo b) { return history_.comes_first(a, b); });
  // Members first: the law does not ask whether a grant or a key came before its admission.
  for (const bool is_admission : {true, false}) {
    for (RosterNo no : order) {
      const RosterNode& node = history_[no];
      for (std::uint32_t i = 0; i < node.operations.size(); ++i)
        if (std::holds_alternative<AdmitMember>(node.operations[i]) == is_admission)
          add_to_roster(all, {no, i}, node.operations[i], out);
    }
  }
  std::set<RosterHistory::PolicyKey> keys;
  for (const PolicyLine& policy : default_policy())
    keys.emplace(std::string(policy.role), std::string(policy.registry));
  for (const auto& [key, spots] : history_.all_policies()) keys.insert(key);
  for (const RosterHistory::PolicyKey& key : keys) {
    const Line line = rights_of_line(all, key.first, key.second, key.second);
    if (line.is_there) out.policy[key] = line.rights;
  }
  return out;
}

/// Of all changes by rising (depth, id), so that the first name and the first key are kept.
void RosterLaw::add_to_roster(const Case& all, const RosterSpot& at, const RosterOperation& said,
                              Roster& out) const {
  if (const auto* found = std::get_if<FoundSpace>(&said)) {
    out.space_name = found->name;
    out.space_code = found->code;
    if (found->rules > kRosterRules) out.is_understood = false;
  } else if (std::holds_alternative<UnknownRosterOperation>(said)) {
    if (stands(all, at)) out.is_understood = false;
  } else if (const auto* admission = std::get_if<AdmitMember>(&said)) {
    // What is not in force names nobody, or a removed officer could rename the others.
    if (!stands(all, at)) return;
    out.names.try_emplace(admission->member, admission->name);
    if (member_stands(all, admission->member))
      out.members.try_emplace(
          admission->member, Member{.id = admission->member, .name = out.names[admission->member]});
  } else if (const auto* grant = std::get_if<GrantRole>(&said)) {
    auto member = out.members.find(grant->member);
    if (member != out.members.end() && grant_stands(all, at))
      member->second.roles.insert({grant->role, grant->term_from, grant->term_until});
  } else if (const auto* device = std::get_if<AddDevice>(&said)) {
    if (stands(all, at)) out.owners.try_emplace(device->author, device->member);
    auto member = out.members.find(device->member);
    if (member == out.members.end() || !device_stands(all, at)) return;
    if (out.devices.try_emplace(device->author, device->member).second)
      member->second.devices.insert(device->author);
  } else if (const auto* node = std::get_if<AddNode>(&said)) {
    if (!node_stands(all, at) || out.find_wire(node->wire) != nullptr) return;
    out.nodes.try_emplace(node->node, *node);
  } else if (const auto* replication = std::get_if<SetReplication>(&said)) {
    auto entry = out.nodes.find(replication->node);
    if (entry != out.nodes.end() && stands(all, at))
      entry->second.replication = replication->replication;
  } else if (const auto* opening = std::get_if<OpenEpoch>(&said)) {
    if (!stands(all, at)) return;
    NamedScope& scope =
        out.scopes.try_emplace(opening->scope, NamedScope{opening->name, {}}).first->second;
    // A number that two officers gave to two scopes apart is the first one's.
    if (scope.name == opening->name) scope.epochs.push_back(opening->epoch);
  }
}

}  // namespace cunju
