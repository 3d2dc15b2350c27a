// SPDX-License-Identifier: Apache-2.0
//
// What a whole record lacks: required fields, codes and states that the definition does not know,
// moves that its state machine does not allow, values that the field's own check doubts. Only
// warnings and errors of parse_field come out; a draft is saved whatever they are. Pure.
#pragma once

#include <span>

#include "node/registry/date.h"
#include "node/registry/definition.h"
#include "node/registry/finding.h"

namespace cunju::registry {

struct RecordCheck {
  Date today;
  /// The record before the edit, for state moves; empty for a new record.
  std::span<const FieldValue> before = {};
};

Findings check_record(const Definition& definition, std::span<const FieldValue> fields,
                      const RecordCheck& check);

/// Only the required fields that have no value: an import brings records of any age and state.
Findings check_required(const Definition& definition, std::span<const FieldValue> fields);

}  // namespace cunju::registry
