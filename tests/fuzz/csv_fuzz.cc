// SPDX-License-Identifier: Apache-2.0
// Foreign tables: read in every encoding, and written back harmless and equal.
#include <cstdlib>

#include "node/registry/csv.h"
#include "node/registry/csv_write.h"

using namespace cunju;
using namespace cunju::registry;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ByteView bytes{data, size};
  for (Encoding encoding : {Encoding::kAuto, Encoding::kUtf8, Encoding::kGb18030}) {
    std::vector<std::vector<std::string>> rows;
    std::string written(kUtf8ByteOrderMark);
    Result<Encoding> result = read_csv(bytes, encoding, [&](CsvRow& row) -> Result<void> {
      written += write_csv_row(row.cells);
      rows.push_back(std::move(row.cells));
      return ok();
    });
    // What was written is UTF-8 and not UTF-16 unless the cells are full of zero bytes.
    if (!result || written.find('\0') != std::string::npos) continue;
    std::size_t at = 0;
    Result<Encoding> again =
        read_csv(as_bytes(written), Encoding::kUtf8, [&](CsvRow& row) -> Result<void> {
          if (at == rows.size() || row.cells.size() != rows[at].size()) std::abort();
          for (std::size_t i = 0; i < row.cells.size(); ++i) {
            if (restore_csv_cell(row.cells[i]) != rows[at][i]) std::abort();
          }
          ++at;
          return ok();
        });
    if (!again || at != rows.size()) std::abort();
  }
  return 0;
}
