// SPDX-License-Identifier: Apache-2.0
#include "node/registry/csv.h"

#include <csv.h>
#include <array>
#include <cstdlib>
#include <fstream>
#include <optional>

#include "crdt/base/limits.h"

namespace cunju::registry {
namespace {

// libcsv grows a cell's buffer through this, so an unclosed quote stops here and not at the end
// of memory.
void* bounded_realloc(void* memory, std::size_t size) {
  return size > limits::kMaxCellBytes ? nullptr : std::realloc(memory, size);
}

// libcsv drops what it takes for spaces around a cell; for us every byte is the clerk's.
int never_space(unsigned char) { return 0; }

class CsvReader {
 public:
  explicit CsvReader(const CsvSink& sink) : sink_(sink) {
    // CSV_REPALL_NL reports blank lines, which count in row numbers.
    csv_init(&parser_, CSV_STRICT | CSV_STRICT_FINI | CSV_REPALL_NL);
    csv_set_space_func(&parser_, never_space);
    csv_set_realloc_func(&parser_, bounded_realloc);
    csv_set_blk_size(&parser_, 4096);
  }
  ~CsvReader() { csv_free(&parser_); }
  CsvReader(const CsvReader&) = delete;
  CsvReader& operator=(const CsvReader&) = delete;

  Result<void> feed(std::string_view text) {
    std::size_t used = csv_parse(&parser_, text.data(), text.size(), on_cell, on_row_end, this);
    if (problem_) return BOOST_OUTCOME_V2_NAMESPACE::failure(*problem_);
    if (used != text.size()) return parse_error();
    return ok();
  }

  Result<void> finish() {
    int result = csv_fini(&parser_, on_cell, on_row_end, this);
    if (problem_) return BOOST_OUTCOME_V2_NAMESPACE::failure(*problem_);
    if (result != 0) return parse_error();
    return ok();
  }

  std::string row_name() const { return "row " + std::to_string(row_.number); }

 private:
  static void on_cell(void* data, std::size_t size, void* self) {
    static_cast<CsvReader*>(self)->add_cell({static_cast<const char*>(data), size});
  }
  static void on_row_end(int ended_by, void* self) {
    static_cast<CsvReader*>(self)->end_row(ended_by);
  }

  Result<void> parse_error() const {
    if (csv_error(const_cast<csv_parser*>(&parser_)) == CSV_ENOMEM) {
      return fail(Errc::kLimit, row_name() + ": a cell has more than " +
                                    std::to_string(limits::kMaxCellBytes) +
                                    " bytes (kMaxCellBytes); is a quote left open?");
    }
    return fail(Errc::kMalformed, row_name() + ": a quotation mark is out of place or left open");
  }

  void add_cell(std::string_view cell) {
    after_carriage_return_ = false;
    if (problem_) return;
    if (row_.cells.size() == limits::kMaxImportColumns) {
      problem_ = Error{Errc::kLimit, row_name() + ": more than " +
                                         std::to_string(limits::kMaxImportColumns) +
                                         " columns (kMaxImportColumns)"};
      return;
    }
    row_.cells.emplace_back(cell);
  }

  void end_row(int ended_by) {
    if (problem_) return;
    bool blank = row_.cells.empty();
    // The LF of a CRLF ends no row of its own.
    bool second_half = blank && after_carriage_return_ && ended_by == '\n';
    after_carriage_return_ = ended_by == '\r';
    if (second_half) return;
    if (!blank) deliver();
    row_.cells.clear();
    ++row_.number;
  }

  void deliver() {
    if (++delivered_ > limits::kMaxImportRows + 1) {
      problem_ = Error{Errc::kLimit, "more than " + std::to_string(limits::kMaxImportRows) +
                                         " rows (kMaxImportRows)"};
      return;
    }
    if (Result<void> result = sink_(row_); !result) problem_ = result.error();
  }

  const CsvSink& sink_;
  csv_parser parser_{};
  CsvRow row_{1, {}};
  std::size_t delivered_ = 0;
  bool after_carriage_return_ = false;
  std::optional<Error> problem_;
};

}  // namespace

Result<Encoding> read_csv(ByteView bytes, Encoding encoding, const CsvSink& sink) {
  if (bytes.size() > limits::kMaxImportBytes) {
    return fail(Errc::kLimit, "file has more than " + std::to_string(limits::kMaxImportBytes) +
                                  " bytes (kMaxImportBytes)");
  }
  // Detected even if named: UTF-16 must not pass for anything else.
  CUNJU_TRY(Encoding detected, detect_encoding(bytes));
  if (encoding == Encoding::kAuto) encoding = detected;
  CsvReader reader(sink);
  // A decoding error is not the reader's, but the row is what a clerk can look up.
  bool fed = true;
  Result<void> decoded = decode(bytes, encoding, [&](std::string_view text) {
    Result<void> result = reader.feed(text);
    fed = result.has_value();
    return result;
  });
  if (!decoded && fed) {
    return fail(decoded.error().code, reader.row_name() + ": " + decoded.error().context);
  }
  CUNJU_TRYV(decoded);
  CUNJU_TRYV(reader.finish());
  return encoding;
}

Result<Bytes> load_csv_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail(Errc::kNotFound, path);
  Bytes out;
  std::array<char, 64 * 1024> buffer;
  while (file.read(buffer.data(), buffer.size()) || file.gcount() > 0) {
    append(out, as_bytes({buffer.data(), static_cast<std::size_t>(file.gcount())}));
    if (out.size() > limits::kMaxImportBytes) {
      return fail(Errc::kLimit, path + " has more than " + std::to_string(limits::kMaxImportBytes) +
                                    " bytes (kMaxImportBytes)");
    }
  }
  if (file.bad()) return fail(Errc::kIo, path);
  return out;
}

}  // namespace cunju::registry
