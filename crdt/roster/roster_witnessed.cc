// SPDX-License-Identifier: Apache-2.0
//
// What an act was told that witnesses have acknowledged, and whether its cuts keep it. The law is
// in roster_law.h.
#include <algorithm>
#include <map>
#include <tuple>

#include "crdt/roster/roster_graph.h"

namespace cunju {
namespace {

/// Of two cuts for one log the first counts.
std::vector<Cut> first_cuts(const RosterOperation& operation) {
  std::vector<Cut> out;
  for (const Cut& cut : cuts_of(operation))
    if (std::ranges::find(out, cut.author, &Cut::author) == out.end()) out.push_back(cut);
  return out;
}

}  // namespace

/// The end of the path that is acknowledged to the act; none: it was told nothing of the log.
std::optional<NamedChange> RosterLaw::acknowledged(const RosterVerdicts& before,
                                                   const RosterNode& act, const AuthorKey& log,
                                                   const IsOnPath& is_on_path) const {
  std::vector<const WitnessedLogs*> told;
  if (act.told.tips.contains(log)) told.push_back(&act.told);
  for (RosterNo no : history_.told())
    if (history_.covers(act.seen, no) && history_[no].told.tips.contains(log))
      told.push_back(&history_[no].told);
  if (told.empty()) return std::nullopt;
  // Where one goes on along the other, who is heard first makes no difference.
  std::vector<NamedChange> tips;
  for (const WitnessedLogs* each : told) tips.push_back(each->tips.at(log));
  std::ranges::sort(tips);
  std::optional<NamedChange> out;
  bool is_one_path = true;
  for (const NamedChange& tip : tips) {
    extend_path(out, log, tip, is_on_path);
    is_one_path = is_one_path && out == tip;
  }
  if (is_one_path) return out;
  std::vector<AuthorKey> witnesses;
  for (const WitnessedLogs* each : told) witnesses.push_back(each->witness);
  const auto ranks = witness_ranks(before, act.seen, log, witnesses);
  std::ranges::sort(told, {}, [&](const WitnessedLogs* each) {
    return std::tuple(ranks.at(each->witness), each->seq, each->id);
  });
  out.reset();
  for (const WitnessedLogs* each : told) extend_path(out, log, each->tips.at(log), is_on_path);
  return out;
}

std::map<AuthorKey, RosterLaw::WitnessRank> RosterLaw::witness_ranks(
    const RosterVerdicts& before, const RosterClock& seen, const AuthorKey& log,
    std::span<const AuthorKey> witnesses) const {
  std::map<AuthorKey, Spots> entries;
  for (const RosterSpot& at : history_.nodes())
    entries[AuthorKey{history_.operation<AddNode>(at).node.value}].push_back(at);
  const std::optional<MemberId> owner = owner_of(before, log);
  std::optional<RosterVerdicts> independent;
  if (owner) {
    const std::vector<RosterNo> members = members_of(seen);
    Attacks attacks = find_attacks(members, seen);
    independent = judge_without(members, seen, before.fallen, *owner, attacks);
  }
  std::map<AuthorKey, WitnessRank> out;
  for (const AuthorKey& witness : witnesses) {
    const std::optional<RosterSpot> entry = first_in_force(before, entries[witness]);
    std::optional<RosterSpot> early;
    if (independent) early = first_in_force(*independent, entries[witness]);
    const std::optional<RosterSpot>& rank = early ? early : entry;
    // A node of the log's owner comes last, and before others whoever does without the owner's
    // word, or a member could choose the branch that others must keep.
    const bool is_own = rank && history_.operation<AddNode>(*rank).member == owner;
    out.emplace(witness, WitnessRank{is_own, !early, rank_of(rank, witness)});
  }
  return out;
}

bool RosterLaw::drops_acknowledged(const RosterVerdicts& before, const RosterNode& act,
                                   const RosterOperation& operation,
                                   const IsOnPath& is_on_path) const {
  return std::ranges::any_of(first_cuts(operation), [&](const Cut& cut) {
    const std::optional<NamedChange> tip = acknowledged(before, act, cut.author, is_on_path);
    if (!tip) return false;
    if (cut.end == 0) return true;
    std::optional<NamedChange> kept = tip;
    const NamedChange last{{cut.end - 1}, cut.last};
    extend_path(kept, cut.author, last, is_on_path);
    return kept != last;
  });
}

std::vector<AuthorKey> RosterLaw::heard_order(const RosterVerdicts& before, const RosterClock& seen,
                                              const AuthorKey& log,
                                              std::span<const AuthorKey> witnesses) const {
  const auto ranks = witness_ranks(before, seen, log, witnesses);
  std::vector<AuthorKey> out(witnesses.begin(), witnesses.end());
  std::ranges::sort(out, {}, [&](const AuthorKey& witness) { return ranks.at(witness); });
  return out;
}

std::vector<AuthorKey> RosterGraph::heard_order(std::span<const ChangeId> pins,
                                                const AuthorKey& log,
                                                std::span<const AuthorKey> witnesses) const {
  const Heads heads = sorted(pins);
  return law_.heard_order(*verdicts(heads), history_.seen_by(heads), log, witnesses);
}

std::vector<ChangeId> RosterGraph::awaited(const RosterChange& change) const {
  std::vector<Cut> cuts;
  for (const RosterOperation& operation : change.operations) {
    const std::vector<Cut> more = first_cuts(operation);
    cuts.insert(cuts.end(), more.begin(), more.end());
  }
  std::vector<ChangeId> out;
  if (cuts.empty()) return out;
  std::map<AuthorKey, Seq> least;
  auto hear = [&](const WitnessedLogs& told) {
    for (const auto& [log, tip] : told.tips) {
      auto [at, is_new] = least.try_emplace(log, tip.seq);
      if (!is_new) at->second = std::min(at->second, tip.seq);
    }
  };
  hear(change.witnessed);
  const RosterClock seen = history_.seen_by(history_.require(change.pins));
  for (RosterNo no : history_.told())
    if (history_.covers(seen, no)) hear(history_[no].told);
  for (const Cut& cut : cuts) {
    auto told = least.find(cut.author);
    if (told != least.end() && told->second.value + 1 < cut.end) out.push_back(cut.last);
  }
  return out;
}

}  // namespace cunju
