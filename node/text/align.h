// SPDX-License-Identifier: Apache-2.0
//
// What two versions of a text keep, found from coarse to fine: lines, then clauses in the gaps
// between kept lines, then tokens in the gaps between kept clauses. Internal to text_diff. Pure.
#pragma once

#include <vector>

#include "node/text/sequence_diff.h"
#include "node/text/tokens.h"

namespace cunju::text {

/// Runs of tokens as in SequenceDiff::common_runs; both token lists have their ids from one
/// TokenIds. Of pieces that changed places the heavier ones stay, the others are not kept.
std::vector<CommonRun> align(const Tokens& before, const Tokens& after);

}  // namespace cunju::text
