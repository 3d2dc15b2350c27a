// SPDX-License-Identifier: Apache-2.0
//
// What all requests for an erasure share: the grounds that have to be given, and what is said
// before one is filed and after.
#pragma once

#include <string>

#include "cli/verb.h"
#include "crdt/roster/roster.h"
#include "node/council/erasure_acts.h"

namespace cunju::cli {

/// From --reason, --basis, --asked-by; refused without the first two.
Result<council::ErasureGrounds> read_grounds(const Invocation& call);
/// Without --yes, or with --dry-run.
bool is_only_shown(const Invocation& call);

void say_consequences(const Invocation& call);
void say_nothing_done(const Invocation& call);
/// `id`: the erasure's, in hexadecimal digits.
void say_filed(const Invocation& call, const Roster& roster, const std::string& id);

}  // namespace cunju::cli
