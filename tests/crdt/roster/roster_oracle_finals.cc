// SPDX-License-Identifier: Apache-2.0
//
// The oracle: what the recovery quorum has closed.
#include <algorithm>

#include "tests/crdt/roster/roster_oracle.h"

namespace cunju::test {

/// Some standing act of a quorum that seals was made on top of it, or is it, and does not know the
/// other.
bool RosterOracle::is_sealed(Change change, Change taker, const Changes& set,
                             const Changes& silent) const {
  return std::ranges::any_of(set, [&](Change act) {
    return of_quorum_.contains(act) && !silent.contains(act) && !acts<Seal>({act}).empty() &&
           (act == change || knows(act, change)) && act != taker && !knows(act, taker);
  });
}

RosterOracle::Finals RosterOracle::finals_of(const Changes& set) const {
  const Changes silent = silenced(line_of(set), set);
  Finals out;
  for (const Act& taking : takings_)
    for (Change change : set)
      if (set.contains(taking.change) && is_beside(taking.change, change) &&
          !of_quorum_.contains(taking.change) && is_sealed(change, taking.change, set, silent))
        out.insert({change, taking.change});
  return out;
}

int RosterOracle::final_changes() {
  Changes out;
  for (const auto& [change, taker] : finals_of(live_)) out.insert(change);
  return static_cast<int>(out.size());
}

}  // namespace cunju::test
