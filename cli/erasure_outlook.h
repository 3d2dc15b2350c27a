// SPDX-License-Identifier: Apache-2.0
//
// What an act on the roster means for erasures: how many could approve of one afterwards, how many
// have to, and whether what waits for approval could then be decided by one member alone. Said
// before each act that changes it, and refused where somebody would be left to decide alone on what
// was asked for while two had to.
#pragma once

#include <set>
#include <string>

#include "cli/session.h"
#include "crdt/roster/roster.h"
#include "node/council/roster_acts.h"

namespace cunju::cli {

/// Members with a device who may approve of erasures: it takes writing there as well.
std::set<MemberId> able_to_approve(const Roster& roster);

/// Says what the act means for erasures, where it means something. kConflict in words where it
/// takes the last second member away who could approve, while an erasure waits for approval here.
/// An act of the quorum is not refused, nor a key that is retired, which may be in wrong hands,
/// unless one approval would then suffice: then what waits is named in a warning.
Result<void> weigh_erasures(Invocation& call, node::Node& node, const SpaceId& space,
                            const council::RosterAct& act);

/// For a line that lets so many approve: kConflict in words where fewer could. `number`: as typed.
Result<void> require_approvers(const Invocation& call, const Roster& roster,
                               const std::string& number);

}  // namespace cunju::cli
