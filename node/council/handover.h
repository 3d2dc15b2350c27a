// SPDX-License-Identifier: Apache-2.0
//
// A change of term: roles pass from one member to another in one change of the roster, so that
// there is no moment at which both have them or neither. The logs of whoever hands over are cut
// where they end here, as roster_acts.h has it; no key is retired, and the member stays one.
// Whoever hands over may be the one who signs. A plan changes nothing. Pure but for the reading.
#pragma once

#include <chrono>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "node/council/roster_outlook.h"

namespace cunju::council {

/// From the day on which the new committee came about, that day not counted: Organic Law of
/// Villagers' Committees (2025) art. 24, of Urban Residents' Committees (2025) art. 25. It is
/// shown; no date does or forbids anything.
inline constexpr std::chrono::days kHandoverDays{10};

struct HandoverWish {
  MemberId from;
  MemberId to;
  std::vector<std::string> roles = {};  ///< Empty: all that `from` has.
  /// Dates of the new term, shown only. Without an end the old one's stays, if the term was to go
  /// on beyond `term_from`: who is elected in between serves what is left of it.
  std::string term_from = {};
  std::string term_until = {};
};

struct Handover {
  MemberId from;
  MemberId to;
  std::vector<RoleGrant> roles;         ///< As `to` gets them.
  std::vector<std::string> kept_roles;  ///< That `from` goes on having.
  RosterAct act;                        ///< Its devices are those of `from`.
  std::optional<ChangeId> change;       ///< The change that did it, if it is done.
};

/// Errors: kInvalidArgument (`to` is `from`), kNotFound (a member; or `from` has not all of these
/// roles, or none), kConflict (`to` has no key that can sign: without one nobody could act in the
/// role, and a space might be locked for ever).
Result<Handover> plan_handover(replica::Replica& replica, const SpaceId& space,
                               const HandoverWish& wish);

/// The newest handover in force between the two, of all the wanted roles if there are any. Reads
/// all logs: for somebody who asks for what may be done already.
Result<std::optional<Handover>> find_handover(replica::Replica& replica, const SpaceId& space,
                                              const HandoverWish& wish);

/// What a handover means for these registries, as the roster's policy stands.
struct HandoverReach {
  std::set<std::string> handed_over;  ///< In which the roles give more than reading.
  std::set<std::string> read_only;    ///< In which `from` could write and will no more.
};
HandoverReach reach_of(const Roster& roster, const Handover& handover,
                       std::span<const std::string> registries);

}  // namespace cunju::council
