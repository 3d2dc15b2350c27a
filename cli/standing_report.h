// SPDX-License-Identifier: Apache-2.0
//
// Which branch of a forked log stands when an act on the roster is decided on, and which one
// afterwards: for every act that cuts such a log, in the same words. No act leaves the branch that
// stands unless whoever signs has named another.
#pragma once

#include <boost/json/object.hpp>

#include "cli/session.h"
#include "node/council/fork_outlook.h"
#include "node/council/roster_acts.h"

namespace cunju::cli {

/// Before the act: what stands of one log now and then. Programs get `branch_now` `branch_after`
/// (empty: nothing of any branch) `announced_stands` `enters[]` `leaves[]`.
void show_standing(Terminal& terminal, const council::ForkOutlook& fork, boost::json::object& out);

/// Refuses what would leave the branch that stands when nobody has named one (--branch) and it is
/// not the quorum's: kConflict, in words that say which branch and what to do.
Result<void> refuse_leaving(Invocation& call, const Roster& roster,
                            std::span<const RosterOperation> operations,
                            std::span<const council::ForkOutlook> forks);

/// After the act: what is in force of each branch of these logs, and a warning if a cut names
/// another.
Result<void> show_standing_now(Invocation& call, node::Node& node, const SpaceId& space,
                               std::span<const RosterOperation> operations,
                               std::span<const council::ForkOutlook> forks);

}  // namespace cunju::cli
