// SPDX-License-Identifier: Apache-2.0
//
// Who holds the keys of confidential scopes. Entitled is who may read by the roster; *holds* is
// said of a device that somebody has wrapped an epoch's key to. An epoch that no entitled device
// holds is read by nobody, for ever if the devices that do hold it are gone: whoever ends the role
// of a sole reader, or hands it over, has to know before. It says what wraps say; whether one
// opens, only its device can tell. A member all of whose computers keep less than everything
// (shell, witness) reads nothing there, whatever was wrapped to them, and counts as no reader:
// which device is on which computer the roster does not say. One without a computer of their own
// works at another's, and counts. Pure but for the reading.
#pragma once

#include <set>
#include <span>
#include <string>
#include <vector>

#include "node/replica/replica.h"

namespace cunju::council {

/// Whether the member has computers, and none of them keeps confidential content.
bool has_shells_only(const Roster& roster, const MemberId& member);
/// Everybody who may read the scope and has shells only, ascending.
std::vector<MemberId> shell_readers_of(const Roster& roster, const std::string& scope);

/// An epoch of a scope that has content here, whose key no device of a reader holds.
struct UnheldEpoch {
  std::string scope;
  crypto::EpochId epoch;
  bool is_here = false;        ///< This home has the key, and can pass it on.
  bool has_readers = false;    ///< Somebody may read the scope, and not on shells only.
  std::set<MemberId> holders;  ///< Members of the roster with a device that holds it.
};

/// Of the scopes as they are here, when `roster` says who may read. Ascending by scope; epochs of
/// one oldest first.
std::vector<UnheldEpoch> find_unheld(const Roster& roster,
                                     std::span<const replica::ScopeStatus> scopes);

/// Those that the operations leave so and that somebody who may read holds now. An epoch that this
/// home can pass on itself is none of them: `sender`, a member still, does so at once.
Result<std::vector<UnheldEpoch>> find_left_unheld(replica::Replica& replica, const SpaceId& space,
                                                  const Roster& before,
                                                  std::span<const RosterOperation> operations,
                                                  const AuthorKey& sender);

/// Somebody who may read a scope.
struct ScopeReader {
  MemberId member;
  bool has_all = true;  ///< Holds every epoch of it on some device.
};
/// Everybody who may read the scope, has a device to do so, and not on shells only; ascending.
std::vector<ScopeReader> readers_of(const Roster& roster, const std::string& scope,
                                    std::span<const replica::ScopeStatus> scopes);
/// Roles whose holders may read the scope, ascending.
std::vector<std::string> roles_reading(const Roster& roster, const std::string& scope);

}  // namespace cunju::council
