// SPDX-License-Identifier: Apache-2.0
//
// What `doctor` says of attachments, and how orphans go.
#pragma once

#include "cli/doctor_report.h"
#include "cli/session.h"

namespace cunju::cli {

struct OrphanOptions {
  bool verifies = false;       ///< Hashes every attachment.
  bool says_orphans = false;   ///< Says which files nothing refers to,
  bool takes_orphans = false;  ///< and takes them away.
};
Result<void> check_attachments(DoctorReport& doctor, Invocation& call, node::Node& node,
                               const OrphanOptions& options);

}  // namespace cunju::cli
