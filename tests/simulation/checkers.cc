// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/checkers.h"

#include <algorithm>

#include "crdt/change/part_codec.h"
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

/// `is_all`: of every scope; else only what everybody has.
void compare_views(Context& context, Node& node, const replay::Replay& expected, bool is_all) {
  for (const auto& [place, view] : expected.views) {
    if (!is_all && place.scope != kOpenScope) continue;
    Result<std::optional<RecordView>> found =
        node.replica().view(context.space, place.record, place.scope);
    if (found.has_error() || !found.value() || found.value()->encode() != view.encode())
      context.fail(node.name() + " shows record " + brief(place.record) + "/" +
                   std::to_string(place.scope.value) + " otherwise than the replay");
  }
  if (!is_all) return;
  Result<Hash> views = node.replica().view_hash(context.space);
  if (views.has_error() || views.value() != view_hash(expected))
    context.fail(node.name() + " has other views than the replay");
}

bool is_taking(const RosterOperation& operation) {
  return std::holds_alternative<RemoveMember>(operation) ||
         std::holds_alternative<EndRole>(operation) ||
         std::holds_alternative<RetireDevice>(operation) ||
         std::holds_alternative<SetPolicy>(operation) || std::holds_alternative<Epoch>(operation);
}

/// Whether anybody took anything away: without it nothing can be late.
bool has_takings(std::span<const Change> changes) {
  return std::ranges::any_of(changes, [](const Change& change) {
    for (const Part& part : change.parts) {
      Result<Links> links = decode_links(part.links);
      if (links.has_error() || links.value().registry != kRosterRegistry) continue;
      Result<Body> body = decode_body(part.body);
      if (body.has_error()) continue;
      for (const Operation& operation : body.value().operations) {
        const auto* packed = std::get_if<Bytes>(&operation.value);
        if (packed == nullptr) continue;
        Result<RosterOperation> said = decode_roster_operation(*packed);
        if (said.has_value() && is_taking(said.value())) return true;
      }
    }
    return false;
  });
}

void check_honest_parts(Context& context, const Nodes& nodes, const replay::Replay& expected,
                        bool may_be_late) {
  const std::set<ChangeId> written = written_by_honest(nodes);
  for (const replay::PartVerdict& verdict : expected.parts) {
    if (!written.contains(verdict.change)) continue;
    const AuthorKey& author = context.library.at(verdict.change).header.author;
    const bool is_forked = expected.heads.at(author).size() > 1;
    const bool is_late = verdict.state == replay::PartState::kLate && (may_be_late || is_forked);
    // That it is in every late tray, check_trays has seen.
    if (is_late || verdict.state == replay::PartState::kEffective ||
        verdict.state == replay::PartState::kRoster)
      continue;
    context.fail("a part of honest change " + brief(verdict.change) +
                 " has no effect: " + verdict.reason);
  }
}

using PartNames = std::map<std::pair<ChangeId, replay::RecordScope>, replay::PartState>;

PartNames placed_parts(const Context& context, const replay::Replay& expected,
                       const ScopeKeys& keys) {
  PartNames out;
  for (const replay::PartVerdict& verdict : expected.parts) {
    if (verdict.state != replay::PartState::kEffective &&
        verdict.state != replay::PartState::kVoid && verdict.state != replay::PartState::kLate)
      continue;
    Change change = context.library.at(verdict.change);
    open_parts(keys, change);
    const Part& part = change.parts.at(verdict.part);
    const Links links = decode_links(part.links).value();
    out[{verdict.change, {links.record, part.scope}}] = verdict.state;
  }
  return out;
}

