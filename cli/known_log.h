// SPDX-License-Identifier: Apache-2.0
//
// What others are known to have of a log: receipts of witnesses, and what peers said or took at the
// last exchange. Peers speak of this node's own logs only.
#pragma once

#include <boost/json/array.hpp>
#include <vector>

#include "cli/session.h"

namespace cunju::cli {

struct KnownLog {
  AuthorKey author;
  std::uint64_t count = 0;  ///< Changes of it that are here.
  std::vector<replica::Acknowledged> receipts;
  std::vector<replica::ToldHead> told;
};
Result<KnownLog> read_known_log(replica::Replica& replica, const SpaceId& space,
                                const AuthorKey& author);

/// One line each for people; what `status` has for programs.
boost::json::array show_receipts(Terminal& terminal, const Roster& roster, const KnownLog& log);
boost::json::array show_told(Terminal& terminal, const Roster& roster, const KnownLog& log);

}  // namespace cunju::cli
