// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/checkers.h"

#include <algorithm>

#include "crdt/replay/replay.h"
#include "node/audit/tables.h"

namespace cunju::simulation {
namespace {

std::vector<Node*> honest(const Nodes& nodes) {
  std::vector<Node*> out;
  for (const std::unique_ptr<Node>& node : nodes) {
    if (node->is_honest()) out.push_back(node.get());
  }
  return out;
}

/// Ids of all changes in a node's logs of the space.
std::set<ChangeId> logged(Node& node, const SpaceId& space) {
  std::set<ChangeId> out;
  Result<std::vector<sync::AuthorHead>> heads = node.replica().heads(space);
  if (heads.has_error()) return out;
  for (const sync::AuthorHead& head : heads.value()) {
    Result<void> scanned =
        node.replica().scan_log(space, head.author, Seq{0}, [&](const Change& change) {
          out.insert(change.id);
          return true;
        });
    if (scanned.has_error()) break;
  }
  return out;
}

std::set<ChangeId> written_by_honest(const Nodes& nodes) {
  std::set<ChangeId> out;
  for (Node* node : honest(nodes))
    out.insert(node->ledger().written.begin(), node->ledger().written.end());
  return out;
}

/// Replica::view_hash, from a replay.
Hash view_hash(const replay::Replay& replay) {
  crypto::Hasher hasher("cunju views 1");
  for (const auto& [place, view] : replay.views) {
    replica::Key key;
    key.bytes(place.record.view()).u16(place.scope.value);
    hasher.add(key).add(view.encode());
  }
  return hasher.finish();
}

void compare_views(Context& context, Node& node, const replay::Replay& expected) {
  for (const auto& [place, view] : expected.views) {
    Result<std::optional<RecordView>> found =
        node.replica().view(context.space, place.record, place.scope);
    if (found.has_error() || !found.value() || found.value()->encode() != view.encode())
      context.fail(node.name() + " shows record " + brief(place.record) + "/" +
                   std::to_string(place.scope.value) + " otherwise than the replay");
  }
  Result<Hash> views = node.replica().view_hash(context.space);
  if (views.has_error() || views.value() != view_hash(expected))
    context.fail(node.name() + " has other views than the replay");
}

void check_honest_parts(Context& context, const Nodes& nodes, const replay::Replay& expected) {
  const std::set<ChangeId> written = written_by_honest(nodes);
  for (const replay::PartVerdict& verdict : expected.parts) {
    if (!written.contains(verdict.change)) continue;
    if (verdict.state == replay::PartState::kEffective ||
        verdict.state == replay::PartState::kRoster)
      continue;
    context.fail("a part of honest change " + brief(verdict.change) +
                 " has no effect: " + verdict.reason);
  }
}

}  // namespace

bool have_equal_states(const Nodes& nodes, const SpaceId& space) {
  std::optional<Hash> first;
  for (Node* node : honest(nodes)) {
    Result<Hash> hash = node->replica().state_hash(space);
    if (hash.has_error()) return false;
    if (!first) first = hash.value();
    if (hash.value() != *first) return false;
  }
  return true;
}

bool have_honest_changes(const Context& context, const Nodes& nodes) {
  const std::set<ChangeId> written = written_by_honest(nodes);
  return std::ranges::all_of(honest(nodes), [&](Node* node) {
    return std::ranges::includes(logged(*node, context.space), written);
  });
}

void note_differences(Context& context, const Nodes& nodes) {
  std::map<AuthorKey, std::string> lines;
  for (Node* node : honest(nodes)) {
    Result<std::vector<sync::AuthorHead>> heads = node->replica().heads(context.space);
    Result<replica::ReplicaCounts> counts = node->replica().counts();
    if (heads.has_error() || counts.has_error()) return;
    for (const sync::AuthorHead& head : heads.value())
      lines[head.author] += " " + node->name() + ":" + std::to_string(head.seq.value);
    context.note(node->name() + " has " + std::to_string(counts.value().changes) + " changes, " +
                 std::to_string(counts.value().pooled) + " pooled, " +
                 std::to_string(counts.value().forks) + " forks");
  }
  for (const auto& [author, line] : lines) context.note("author " + brief(author) + line);
}

void check_agreement(Context& context, const Nodes& nodes) {
  if (!have_equal_states(nodes, context.space)) context.fail("honest nodes have different states");
  std::optional<Hash> first;
  for (Node* node : honest(nodes)) {
    Result<Hash> hash = node->replica().view_hash(context.space);
    if (hash.has_error()) {
      context.fail(node->name() + " can't read its views: " + hash.error().context);
      return;
    }
    if (!first) first = hash.value();
    if (hash.value() != *first) context.fail(node->name() + " has other views than the rest");
  }
}

void check_nothing_lost(Context& context, const Nodes& nodes) {
  const std::set<ChangeId> written = written_by_honest(nodes);
  for (Node* node : honest(nodes)) {
    const std::set<ChangeId> log = logged(*node, context.space);
    for (const auto& [author, head] : node->ledger().promised) {
      if (!log.contains(head.id))
        context.fail(node->name() + " lost change " + brief(head.id) +
                     ", which it had called safe");
    }
    for (const ChangeId& id : written) {
      if (!log.contains(id))
        context.fail("honest change " + brief(id) + " never arrived at " + node->name());
    }
  }
}

void check_against_replay(Context& context, const Nodes& nodes) {
  std::set<ChangeId> taken;
  for (Node* node : honest(nodes))
    taken.insert(node->ledger().taken.begin(), node->ledger().taken.end());
  std::vector<Change> changes;
  for (const ChangeId& id : taken) changes.push_back(context.library.at(id));
  const replay::Replay expected = replay::replay(context.space, changes);
  for (Node* node : honest(nodes)) {
    Result<Hash> state = node->replica().state_hash(context.space);
    if (state.has_error() || state.value() != audit::state_hash(context.space, expected))
      context.fail(node->name() + " has another state than the replay of " +
                   std::to_string(changes.size()) + " changes");
    Result<std::shared_ptr<const Roster>> roster = node->replica().roster(context.space);
    if (roster.has_error() || expected.roster == nullptr ||
        roster.value()->members.size() != expected.roster->members.size() ||
        roster.value()->devices != expected.roster->devices ||
        roster.value()->policy != expected.roster->policy)
      context.fail(node->name() + " has another roster than the replay");
    compare_views(context, *node, expected);
  }
  check_honest_parts(context, nodes, expected);
}

void check_nothing_waits(Context& context, const Nodes& nodes) {
  for (Node* node : honest(nodes)) {
    Result<replica::ReplicaCounts> counts = node->replica().counts();
    if (counts.has_error()) {
      context.fail(node->name() + " can't count: " + counts.error().context);
      continue;
    }
    if (counts.value().pooled != 0 || counts.value().waiting_parts != 0 ||
        counts.value().forks != 0)
      context.fail(node->name() + " holds " + std::to_string(counts.value().pooled) + " changes, " +
                   std::to_string(counts.value().waiting_parts) + " parts and " +
                   std::to_string(counts.value().forks) + " forks, and nobody lied");
  }
}

void check_rebuild(Context& context, Node& node) {
  Result<Hash> before = node.replica().view_hash(context.space);
  Result<void> rebuilt = node.replica().rebuild_views();
  Result<Hash> after = node.replica().view_hash(context.space);
  if (before.has_error() || rebuilt.has_error() || after.has_error() ||
      before.value() != after.value())
    context.fail(node.name() + " computes other views from its log");
}

}  // namespace cunju::simulation
