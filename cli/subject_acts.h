// SPDX-License-Identifier: Apache-2.0
//
// What `subject` does about a request besides looking: each through the way there is for it already
// (an edit, an erasure), with the request's id in the act and the outcome in the register.
#pragma once

#include "cli/verb.h"

namespace cunju::cli {

/// `subject correct REGISTRY ID FIELD=VALUE...`.
Result<ExitCode> correct_for_subject(Invocation& call);
/// `subject restrict` and `subject erase`.
Result<ExitCode> restrict_for_subject(Invocation& call);
Result<ExitCode> erase_for_subject(Invocation& call);
/// `subject lift ERASURE`: what an erasure restricted is to be shown again.
Result<ExitCode> lift_restriction(Invocation& call);
/// `subject close REQUEST STATE`.
Result<ExitCode> close_request(Invocation& call);
/// The files of a person's copy, and what stands behind its name, with a full stop, until it is
/// whole.
inline constexpr std::string_view kCopyFiles[] = {"personal_data.txt", "personal_data.csv",
                                                  "personal_data.json"};
inline constexpr std::string_view kUnfinishedMark = "XXXXXX";
/// `subject export`.
Result<ExitCode> export_for_subject(Invocation& call);

}  // namespace cunju::cli
