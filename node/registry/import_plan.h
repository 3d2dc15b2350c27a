// SPDX-License-Identifier: Apache-2.0
//
// What an import would do, worked out before anything is written: the rows with their values and
// findings, what is refused and why, what is dropped. --dry-run prints it; applying it is the
// caller's one undoable act. Rows are all or nothing, files are not: a refused row leaves the
// others. Knows no registry and no store; matching rows with records goes through row_key.h.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "crdt/base/bytes.h"
#include "node/registry/date.h"
#include "node/registry/definition.h"
#include "node/registry/encoding.h"
#include "node/registry/finding.h"
#include "node/registry/mapping.h"

namespace cunju::registry {

struct PlannedRow {
  std::size_t number = 0;  ///< As a spreadsheet counts: the header is row 1.
  FieldValues fields;      ///< No empty values; a set's field once for each element.
  Findings findings;
};

struct RefusedRow {
  std::size_t number = 0;
  Findings findings;  ///< At least one error.
};

struct ImportPlan {
  std::string registry;
  Encoding encoding = Encoding::kAuto;  ///< What the file was read as.
  std::vector<std::string> key;         ///< Fields that identify a row; empty: the whole row.
  std::vector<PlannedRow> rows;         ///< To be written, in the order of the file.
  std::vector<RefusedRow> refused;
  std::size_t rows_read = 0;                 ///< Without the header and blank rows.
  std::size_t blank_rows = 0;                ///< Every cell empty.
  std::size_t duplicate_rows = 0;            ///< The same content as a row before; skipped.
  std::size_t warnings = 0;                  ///< All of them; rows keep kMaxImportWarnings at most.
  std::vector<std::string> dropped_columns;  ///< In the file, not in the mapping.
  std::vector<std::string> extra_fields;     ///< In the mapping, not in the definition.
  Findings file_findings;                    ///< About the file as a whole.

  /// False when the file or mapping cannot be used at all; then there are no rows either.
  bool usable() const { return !has_error(file_findings); }
};

struct ImportProgress {
  std::size_t rows = 0;
  std::size_t bytes = 0;  ///< About how much of the file has been read.
  std::size_t total_bytes = 0;
};

struct ImportOptions {
  Date today;
  std::function<void(const ImportProgress&)> progress = {};  ///< Every 1,000 rows and at the end.
};

/// Every problem is in the plan; see usable(). `definition` and `mapping` may go away afterwards.
ImportPlan plan_import(const Definition& definition, const Mapping& mapping, ByteView csv,
                       const ImportOptions& options);

}  // namespace cunju::registry
