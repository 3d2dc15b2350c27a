// SPDX-License-Identifier: Apache-2.0
//
// The roster in words: roles, members, and what an operation says, for people who are to decide on
// it or to read what was done.
#pragma once

#include <boost/json/object.hpp>
#include <span>

#include "cli/record_lookup.h"
#include "crdt/roster/roster.h"

namespace cunju::cli {

std::string role_label(std::string_view id, Language language);
/// Errors: kInvalidArgument, in words that name the option or argument `what`.
Result<std::string> require_role(const Invocation& call, std::string_view role,
                                 std::string_view what);
/// "NAME=ROLE" of an option. Errors: kInvalidArgument, those of require_member().
struct MemberRole {
  MemberId member;
  std::string role;
};
Result<MemberRole> read_member_role(const Invocation& call, const Roster& roster,
                                    std::string_view option, const std::string& text);
/// An option's day as the program writes days; empty when it was not given. Errors:
/// kInvalidArgument (it is no day).
Result<std::string> read_day(const Invocation& call, std::string_view option);

/// The member of that name or id. Errors in words: kNotFound with how to invite, kConflict.
Result<MemberId> require_member(const Invocation& call, const Roster& roster,
                                const std::string& name);
/// The key in use that starts so. Errors in words: kInvalidArgument, kNotFound, kConflict.
Result<AuthorKey> require_key(const Invocation& call, const Roster& roster,
                              const std::string& prefix);

/// The node in the roster whose key starts so. Errors in words: kInvalidArgument (too few digits),
/// kNotFound, kConflict.
Result<NodeKey> require_node(const Invocation& call, const Roster& roster,
                             const std::string& prefix);
/// "read、write", or that there are none.
Label rights_label(std::uint8_t rights);

/// What a node of that scope keeps.
Label replication_name(Replication replication);

/// Of anybody who is or was a member; the id in short when nobody knows a name.
std::string member_name(const Roster& roster, const MemberId& member);
/// An author among others, for a person: the name, and the key in short beside it where somebody
/// else has that name too, or instead of one that nobody knows.
std::string author_among(const Roster& roster, const AuthorKey& author);
/// The names of some members, as the roster has them; "nobody" for none.
Label names_of(const Roster& roster, const std::vector<MemberId>& members);
Label joined(const std::vector<Label>& parts);

/// What the operation says, without what it cuts.
Label describe(const RosterOperation& operation, const Roster& roster);
/// One line for each, indented so; `zh[]` and `en[]` for programs.
void say_operations(Terminal& terminal, std::span<const RosterOperation> operations,
                    const Roster& roster, const std::string& indent, boost::json::object& out);

}  // namespace cunju::cli
