// SPDX-License-Identifier: Apache-2.0
//
// Which branch of a forked log --branch names.
#pragma once

#include <map>
#include <optional>

#include "cli/record_lookup.h"

namespace cunju::cli {

/// The branch of that log which --branch names; none: what stands already is meant. Errors in
/// words: kInvalidArgument (the log is forked, nothing of a branch stands, and none is named; or
/// too few digits), kNotFound, kConflict (several).
Result<std::optional<ChangeId>> read_branch(const Invocation& call, node::Node& node,
                                            const SpaceId& space, const AuthorKey& author);
/// By log the branch that one of several --branch names. Errors in words: as above,
/// kInvalidArgument (two for one log).
Result<std::map<AuthorKey, ChangeId>> read_branches(const Invocation& call, node::Node& node,
                                                    const SpaceId& space);
/// kInvalidArgument, in words: nothing of a branch of this forked log stands, and `chosen` has none
/// for it.
Result<void> require_branch(const Invocation& call, node::Node& node, const SpaceId& space,
                            const AuthorKey& author, const std::map<AuthorKey, ChangeId>& chosen);

}  // namespace cunju::cli
