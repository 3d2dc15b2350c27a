// SPDX-License-Identifier: Apache-2.0
//
// An export of a village in a temporary folder.
#pragma once

#include "tests/node/audit/export_files.h"
#include "tests/support/village.h"

namespace cunju::audit {

inline ExportSummary require_export(test::StoredVillage& village, const fs::path& folder,
                                    const ExportOptions& options = {}) {
  return test::StoredVillage::require(export_spaces(*village.replica, std::span(&village.space, 1),
                                                    builtin_toml, folder, village.node,
                                                    1'700'000'000'123, options));
}

}  // namespace cunju::audit
