// SPDX-License-Identifier: Apache-2.0
//
// What the actions of `quorum` share: a draft of the recovery quorum as a person sees it, and its
// way from who writes it (quorum_draft.cc) to who puts it into a log (quorum_publish.cc).
#pragma once

#include <boost/json/object.hpp>
#include <span>
#include <string>

#include "cli/roster_act.h"
#include "node/council/epoch_draft.h"

namespace cunju::cli {

/// Refuses a draft for a roster that is not here, or does not stand here any more.
Result<void> require_pinned(Invocation& call, replica::PinnedRoster pinned,
                            const std::string& path);

/// The keys of named members, one each, with --threshold: who has several names the key itself.
/// Errors in words.
Result<SetQuorum> read_quorum(const Invocation& call, const Roster& roster,
                              std::span<const std::string> names);
/// The key of a named member, who has one, or the key that is named. Errors in words.
Result<AuthorKey> read_device(const Invocation& call, const Roster& roster,
                              const std::string& word);
/// Why nobody can sign for recovery, and what helps: for a roster in which no quorum speaks.
Label why_no_quorum(Terminal& terminal, const Roster& roster);
/// Who can sign for recovery, for whoever can't.
Label quorum_names(const Roster& roster);
/// Whether the unlocked clerk's key is of the quorum.
bool is_of_quorum(const node::Node& node, const Roster& roster);

/// The file that the second word names.
Result<std::string> file_of(const Invocation& call);
Result<council::EpochDraft> read_draft(const std::string& path);
/// What a draft says and takes, what it makes of forked logs, and who has signed it. Only keys of
/// the quorum in force count.
Result<boost::json::object> show_draft(Invocation& call, node::Node& node,
                                       const council::EpochDraft& draft, const Roster& roster);

Result<ExitCode> write_draft(Invocation& call);
Result<ExitCode> publish_draft(Invocation& call);

}  // namespace cunju::cli
