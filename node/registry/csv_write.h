// SPDX-License-Identifier: Apache-2.0
//
// Writes CSV that spreadsheets open without running it: a cell that begins with = + - @, a tab or
// a carriage return would be a formula, so it gets an apostrophe in front. So that nothing is
// lost, a cell that already begins with apostrophes before such a character gets one more;
// restore_csv_cell() takes exactly one off. RFC 4180 quoting, CRLF row ends. Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace cunju::registry {

/// What a file for spreadsheets begins with: Excel takes UTF-8 for the local code page without it.
inline constexpr std::string_view kUtf8ByteOrderMark = "\xEF\xBB\xBF";

/// `text` made harmless, then quoted if need be.
std::string write_csv_cell(std::string_view text);
/// The cells with commas and CRLF. A row of one empty cell is written "" to be no blank line.
std::string write_csv_row(std::span<const std::string> cells);

/// The text that write_csv_cell() was given, from the cell as a CSV reader gives it.
std::string_view restore_csv_cell(std::string_view cell);

}  // namespace cunju::registry
