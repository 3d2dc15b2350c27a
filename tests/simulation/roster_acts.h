// SPDX-License-Identifier: Apache-2.0
//
// Acts on the roster by chance. One table, one row an act: an act that a chair can do in the
// product gets a row here, and all seeds have it from then on.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "crdt/roster/roster.h"
#include "tests/simulation/context.h"

namespace cunju::simulation {

/// What an act may look at.
struct RosterScene {
  Context& context;
  const Roster& roster;  ///< As the acting node knows it.

  const Member& any_member() const;
};

struct RosterAct {
  std::string_view name;
  std::size_t weight;
  /// Empty: nothing to do in this roster.
  std::vector<RosterOperation> (*make)(RosterScene&);
};

std::span<const RosterAct> roster_acts();
const RosterAct& pick_roster_act(Dice& dice);

}  // namespace cunju::simulation
