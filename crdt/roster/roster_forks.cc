// SPDX-License-Identifier: Apache-2.0
//
// Forked logs: which of their roster changes stand. The law is in roster_law.h.
#include <algorithm>
#include <map>
#include <tuple>

#include "crdt/roster/roster_law.h"

namespace cunju {

/// What one act covers of a forked log. A cut may name a record change, or nothing that exists:
/// that is for those to judge who know the log.
struct RosterLaw::Cover {
  std::optional<ChangeId> named;
  std::optional<RosterNo> tip;  ///< The last roster change that the act covers.
};

/// By author: from where on its roster changes in the set show that its log is forked.
RosterLaw::ForkPoints RosterLaw::visible_forks(const RosterClock& scope) const {
  ForkPoints out;
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

std::optional<RosterSpot> RosterLaw::first_entry(const RosterVerdicts& verdicts,
                                                 const AuthorKey& author) const {
  std::optional<RosterSpot> out;
  for (const RosterSpot& entry : history_.devices(author)) {
    if (!verdicts.is_whole(entry.change)) continue;
    if (!out || (entry.change == out->change ? entry.operation < out->operation
                                             : history_.comes_first(entry.change, out->change)))
      out = entry;
  }
  return out;
}

/// Without an entry in force: after all others. Entries that are void must not count, or a liar
/// would give puppets a rank by entering them on a branch that begins at the founding change.
RosterLaw::KeyRank RosterLaw::rank_of(const RosterVerdicts& verdicts,
                                      const AuthorKey& author) const {
  const std::optional<RosterSpot> entry = first_entry(verdicts, author);
  if (!entry) return {true, 0, ChangeId{}, 0, author};
  const RosterNode& node = history_[entry->change];
  return {false, node.depth, node.id, entry->operation, author};
}

/// `tail`: the author's live roster changes in the set from the fork point on.
std::optional<RosterLaw::Cover> RosterLaw::cover_of(RosterNo act, const AuthorKey& author,
                                                    Seq point,
                                                    const std::vector<RosterNo>& tail) const {
  const RosterNode& node = history_[act];
  Cover out;
  for (const RosterOperation& operation : node.operations) {
    const Cut* cut = find_cut(operation, author);
    if (cut == nullptr || cut->end <= point.value) continue;
    out.named = cut->last;
    for (RosterNo no : tail)
      if (history_[no].id == cut->last) out.tip = no;
    break;
  }
  if (out.tip) return out;
  std::size_t known = 0;
  for (RosterNo no : tail) {
    if (!history_.precedes(no, act)) continue;
    ++known;
    if (!out.tip || history_[*out.tip].seq < history_[no].seq) out.tip = no;
  }
  // Who knows two branches has chosen none of them.
  std::size_t on_path = 0;
  for (std::optional<RosterNo> at = out.tip; at && history_[*at].seq >= point;
       at = history_[*at].own_live)
    ++on_path;
  if (known != on_path) out.tip.reset();
  if (!out.named && !out.tip) return std::nullopt;
  return out;
}

/// What others cover of the author's log, in the order in which they are heard. Whatever else may
/// cover a branch some day is to be heard here.
std::vector<RosterLaw::Cover> RosterLaw::covers_of(const AuthorKey& author, Seq point,
                                                   const std::vector<RosterNo>& tail,
                                                   const std::vector<RosterNo>& members,
                                                   const RosterVerdicts& verdicts) const {
  using Rank = std::tuple<KeyRank, std::uint64_t, ChangeId>;
  auto owner_of = [&](const std::optional<RosterSpot>& entry) -> std::optional<MemberId> {
    if (!entry) return std::nullopt;
    return history_.operation<AddDevice>(*entry).member;
  };
  const std::optional<MemberId> owner = owner_of(first_entry(verdicts, author));
  std::vector<std::pair<Rank, Cover>> heard;
  for (RosterNo act : members) {
    const RosterNode& node = history_[act];
    if (node.author == author || !verdicts.is_whole(act)) continue;
    const std::optional<MemberId> other = owner_of(first_entry(verdicts, node.author));
    if (!other || other == owner) continue;
    if (std::optional<Cover> cover = cover_of(act, author, point, tail))
      heard.emplace_back(Rank{rank_of(verdicts, node.author), node.depth, node.id},
                         std::move(*cover));
  }
  std::ranges::sort(heard, {}, &std::pair<Rank, Cover>::first);
  std::vector<Cover> out;
  for (auto& [rank, cover] : heard) out.push_back(std::move(cover));
  return out;
}

bool RosterLaw::is_on_path(RosterNo earlier, RosterNo later) const {
  std::optional<RosterNo> at = later;
  while (at && *at != earlier) at = history_[*at].own_live;
  return at.has_value();
}

RosterVerdicts RosterLaw::judge(const RosterClock& scope, const ForkPoints& noted) const {
  const std::vector<RosterNo> members = members_of(scope);
  ForkPoints points = visible_forks(scope);
  // Who knows the log knows better where it parts than its roster changes show.
  for (const auto& [author, point] : noted) points.insert_or_assign(author, point);
  if (points.empty() && is_peaceful(members)) {
    RosterVerdicts peaceful;
    peaceful.levels.assign(history_.size(), RosterVerdicts::Level::kVoid);
    for (RosterNo no : members) peaceful.levels[no] = RosterVerdicts::Level::kWhole;
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
  RosterVerdicts out = settle(members, scope, voided);
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
    for (const Cover& cover : covers_of(author, point, tails[author], members, out)) {
      if (cover.named) list(*cover.named);
      if (!cover.tip) continue;
      list(history_[*cover.tip].id);
      if (!tip || is_on_path(*tip, *cover.tip)) tip = cover.tip;
    }
    forks.emplace(author, std::move(fork));
    std::size_t released = 0;
    for (std::optional<RosterNo> at = tip; at; at = history_[*at].own_live)
      released += voided.erase(*at);
    if (released > 0) out = settle(members, scope, voided);
  }
  out.forks = std::move(forks);
  out.void_by_fork = std::move(voided);
  return out;
}

}  // namespace cunju
