// SPDX-License-Identifier: Apache-2.0
#include "node/audit/compare.h"

#include <algorithm>
#include <boost/json/object.hpp>
#include <vector>

#include "node/audit/json_text.h"

namespace cunju::audit {
namespace {

/// Rows looked ahead for the next one that is right.
constexpr std::size_t kLookAhead = 64;
/// Longer lines are not parsed to name a field.
constexpr std::size_t kMaxParsedLine = 1024 * 1024;

/// Index behind the next row end at or after `from`. In CSV, line ends inside quotes are content.
std::size_t find_row_end(std::string_view text, std::size_t from, TextFile::Kind kind) {
  bool is_quoted = false;
  for (std::size_t i = from; i < text.size(); ++i) {
    if (kind == TextFile::Kind::kCsv && text[i] == '"') is_quoted = !is_quoted;
    if (text[i] == '\n' && !is_quoted) return i + 1;
  }
  return text.size();
}

std::vector<std::string_view> split_rows(std::string_view text, TextFile::Kind kind) {
  std::vector<std::string_view> out;
  for (std::size_t from = 0; from < text.size();) {
    const std::size_t end = find_row_end(text, from, kind);
    out.push_back(text.substr(from, end - from));
    from = end;
  }
  return out;
}

/// The cells of one row as they are written, quotes included.
std::vector<std::string_view> split_cells(std::string_view row) {
  std::vector<std::string_view> out;
  bool is_quoted = false;
  std::size_t from = 0;
  for (std::size_t i = 0; i <= row.size(); ++i) {
    if (i < row.size() && row[i] == '"') is_quoted = !is_quoted;
    if (i < row.size() && (row[i] != ',' || is_quoted)) continue;
    out.push_back(row.substr(from, i - from));
    from = i + 1;
  }
  return out;
}

std::string find_column(std::string_view header, std::string_view expected,
                        std::string_view actual) {
  const std::vector<std::string_view> names = split_cells(header);
  const std::vector<std::string_view> wanted = split_cells(expected), found = split_cells(actual);
  for (std::size_t i = 0; i < wanted.size() && i < names.size(); ++i) {
    if (i >= found.size() || wanted[i] != found[i]) return std::string(names[i]);
  }
  return {};
}

/// The first key whose values differ; one level deeper inside "fields" and "conflicts".
std::string find_key(const boost::json::object& expected, const boost::json::object& actual) {
  for (const auto& member : expected) {
    const boost::json::value* found = actual.if_contains(member.key());
    if (found != nullptr && *found == member.value()) continue;
    const std::string key(member.key());
    if (found != nullptr && found->is_object() && member.value().is_object()) {
      const std::string inner = find_key(member.value().get_object(), found->get_object());
      return inner.empty() ? key : key + "." + inner;
    }
    return key;
  }
  return {};
}

std::string find_field(std::string_view expected, std::string_view actual) {
  if (expected.size() > kMaxParsedLine || actual.size() > kMaxParsedLine) return {};
  Result<boost::json::value> wanted = parse_json(expected), found = parse_json(actual);
  if (wanted.has_error() || found.has_error()) return {};
  if (!wanted.value().is_object() || !found.value().is_object()) return {};
  return find_key(wanted.value().get_object(), found.value().get_object());
}

class Comparison {
 public:
  Comparison(const std::string& path, const TextFile& expected, std::string_view actual,
             VerifyReport& report)
      : path_(path),
        expected_(expected),
        actual_(split_rows(actual, expected.kind)),
        report_(report) {}

  void run() {
    const std::vector<FileRow>& rows = expected_.rows;
    std::size_t i = 0, j = 0;
    while (i < rows.size() && j < actual_.size()) {
      if (rows[i].text == actual_[j]) {
        ++i;
        ++j;
        continue;
      }
      const std::size_t added = count_added(i, j), missing = count_missing(i, j);
      if (added > 0 && (missing == 0 || added <= missing)) {
        for (std::size_t k = 0; k < added; ++k) report_added(j++);
      } else if (missing > 0) {
        for (std::size_t k = 0; k < missing; ++k) report_missing(i++, j);
      } else {
        report_changed(i++, j++);
      }
    }
    while (i < rows.size()) report_missing(i++, actual_.size());
    while (j < actual_.size()) report_added(j++);
  }

 private:
  std::size_t count_added(std::size_t i, std::size_t j) const {
    for (std::size_t k = 1; k <= kLookAhead && j + k < actual_.size(); ++k) {
      if (actual_[j + k] == expected_.rows[i].text) return k;
    }
    return 0;
  }
  std::size_t count_missing(std::size_t i, std::size_t j) const {
    for (std::size_t k = 1; k <= kLookAhead && i + k < expected_.rows.size(); ++k) {
      if (expected_.rows[i + k].text == actual_[j]) return k;
    }
    return 0;
  }
  std::string place(std::size_t row, const std::string& record) const {
    std::string out = path_ + ":" + std::to_string(row + 1);
    if (!record.empty()) out += " record " + record;
    return out;
  }
  void report_added(std::size_t j) {
    report_.error(place(j, {}), "这一行不是由日志得出的",
                  "this line does not follow from the logs");
  }
  void report_missing(std::size_t i, std::size_t j) {
    report_.error(place(j, expected_.rows[i].record), "缺少日志中有的一行",
                  "a line that follows from the logs is missing here");
  }
  void report_changed(std::size_t i, std::size_t j) {
    const FileRow& row = expected_.rows[i];
    std::string at = place(j, row.record);
    std::string field;
    if (expected_.kind == TextFile::Kind::kCsv && i > 0)
      field = find_column(expected_.rows[0].text.substr(3), row.text, actual_[j]);
    if (expected_.kind == TextFile::Kind::kJsonLines) field = find_field(row.text, actual_[j]);
    if (!field.empty()) at += " field " + field;
    report_.error(std::move(at), "内容与日志不符", "differs from what the logs say");
  }

  const std::string& path_;
  const TextFile& expected_;
  std::vector<std::string_view> actual_;
  VerifyReport& report_;
};

}  // namespace

void compare_file(const std::string& path, const TextFile& expected, ByteView actual,
                  VerifyReport& report) {
  if (equal(as_bytes(expected.content()), actual)) return;
  Comparison(path, expected, as_text(actual), report).run();
}

}  // namespace cunju::audit
