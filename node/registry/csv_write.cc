// SPDX-License-Identifier: Apache-2.0
#include "node/registry/csv_write.h"

namespace cunju::registry {
namespace {

// Apostrophes (any number of them, also none), then a character that begins a formula.
bool is_formula_behind_apostrophes(std::string_view text) {
  std::size_t first = text.find_first_not_of('\'');
  if (first == std::string_view::npos) return false;
  return std::string_view("=+-@\t\r").find(text[first]) != std::string_view::npos;
}

}  // namespace

std::string write_csv_cell(std::string_view text) {
  std::string plain = is_formula_behind_apostrophes(text) ? "'" : "";
  plain += text;
  // Spaces at the ends are quoted too: some readers trim unquoted cells.
  bool quote = plain.find_first_of(",\"\r\n\t") != std::string::npos || plain.starts_with(' ') ||
               plain.ends_with(' ');
  if (!quote) return plain;
  std::string out = "\"";
  for (char c : plain) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

std::string write_csv_row(std::span<const std::string> cells) {
  std::string out;
  for (const std::string& cell : cells) {
    if (&cell != cells.data()) out += ',';
    out += write_csv_cell(cell);
  }
  if (cells.size() == 1 && out.empty()) out = "\"\"";
  return out + "\r\n";
}

std::string_view restore_csv_cell(std::string_view cell) {
  if (cell.starts_with('\'') && is_formula_behind_apostrophes(cell)) cell.remove_prefix(1);
  return cell;
}

}  // namespace cunju::registry
