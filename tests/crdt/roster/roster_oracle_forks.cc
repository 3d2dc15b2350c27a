// SPDX-License-Identifier: Apache-2.0
//
// The oracle's third half: forked logs.
#include <algorithm>
#include <iterator>

#include "tests/crdt/roster/roster_oracle.h"

namespace cunju::test {

bool RosterOracle::is_of_tail(Change change, const AuthorKey& author, std::uint64_t point) const {
  return changes_[change].author == author && changes_[change].seq.value >= point;
}

/// Two changes of an author, neither of which follows the other: the log is forked after the last
/// that both follow.
RosterOracle::Points RosterOracle::visible_forks(const Changes& set) const {
  Points out;
  for (Change a : set) {
    for (Change b : set) {
      if (a == b || changes_[a].author != changes_[b].author || own_before_[a].contains(b) ||
          own_before_[b].contains(a))
        continue;
      std::uint64_t point = 0;
      for (Change common : own_before_[a])
        if (own_before_[b].contains(common))
          point = std::max(point, changes_[common].seq.value + 1);
      auto [found, is_new] = out.emplace(changes_[a].author, point);
      found->second = std::min(found->second, point);
    }
  }
  return out;
}

std::optional<RosterOracle::Act> RosterOracle::first_entry(const Changes& set, const Model& model,
                                                           const AuthorKey& author) const {
  for (const Act& act : acts<AddDevice>(set))
    if (said<AddDevice>(act)->author == author && is_given(model, act)) return act;
  return std::nullopt;
}

RosterOracle::Cover RosterOracle::cover_of(const Changes& set, Change act, const AuthorKey& author,
                                           std::uint64_t point) const {
  Cover out;
  for (std::size_t i = 0; i < changes_[act].operations.size() && !out.named; ++i) {
    if (!is_taking({act, i})) continue;
    const RosterOperation& operation = changes_[act].operations[i];
    Cuts cuts;
    if (const auto* end = std::get_if<EndRole>(&operation)) cuts = end->cuts;
    if (const auto* removal = std::get_if<RemoveMember>(&operation)) cuts = removal->cuts;
    if (const auto* policy = std::get_if<SetPolicy>(&operation)) cuts = policy->cuts;
    if (const auto* retirement = std::get_if<RetireDevice>(&operation)) cuts = {retirement->cut};
    auto cut = std::ranges::find(cuts, author, &Cut::author);
    if (cut != cuts.end() && cut->end > point) out.named = cut->last;
  }
  if (out.named) out.tip = find_in_tail(set, author, point, *out.named);
  if (!out.tip) out.tip = last_known(before_[act], set, author, point);
  return out;
}

std::optional<RosterOracle::Change> RosterOracle::find_in_tail(const Changes& set,
                                                               const AuthorKey& author,
                                                               std::uint64_t point,
                                                               const ChangeId& id) const {
  for (Change change : set)
    if (is_of_tail(change, author, point) && changes_[change].id == id) return change;
  return std::nullopt;
}

/// The last of the tail that is known, if what is known of it is one path.
std::optional<RosterOracle::Change> RosterOracle::last_known(const Changes& known,
                                                             const Changes& set,
                                                             const AuthorKey& author,
                                                             std::uint64_t point) const {
  Changes tail;
  for (Change change : known)
    if (set.contains(change) && is_of_tail(change, author, point)) tail.insert(change);
  for (Change last : tail)
    if (std::ranges::all_of(
            tail, [&](Change other) { return other == last || own_before_[last].contains(other); }))
      return last;
  return std::nullopt;
}

std::optional<RosterOracle::Act> RosterOracle::first_node_entry(const Changes& set,
                                                                const Model& model,
                                                                const AuthorKey& witness) const {
  for (const Act& act : acts<AddNode>(set))
    if (said<AddNode>(act)->node.value == witness.value && is_given(model, act)) return act;
  return std::nullopt;
}

/// It is one of a witness, there, and not of a log that is forked before it.
bool RosterOracle::is_heard(const Changes& set, const Model& model, const StatedChange& stated,
                            const Points& noted) const {
  auto fork = noted.find(stated.witness);
  if (fork != noted.end() && stated.seq.value >= fork->second) return false;
  const Changes known = known_with(stated.pins);
  const Subject subject{stated.witness, stated.seq.value, known, std::nullopt};
  return may({set, model, model, subject, {}, {}}, "witness", kWrite);
}

RosterOracle::Cover RosterOracle::stated_cover(const Changes& set, const StatedChange& stated,
                                               const AuthorKey& author, std::uint64_t point) const {
  Cover out{stated.stated, find_in_tail(set, author, point, stated.stated)};
  if (!out.tip) out.tip = last_known(known_with(stated.pins), set, author, point);
  return out;
}

/// Acts in force of other members and what their nodes state, by whose key or node was entered
/// first.
std::vector<RosterOracle::Cover> RosterOracle::covers_of(
    const Changes& set, const Model& model, const std::optional<MemberId>& owner,
    const AuthorKey& author, std::uint64_t point, const Points& noted,
    const std::vector<StatedChange>& statements) const {
  using Rank = std::tuple<std::tuple<std::size_t, ChangeId, std::size_t>, std::uint64_t, ChangeId>;
  std::vector<std::pair<Rank, Cover>> heard;
  for (Change act : model.whole) {
    const std::optional<MemberId> other = owner_of(set, model, changes_[act].author);
    if (changes_[act].author != author && other && other != owner)
      heard.emplace_back(Rank{order(*first_entry(set, model, changes_[act].author)), depth_[act],
                              changes_[act].id},
                         cover_of(set, act, author, point));
  }
  for (const StatedChange& stated : statements) {
    const std::optional<Act> entry = first_node_entry(set, model, stated.witness);
    if (!entry || said<AddNode>(*entry)->member == owner || stated.stated_seq.value < point ||
        !is_heard(set, model, stated, noted))
      continue;
    heard.emplace_back(Rank{order(*entry), stated.seq.value, stated.id},
                       stated_cover(set, stated, author, point));
  }
  std::ranges::sort(heard, {}, &std::pair<Rank, Cover>::first);
  std::vector<Cover> out;
  for (const auto& [rank, cover] : heard) out.push_back(cover);
  return out;
}

std::optional<MemberId> RosterOracle::owner_of(const Changes& set, const Model& model,
                                               const AuthorKey& key) const {
  const std::optional<Act> entry = first_entry(set, model, key);
  if (!entry) return std::nullopt;
  return said<AddDevice>(*entry)->member;
}

/// Acts by keys that somebody else than the owner has entered for somebody else, from the founding
/// on, whatever the owner has said.
RosterOracle::Changes RosterOracle::independent_of(const MemberId& owner, const Changes& set,
                                                   const Changes& fallen) const {
  Changes out;
  for (bool grew = true; grew;) {
    grew = false;
    for (Change act : set) {
      const bool is_entered = std::ranges::any_of(acts<AddDevice>(set), [&](const Act& entry) {
        const bool is_early = changes_[act].pins.empty()
                                  ? entry.change == act
                                  : knows(act, entry.change) && out.contains(entry.change);
        return said<AddDevice>(entry)->author == changes_[act].author &&
               said<AddDevice>(entry)->member != owner && is_early;
      });
      const bool is_of_quorum = of_quorum_.contains(act) && !fallen.contains(act);
      if (is_entered || is_of_quorum) grew = out.insert(act).second || grew;
    }
  }
  return out;
}

std::optional<RosterOracle::Model> RosterOracle::without_word_of(
    const std::optional<MemberId>& owner, const Changes& set, const Changes& fallen) const {
  if (!owner) return std::nullopt;
  const Changes independent = independent_of(*owner, set, fallen);
  Changes void_ones = fallen;
  for (Change act : set)
    if (!independent.contains(act)) void_ones.insert(act);
  return settle(set, void_ones).first;
}

/// What the quorum has sealed of the log, whoever carried that.
std::vector<RosterOracle::Cover> RosterOracle::sealed_covers(const Changes& set,
                                                             const AuthorKey& author,
                                                             std::uint64_t point) const {
  const Changes silent = silenced(line_of(set), set);
  std::vector<Act> seals;
  for (const Act& act : acts<Seal>(set))
    if (of_quorum_.contains(act.change) && !silent.contains(act.change)) seals.push_back(act);
  std::vector<Cover> out;
  for (const Act& seal : seals) {
    Changes known = before_[seal.change];
    known.insert(seal.change);
    if (const auto tip = last_known(known, set, author, point)) out.push_back({std::nullopt, tip});
  }
  return out;
}

RosterOracle::Judgement RosterOracle::judge(const Changes& set, const Points& noted,
                                            const Statements& statements) const {
  Points points = visible_forks(set);
  for (const auto& [author, point] : noted) points[author] = point;
  Judgement out;
  for (const auto& [author, point] : points)
    for (Change change : set)
      if (is_of_tail(change, author, point) && !changes_[change].pins.empty() &&
          !of_quorum_.contains(change))
        out.fallen.insert(change);
  out.line = line_of(set);
  const Changes silent = silenced(out.line, set);
  auto void_ones = [&] {
    Changes all = silent;
    all.insert(out.fallen.begin(), out.fallen.end());
    return all;
  };
  std::tie(out.model, out.decisions) = settle(set, void_ones());
  while (!points.empty()) {
    auto rank = [&](const auto& entry) {
      auto first = first_entry(set, out.model, entry.first);
      return std::tuple(!first, first ? order(*first) : order({0, 0}), entry.first);
    };
    const auto next = std::ranges::min_element(points, {}, rank);
    const auto [author, point] = *next;
    points.erase(next);
    Fork& fork = out.forks[author];
    fork.point = point;
    std::optional<Change> standing;
    auto name = [&](const ChangeId& id) {
      if (std::ranges::find(fork.covers, id) == fork.covers.end()) fork.covers.push_back(id);
    };
    std::vector<StatedChange> stated;
    for (const auto& [of, statement] : statements)
      if (of == author) stated.push_back(statement);
    const std::optional<MemberId> owner = owner_of(set, out.model, author);
    std::vector<Cover> heard = sealed_covers(set, author, point);
    if (auto early = without_word_of(owner, set, void_ones()))
      std::ranges::copy(covers_of(set, *early, owner, author, point, noted, stated),
                        std::back_inserter(heard));
    for (Cover& cover : covers_of(set, out.model, owner, author, point, noted, stated))
      heard.push_back(cover);
    for (const Cover& cover : heard) {
      if (cover.named) name(*cover.named);
      if (!cover.tip) continue;
      name(changes_[*cover.tip].id);
      if (!standing || own_before_[*cover.tip].contains(*standing)) standing = cover.tip;
    }
    if (!standing) continue;
    out.fallen.erase(*standing);
    for (Change change : own_before_[*standing]) out.fallen.erase(change);
    std::tie(out.model, out.decisions) = settle(set, void_ones());
  }
  return out;
}

// --- questions
// ------------------------------------------------------------------------------------

void RosterOracle::note_fork(const AuthorKey& author, std::uint64_t point) {
  auto [found, is_new] = noted_.emplace(author, point);
  found->second = std::min(found->second, point);
  all_.reset();
}

void RosterOracle::note_statement(const AuthorKey& author, const StatedChange& stated) {
  statements_.emplace_back(author, stated);
  all_.reset();
}

std::optional<std::uint64_t> RosterOracle::fork_point(const AuthorKey& author) {
  auto found = judged_all().forks.find(author);
  if (found == judged_all().forks.end()) return std::nullopt;
  return found->second.point;
}

std::vector<ChangeId> RosterOracle::covers(const AuthorKey& author) {
  auto found = judged_all().forks.find(author);
  return found == judged_all().forks.end() ? std::vector<ChangeId>() : found->second.covers;
}

bool RosterOracle::is_void_by_fork(const ChangeId& id) {
  return judged_all().fallen.contains(find(id));
}

}  // namespace cunju::test
