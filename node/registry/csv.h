// SPDX-License-Identifier: Apache-2.0
//
// Reads CSV row by row: RFC 4180 quoting, strictly; rows end with CR, LF or CRLF; quoted cells may
// hold new lines; nothing is trimmed. The only place that includes libcsv. Rows are numbered as a
// spreadsheet numbers them: the header is row 1, a blank line counts. Writing is csv_write.h.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "crdt/base/bytes.h"
#include "crdt/base/result.h"
#include "node/registry/encoding.h"

namespace cunju::registry {

struct CsvRow {
  std::size_t number = 0;          ///< 1 is the first row of the file.
  std::vector<std::string> cells;  ///< UTF-8. Blank lines make no row.
};

/// The callback may move the cells out of the row; its error ends the reading.
using CsvSink = std::function<Result<void>(CsvRow& row)>;

/// Returns the encoding it found. kMalformed names the row of a bad quote; kLimit beyond
/// kMaxImportBytes, kMaxImportRows, kMaxImportColumns or kMaxCellBytes; else as decode().
/// Rows before the error have been delivered: a caller that wants all or nothing collects first.
Result<Encoding> read_csv(ByteView bytes, Encoding encoding, const CsvSink& sink);

/// A whole file, at most limits::kMaxImportBytes.
Result<Bytes> load_csv_file(const std::string& path);

}  // namespace cunju::registry
