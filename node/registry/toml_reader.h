// SPDX-License-Identifier: Apache-2.0
//
// TOML for files that people write: definitions and mapping files. The only place that includes
// toml++; its exceptions end here. Only texts, whole numbers, true/false, arrays and tables exist
// in these files; dates and floats are refused. TableReader is strict: a key that nobody asked
// for is an error, so a typing mistake never passes for a default.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "crdt/base/result.h"
#include "node/registry/label.h"

namespace cunju::registry {

struct TomlEntry;

struct TomlNode {
  using Array = std::vector<TomlNode>;
  using Table = std::vector<TomlEntry>;  ///< In the order of the file.

  std::variant<bool, std::int64_t, std::string, Array, Table> value;
  std::size_t line = 0;

  const std::string* text() const { return std::get_if<std::string>(&value); }
  const Array* array() const { return std::get_if<Array>(&value); }
  const Table* table() const { return std::get_if<Table>(&value); }
};

struct TomlEntry {
  std::string key;
  TomlNode value;
};

/// The whole file as one table. kLimit beyond limits::kMaxDefinitionBytes; kMalformed with the
/// line number otherwise. A byte order mark is accepted: Windows editors write one.
Result<TomlNode> parse_toml(std::string_view text);

/// `text` as a quoted TOML string.
std::string toml_quote(std::string_view text);

/// Reads one table. The first problem is remembered and later reads return defaults, so that a
/// parser reads straight on and checks finish() once. Borrows the node.
class TableReader {
 public:
  /// `where` names the table in messages: "field \"ward\"".
  TableReader(const TomlNode& node, std::string where);

  bool has(std::string_view key) const;
  std::string text(std::string_view key, std::size_t max_bytes, bool required = false);
  std::optional<std::int64_t> integer(std::string_view key);
  bool boolean(std::string_view key, bool otherwise);
  /// { zh = "...", en = "..." }, or a plain text that stands for the Chinese.
  Label label(std::string_view key, bool required = false);
  /// ["a", "b"], or a single text.
  std::vector<std::string> texts(std::string_view key, std::size_t max_count);
  /// The node under `key`, marked as read; null when absent.
  const TomlNode* node(std::string_view key);

  void refuse(std::string_view problem) { refuse_at(line_, problem); }
  void refuse_at(std::size_t line, std::string_view problem);
  /// Takes over the problem of a table inside this one.
  void adopt(const Error& problem);
  void set_where(std::string where) { where_ = std::move(where); }
  std::size_t line() const { return line_; }
  bool failed() const { return problem_.has_value(); }
  /// The first problem, or the first key that was never read.
  Result<void> finish();

 private:
  const TomlNode* find(std::string_view key) const;

  const TomlNode::Table* table_ = nullptr;
  std::string where_;
  std::size_t line_;
  std::set<std::string, std::less<>> read_;
  std::optional<Error> problem_;
};

}  // namespace cunju::registry
