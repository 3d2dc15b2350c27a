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

/// The roster that everybody knows who names the next one; of the first, the founding change's.
const Roster& RosterOracle::electorate(const std::optional<Change>& end) const {
  const Change last = end.value_or(*live_.begin());
  if (!electorates_.contains(last)) {
    Changes known = before_[last];
    known.insert(last);
    electorates_.emplace(last, roster_of(known, judge(known, {}, {})));
  }
  return electorates_.at(last);
}

RosterOracle::Line RosterOracle::line_of(const Changes& set) const {
  Line out;
  while (true) {
    std::optional<Change> end;
    if (!out.named.empty()) end = out.named.back();
    Changes next;
    for (Change change : set)
      if (names_quorum(change) && known_quorum_[change] == end) next.insert(change);
    if (next.size() > 1) {
      ++out.contests;
      if (auto most = most_chosen(next, end, set)) {
        next = {*most};
      } else {
        out.rivals = next;
        next.clear();
      }
    }
    if (next.empty()) return out;
    out.named.push_back(*next.begin());
  }
}

/// Officer by officer: what each has built on.
std::optional<RosterOracle::Change> RosterOracle::most_chosen(const Changes& rivals,
                                                              const std::optional<Change>& end,
                                                              const Changes& set) const {
  std::multiset<Change> votes;
  std::size_t officers = 0;
  for (const auto& [id, member] : electorate(end).members) {
    auto has = [&](const AuthorKey& key) { return member.devices.contains(key); };
    int signatures = 0;
    for (Change rival : rivals)
      signatures +=
          std::ranges::any_of(signed_by_[rival], has) || (!end && has(changes_[rival].author));
    Changes choice;
    bool is_officer = false;
    for (const AuthorKey& key : member.devices) {
      is_officer = is_officer || electorate(end).may(key, kRosterRegistry, kWrite);
      for (Change act : set) {
        Changes known;
        for (Change rival : rivals)
          if (changes_[act].author == key && knows(act, rival)) known.insert(rival);
        if (known.size() == 1) choice.insert(*known.begin());
      }
    }
    officers += is_officer && signatures < 2 ? 1 : 0;
    if (is_officer && signatures < 2 && choice.size() == 1) votes.insert(*choice.begin());
  }
  for (Change rival : rivals)
    if (2 * votes.count(rival) > officers && std::ranges::all_of(rivals, [&](Change other) {
          return other == rival || votes.count(other) < votes.count(rival);
        }))
      return rival;
  return std::nullopt;
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
