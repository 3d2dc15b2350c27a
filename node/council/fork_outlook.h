// SPDX-License-Identifier: Apache-2.0
//
// What a planned act on the roster does to the forked logs that it cuts: which branch stands now,
// and which one if it were signed. It tries the act out on a copy of the roster (roster_copy.h),
// so it is right only as far as the logs that are here tell. Reads all logs when a log that is cut
// is forked, and none otherwise. Single thread.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "node/council/roster_copy.h"

namespace cunju::council {

struct ForkOutlook {
  AuthorKey author;
  Seq point;  ///< Changes before it are on all branches.
  Standing now, after;
  /// Heads of the branches on which these end; none: nothing of any branch stands.
  std::optional<ChangeId> branch_now, branch_after;
  /// What each cut of the log names as last stands afterwards, or is before the fork.
  bool cut_stands = true;
  std::vector<ChangeId> enters;  ///< Come into force.
  std::vector<ChangeId> leaves;  ///< Are no more in force.
  /// A branch stands, and the act makes another one stand in its place, or none.
  bool leaves_branch = false;
};

/// By log, of each forked log of a device or node that the operations cut. Operations with an Epoch
/// are taken to be signed by the recovery quorum. `acting`: the key that is to put them into its
/// log.
Result<std::vector<ForkOutlook>> read_fork_outlook(replica::Replica& replica, const SpaceId& space,
                                                   std::span<const RosterOperation> operations,
                                                   const AuthorKey& acting);

/// The one of that log; null: the log is not forked, or not cut.
const ForkOutlook* find_fork(std::span<const ForkOutlook> forks, const AuthorKey& author);

}  // namespace cunju::council
