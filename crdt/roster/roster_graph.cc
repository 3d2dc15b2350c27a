// SPDX-License-Identifier: Apache-2.0
#include "crdt/roster/roster_graph.h"

#include <algorithm>

#include "crdt/base/check.h"

namespace cunju {
namespace {

/// Applies one operation; what names an unknown member, or a key that is taken, has no effect, so
/// a key can never move from one person to another.
struct Applier {
  Roster& roster;
  const SpaceId& space;
  bool is_founding;

  void operator()(const UnknownRosterOperation&) { roster.is_understood = false; }
  void operator()(const FoundSpace& operation) {
    if (!is_founding) return;
    roster.space_name = operation.name;
    roster.space_code = operation.code;
    if (operation.rules > kRosterRules) roster.is_understood = false;
  }
  void operator()(const AdmitMember& operation) {
    roster.members.try_emplace(operation.member,
                               Member{.id = operation.member, .name = operation.name});
  }
  void operator()(const GrantRole& operation) {
    auto member = roster.members.find(operation.member);
    if (member == roster.members.end()) return;
    member->second.roles.insert({operation.role, operation.term_from, operation.term_until});
  }
  void operator()(const AddDevice& operation) {
    auto member = roster.members.find(operation.member);
    if (member == roster.members.end()) return;
    if (!roster.devices.try_emplace(operation.author, operation.member).second) return;
    member->second.devices.insert(operation.author);
  }
  void operator()(const AddNode& operation) {
    // The founding change can't name the space that it creates.
    if (!verify_node_entry(operation, is_founding ? SpaceId{} : space)) return;
    if (roster.find_wire(operation.wire) != nullptr) return;
    roster.nodes.try_emplace(operation.node, operation);
  }
  void operator()(const SetPolicy& operation) {
    roster.policy[{operation.role, operation.registry}] = operation.rights;
  }
};

}  // namespace

std::vector<std::size_t> RosterGraph::indexes(std::span<const ChangeId> ids) const {
  std::vector<std::size_t> out;
  for (const ChangeId& id : ids) {
    auto found = index_.find(id);
    CUNJU_CHECK(found != index_.end(), "roster heads are looked up before they are used");
    out.push_back(found->second);
  }
  return out;
}

void RosterGraph::add(const RosterChange& change) {
  CUNJU_CHECK(!contains(change.id), "a roster change is added once");
  Node node{.id = change.id,
            .depth = 1,
            .parents = indexes(change.pins),
            .is_effective = false,
            .operations = change.operations};
  for (std::size_t parent : node.parents)
    node.depth = std::max(node.depth, nodes_[parent].depth + 1);
  bool is_founding = change.id.value == space_.value;
  node.is_effective = change.is_well_formed &&
                      (is_founding || at(change.pins)->may(change.author, kRosterRegistry, kWrite));
  if (!node.is_effective) node.operations.clear();

  std::size_t self = nodes_.size();
  if (node.is_effective) {
    std::erase_if(head_indexes_, [&](std::size_t head) {
      return std::ranges::find(node.parents, head) != node.parents.end();
    });
    // Only parents can stop being heads: any other ancestor has had a successor before.
    head_indexes_.push_back(self);
  }
  index_.emplace(change.id, self);
  nodes_.push_back(std::move(node));
}

bool RosterGraph::is_effective(const ChangeId& id) const {
  auto found = index_.find(id);
  return found != index_.end() && nodes_[found->second].is_effective;
}

std::vector<ChangeId> RosterGraph::heads() const {
  std::vector<ChangeId> out;
  for (std::size_t head : head_indexes_) out.push_back(nodes_[head].id);
  std::ranges::sort(out);
  return out;
}

bool RosterGraph::dominates(std::span<const ChangeId> newer,
                            std::span<const ChangeId> older) const {
  std::vector<std::size_t> wanted = indexes(older);
  std::vector<std::size_t> stack = indexes(newer);
  std::erase_if(wanted,
                [&](std::size_t want) { return std::ranges::find(stack, want) != stack.end(); });
  if (wanted.empty()) return true;
  // Parents come first in nodes_, so nothing below the smallest wanted index can help.
  std::size_t floor = *std::ranges::min_element(wanted);
  std::vector<bool> visited(nodes_.size());
  while (!stack.empty()) {
    std::size_t at_index = stack.back();
    stack.pop_back();
    if (at_index < floor || visited[at_index]) continue;
    visited[at_index] = true;
    for (std::size_t parent : nodes_[at_index].parents) stack.push_back(parent);
  }
  return std::ranges::all_of(wanted, [&](std::size_t want) { return visited[want]; });
}

std::shared_ptr<const Roster> RosterGraph::at(std::span<const ChangeId> heads) const {
  std::vector<std::size_t> key = indexes(heads);
  std::ranges::sort(key);
  if (auto cached = cache_.find(key); cached != cache_.end()) return cached->second;
  std::shared_ptr<const Roster> roster = fold(key);
  if (cache_order_.size() >= kMaxCached) {
    cache_.erase(cache_order_.front());
    cache_order_.pop_front();
  }
  cache_.emplace(key, roster);
  cache_order_.push_back(key);
  return roster;
}

std::shared_ptr<const Roster> RosterGraph::fold(const std::vector<std::size_t>& heads) const {
  auto roster = std::make_shared<Roster>();
  // The common case: one head with one parent whose roster is known.
  if (heads.size() == 1 && nodes_[heads[0]].parents.size() == 1) {
    auto cached = cache_.find(nodes_[heads[0]].parents);
    if (cached != cache_.end()) {
      *roster = *cached->second;
      apply(nodes_[heads[0]], *roster);
      return roster;
    }
  }
  for (const PolicyLine& line : default_policy())
    roster->policy[{std::string(line.role), std::string(line.registry)}] = line.rights;
  std::vector<bool> visited(nodes_.size());
  std::vector<std::size_t> stack = heads;
  std::vector<std::size_t> ancestors;
  while (!stack.empty()) {
    std::size_t at_index = stack.back();
    stack.pop_back();
    if (visited[at_index]) continue;
    visited[at_index] = true;
    ancestors.push_back(at_index);
    for (std::size_t parent : nodes_[at_index].parents) stack.push_back(parent);
  }
  std::ranges::sort(ancestors, [&](std::size_t a, std::size_t b) {
    return std::tie(nodes_[a].depth, nodes_[a].id) < std::tie(nodes_[b].depth, nodes_[b].id);
  });
  for (std::size_t at_index : ancestors) apply(nodes_[at_index], *roster);
  return roster;
}

void RosterGraph::apply(const Node& node, Roster& roster) const {
  if (!node.is_effective) return;
  Applier applier{roster, space_, node.id.value == space_.value};
  for (const RosterOperation& operation : node.operations) std::visit(applier, operation);
}

}  // namespace cunju
