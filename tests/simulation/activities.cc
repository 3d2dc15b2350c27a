// SPDX-License-Identifier: Apache-2.0
// What may happen in a world, as one table. A fault gets a row here, a flag in scenario.h, and a
// line in docs/simulator.md.
#include <algorithm>

#include "tests/simulation/roster_acts.h"
#include "tests/simulation/world.h"

namespace cunju::simulation {

std::vector<World::Activity> World::activities() {
  return {
      {"somebody saves", 40, 0, &World::edit},
      {"a call", 22, 0, &World::call_somebody},
      {"a roster act", 5, kRosterActs, &World::act_on_roster},
      {"a quarrel", 1, kTakings, &World::quarrel},
      {"puppets", 1, kTakings, &World::use_puppets},
      {"a witness states what it holds", 5, kWitnesses, &World::witness},
      {"a cut", 4, kCuts, &World::cut},
      {"a partition", 2, kPartitions, &World::partition},
      {"the end of a partition", 2, kPartitions, &World::end_partition},
      {"a one-way link", 2, kOneWayLinks, &World::block_one_way},
      {"swizzled links", 1, kSwizzledLinks, &World::swizzle},
      {"slow links", 1, kCuts, &World::slow_down},
      {"damaged frames", 2, kDamagedFrames, &World::damage_frames},
      {"a crash between writes", 4, kCrashes, &World::crash_at_step},
      {"a crash after a commit", 2, kCrashes, &World::crash_after_commit},
      {"a restart", 1, kCrashes, &World::restart_in_order},
      {"a full disk", 2, kFullDisks, &World::fill_disk},
      {"a failing sync", 2, kFailingSyncs, &World::fail_sync},
      {"a clock that jumps", 2, kWrongClocks, &World::jump_clock},
      {"a stick", 6, kCouriers, &World::send_stick},
      {"a stick is carried", 40, kOnlySticks, &World::carry_stick},
      {"something happens to a stick", 9, kOnlySticks, &World::harm_stick},
      {"somebody attaches a file", 10, kOnlySticks, &World::attach},
      {"a policy of what is fetched", 1, kOnlySticks, &World::choose_policy},
      {"an attachment is asked for", 1, kOnlySticks, &World::ask_for_attachment},
      {"orphans are taken away", 1, kOnlySticks, &World::take_orphans},
      {"a node keeps less or more", 6, kOnlySticks, &World::change_share},
      {"a record is to be erased", 2, kOnlySticks, &World::erase},
      {"an erasure is approved", 3, kOnlySticks, &World::approve_erasure},
      {"a backup", 2, kRestoredBackups | kHastyRestores, &World::back_up},
      {"a restored backup", 2, kRestoredBackups | kHastyRestores, &World::restore},
      {"an equivocation", 1, kEquivocation, &World::equivocate},
  };
}

const World::Activity& World::pick_activity() {
  static const std::vector<Activity> kAll = activities();
  static const Activity kLie{"a lie", 14, 0, &World::lie};
  std::size_t total = 0;
  auto weight = [&](const Activity& activity) {
    const bool is_on = activity.faults == 0 || (activity.faults & context_.scenario.faults) != 0;
    return is_on ? activity.weight : 0;
  };
  for (const Activity& activity : kAll) total += weight(activity);
  const std::size_t lies = context_.scenario.liars > 0 ? kLie.weight : 0;
  std::size_t at = context_.dice.below(total + lies);
  for (const Activity& activity : kAll) {
    if (at < weight(activity)) return activity;
    at -= weight(activity);
  }
  return kLie;
}

void World::plan(Time delay, std::function<void()> action) {
  context_.events.in_background(delay, [this, period = quiets_, action = std::move(action)] {
    if (period == quiets_) action();
  });
}

Node& World::any_node() { return *context_.dice.pick(nodes_); }

Node* World::any_node_that_is_up() {
  Node& node = any_node();
  return node.is_up() ? &node : nullptr;
}

Node* World::any_liar() {
  Node& node = any_node();
  return node.is_up() && !node.is_honest() ? &node : nullptr;
}

void World::dial(const Link& link, bool leaves) {
  const bool is_swapped = context_.dice.one_in(2);
  network_.dial(is_swapped ? link.second : link.first, is_swapped ? link.first : link.second,
                {.leaves_when_caught_up = leaves, .is_encrypted = context_.dice.one_in(3)});
}

void World::edit() {
  Node* node = any_node_that_is_up();
  if (node == nullptr) return;
  const std::size_t who = context_.dice.below(node->people().size());
  if (!may_sign(*node, who)) return;
  save(*node, who, writer_.save());
  ++edits_done_;
}

std::optional<replica::Appended> World::save(Node& node, std::size_t who,
                                             const std::vector<replica::ChangeDraft>& drafts) {
  Result<replica::Appended> saved = node.write(drafts, who);
  if (saved) {
    ++context_.counts["saves"];
    context_.note(node.name() + " saves " + brief(saved.value().ids.back()));
    return std::move(saved).value();
  }
  const Errc code = saved.error().code;
  // A joiner has no roster yet; a policy may forbid the registry; this very key may have to look.
  const bool is_forked = code == Errc::kFork && context_.scenario.has(kHastyRestores);
  const bool is_final = saved.error().context == replica::kFinalInItsVersion;
  const bool is_expected =
      code == Errc::kMissing || code == Errc::kPermission || is_forked || is_final;
  context_.note(node.name() + " can't save: " + saved.error().context);
  ++context_.counts[is_expected ? "saves not allowed" : "saves that the disk refused"];
  if (!is_expected && !node.explains(saved.error()))
    context_.fail(node.name() + " can't save: " + saved.error().context);
  return std::nullopt;
}

void World::witness() {
  Node* node = any_node_that_is_up();
  if (node != nullptr && node->is_honest()) node->witness();
}

void World::call_somebody() {
  if (context_.scenario.has(kOnlySticks)) return;
  dial(context_.dice.pick(links_), context_.dice.one_in(4));
}

void World::cut() { network_.cut_any(); }

void World::partition() {
  std::vector<std::size_t> groups;
  for (std::size_t i = 0; i < nodes_.size(); ++i) groups.push_back(context_.dice.below(2));
  ++context_.counts["partitions"];
  context_.note("partition");
  network_.set_groups(std::move(groups));
}

void World::end_partition() { network_.set_groups({}); }

void World::block_one_way() {
  const Link link = context_.dice.pick(links_);
  const bool is_back = context_.dice.one_in(2);
  const std::size_t from = is_back ? link.second : link.first;
  const std::size_t to = is_back ? link.first : link.second;
  ++context_.counts["one-way links"];
  context_.note("blocked n" + std::to_string(from) + " to n" + std::to_string(to));
  network_.block(from, to);
  plan(context_.dice.between(Time{1000}, std::chrono::minutes(4)),
       [this, from, to] { network_.unblock(from, to); });
}

void World::swizzle() {
  // Links fail one after the other in one order and come back in another (FoundationDB).
  ++context_.counts["swizzles"];
  std::vector<Link> order = links_;
  context_.dice.shuffle(order);
  order.resize(1 + context_.dice.below(order.size()));
  Time when{0};
  for (const Link& link : order) {
    when += context_.dice.between(Time{100}, Time{20'000});
    plan(when, [this, link] {
      network_.block(link.first, link.second);
      network_.block(link.second, link.first);
    });
  }
  context_.dice.shuffle(order);
  for (const Link& link : order) {
    when += context_.dice.between(Time{100}, Time{20'000});
    plan(when, [this, link] {
      network_.unblock(link.first, link.second);
      network_.unblock(link.second, link.first);
    });
  }
}

void World::slow_down() { network_.set_slow(context_.dice.one_in(2)); }

void World::damage_frames() {
  network_.set_damage(context_.dice.one_in(3) ? 0 : context_.dice.between(3, 12));
}

void World::crash_at_step() {
  // A save takes some ten steps of the store, a batch some hundred.
  any_node().disk().crash_at_step(1 + context_.dice.below(context_.dice.one_in(2) ? 12 : 120));
}

void World::crash_after_commit() { any_node().disk().crash_after_commit(); }

void World::restart_in_order() {
  Node* node = any_node_that_is_up();
  if (node == nullptr) return;
  ++context_.counts["restarts"];
  context_.note(node->name() + " restarts");
  network_.drop_node(*node);
  node->kill();
  node->boot();
}

void World::fill_disk() {
  Node* node = &any_node();
  ++context_.counts["full disks"];
  context_.note(node->name() + " disk full");
  node->disk().set_full(true);
  plan(context_.dice.between(Time{1000}, std::chrono::minutes(2)),
       [node] { node->disk().set_full(false); });
}

void World::fail_sync() {
  ++context_.counts["failing syncs"];
  any_node().disk().fail_next_sync();
}

void World::jump_clock() {
  ++context_.counts["clock jumps"];
  any_node().clock().jump(context_.dice);
}

void World::send_stick() {
  couriers_.send(context_.dice.below(nodes_.size()), context_.dice.below(nodes_.size()));
}

void World::carry_stick() { sticks_.carry(); }

void World::harm_stick() { sticks_.harm(); }

void World::lie() {
  if (Node* liar = any_liar()) hand_out(forger_.attack(*liar));
}

void World::equivocate() {
  Node* liar = any_liar();
  if (liar == nullptr) return;
  const std::vector<sync::Run> branches = forger_.equivocate(*liar);
  for (const sync::Run& branch : branches) hand_out({branch});
}

void World::hand_out(const std::vector<sync::Run>& runs) {
  if (runs.empty()) return;
  for (const std::unique_ptr<Node>& node : nodes_) {
    if (node->is_honest()) continue;
    auto& liar = static_cast<LiarNode&>(*node);
    for (const std::unique_ptr<Node>& peer : nodes_) {
      if (peer != node && context_.dice.one_in(2)) liar.lying_port().smuggle(peer->wire(), runs);
    }
    if (node->is_up()) network_.push(*node);
  }
}

void World::back_up() {
  if (Node* node = any_node_that_is_up()) {
    ++context_.counts["backups"];
    node->back_up();
  }
}

void World::restore() {
  Node& node = any_node();
  if (!node.has_backup()) return;
  ++context_.counts["restored backups"];
  context_.note(node.name() + " is restored from a backup");
  network_.drop_node(node);
  node.restore();
  expect_back(node);
  if (!context_.scenario.has(kOnlySticks) && context_.dice.one_in(2)) hear_heads(node);
}

}  // namespace cunju::simulation
