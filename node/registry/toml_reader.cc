// SPDX-License-Identifier: Apache-2.0
#include "node/registry/toml_reader.h"

#include <toml++/toml.h>
#include <algorithm>
#include <exception>
#include <sstream>

#include "crdt/base/bytes.h"
#include "crdt/base/limits.h"

namespace cunju::registry {
namespace {

/// Deeper nesting than any of our files has; bounds the recursion of convert().
constexpr int kMaxTomlNesting = 8;
constexpr std::size_t kMaxLabelBytes = 4096;

std::string at_line(std::size_t line, std::string_view problem) {
  return "line " + std::to_string(line) + ": " + std::string(problem);
}

Result<TomlNode> convert(const toml::node& from, int depth);

Result<TomlNode::Table> convert_table(const toml::table& from, int depth) {
  TomlNode::Table out;
  for (auto&& [key, value] : from) {
    CUNJU_TRY(TomlNode node, convert(value, depth));
    // A table's own line is that of its header; for the order of the file the key's line counts.
    node.line = key.source().begin.line;
    out.push_back({std::string(key.str()), std::move(node)});
  }
  // toml++ sorts by key; people expect the order they wrote.
  std::ranges::stable_sort(out, {}, [](const TomlEntry& entry) { return entry.value.line; });
  return out;
}

Result<TomlNode> convert(const toml::node& from, int depth) {
  TomlNode out;
  out.line = from.source().begin.line;
  if (depth > kMaxTomlNesting) return fail(Errc::kLimit, at_line(out.line, "nested too deeply"));
  if (const auto* text = from.as_string()) {
    out.value = text->get();
  } else if (const auto* number = from.as_integer()) {
    out.value = number->get();
  } else if (const auto* boolean = from.as_boolean()) {
    out.value = boolean->get();
  } else if (const toml::array* array = from.as_array()) {
    TomlNode::Array items;
    for (const toml::node& item : *array) {
      CUNJU_TRY(TomlNode node, convert(item, depth + 1));
      items.push_back(std::move(node));
    }
    out.value = std::move(items);
  } else if (const toml::table* table = from.as_table()) {
    CUNJU_TRY(out.value, convert_table(*table, depth + 1));
  } else {
    return fail(Errc::kMalformed, at_line(out.line,
                                          "dates and fractions are not used here; "
                                          "write the value in quotes"));
  }
  return out;
}

}  // namespace

Result<TomlNode> parse_toml(std::string_view text) {
  if (text.size() > limits::kMaxDefinitionBytes) {
    return fail(Errc::kLimit, "file has more than " + std::to_string(limits::kMaxDefinitionBytes) +
                                  " bytes (kMaxDefinitionBytes)");
  }
  if (!is_utf8(text)) return fail(Errc::kMalformed, "file is not UTF-8");
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  // toml++ reports errors by throwing; this is the one place where that is caught.
  try {
    toml::table table = toml::parse(text);
    return convert(table, 0);
  } catch (const toml::parse_error& e) {
    return fail(Errc::kMalformed, at_line(e.source().begin.line, e.description()));
  } catch (const std::exception& e) {
    return fail(Errc::kMalformed, std::string("TOML: ") + e.what());
  }
}

std::string toml_quote(std::string_view text) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out = "\"";
  for (char c : text) {
    auto byte = static_cast<std::uint8_t>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7F) {
      out += "\\u00";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    } else {
      out += c;
    }
  }
  return out + '"';
}

TableReader::TableReader(const TomlNode& node, std::string where)
    : table_(node.table()), where_(std::move(where)), line_(node.line) {
  if (table_ == nullptr) refuse("is not a table");
}

void TableReader::refuse_at(std::size_t line, std::string_view problem) {
  if (problem_) return;
  problem_ = Error{Errc::kMalformed, at_line(line, where_ + ": " + std::string(problem))};
}

void TableReader::adopt(const Error& problem) {
  if (!problem_) problem_ = problem;
}

const TomlNode* TableReader::find(std::string_view key) const {
  if (table_ == nullptr) return nullptr;
  for (const TomlEntry& entry : *table_) {
    if (entry.key == key) return &entry.value;
  }
  return nullptr;
}

bool TableReader::has(std::string_view key) const { return find(key) != nullptr; }

const TomlNode* TableReader::node(std::string_view key) {
  read_.emplace(key);
  return find(key);
}

std::string TableReader::text(std::string_view key, std::size_t max_bytes, bool required) {
  const TomlNode* found = node(key);
  if (found == nullptr) {
    if (required) refuse("\"" + std::string(key) + "\" is missing");
    return {};
  }
  const std::string* value = found->text();
  if (value == nullptr) {
    refuse_at(found->line, "\"" + std::string(key) + "\" must be a text in quotes");
    return {};
  }
  if (value->size() > max_bytes || (required && value->empty())) {
    refuse_at(found->line, "\"" + std::string(key) + "\" must have 1 to " +
                               std::to_string(max_bytes) + " bytes");
    return {};
  }
  return *value;
}

std::optional<std::int64_t> TableReader::integer(std::string_view key) {
  const TomlNode* found = node(key);
  if (found == nullptr) return std::nullopt;
  if (const auto* value = std::get_if<std::int64_t>(&found->value)) return *value;
  refuse_at(found->line, "\"" + std::string(key) + "\" must be a whole number");
  return std::nullopt;
}

bool TableReader::boolean(std::string_view key, bool otherwise) {
  const TomlNode* found = node(key);
  if (found == nullptr) return otherwise;
  if (const auto* value = std::get_if<bool>(&found->value)) return *value;
  refuse_at(found->line, "\"" + std::string(key) + "\" must be true or false");
  return otherwise;
}

Label TableReader::label(std::string_view key, bool required) {
  const TomlNode* found = node(key);
  if (found == nullptr) {
    if (required) refuse("\"" + std::string(key) + "\" is missing");
    return {};
  }
  if (found->text() != nullptr) return {text(key, kMaxLabelBytes, required), {}};
  TableReader reader(*found, where_ + ": \"" + std::string(key) + "\"");
  Label out{reader.text("zh", kMaxLabelBytes, true), reader.text("en", kMaxLabelBytes)};
  if (Result<void> result = reader.finish(); !result) adopt(result.error());
  return out;
}

std::vector<std::string> TableReader::texts(std::string_view key, std::size_t max_count) {
  const TomlNode* found = node(key);
  std::vector<std::string> out;
  if (found == nullptr) return out;
  if (const std::string* single = found->text()) return {*single};
  const TomlNode::Array* items = found->array();
  if (items == nullptr || items->size() > max_count) {
    refuse_at(found->line, "\"" + std::string(key) + "\" must be a list of at most " +
                               std::to_string(max_count) + " texts");
    return out;
  }
  for (const TomlNode& item : *items) {
    if (item.text() == nullptr) {
      refuse_at(item.line, "\"" + std::string(key) + "\" must hold texts only");
      return {};
    }
    out.push_back(*item.text());
  }
  return out;
}

Result<void> TableReader::finish() {
  if (!problem_ && table_ != nullptr) {
    for (const TomlEntry& entry : *table_) {
      if (!read_.contains(entry.key)) {
        refuse_at(entry.value.line, "unknown key \"" + entry.key + "\"");
        break;
      }
    }
  }
  if (problem_) return BOOST_OUTCOME_V2_NAMESPACE::failure(*problem_);
  return ok();
}

}  // namespace cunju::registry
