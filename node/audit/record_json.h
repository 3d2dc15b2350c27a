// SPDX-License-Identifier: Apache-2.0
//
// One record as one line of JSON: everything the view says, all candidates of conflicts included.
// Pure.
#pragma once

#include <string>

#include "crdt/types/record_view.h"

namespace cunju::audit {

/// With the line end. Keys: id, registry, fields, conflicts, other_kinds, deleted, deletions,
/// contested, changed_by, heads (docs/formats/export.md).
std::string write_record_json(const RecordId& record, const RecordView& view);

}  // namespace cunju::audit
