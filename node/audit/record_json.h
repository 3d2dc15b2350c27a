// SPDX-License-Identifier: Apache-2.0
//
// One record as one line of JSON: everything that its views say, all candidates of conflicts
// included. Pure.
#pragma once

#include <string>

#include "node/audit/csv_table.h"

namespace cunju::audit {

/// With the line end. Keys: id, registry, fields, conflicts, other_kinds, deleted, deletions,
/// contested, changed_by, heads; disclosed, where something is (docs/formats/export.md).
std::string write_record_json(std::string_view registry, const ShownRecord& record);

}  // namespace cunju::audit
