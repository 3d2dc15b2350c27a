// SPDX-License-Identifier: Apache-2.0
//
// Compares a file of an export with what it should hold, so that every difference has a place: the
// line or row, the record, and the field or column when it can be told. Rows that are missing,
// added or changed are told apart by looking a little ahead. Pure.
#pragma once

#include <string>

#include "crdt/base/bytes.h"
#include "node/audit/report.h"
#include "node/audit/tables.h"

namespace cunju::audit {

void compare_file(const std::string& path, const TextFile& expected, ByteView actual,
                  VerifyReport& report);

}  // namespace cunju::audit
