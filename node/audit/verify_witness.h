// SPDX-License-Identifier: Apache-2.0
//
// The receipts in an export: what supervisors' and office nodes acknowledged must be there. Who
// leaves out the end of a log, or signs it anew, can't have the witness sign anew. Pure.
#pragma once

#include <vector>

#include "crdt/replay/replay.h"
#include "node/audit/report.h"

namespace cunju::audit {

/// `changes`: the authentic ones of one space, of which `replay` was made. Findings name the log
/// and the first change of it that is missing or another; a change that names a statement which is
/// not in the export is a warning, once for each log.
void verify_receipts(const SpaceId& space, const std::vector<Change>& changes,
                     const replay::Replay& replay, VerifyReport& report);

}  // namespace cunju::audit
