// SPDX-License-Identifier: Apache-2.0
//
// What an officer signs to let a computer in by an invitation: a new member's, or one that was in
// the space before. A key belongs for ever to the member who had it first
// (crdt/roster/roster_law.h), so whoever comes back with the same computer comes back as the same
// member, with the log that is there, and the keys of confidential scopes that lie on it can be
// handed over again. Only what is missing is entered. Pure but for the reading.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "node/replica/replica.h"

namespace cunju::council {

/// A computer that asks to come in, and the person who is to work at it.
struct Newcomer {
  MemberId invited;      ///< Whom the invitation would make a member.
  std::string name;      ///< As the invitation calls the person; empty: as the computer does.
  std::string own_name;  ///< As the computer does.
  std::string role;
  Replication replication = Replication::kFull;  ///< As the invitation has it.
  NodeKey node;
  WireKey wire;
  Signature node_entry;
  AuthorKey author;
  Signature device_entry;
};

/// Whose entries the computer with this key signs: of whoever the key is or was, or else of whom
/// the invitation names.
MemberId entering_member(const Roster& roster, const AuthorKey& author, const MemberId& invited);
/// Whether the roster has the key and the computer now, so that nothing is to be entered.
bool is_entered(const Roster& roster, const AuthorKey& author, const WireKey& wire);
/// How the roster calls the key's member, or called; else the invitation's name or the computer's.
std::string entering_name(const Roster& roster, const AuthorKey& author, std::string_view invited,
                          std::string_view own_name);

/// Context of kPermission: the computer's key was retired. It may be forked, or in other hands, so
/// it does not come back by an invitation; another key of the same person does.
inline constexpr std::string_view kRetiredKey = "the key of that computer was retired";

/// A computer that was in the space, as it asks to come in again.
struct Returning {
  MemberId member;
  std::string name;
  /// Who took it out, by the name that the roster has for them, and when as they claim: the last
  /// act against the member, or else the computer. None: the act is not in force any more.
  struct TakenOut {
    std::string by;
    std::uint64_t claimed_ms = 0;
    bool is_member = false;  ///< The member was removed, and not the computer alone retired.
  };
  std::optional<TakenOut> taken_out;
};
/// Nothing where the key never was anybody's, or is in the roster with its computer. Reads all logs
/// otherwise. Errors: those of the replica.
Result<std::optional<Returning>> find_returning(replica::Replica& replica, const SpaceId& space,
                                                const AuthorKey& author, const NodeKey& node,
                                                const WireKey& wire);

/// The entry, with the epochs that it opens still to be added. An entry that is not signed for
/// entering_member() is taken from the roster, where it was entered for that member before. A
/// computer that kept less when it was taken out keeps no more when it comes back: an invitation
/// may narrow that, and `node scope` widens it. Errors:
/// kBadSignature (there is none either), kPermission (kRetiredKey), kExists (the invitation names
/// somebody else than whose key it is, who is the context).
Result<std::vector<RosterOperation>> plan_entry(replica::Replica& replica, const SpaceId& space,
                                                const Newcomer& newcomer);

}  // namespace cunju::council
