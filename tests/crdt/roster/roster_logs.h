// SPDX-License-Identifier: Apache-2.0
//
// Logs with what roster graphs know nothing of, record changes, for tests: which change comes after
// which. A copy of it may be kept. Not thread safe.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <vector>

#include "crdt/roster/roster_history.h"

namespace cunju::test {

struct RosterLogs {
  struct Place {
    AuthorKey author;
    Seq seq;
    std::optional<ChangeId> prev;  ///< The one before it that anybody may name.
  };
  std::map<ChangeId, Place> places;

  /// The change and all before it, the last first; empty: there is no such change.
  std::vector<ChangeId> path_to(const ChangeId& id) const {
    std::vector<ChangeId> out;
    for (auto at = places.find(id); at != places.end();) {
      out.push_back(at->first);
      at = at->second.prev ? places.find(*at->second.prev) : places.end();
    }
    return out;
  }
  bool holds(const AuthorKey& log, const NamedChange& change) const {
    auto found = places.find(change.id);
    return found != places.end() && found->second.author == log && found->second.seq == change.seq;
  }
  /// For the graph, as long as these live.
  IsOnPath paths() const {
    return [this](const AuthorKey& log, const NamedChange& earlier, const NamedChange& later) {
      const std::vector<ChangeId> path = path_to(later.id);
      return holds(log, later) && std::find(path.begin(), path.end(), earlier.id) != path.end();
    };
  }
};

}  // namespace cunju::test
