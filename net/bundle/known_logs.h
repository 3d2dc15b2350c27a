// SPDX-License-Identifier: Apache-2.0
//
// What another node is known to have of a space, from what it has receipted, and raised by what is
// written for it in one bundle. A value; the functions ask the port.
#pragma once

#include <map>
#include <span>
#include <vector>

#include "net/sync/port.h"

namespace cunju::bundle {

/// Of each author's log some changes, by falling (seq, id): the ends of its branches, and ever
/// fewer before them. The node has them all, and all that is before each.
using KnownLogs = std::map<AuthorKey, std::vector<wire::Sample>>;

/// What this replica has, for somebody else to know: at most limits::kMaxReceiptSamples. Where that
/// is too few, only the ends of logs; what is left out costs bytes and nothing else.
Result<KnownLogs> describe_logs(sync::Port& port, const SpaceId& space);

/// The same as a session knows it. Only of changes that are here: a claim of others decides
/// nothing, because the other log may be a branch of this one.
Result<sync::Have> have_of(sync::Port& port, const SpaceId& space, const KnownLogs& logs);

/// The node will have these as well, if it reads what is being written.
void note_runs(KnownLogs& logs, std::span<const wire::Run> runs);

}  // namespace cunju::bundle
