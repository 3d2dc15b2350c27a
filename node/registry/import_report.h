// SPDX-License-Identifier: Apache-2.0
//
// An import plan in sentences: what would be written, what not and why, row by row. Names rows as
// the spreadsheet shows them, fields by their label, and never values of persons. Pure.
#pragma once

#include <string>
#include <vector>

#include "node/registry/import_plan.h"

namespace cunju::registry {

/// One line each, without line ends: a summary, the file's findings, refused rows, warnings.
std::vector<std::string> report_lines(const ImportPlan& plan, const Definition& definition,
                                      Language language);

/// "房主身份证号（owner_identity_number）：…".
std::string finding_line(const Finding& finding, const Definition& definition, Language language);

}  // namespace cunju::registry
