// SPDX-License-Identifier: Apache-2.0
//
// Changes of the late tray, looked at and put in force. Whatever comes into force by that is asked
// for like what is written anew: an erasure that was taken back (--taken-back), a definition that
// gives something up (meant_definition.h), an erased person (--readmit).
#pragma once

#include <map>
#include <set>
#include <span>

#include "cli/late_erasures.h"
#include "cli/session.h"

namespace cunju::cli {

/// The erasures of the space that the changes speak of, each with these.
struct LateErasures {
  std::optional<KnownErasures> known;  ///< Read only where there are some.
  std::map<RecordId, std::set<ChangeId>> named;
};
Result<LateErasures> read_late_erasures(node::Node& node, const SpaceId& space,
                                        const std::vector<replica::LatePart>& late,
                                        const std::set<ChangeId>& changes);

/// Whether it can't be read here of which record the part is, nor of which registry.
bool is_sealed(const replica::LatePart& part);
/// Who can look at what is sealed here, before somebody admits it unread.
void advise_on_sealed(const Invocation& call, const Roster& roster,
                      std::span<const replica::LatePart> late);

/// `late admit CHANGE... | all`. Errors in words.
Result<ExitCode> admit_late(Invocation& call);

}  // namespace cunju::cli
