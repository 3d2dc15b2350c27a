// SPDX-License-Identifier: Apache-2.0
//
// Who can read confidential scopes, and who can still hand their keys over. A *reader* may read the
// scope by the roster and works at a computer that keeps everything; a *holder* is a member to one
// of whose devices somebody has wrapped an epoch's key, with a computer in use, whatever that keeps
// and whatever the member may read: a key lies on a computer also where nothing confidential does.
// The rule for acts on the roster, in one sentence: what somebody can read now somebody must be
// able to read afterwards, and what somebody can hand over now somebody must be able to hand over
// afterwards. Who reads from their coming on only counts for the epochs that they were given or may
// be handed (Roster::may_be_handed). It goes by what wraps say; whether one opens, only its device
// can tell, and that a computer is lost people alone. Pure but for the reading.
#pragma once

#include <set>
#include <span>
#include <string>
#include <vector>

#include "node/council/member_computers.h"

namespace cunju::council {

/// Who may read the scope and has a device, and can't read all the same, ascending.
struct Unable {
  std::vector<MemberId> shells;   ///< All their computers in use keep less than everything.
  std::vector<MemberId> nowhere;  ///< No computer of theirs is in use any more.
};
Unable unable_readers(const Roster& roster, const EnteredComputers& entered,
                      const std::string& scope);

/// An epoch of a scope that has content here, whose key no device of a reader holds.
struct UnheldEpoch {
  std::string scope;
  crypto::EpochId epoch;
  bool is_here = false;        ///< This home has the key, and can pass it on.
  bool has_readers = false;    ///< Somebody can read the scope who may be handed it.
  std::set<MemberId> holders;  ///< Who can hand it over, but for this home.

  bool is_lost() const { return !is_here && holders.empty(); }
  friend bool operator==(const UnheldEpoch&, const UnheldEpoch&) = default;
};

/// Of the scopes as they are here, when `roster` says who may read. Ascending by scope; epochs of
/// one oldest first.
std::vector<UnheldEpoch> find_unheld(const Roster& roster, const EnteredComputers& entered,
                                     std::span<const replica::ScopeStatus> scopes);

/// What find_unheld() needs to know of computers under each of these rosters. Logs are read only
/// where it makes a difference: where some key is held by nobody but members without a computer of
/// their own.
Result<EnteredComputers> find_computers(replica::Replica& replica, const SpaceId& space,
                                        std::span<const Roster* const> rosters,
                                        std::span<const replica::ScopeStatus> scopes);

/// Those that the operations take further from who may read them, against the rule above: as they
/// are afterwards. An epoch that this home can pass on to a reader is none of them: `sender`, a
/// member still, does so at once. A key that takes the place of its member's retired one is on the
/// same computer, and has what that one had.
Result<std::vector<UnheldEpoch>> find_left_unheld(replica::Replica& replica, const SpaceId& space,
                                                  const Roster& before,
                                                  std::span<const RosterOperation> operations,
                                                  const AuthorKey& sender);

/// Somebody who can read a scope.
struct ScopeReader {
  MemberId member;
  bool has_all = true;       ///< Holds every epoch of it on some device.
  bool is_waiting = false;   ///< Lacks one that they may be handed.
  bool is_from_now = false;  ///< May not be handed those of before their time.
};
/// Everybody who may read the scope, has a device to do so and a computer that keeps it; ascending.
std::vector<ScopeReader> readers_of(const Roster& roster, const EnteredComputers& entered,
                                    const std::string& scope,
                                    std::span<const replica::ScopeStatus> scopes);
/// A role whose holders may read the scope; `reads_earlier`: also what was sealed before they came.
struct ReadingRole {
  std::string role;
  bool reads_earlier = true;
};
/// Ascending by role.
std::vector<ReadingRole> roles_reading(const Roster& roster, const std::string& scope);

}  // namespace cunju::council
