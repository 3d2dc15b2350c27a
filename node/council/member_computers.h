// SPDX-License-Identifier: Apache-2.0
//
// At which computers a member works, as far as the roster tells: it names one member for each
// computer, while several may share one, and it does not say who once had one that is retired now.
// Both are in the acts that entered computers. What a member can do with keys there follows from
// it. Pure but for the reading.
#pragma once

#include <map>
#include <set>
#include <span>

#include "node/replica/replica.h"

namespace cunju::council {

/// By member all computers that acts in force entered for them, also those that are out of use.
using EnteredComputers = std::map<MemberId, std::set<NodeKey>>;
/// Reads all logs. Errors: those of the store.
Result<EnteredComputers> read_entered_computers(replica::Replica& replica, const SpaceId& space);
/// Those of this home, without reading any log: its clerks work at it.
EnteredComputers own_computers(replica::Replica& replica, const Roster& roster);

/// What a member can do at the computers that are in use.
struct ComputerUse {
  bool reads = false;      ///< One of them keeps everything.
  bool exchanges = false;  ///< There is one: keys that lie on it can be handed over.
};
/// Who never had a computer works at another's, of which nothing is known, and can do both.
ComputerUse use_of(const Roster& roster, const EnteredComputers& entered, const MemberId& member);

/// The roster with these operations on top (roster_outlook.h). A computer whose first member is
/// removed goes on for those who share it.
Roster roster_after(const Roster& roster, const EnteredComputers& entered,
                    std::span<const RosterOperation> operations);

}  // namespace cunju::council
