// SPDX-License-Identifier: Apache-2.0
//
// The log files of one space: every byte, every own signature, every link of the chains. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "crdt/change/change.h"
#include "node/audit/export.h"
#include "node/audit/report.h"

namespace cunju::audit {

/// Files of one space's folder by name; no content: it could not be read, which was reported. Of an
/// attachment the content is its hash.
using SpaceContent = std::map<std::string, std::optional<Bytes>>;

/// The authentic changes. A change is authentic if its own signature verifies or an authentic
/// change has it in its chain; a bad signature inside a good chain is a warning.
std::vector<Change> verify_logs(const SpaceId& space, const SpaceContent& content,
                                const ProgressSink& progress, VerifyReport& report);

/// "spaces/<id>/log/<author>.log change 17".
std::string place_of_change(const SpaceId& space, const AuthorKey& author, Seq seq);

}  // namespace cunju::audit
