// SPDX-License-Identifier: Apache-2.0
//
// The oracle: recovery quorums, one after the other.
#include <algorithm>

#include "tests/crdt/roster/roster_oracle.h"

namespace cunju::test {

bool RosterOracle::names_quorum(Change change) const { return !acts<SetQuorum>({change}).empty(); }

const SetQuorum* RosterOracle::named_by(const std::optional<Change>& change) const {
  return change ? said<SetQuorum>(acts<SetQuorum>({*change}).back()) : nullptr;
}

/// From the founding on; between several for one place those that are decided.
RosterOracle::Line RosterOracle::line_of(const Changes& set, const Changes& decided) const {
  Line out;
  while (true) {
    std::optional<Change> end;
    if (!out.named.empty()) end = out.named.back();
    Changes next, taken;
    for (Change change : set) {
      if (!names_quorum(change) || known_quorum_[change] != end) continue;
      next.insert(change);
      if (decided.contains(change)) taken.insert(change);
    }
    if (next.size() > 1) ++out.contests;
    if (next.size() == 1) taken = next;
    if (taken.empty()) {
      out.rivals = next;
      return out;
    }
    out.named.push_back(*taken.begin());
  }
}

/// Which of the rivals it is, as things stand.
std::optional<RosterOracle::Change> RosterOracle::decide(const Line& line, const Changes& set,
                                                         const Changes& fallen,
                                                         const Model& model) const {
  if (line.named.empty()) {
    Changes left;
    for (Change rival : line.rivals)
      if (!fallen.contains(rival)) left.insert(rival);
    if (left.size() != 1) return std::nullopt;
    return *left.begin();
  }
  // Whoever signed for two of them does not choose between them.
  auto signed_for = [&](const MemberId& member) {
    int out = 0;
    for (Change rival : line.rivals)
      out += std::ranges::any_of(signed_by_[rival], [&](const AuthorKey& key) {
        return owner_of(set, model, key) == member;
      });
    return out;
  };
  std::optional<std::tuple<std::tuple<std::size_t, ChangeId, std::size_t>, std::size_t, ChangeId>>
      first;
  std::optional<Change> out;
  for (Change act : model.whole) {
    const std::optional<MemberId> owner = owner_of(set, model, changes_[act].author);
    if (!owner || signed_for(*owner) > 1) continue;
    Changes known;
    for (Change rival : line.rivals)
      if (knows(act, rival)) known.insert(rival);
    const auto rank = std::tuple(order(*first_entry(set, model, changes_[act].author)), depth_[act],
                                 changes_[act].id);
    if (known.size() != 1 || (first && *first < rank)) continue;
    first = rank;
    out = *known.begin();
  }
  return out;
}

RosterOracle::Changes RosterOracle::silenced(const Line& line, const Changes& set) const {
  Changes standing;
  for (Change act : of_quorum_) {
    for (std::size_t i = 0; i < line.named.size(); ++i) {
      if (known_quorum_[act] != line.named[i]) continue;
      Changes later = line.rivals;
      if (i + 1 < line.named.size()) later = {line.named[i + 1]};
      if (std::ranges::all_of(later, [&](Change next) {
            return knows(next, act) || (next == act && !line.rivals.contains(act));
          }))
        standing.insert(act);
    }
  }
  Changes out;
  for (Change act : of_quorum_)
    if (set.contains(act) && !standing.contains(act)) out.insert(act);
  return out;
}

bool RosterOracle::is_silenced(const ChangeId& id) {
  return silenced(judged_all().line, live_).contains(find(id));
}

std::pair<int, int> RosterOracle::quorum_contests() {
  const Line& line = judged_all().line;
  return {line.contests, line.contests - (line.rivals.empty() ? 0 : 1)};
}

}  // namespace cunju::test
