// SPDX-License-Identifier: Apache-2.0
//
// What a change of the roster would be if somebody signed it now: which witness statement it names,
// whether it takes the recovery quorum, and who can carry what others have signed.
#include <algorithm>
#include <limits>

#include "crdt/base/limits.h"
#include "node/replica/replica.h"

namespace cunju::replica {
namespace {

/// A witness of whose newest statement everything is here, and what it tells.
struct Teller {
  AuthorKey witness;
  ChangeId id;
  WitnessedLogs told;
};

/// Nodes that the operations retire, or whose member they remove or take a role from.
bool takes_node(std::span<const RosterOperation> operations, const AddNode& node) {
  return std::ranges::any_of(operations, [&](const RosterOperation& operation) {
    const auto* retirement = std::get_if<RetireNode>(&operation);
    const auto* removal = std::get_if<RemoveMember>(&operation);
    const auto* end = std::get_if<EndRole>(&operation);
    return (retirement != nullptr && retirement->node == node.node) ||
           (removal != nullptr && removal->member == node.member) ||
           (end != nullptr && end->member == node.member);
  });
}

std::set<AuthorKey> logs_cut(std::span<const RosterOperation> operations) {
  std::set<AuthorKey> out;
  for (const RosterOperation& operation : operations)
    for (const Cut& cut : cuts_of(operation)) out.insert(cut.author);
  return out;
}

/// Whose statement binds the cut of one log most, of those who speak of it: on one path whoever
/// states the most, of a log of which they state different branches whom the law hears first.
std::vector<AuthorKey> binding_for(const RosterGraph& graph, std::span<const ChangeId> pins,
                                   const AuthorKey& log, const std::vector<const Teller*>& tellers,
                                   const IsOnPath& is_on_path) {
  std::vector<AuthorKey> out;
  if (tellers.empty()) return out;
  NamedChange last = tellers.front()->told.tips.at(log);
  for (const Teller* teller : tellers)
    if (last.seq < teller->told.tips.at(log).seq) last = teller->told.tips.at(log);
  bool is_one_path = true;
  for (const Teller* teller : tellers) {
    const NamedChange& tip = teller->told.tips.at(log);
    is_one_path = is_one_path && (tip == last || is_on_path(log, tip, last));
    if (tip == last) out.push_back(teller->witness);
  }
  if (is_one_path) return out;
  out.clear();
  for (const Teller* teller : tellers) out.push_back(teller->witness);
  return {graph.heard_order(pins, log, out).front()};
}

}  // namespace

Result<Hash> Replica::statement_for_act(const Reader& reader, std::uint32_t space_no,
                                        const SpaceId& space, std::span<const ChangeId> pins,
                                        std::span<const RosterOperation> operations) {
  CUNJU_TRY(RosterGraph * graph, reader.roster(space_no, space));
  const std::shared_ptr<const Roster> roster = graph->at(pins);
  CUNJU_TRY(std::vector<WitnessHead> newest, reader.witness_heads(space_no, *roster));
  std::stable_partition(newest.begin(), newest.end(), [&](const WitnessHead& head) {
    return takes_node(operations, *roster->find_node(head.witness));
  });
  const std::set<AuthorKey> logs = logs_cut(operations);
  std::vector<Teller> tellers;
  for (const auto& [witness, id] : newest) {
    CUNJU_TRY(Reader::ReadStatements read, reader.statements_up_to(space_no, space, id));
    if (read.missing || read.is_false) continue;
    tellers.push_back({witness, id, std::move(read.told)});
    if (logs.empty()) break;
  }
  if (tellers.empty()) return Hash{};
  Result<void> failed = ok();
  const IsOnPath is_on_path = reader.paths(space_no, failed);
  // Of logs that are forked, then of others: for so many the statement is the one to name.
  std::map<AuthorKey, std::pair<std::size_t, std::size_t>> counts;
  for (const AuthorKey& log : logs) {
    std::vector<const Teller*> speaking;
    for (const Teller& teller : tellers)
      if (teller.told.tips.contains(log)) speaking.push_back(&teller);
    const bool is_forked = graph->fork_point(log).has_value();
    for (const AuthorKey& witness : binding_for(*graph, pins, log, speaking, is_on_path))
      ++(is_forked ? counts[witness].first : counts[witness].second);
  }
  CUNJU_TRYV(failed);
  // The first of the greatest, so that what got here last is named where nothing else decides.
  const auto best = std::ranges::max_element(
      tellers, {}, [&](const Teller& teller) { return counts[teller.witness]; });
  return Hash{best->id.value};
}

Result<Replica::PlannedAct> Replica::plan_act(const Reader& reader, std::uint32_t space_no,
                                              const SpaceId& space, const AuthorKey& author,
                                              std::span<const RosterOperation> operations) {
  CUNJU_TRY(RosterGraph * graph, reader.roster(space_no, space));
  std::vector<ChangeId> before;
  if (const std::optional<BranchRow> row = reader.find_first_branch(space_no, author)) {
    CUNJU_TRY(before, reader.pins_at(row->pins_ordinal));
  }
  PlannedAct out{.change = {.id = {},
                            .author = author,
                            .seq = {},
                            .pins = graph->pick_pins(author, before, limits::kMaxPins)},
                 .seen = {}};
  out.change.operations.assign(operations.begin(), operations.end());
  CUNJU_TRY(out.seen,
            statement_for_act(reader, space_no, space, out.change.pins, out.change.operations));
  if (out.seen.is_zero()) return out;
  CUNJU_TRY(Reader::ReadStatements read,
            reader.statements_up_to(space_no, space, ChangeId{out.seen.value}));
  out.change.witnessed = std::move(read.told);
  return out;
}

Result<bool> Replica::needs_quorum(const SpaceId& space, const AuthorKey& author,
                                   std::span<const RosterOperation> operations) {
  bool out = false;
  CUNJU_TRYV(read([&](Reader& reader) -> Result<void> {
    CUNJU_TRY(std::uint32_t space_no, require_space(reader, space));
    CUNJU_TRY(RosterGraph * graph, reader.roster(space_no, space));
    if (graph->size() == 0) return ok();
    CUNJU_TRY(const PlannedAct act, plan_act(reader, space_no, space, author, operations));
    Result<void> failed = ok();
    out = graph->needs_quorum(act.change, reader.paths(space_no, failed));
    return failed;
  }));
  return out;
}

Result<Hash> Replica::statement_for(const SpaceId& space, const AuthorKey& author,
                                    std::span<const RosterOperation> operations) {
  Hash out;
  CUNJU_TRYV(read([&](Reader& reader) -> Result<void> {
    CUNJU_TRY(std::uint32_t space_no, require_space(reader, space));
    CUNJU_TRY(RosterGraph * graph, reader.roster(space_no, space));
    if (graph->size() == 0) return ok();
    CUNJU_TRY(const PlannedAct act, plan_act(reader, space_no, space, author, operations));
    out = act.seen;
    return ok();
  }));
  return out;
}

Result<PinnedRoster> Replica::pinned_roster(const SpaceId& space, std::span<const ChangeId> pins) {
  PinnedRoster out = PinnedRoster::kCurrent;
  CUNJU_TRYV(read([&](Reader& reader) -> Result<void> {
    CUNJU_TRY(std::uint32_t space_no, require_space(reader, space));
    CUNJU_TRY(RosterGraph * graph, reader.roster(space_no, space));
    // All of them: of more than a change may pin, whoever leaves some out is not told which.
    const std::vector<ChangeId> heads =
        graph->pick_pins({}, {}, std::numeric_limits<std::size_t>::max());
    if (std::ranges::equal(heads, pins)) return ok();
    out = PinnedRoster::kNotHere;
    for (const ChangeId& pin : pins)
      if (!graph->contains(pin) || !graph->is_admissible(pin)) return ok();
    if (!graph->dominates(heads, pins)) {
      out = PinnedRoster::kFallen;
    } else {
      out = graph->at(pins)->quorum == graph->now()->quorum ? PinnedRoster::kBeside
                                                            : PinnedRoster::kOlder;
    }
    return ok();
  }));
  return out;
}

Result<Carrying> Replica::carrying(const SpaceId& space, const AuthorKey& author,
                                   std::span<const ChangeId> pins) {
  Carrying out = Carrying::kCan;
  CUNJU_TRYV(read([&](Reader& reader) -> Result<void> {
    CUNJU_TRY(std::uint32_t space_no, require_space(reader, space));
    CUNJU_TRY(RosterGraph * graph, reader.roster(space_no, space));
    for (const ChangeId& pin : pins)
      if (!graph->contains(pin) || !graph->is_admissible(pin))
        return fail(Errc::kMissing, "change " + pin.hex() + " of the roster");
    CUNJU_TRY(const LogTree tree, reader.log_tree(space_no, author));
    CUNJU_TRY(const auto claims, reader.claims(space_no, author));
    std::vector<ChangeId> before;
    if (!tree.empty()) {
      CUNJU_TRY(before, reader.pins_at(tree.first().pins_ordinal));
    }
    if (!graph->at(pins)->is_author(author)) {
      out = Carrying::kNotInRoster;
    } else if (tree.is_forked()) {
      out = Carrying::kForked;
    } else if (!claims.empty()) {
      out = Carrying::kBehind;
    } else if (!graph->can_pin(author, before, pins)) {
      out = Carrying::kPinsMore;
    }
    return ok();
  }));
  return out;
}

}  // namespace cunju::replica
