// SPDX-License-Identifier: Apache-2.0
//
// Acts on the roster by chance. One table, one row an act: an act that an officer can do in the
// product gets a row here, and all seeds have it from then on. Acts that take away are planned by
// node/council, as in the program.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "crdt/roster/roster.h"
#include "tests/simulation/node.h"

namespace cunju::simulation {

/// Somebody who writes at some machine.
struct Seat {
  Node* node = nullptr;
  std::size_t who = 0;

  const test::Person& person() const { return node->people()[who]; }
};

/// What an act may look at.
struct RosterScene {
  Context& context;
  const Nodes& nodes;
  Seat actor;
  const Roster& roster;  ///< As the acting node knows it.

  const Member& any_member() const;
  /// Whom to take something from: mostly people without a machine of their own, because the node of
  /// somebody who is removed is cut off.
  const Member* any_victim() const;
  /// Where a member writes; none: its key is nobody's here.
  std::optional<Seat> find_seat(const MemberId& member) const;
  /// A machine for somebody new: mostly the actor's own.
  Node& any_home() const;
};

struct RosterAct {
  std::string_view name;
  std::size_t weight;
  /// Empty: nothing to do in this roster.
  std::vector<RosterOperation> (*make)(RosterScene&);
  bool takes_away = false;
  std::uint32_t fault = 0;  ///< Only in scenarios with it.
  /// It may turn out to say nothing: signatures are for the pins that a draft had.
  bool may_be_void = false;
};

std::span<const RosterAct> roster_acts();
const RosterAct& pick_roster_act(Context& context);
/// What names a recovery quorum: keys of some members of the roster, and how many of them.
SetQuorum some_quorum(Dice& dice, const Roster& roster);

/// Who may change the roster, as the node where they sit knows it; those of honest nodes that are
/// up.
std::vector<Seat> find_officers(const Context& context, const Nodes& nodes);
/// What removes that member, as planned at the node; empty: it is no member there.
std::vector<RosterOperation> removal_of(Context& context, Node& node, const MemberId& member);
/// What admits somebody; hosted at `home` from now on.
std::vector<RosterOperation> admission_of(RosterScene& scene, Node& home,
                                          const std::vector<std::string>& roles);

}  // namespace cunju::simulation
