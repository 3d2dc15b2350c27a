// SPDX-License-Identifier: Apache-2.0
//
// What makes a row of an import and a record the same thing: the values of the key fields, or the
// whole row where there is no key. Pure.
//
//   key := 1 | field*   (the key fields in their order)
//        | 0 | field*   (every value of the row, sorted: some key field is empty, or there is none)
//   field := length u32, id bytes, type u8 (1 integer, 2 text, 3 bytes), length u32, value bytes
#pragma once

#include <span>
#include <string>

#include "crdt/base/bytes.h"
#include "node/registry/definition.h"

namespace cunju::registry {

/// Equal bytes exactly for equal keys; the same for rows and for the fields of a record.
Bytes row_key(std::span<const std::string> key_fields, std::span<const FieldValue> fields);

/// The whole row, whatever the key: equal bytes exactly for equal content.
Bytes row_content(std::span<const FieldValue> fields);

}  // namespace cunju::registry
