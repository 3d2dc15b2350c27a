// SPDX-License-Identifier: Apache-2.0
//
// Compares every answer of a roster graph with the oracle's.
#include "tests/crdt/roster/random_roster.h"
#include "tests/crdt/roster/roster_oracle.h"

namespace cunju::test {
namespace {

std::string name(const ChangeId& id) { return id.hex().substr(0, 8); }

std::string difference(const Member& a, const Member& b) {
  if (a.id != b.id) return " id";
  if (a.name != b.name) return " name: " + a.name + " and " + b.name;
  if (a.roles != b.roles) return " roles";
  return a.devices != b.devices ? " devices" : "";
}

}  // namespace

std::string difference(const Roster& a, const Roster& b) {
  if (a.space_name != b.space_name || a.space_code != b.space_code) return "space";
  if (a.is_understood != b.is_understood) return "is_understood";
  for (const auto& [id, member] : a.members) {
    auto other = b.members.find(id);
    if (other == b.members.end())
      return "member " + id.hex().substr(0, 2) + " is only in the first";
    if (std::string what = difference(member, other->second); !what.empty())
      return "member " + id.hex().substr(0, 2) + what;
  }
  if (a.members.size() != b.members.size()) return "a member is only in the second";
  if (a.devices != b.devices) return "devices";
  if (a.names != b.names) return "names";
  if (a.owners != b.owners) return "owners";
  if (a.nodes != b.nodes) return "nodes";
  for (const auto& [key, rights] : a.policy) {
    auto other = b.policy.find(key);
    if (other == b.policy.end() || other->second != rights)
      return "policy " + key.first + " " + key.second + ": " + std::to_string(rights) + " and " +
             (other == b.policy.end() ? "none" : std::to_string(other->second));
  }
  if (a.policy.size() != b.policy.size()) return "policy lines";
  if (!(a.quorum == b.quorum) || a.undecided_quorums != b.undecided_quorums) return "quorum";
  if (a.scopes != b.scopes) return "scopes";
  return {};
}

std::string difference(const RosterGraph& graph, RosterOracle& oracle,
                       const std::vector<RosterChange>& changes) {
  for (const RosterChange& change : changes)
    if (graph.is_admissible(change.id) != oracle.is_admissible(change.id))
      return "admissible " + name(change.id);
  if (graph.heads() != oracle.heads()) return "heads";
  for (const RosterChange& change : changes) {
    const bool expected = oracle.is_in_force(change.id) || oracle.is_only_in_cycle(change.id);
    if (graph.is_in_force(change.id) != expected) return "in force " + name(change.id);
    if (graph.is_admitted_late(change.id) != oracle.is_admitted_late(change.id))
      return "admitted late " + name(change.id);
  }
  for (const RosterChange& change : changes) {
    const std::optional<Seq> point = graph.fork_point(change.author);
    const std::optional<std::uint64_t> expected = oracle.fork_point(change.author);
    if (point.has_value() != expected.has_value() || (point && point->value != *expected))
      return "fork point of the author of " + name(change.id);
    if (graph.covers(change.author) != oracle.covers(change.author))
      return "covers of the author of " + name(change.id);
  }
  std::string roster = difference(*graph.now(), oracle.now());
  if (!roster.empty()) return "roster now: " + roster;
  roster = difference(*graph.at(graph.heads()), oracle.roster(graph.heads()));
  return roster.empty() ? roster : "roster at the heads: " + roster;
}

}  // namespace cunju::test
