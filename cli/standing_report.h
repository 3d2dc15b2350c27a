// SPDX-License-Identifier: Apache-2.0
//
// Which branch of a forked log stands when an act is signed, and whether it is the one that whoever
// signs has named: an older cover by a senior key may hold another one up.
#pragma once

#include <boost/json/object.hpp>

#include "cli/session.h"
#include "node/council/roster_acts.h"

namespace cunju::cli {

/// Before the act; nothing for a log that is not forked. `device`: as the act cuts it. Programs get
/// `branch_after` `announced_stands` `enters[]` `leaves[]`.
Result<boost::json::object> show_standing_after(Invocation& call, node::Node& node,
                                                const SpaceId& space, const council::RosterAct& act,
                                                const council::CutDevice& device);
/// After it: what is in force of each branch, and a warning if it is not the one named.
Result<void> show_standing_now(Invocation& call, node::Node& node, const SpaceId& space,
                               const council::CutDevice& device);

}  // namespace cunju::cli
