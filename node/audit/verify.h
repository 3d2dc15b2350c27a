// SPDX-License-Identifier: Apache-2.0
//
// Verifies an export from its files alone: no store, no replica, no keystore, no network. Digests
// against the manifest, the manifest against its signature, every change and signature and chain,
// then everything computed from the logs again and compared with every file (docs/formats/
// export.md). All bytes are foreign: bounded by limits.h, links are not followed, nothing is
// written. Not thread safe towards writers of the folder.
#pragma once

#include <filesystem>

#include "node/audit/export.h"
#include "node/audit/report.h"

namespace cunju::audit {

/// Whatever is wrong with the export is a finding of the report. Errors: kNotFound (no folder),
/// kIo (it can't be listed), kLimit (limits::kMaxExportEntries).
Result<VerifyReport> verify_export(const std::filesystem::path& folder,
                                   const ProgressSink& progress = {});

}  // namespace cunju::audit