/// Late, in force and void are all parts, each at its place, and the tray holds exactly the late.
void check_trays(Context& context, Node& node, const replay::Replay& expected,
                 const PartNames& placed) {
  PartNames found;
  std::size_t late = 0;
  for (const auto& [place, view] : expected.views) {
    auto history = node.replica().history(context.space, place.record, place.scope);
    if (history.has_error())
      return context.fail(node.name() + " has no history: " + history.error().context);
    for (const replica::HistoryEntry& entry : history.value()) {
      replay::PartState& state = found[{entry.id, place}];
      state = replay::PartState::kEffective;
      if (entry.is_late) state = replay::PartState::kLate;
      if (entry.is_void) state = replay::PartState::kVoid;
      if (state == replay::PartState::kLate) ++late;
    }
  }
  if (found != placed)
    context.fail(node.name() + " has " + std::to_string(found.size()) + " parts, " +
                 std::to_string(late) + " of them late, otherwise than the replay");
  auto tray = node.replica().late_parts(context.space);
  Result<replica::ReplicaCounts> counts = node.replica().counts();
  if (tray.has_error() || counts.has_error())
    return context.fail(node.name() + " can't read its late tray");
  std::size_t in_place = 0, sealed = 0;
  for (const replica::LatePart& part : tray.value()) {
    // Of what can't be read it is not said of which record it is; what is not opened has no place.
    const bool is_closed = part.registry.empty();
    const bool is_late = std::ranges::any_of(
        placed.lower_bound({part.change, {}}), placed.end(), [&](const auto& known) {
          const auto& [change, place] = known.first;
          return change == part.change && place.scope == part.scope &&
                 (is_closed || place.record == part.record) &&
                 known.second == replay::PartState::kLate;
        });
    if (is_late) ++in_place;
    if (is_closed && !is_late) ++sealed;
  }
  const std::size_t shown = tray.value().size() - sealed;
  if (in_place != late || shown != late || counts.value().late_parts != late)
    context.fail(node.name() + " has " + std::to_string(tray.value().size()) +
                 " parts in its late tray, counts " + std::to_string(counts.value().late_parts) +
                 ", and " + std::to_string(late) + " are late");
  context.counts["late parts"] += late;
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
  std::optional<Hash> first, first_whole;
  for (Node* node : honest(nodes)) {
    Result<Hash> hash = node->replica().view_hash(context.space, kOpenScope);
    Result<Hash> whole = node->replica().view_hash(context.space);
    if (hash.has_error() || whole.has_error()) {
      context.fail(node->name() + " can't read its views");
      return;
    }
    if (!first) first = hash.value();
    if (hash.value() != *first) context.fail(node->name() + " has other views than the rest");
    // Whoever has the key sees the same, too.
    if (!node->reads_sealed() || !node->holds_all_parts()) continue;
    if (!first_whole) first_whole = whole.value();
    if (whole.value() != *first_whole)
      context.fail(node->name() + " has other sealed views than the rest");
  }
}

void check_promises_kept(Context& context, const Nodes& nodes) {
  for (Node* node : honest(nodes)) {
    const std::set<ChangeId> log = logged(*node, context.space);
    for (const auto& [author, head] : node->ledger().promised) {
      if (!log.contains(head.id))
        context.fail(node->name() + " lost change " + brief(head.id) +
                     ", which it had called safe");
    }
  }
}

void check_nothing_lost(Context& context, const Nodes& nodes) {
  check_promises_kept(context, nodes);
  const std::set<ChangeId> written = written_by_honest(nodes);
  for (Node* node : honest(nodes)) {
    const std::set<ChangeId> log = logged(*node, context.space);
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
  ScopeKeys keys;
  for (const Change& change : changes)
    keys.take_wraps(context.space, change.header.author, handed_epochs(change), context.reader);
  const replay::Replay expected = replay::replay(context.space, changes, keys);
  const replay::Replay without_key = replay::replay(context.space, changes);
  const PartNames placed = placed_parts(context, expected, keys);
  const PartNames placed_without = placed_parts(context, without_key, ScopeKeys());
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
    const replay::Replay& its = node->reads_sealed() ? expected : without_key;
    // What is sealed and not here is nowhere in its views.
    const bool is_all = !node->reads_sealed() || node->holds_all_parts();
    compare_views(context, *node, its, is_all);
    if (is_all) check_trays(context, *node, its, node->reads_sealed() ? placed : placed_without);
  }
  check_honest_parts(context, nodes, expected, has_takings(changes));
}

void check_nothing_waits(Context& context, const Nodes& nodes) {
  for (Node* node : honest(nodes)) {
    Result<replica::ReplicaCounts> counts = node->replica().counts();
    if (counts.has_error()) {
      context.fail(node->name() + " can't count: " + counts.error().context);
      continue;
    }
    const bool may_wait = !node->holds_all_parts();
    if (counts.value().pooled != 0 || (counts.value().waiting_parts != 0 && !may_wait) ||
        (counts.value().forks != 0 && !context.scenario.has(kHastyRestores)))
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
