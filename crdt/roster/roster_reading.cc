// SPDX-License-Identifier: Apache-2.0
//
// What the whole set said at some moment, and whose changes a new roster change may have made late
// or brought back since, so that not everybody's are looked at again.
#include <algorithm>
#include <iterator>

#include "crdt/roster/roster_graph.h"

namespace cunju {
namespace {

bool same_takings(const RosterVerdicts& a, const RosterVerdicts& b) {
  static const std::set<RosterSpot> kNone;
  return (a.cycle_takings ? *a.cycle_takings : kNone) ==
         (b.cycle_takings ? *b.cycle_takings : kNone);
}

}  // namespace

RosterReading RosterGraph::reading() const {
  if (!admitted_late_) {
    auto late = std::make_shared<std::set<ChangeId>>();
    for (const RosterSpot& at : history_.late_admissions()) {
      if (!all().is_whole(at.change)) continue;
      const std::vector<ChangeId>& changes = history_.operation<AdmitLate>(at).changes;
      late->insert(changes.begin(), changes.end());
    }
    admitted_late_ = std::move(late);
  }
  all();
  return {all_, admitted_late_};
}

bool RosterGraph::has_changed_since(const RosterReading& before) const {
  const RosterReading now = reading();
  if (*before.admitted_late != *now.admitted_late ||
      !same_takings(*before.verdicts, *now.verdicts) ||
      before.verdicts->forks != now.verdicts->forks)
    return true;
  for (RosterNo no = 0; no < history_.size(); ++no) {
    const bool was_here = no < before.verdicts->levels.size();
    if (was_here ? before.verdicts->of(no) != now.verdicts->of(no) : history_[no].takes)
      return true;
  }
  return false;
}

std::uint64_t RosterGraph::effective_end_at(const RosterReading& reading,
                                            std::span<const ChangeId> pins, const AuthorKey& author,
                                            std::string_view registry) const {
  return law_.effective_end(*reading.verdicts, author, history_.seen_by(history_.require(pins)),
                            registry);
}

std::set<std::string> RosterGraph::registries_told_apart() const {
  std::set<std::string> out{""};
  for (const PolicyLine& line : default_policy())
    if (line.registry != "*") out.emplace(line.registry);
  for (const auto& [key, spots] : history_.all_policies())
    if (key.second != "*") out.insert(key.second);
  return out;
}

std::vector<AuthorKey> RosterGraph::forked_otherwise(const RosterReading& a,
                                                     const RosterReading& b) {
  std::vector<AuthorKey> out;
  auto add = [&out](const RosterVerdicts& from, const RosterVerdicts& other) {
    for (const auto& [author, fork] : from.forks) {
      auto found = other.forks.find(author);
      if (found == other.forks.end() || found->second != fork) out.push_back(author);
    }
  };
  add(*a.verdicts, *b.verdicts);
  add(*b.verdicts, *a.verdicts);
  std::ranges::sort(out);
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

std::vector<ChangeId> RosterGraph::admitted_at_one(const RosterReading& a, const RosterReading& b) {
  std::vector<ChangeId> out;
  std::ranges::set_symmetric_difference(*a.admitted_late, *b.admitted_late,
                                        std::back_inserter(out));
  return out;
}

// What an author may do rests on its keys, their member's admission and roles, and policy lines. If
// everything that was in force still is, and no more than that, then only a new taking makes a
// difference to pins that don't know it, and only to who loses one of these by it. Whose a key is,
// is asked of ancestors, so every member counts that anybody ever gave the key to.
std::optional<std::set<AuthorKey>> RosterGraph::judged_otherwise(
    const RosterReading& before) const {
  const RosterVerdicts& was = *before.verdicts;
  const RosterVerdicts& is = *reading().verdicts;
  if (!same_takings(was, is) || was.forks != is.forks) return std::nullopt;
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
