// SPDX-License-Identifier: Apache-2.0
//
// Acts on the roster that take something from people, as a person decides on them: which devices
// they touch, and where each device's log is cut. A plan changes nothing; Replica::append_roster
// signs its operations. By default the cut is what this node holds: everything that is here stays
// in force, and what the device wrote beside the act goes to the late tray. A forked log is cut
// where what stands of it ends, or, if that would drop what a witness has acknowledged and no
// quorum is to sign, on the branch that the witness had: whoever carries the act out looks whether
// another branch would stand then (fork_outlook.h). Statements of a member's nodes are cut there as
// well. Pure but for the reading.
#pragma once

#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "node/council/key_request.h"
#include "node/replica/replica.h"

namespace cunju::council {

/// One device that an act takes from.
struct CutDevice {
  MemberId member;
  Cut cut;
  /// Changes of its log that this node holds; those from cut.end on become late.
  std::uint64_t held = 0;
  bool is_here = true;  ///< The change that the cut names as last is held here.

  std::uint64_t late() const { return held > cut.end ? held - cut.end : 0; }
};

struct RosterAct {
  std::vector<RosterOperation> operations;
  std::vector<CutDevice> devices;
  /// Of an act of the recovery quorum what was signed for; empty: what its author pins next.
  std::vector<ChangeId> pins = {};
};

/// Where forked logs are to be cut.
struct CutChoice {
  /// By log the head of the branch that is to stand; of a log without one what stands already.
  std::map<AuthorKey, ChangeId> branches = {};
  /// The recovery quorum is to sign it, which may drop what a witness has acknowledged.
  bool is_of_quorum = false;
};

/// The member of that name, or with an id that starts so. Errors: kNotFound, kConflict (several).
Result<MemberId> find_member(const Roster& roster, std::string_view name_or_id);
/// So many digits of an id or key at least say which is meant; fewer mean nothing.
inline constexpr std::size_t kFewestDigits = 4;
/// The device in use whose key starts so, of anybody. Errors: kInvalidArgument (fewer than
/// kFewestDigits), kNotFound, kConflict (several).
Result<AuthorKey> find_device(const Roster& roster, std::string_view hex_prefix);

/// The devices that somebody's operations cut, and what of them is held here: for whoever is to
/// sign what another node has planned. Cuts of nodes' statements are left out; a device is named
/// once for each place where it is cut.
Result<std::vector<CutDevice>> devices_of(replica::Replica& replica, const SpaceId& space,
                                          std::span<const RosterOperation> operations);

/// Takes everything from a member. Errors: kNotFound.
Result<RosterAct> plan_removal(replica::Replica& replica, const SpaceId& space,
                               const MemberId& member, const CutChoice& choice = {});
/// Ends a member's role. Errors: kNotFound (member, or it has no such role).
Result<RosterAct> plan_role_end(replica::Replica& replica, const SpaceId& space,
                                const MemberId& member, std::string_view role,
                                const CutChoice& choice = {});
/// Retires a key. `keep`: so many changes of its log stay in force, for a stolen laptop; all that
/// are here unless given. `branch`: the head of the branch of a forked log that is to stand;
/// without one, what stands already. Errors: kNotFound, kInvalidArgument (more than there are).
Result<RosterAct> plan_retirement(replica::Replica& replica, const SpaceId& space,
                                  const AuthorKey& device, std::optional<std::uint64_t> keep,
                                  const std::optional<ChangeId>& branch = std::nullopt);
/// Gives a member a new key for an old one, which is retired as above. Errors: as above, kConflict
/// (the request's member is not the old key's, or the new key is somebody's already).
Result<RosterAct> plan_replacement(replica::Replica& replica, const KeyRequest& request,
                                   std::optional<std::uint64_t> keep,
                                   const std::optional<ChangeId>& branch);
/// Puts these changes of the late tray in force: as many acts as it takes, because one names no
/// more than limits::kMaxNamedChanges. Each change once.
std::vector<RosterAct> plan_late_admission(std::vector<ChangeId> changes);
/// Retires a node: it exchanges nothing any more, and as a witness states nothing. Errors:
/// kNotFound.
Result<RosterAct> plan_node_retirement(replica::Replica& replica, const SpaceId& space,
                                       const NodeKey& node);
/// Sets the rights of a role in a registry ("*": those without a line of their own).
Result<RosterAct> plan_policy(replica::Replica& replica, const SpaceId& space,
                              std::string_view role, std::string_view registry,
                              std::uint8_t rights);

}  // namespace cunju::council
