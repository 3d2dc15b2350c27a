// SPDX-License-Identifier: Apache-2.0
//
// Changes of the late tray, looked at and put in force. Whatever comes into force by that is asked
// for like what is written anew: what every act on the roster asks about (entering_changes.h), and
// an erased person (--readmit).
#pragma once

#include <span>

#include "cli/session.h"
#include "node/replica/replica.h"

namespace cunju::cli {

/// Whether it can't be read here of which record the part is, nor of which registry.
bool is_sealed(const replica::LatePart& part);
/// Who can look at what is sealed here, before somebody admits it unread.
void advise_on_sealed(const Invocation& call, const Roster& roster,
                      std::span<const replica::LatePart> late);

/// `late admit CHANGE... | all`. Errors in words.
Result<ExitCode> admit_late(Invocation& call);

}  // namespace cunju::cli
