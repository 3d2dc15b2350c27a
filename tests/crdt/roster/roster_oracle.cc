// SPDX-License-Identifier: Apache-2.0
#include "tests/crdt/roster/roster_oracle.h"

#include <algorithm>

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
  return witnessed_to(taking.change, author);
}

/// How many first changes of a log some statement speaks of that the change or an ancestor names.
std::uint64_t RosterOracle::witnessed_to(Change change, const AuthorKey& author) const {
  std::uint64_t out = 0;
  for (Change other = 0; other < changes_.size(); ++other) {
    const auto& tips = changes_[other].witnessed.tips;
    if ((other == change || knows(change, other)) && tips.contains(author))
      out = std::max(out, tips.at(author).seq.value + 1);
  }
  return out;
}

bool RosterOracle::is_taking(const Act& act) const {
  if (!counting_.contains(act)) return false;
  const RosterOperation& said = changes_[act.change].operations[act.operation];
  return std::holds_alternative<EndRole>(said) || std::holds_alternative<RemoveMember>(said) ||
         std::holds_alternative<RetireDevice>(said) || std::holds_alternative<RetireNode>(said) ||
         narrows_[act.change][act.operation] != 0;
}

bool RosterOracle::reaches(const Act& taking, const Subject& subject, const Finals& finals) const {
  if (subject.before.contains(taking.change)) return true;
  if (subject.self && !is_beside(taking.change, *subject.self)) return false;
  if (subject.self && finals.contains({*subject.self, taking.change})) return false;
  return subject.seq >= cut_of(taking, subject.author);
}

/// The gift knows of the taking; what one change says counts in its order.
bool RosterOracle::follows(const Act& gift, const Act& taking) const {
  return taking.change == gift.change ? taking.operation <= gift.operation
                                      : knows(gift.change, taking.change);
}

bool RosterOracle::takes(const Act& taking, const Act& gift) const {
  if (!is_taking(taking) || follows(gift, taking)) return false;
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

std::vector<RosterOracle::Act> RosterOracle::acts(const Changes& set) const {
  std::vector<Act> out;
  for (const Act& act : in_order_)
    if (set.contains(act.change)) out.push_back(act);
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
  return in.subject.before.contains(gift.change) && is_given(in.given, gift) &&
         !is_taken_away(in, [&](const Act& taking) { return takes(taking, gift); });
}

/// The key was its member's before it was claimed for anybody else. A claim that may be in force
/// stands in the way; only one that is in force keeps it out.
bool RosterOracle::is_holders(const Case& in, const Act& device) const {
  const auto* entry = said<AddDevice>(device);
  for (const Act& act : acts<AddDevice>(in.subject.before)) {
    const auto* claim = said<AddDevice>(act);
    if (claim->author != entry->author) continue;
    const bool is_own = claim->member == entry->member;
    if (is_own && is_given(in.given, act)) return true;
    if (!is_own && (is_given(in.taken, act) || act.change == device.change)) return false;
  }
  return false;
}

bool RosterOracle::has_line(const Case& in, const std::string& role,
                            const std::string& registry) const {
  for (const PolicyLine& line : default_policy())
    if (line.role == role && line.registry == registry) return true;
  for (const Act& act : acts<SetPolicy>(in.subject.before))
    if (said<SetPolicy>(act)->role == role && said<SetPolicy>(act)->registry == registry &&
        is_given(in.taken, act))
      return true;
  return false;
}

bool RosterOracle::line_gives(const Case& in, const std::string& role, const std::string& line,
                              const std::string& wanted, std::uint8_t right) const {
  // What is built in was there before everything.
  auto is_left = [&](const std::optional<Act>& gift) {
    return !is_taken_away(in, [&](const Act& taking) {
      return takes_right(taking, role, line, wanted, right) && !(gift && follows(*gift, taking));
    });
  };
  for (const PolicyLine& built : default_policy())
    if (built.role == role && built.registry == line && (built.rights & right) != 0 &&
        is_left(std::nullopt))
      return true;
  for (const Act& act : acts<SetPolicy>(in.subject.before)) {
    const auto* policy = said<SetPolicy>(act);
    if (policy->role == role && policy->registry == line && (policy->rights & right) != 0 &&
        is_given(in.given, act) && is_left(act))
      return true;
  }
  return false;
}

bool RosterOracle::may(const Case& in, const std::string& registry, std::uint8_t right) const {
  const bool is_witness = registry == "witness";
  std::set<MemberId> owners, admitted;
  for (const Act& act : acts<AddDevice>(in.subject.before))
    if (!is_witness && said<AddDevice>(act)->author == in.subject.author && stands(in, act) &&
        is_holders(in, act))
      owners.insert(said<AddDevice>(act)->member);
  // Nodes speak as witnesses, and only nodes do.
  for (const Act& act : acts<AddNode>(in.subject.before))
    if (is_witness && said<AddNode>(act)->node.value == in.subject.author.value && stands(in, act))
      owners.insert(said<AddNode>(act)->member);
  for (const Act& act : acts<AdmitMember>(in.subject.before))
    if (owners.contains(said<AdmitMember>(act)->member) && stands(in, act))
      admitted.insert(said<AdmitMember>(act)->member);
  for (const Act& act : acts<GrantRole>(in.subject.before)) {
    const std::string& role = said<GrantRole>(act)->role;
    if (!admitted.contains(said<GrantRole>(act)->member) || !stands(in, act)) continue;
    // What a line gives is asked of what is given, and what it hides of what is taken.
    const bool is_hidden = is_witness || has_line(in, role, registry);
    if (line_gives(in, role, registry, registry, right) ||
        (!is_hidden && line_gives(in, role, "*", registry, right)))
      return true;
  }
  return false;
}

}  // namespace cunju::test
