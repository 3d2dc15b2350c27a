// SPDX-License-Identifier: Apache-2.0
// What people of a village of sticks do about what a machine holds: files that they attach, what is
// fetched, shares that are narrowed and widened, and what is erased.
#include <algorithm>

#include "crdt/erasure/erasure_act.h"
#include "tests/simulation/roster_acts.h"
#include "tests/simulation/world.h"

namespace cunju::simulation {

void World::attach() {
  Node* node = any_node_that_is_up();
  if (node == nullptr) return;
  const std::size_t who = context_.dice.below(node->people().size());
  if (!may_sign(*node, who)) return;
  std::vector<RecordId> minutes;
  for (std::size_t i = 0; i < writer_.records().size(); ++i)
    if (Writer::registry_of(i) == "minutes") minutes.push_back(writer_.records()[i]);
  const std::optional<replica::ChangeDraft> draft =
      scans_.draft(*node, context_.dice.pick(minutes));
  ++edits_done_;
  if (!draft) return;
  const std::optional<replica::Appended> saved = save(*node, who, {*draft});
  if (saved) scans_.note_saved(*node, saved->ids.back());
}

void World::choose_policy() {
  if (Node* node = any_node_that_is_up()) scans_.choose_policy(*node);
}

void World::ask_for_attachment() {
  if (Node* node = any_node_that_is_up()) scans_.ask_for_one(*node);
}

void World::take_orphans() {
  if (Node* node = any_node_that_is_up()) scans_.take_orphans(*node);
}

void World::change_share() {
  const std::vector<Seat> officers = find_officers(context_, nodes_);
  if (officers.empty()) return;
  const Seat actor = context_.dice.pick(officers);
  if (!may_sign(*actor.node, actor.who)) return;
  Node& whose = any_node();
  if (!actor.node->find_entry(whose.wire())) return;
  const Replication share = context_.dice.one_in(2) ? Replication::kShell : Replication::kFull;
  if (say(actor, "a node's share",
          {SetReplication{.node = whose.person().node.node(), .replication = share}}, true))
    ++context_.counts[share == Replication::kFull ? "nodes widened" : "nodes narrowed"];
}

void World::erase() {
  // What is restored here are logs and not the keys beside them, which an erasure destroys.
  if (context_.scenario.has(kRestoredBackups)) return;
  Node* node = any_node_that_is_up();
  if (node == nullptr) return;
  const std::size_t who = context_.dice.below(node->people().size());
  if (!may_sign(*node, who)) return;
  const RecordId record = context_.dice.pick(writer_.records());
  Result<replica::PartsOfRecord> parts = node->replica().parts_of(context_.space, record);
  if (parts.has_error() || parts.value().targets.empty()) return;
  replica::ChangeDraft draft;
  draft.parts.push_back(
      {.record = context_.random.make<RecordId>(),
       .registry = std::string(kErasuresRegistry),
       .scope = kOpenScope,
       .operations = {erasure_act_operation({.reason = "本人要求",
                                             .basis = "个人信息保护法第四十七条",
                                             .asked_by = "本人",
                                             .targets = parts.value().targets})}});
  if (save(*node, who, {draft})) ++context_.counts["erasures asked for"];
}

void World::approve_erasure() {
  Node* node = any_node_that_is_up();
  if (node != nullptr) approve_erasure(*node, context_.dice.below(node->people().size()));
}

void World::approve_what_is_known() {
  for (const std::unique_ptr<Node>& node : nodes_)
    for (std::size_t who = 0; who < node->people().size(); ++who)
      if (context_.dice.one_in(2)) approve_erasure(*node, who);
}

void World::approve_erasure(Node& at, std::size_t who) {
  Node* const node = &at;
  if (!may_sign(*node, who)) return;
  Result<replica::ErasureReport> report = node->replica().erasures(context_.space);
  if (report.has_error()) return;
  std::vector<replica::ErasureEntry> open;
  for (replica::ErasureEntry& entry : report.value().acts)
    if (entry.fate < Fate::kConfirmed) open.push_back(std::move(entry));
  if (open.empty()) return;
  const replica::ErasureEntry& entry = context_.dice.pick(open);
  std::vector<ChangeId> earlier;
  for (const replica::HeardApproval& approval : entry.approvals) earlier.push_back(approval.id);
  std::ranges::sort(earlier);
  replica::ChangeDraft draft;
  draft.parts.push_back({.record = entry.erasure,
                         .registry = std::string(kErasuresRegistry),
                         .scope = kOpenScope,
                         .operations = {erasure_approval_operation(
                             {.acts = {entry.act}, .earlier = std::move(earlier)})}});
  if (save(*node, who, {draft})) ++context_.counts["approvals of erasures"];
}

}  // namespace cunju::simulation
