// SPDX-License-Identifier: Apache-2.0
//
// What a planned act on the roster means for those who may change it: who can do so before and
// after, whether whoever asks may carry it out, and what a person should know first. It estimates
// by the planned operations on top of the roster as it is shown; the law (crdt/roster/roster_law.h)
// judges the signed change. A space that nobody can change any more is lost for ever, so every verb
// asks here before it signs. Pure but for the reading.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "node/council/roster_acts.h"

namespace cunju::council {

/// The keys of a member that can sign: in use, and their logs not forked.
Result<std::set<AuthorKey>> find_signing_keys(replica::Replica& replica, const SpaceId& space,
                                              const MemberId& member);
/// Who may change the roster, and has a key for it.
Result<std::vector<MemberId>> find_officers(replica::Replica& replica, const SpaceId& space);
/// The key that signed the founding change; none while that is not here.
Result<std::optional<AuthorKey>> find_founder(replica::Replica& replica, const SpaceId& space,
                                              const Roster& roster);

/// Who can change the roster.
struct Control {
  std::vector<MemberId> officers;  ///< With a key that can sign.
  /// Keys of the recovery quorum that are in use. A retired one may be on a laptop that is lost, so
  /// it is not counted on, though its signature would count.
  std::size_t quorum_keys = 0;
  /// These reach the threshold, and somebody has a key that can put the act into a log.
  bool quorum_can_act = false;

  bool is_lost() const { return officers.empty() && !quorum_can_act; }
};
/// `forked`: keys that sign nothing any more.
Control control_of(const Roster& roster, const std::set<AuthorKey>& forked);
/// The roster with these operations on top, one after the other; nothing beside them. What an epoch
/// voids is not taken back.
Roster roster_after(const Roster& roster, std::span<const RosterOperation> operations);

/// Whether nothing is left to be done about a forked key: it is out of use, and its member goes on
/// with another one or has left. `forked`: all forked keys of the space.
bool is_fork_settled(const Roster& roster, const std::set<AuthorKey>& forked, const AuthorKey& key);
/// The keys of a space whose logs are forked.
Result<std::set<AuthorKey>> forked_keys(replica::Replica& replica, const SpaceId& space);

/// Somebody who is to supervise the committee and is, or may well be, of it.
struct BothSides {
  MemberId member;
  std::string supervising;  ///< The roles.
  std::string supervised;
};
/// Of members to whom the operations grant a role. No member of the committee, nor a near relative,
/// may be of its supervisory body: Organic Law of Villagers' Committees (2025) art. 37, of Urban
/// Residents' Committees (2025) art. 36. It is a note: who is whose relative, and whether a clerk
/// is elected, is not in the roster.
std::vector<BothSides> find_both_sides(const Roster& after,
                                       std::span<const RosterOperation> operations);

enum class Authority : std::uint8_t {
  kOfficer,  ///< Whoever may change the roster.
  kFounder,  ///< The founder's key: names the recovery quorum while nobody has.
  kQuorum,   ///< The recovery quorum together.
};

struct ActOutlook {
  Authority authority = Authority::kOfficer;
  std::vector<MemberId> able;  ///< Who may carry it out; of kQuorum those who sign.
  bool may_act = false;        ///< Whoever asks can carry it out as it is planned.
  bool is_key_forked = false;  ///< The acting key's log is: it signs nothing any more.
  /// A cut lies below what a witness has acknowledged, or on another branch of a forked log: only
  /// the quorum can do this.
  bool needs_quorum = false;
  Control before, after;
  /// Keys that sign for recovery, of whom it takes from or gives a new key; they go on doing so.
  std::vector<AuthorKey> quorum_keys;
  std::vector<BothSides> both_sides;

  /// Nobody could change the roster any more, and somebody can now.
  bool locks_out() const { return !before.is_lost() && after.is_lost(); }
};
/// `acting`: the key that is to sign.
Result<ActOutlook> read_outlook(replica::Replica& replica, const SpaceId& space,
                                const RosterAct& act, const AuthorKey& acting);

/// What the statements that are here say of logs, whether or not what they speak of is here: of
/// each log by witness the greatest number of first changes. Reads the logs of all nodes that are
/// witnesses now.
using StatedCounts = std::map<AuthorKey, std::map<AuthorKey, std::uint64_t>>;
Result<StatedCounts> read_stated_counts(replica::Replica& replica, const SpaceId& space,
                                        const Roster& roster);
/// So many changes of a log are here; of a forked one those of its longest branch.
Result<std::uint64_t> held_of(replica::Replica& replica, const SpaceId& space,
                              const AuthorKey& author);

}  // namespace cunju::council
