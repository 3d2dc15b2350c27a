// SPDX-License-Identifier: Apache-2.0
//
// What others are known to have of a log: receipts of witnesses, and what peers said or took at the
// last exchange. Peers speak of this node's own logs only.
#pragma once

#include <boost/json/array.hpp>
#include <set>
#include <vector>

#include "cli/session.h"

namespace cunju::cli {

struct KnownLog {
  AuthorKey author;
  /// Changes of it that are here; of a forked log those up to where what stands of it ends.
  std::uint64_t count = 0;
  std::vector<replica::Acknowledged> receipts;
  std::vector<replica::ToldHead> told;
  /// Changes of those receipts and heads that are not on the path of `count`: their numbers are of
  /// another branch, and say nothing of this one.
  std::set<ChangeId> elsewhere;
};
Result<KnownLog> read_known_log(replica::Replica& replica, const SpaceId& space,
                                const AuthorKey& author);

/// One line each for people; what `status` has for programs.
boost::json::array show_receipts(Terminal& terminal, const Roster& roster, const KnownLog& log);
boost::json::array show_told(Terminal& terminal, const Roster& roster, const KnownLog& log);

}  // namespace cunju::cli
