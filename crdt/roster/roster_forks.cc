// SPDX-License-Identifier: Apache-2.0
//
// Forked logs: which of their roster changes stand. The law is in roster_law.h.
#include <algorithm>
#include <map>
#include <tuple>

#include "crdt/roster/roster_law.h"

namespace cunju {

/// What one act or statement covers of a forked log. It may name a record change, or nothing that
/// exists: that is for those to judge who know the log.
struct RosterLaw::Cover {
  std::optional<ChangeId> named;
  std::optional<RosterNo> tip;  ///< The last roster change that the act covers.
};

struct RosterLaw::ActCover {
  RosterNo act;
  Cover cover;
};

struct RosterLaw::HeardCover {
  std::tuple<KeyRank, std::uint64_t, ChangeId> rank;
  Cover cover;
};

/// By author: from where on its roster changes in the set show that its log is forked.
std::map<AuthorKey, Seq> RosterLaw::visible_forks(const RosterClock& scope) const {
  std::map<AuthorKey, Seq> out;
  for (const AuthorKey& author : history_.branching()) {
    // What of the author's tree leads to a change in the set, by the change before.
    std::map<std::optional<RosterNo>, std::set<RosterNo>> onward;
    for (RosterNo no : history_.live_of(author)) {
      if (!history_.covers(scope, no)) continue;
      std::optional<RosterNo> at = no;
      while (at) {
        const std::optional<RosterNo> before = history_[*at].own_previous;
        if (!onward[before].insert(*at).second) break;
        at = before;
      }
    }
    std::optional<Seq> point;
    for (const auto& [before, branches] : onward) {
      if (branches.size() < 2) continue;
      const Seq found = before ? history_[*before].seq.next() : Seq{0};
      if (!point || found < *point) point = found;
    }
    if (point) out.emplace(author, *point);
  }
  return out;
}

std::optional<RosterSpot> RosterLaw::first_in_force(const RosterVerdicts& verdicts,
                                                    const Spots& entries) const {
  std::optional<RosterSpot> out;
  for (const RosterSpot& entry : entries) {
    if (!verdicts.is_whole(entry.change)) continue;
    if (!out || (entry.change == out->change ? entry.operation < out->operation
                                             : history_.comes_first(entry.change, out->change)))
      out = entry;
  }
  return out;
}

std::optional<MemberId> RosterLaw::owner_of(const RosterVerdicts& verdicts,
                                            const AuthorKey& author) const {
  const std::optional<RosterSpot> entry = first_in_force(verdicts, history_.devices(author));
  if (!entry) return std::nullopt;
  return history_.operation<AddDevice>(*entry).member;
}

/// Without an entry in force: after all others. Entries that are void must not count, or a liar
/// would give puppets a rank by entering them on a branch that begins at the founding change.
RosterLaw::KeyRank RosterLaw::rank_of(const std::optional<RosterSpot>& entry,
                                      const AuthorKey& author) const {
  if (!entry) return {true, 0, ChangeId{}, 0, author};
  const RosterNode& node = history_[entry->change];
  return {false, node.depth, node.id, entry->operation, author};
}

RosterLaw::KeyRank RosterLaw::rank_of(const RosterVerdicts& verdicts,
                                      const AuthorKey& author) const {
  return rank_of(first_in_force(verdicts, history_.devices(author)), author);
}

RosterVerdicts RosterLaw::judge_without(const std::vector<RosterNo>& members,
                                        const RosterClock& scope, const std::set<RosterNo>& fallen,
                                        const MemberId& owner, Attacks& attacks) const {
  std::set<RosterNo> independent, rest = fallen;
  // Ancestors first.
  for (RosterNo no : members) {
    const RosterNode& node = history_[no];
    auto is_entered = [&](const RosterSpot& entry) {
      if (history_.operation<AddDevice>(entry).member == owner) return false;
      return node.parents.empty()
                 ? entry.change == no
                 : independent.contains(entry.change) && history_.precedes(entry.change, no);
    };
    if ((node.is_of_quorum && !fallen.contains(no)) ||
        std::ranges::any_of(history_.devices(node.author), is_entered)) {
      independent.insert(no);
    } else {
      rest.insert(no);
    }
  }
  return settle(members, scope, rest, attacks);
}

/// Who knows two branches has chosen none of them.
std::optional<RosterNo> RosterLaw::last_known(const Forked& log, const RosterClock& seen) const {
  std::optional<RosterNo> out;
  std::size_t known = 0;
  for (RosterNo no : log.tail) {
    if (!history_.covers(seen, no)) continue;
    ++known;
    if (!out || history_[*out].seq < history_[no].seq) out = no;
  }
  std::size_t on_path = 0;
  for (std::optional<RosterNo> at = out; at && history_[*at].seq >= log.point;
       at = history_[*at].own_live)
    ++on_path;
  if (known != on_path) out.reset();
  return out;
}

std::optional<RosterLaw::Cover> RosterLaw::cover_of(RosterNo act, const Forked& log) const {
  const RosterNode& node = history_[act];
  Cover out;
  for (std::size_t i = 0; i < node.operations.size(); ++i) {
    const RosterOperation& operation = node.operations[i];
    // Only what takes is held to what witnesses acknowledged, so nothing else may name a branch.
    if (std::holds_alternative<SetPolicy>(operation) && node.taken_rights[i] == 0) continue;
    const Cut* cut = find_cut(operation, log.author);
    if (cut == nullptr || cut->end <= log.point.value) continue;
    out.named = cut->last;
    out.tip = find_in_tail(log, cut->last);
    break;
  }
  if (!out.tip) out.tip = last_known(log, node.seen);
  if (!out.named && !out.tip) return std::nullopt;
  return out;
}

/// What acts of others say of the log, in force or not.
std::vector<RosterLaw::ActCover> RosterLaw::act_covers(const Forked& log,
                                                       const std::vector<RosterNo>& members) const {
  std::vector<ActCover> out;
  for (RosterNo act : members) {
    if (history_[act].author == log.author) continue;
    if (std::optional<Cover> cover = cover_of(act, log)) out.push_back({act, std::move(*cover)});
  }
  return out;
}

void RosterLaw::hear_acts(const std::optional<MemberId>& owner, const std::vector<ActCover>& covers,
                          const RosterVerdicts& verdicts, std::vector<HeardCover>& out) const {
  for (const auto& [act, cover] : covers) {
    if (!verdicts.is_whole(act)) continue;
    const RosterNode& node = history_[act];
    const std::optional<MemberId> other = owner_of(verdicts, node.author);
    if (!other || other == owner) continue;
    out.push_back({{rank_of(verdicts, node.author), node.depth, node.id}, cover});
  }
}

/// Statements with the same pins stand up to the same place in their log, and cover the same but
/// for what they state.
void RosterLaw::hear_statements(const Forked& log, const std::optional<MemberId>& owner,
                                const RosterNotes& noted, const RosterVerdicts& verdicts,
                                std::vector<HeardCover>& out) const {
  const auto said = noted.statements.find(log.author);
  if (said == noted.statements.end()) return;
  std::map<AuthorKey, Spots> entries;
  for (const RosterSpot& at : history_.nodes())
    entries[AuthorKey{history_.operation<AddNode>(at).node.value}].push_back(at);
  struct Known {
    std::optional<RosterSpot> entry;  ///< None: not heard.
    std::uint64_t end = 0;
    std::optional<RosterNo> last;
  };
  std::map<std::pair<AuthorKey, std::vector<RosterNo>>, Known> by_pins;
  for (const RosterStatement& statement : said->second) {
    const AuthorKey& witness = statement.witness;
    if (statement.stated_seq < log.point) continue;
    const auto fork = noted.fork_points.find(witness);
    if (fork != noted.fork_points.end() && statement.seq >= fork->second) continue;
    auto [at, is_new] = by_pins.try_emplace({witness, statement.pins});
    Known& known = at->second;
    if (is_new) {
      known.entry = first_in_force(verdicts, entries[witness]);
      if (known.entry && history_.operation<AddNode>(*known.entry).member == owner)
        known.entry.reset();
      const RosterClock seen = history_.seen_by(statement.pins);
      known.end = effective_end(verdicts, witness, seen, kWitnessRegistry);
      known.last = last_known(log, seen);
    }
    if (!known.entry || statement.seq.value >= known.end) continue;
    Cover cover{.named = statement.stated, .tip = find_in_tail(log, statement.stated)};
    if (!cover.tip) cover.tip = known.last;
    out.push_back({{rank_of(known.entry, witness), statement.seq.value, statement.id}, cover});
  }
}

std::optional<RosterNo> RosterLaw::find_in_tail(const Forked& log, const ChangeId& id) const {
  const std::optional<RosterNo> found = history_.find(id);
  if (!found || std::ranges::find(log.tail, *found) == log.tail.end()) return std::nullopt;
  return found;
}

/// What others cover of the author's log, in the order in which they are heard.
std::vector<RosterLaw::Cover> RosterLaw::covers_of(
    const Forked& log, const std::vector<RosterNo>& members, const RosterClock& scope,
    const RosterNotes& noted, const std::set<RosterNo>& fallen, const RosterVerdicts& verdicts,
    Attacks& attacks) const {
  const std::vector<ActCover> acts = act_covers(log, members);
  std::vector<Cover> out;
  // What the quorum has sealed is covered before anybody is heard, whoever carried that.
  std::vector<RosterNo> seals = attacks.seals;
  std::ranges::sort(seals, [&](RosterNo a, RosterNo b) { return history_.comes_first(a, b); });
  for (RosterNo seal : seals)
    if (std::optional<RosterNo> tip = last_known(log, history_[seal].seen))
      out.push_back({.named = std::nullopt, .tip = tip});
  if (acts.empty() && !noted.statements.contains(log.author)) return out;
  const std::optional<MemberId> owner = owner_of(verdicts, log.author);
  auto hear = [&](const RosterVerdicts& in_force) {
    std::vector<HeardCover> heard;
    hear_acts(owner, acts, in_force, heard);
    hear_statements(log, owner, noted, in_force, heard);
    std::ranges::sort(heard, {}, &HeardCover::rank);
    for (HeardCover& each : heard) out.push_back(std::move(each.cover));
  };
  if (owner) hear(judge_without(members, scope, fallen, *owner, attacks));
  hear(verdicts);
  return out;
}

bool RosterLaw::is_on_path(RosterNo earlier, RosterNo later) const {
  std::optional<RosterNo> at = later;
  while (at && *at != earlier) at = history_[*at].own_live;
  return at.has_value();
}

RosterVerdicts RosterLaw::judge(const RosterClock& scope, const RosterNotes& noted) const {
  const std::vector<RosterNo> members = members_of(scope);
  std::map<AuthorKey, Seq> points = visible_forks(scope);
  // Who knows the log knows better where it parts than its roster changes show.
  for (const auto& [author, point] : noted.fork_points) points.insert_or_assign(author, point);
  QuorumLine line = quorum_line(scope);
  std::set<RosterNo> silent = silenced(line, scope);
  if (points.empty() && silent.empty() && is_peaceful(members)) {
    RosterVerdicts peaceful;
    peaceful.levels.assign(history_.size(), RosterVerdicts::Level::kVoid);
    for (RosterNo no : members) peaceful.levels[no] = RosterVerdicts::Level::kWhole;
    peaceful.quorums = std::move(line);
    return peaceful;
  }
  std::map<AuthorKey, std::vector<RosterNo>> tails;
  std::set<RosterNo> voided;
  for (RosterNo no : members) {
    const RosterNode& node = history_[no];
    auto point = points.find(node.author);
    if (point == points.end() || node.seq < point->second) continue;
    tails[node.author].push_back(no);
    if (!node.parents.empty() && !node.is_of_quorum) voided.insert(no);
  }
  std::set<RosterNo> fallen = silent;
  fallen.insert(voided.begin(), voided.end());
  Attacks attacks = find_attacks(members, scope);
  RosterVerdicts out = settle(members, scope, fallen, attacks);
  std::map<AuthorKey, RosterFork> forks;
  while (!points.empty()) {
    // The senior author first, as things stand: what it releases may enter the next one's key.
    auto next = points.begin();
    KeyRank best = rank_of(out, next->first);
    for (auto at = std::next(next); at != points.end(); ++at)
      if (KeyRank rank = rank_of(out, at->first); rank < best) std::tie(next, best) = {at, rank};
    const auto [author, point] = *next;
    points.erase(next);
    RosterFork fork{.point = point, .covers = {}};
    std::set<ChangeId> listed;
    auto list = [&](const ChangeId& id) {
      if (listed.insert(id).second) fork.covers.push_back(id);
    };
    std::optional<RosterNo> tip;
    const Forked log{author, point, tails[author]};
    for (const Cover& cover : covers_of(log, members, scope, noted, fallen, out, attacks)) {
      if (cover.named) list(*cover.named);
      if (!cover.tip) continue;
      list(history_[*cover.tip].id);
      if (!tip || is_on_path(*tip, *cover.tip)) tip = cover.tip;
    }
    forks.emplace(author, std::move(fork));
    std::size_t released = 0;
    for (std::optional<RosterNo> at = tip; at; at = history_[*at].own_live) {
      if (voided.erase(*at) == 0) continue;
      ++released;
      if (!silent.contains(*at)) fallen.erase(*at);
    }
    if (released > 0) out = settle(members, scope, fallen, attacks);
  }
  out.forks = std::move(forks);
  out.fallen = std::move(fallen);
  out.quorums = std::move(line);
  return out;
}

}  // namespace cunju
