// SPDX-License-Identifier: Apache-2.0
//
// Dates as clerks and Excel write them. What can be read in two ways is not guessed: the answer
// says why, and the caller keeps the text. Pure; "today" is always passed in.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace cunju::registry {

using Date = std::chrono::year_month_day;

enum class DateForm : std::uint8_t {
  kExact,           ///< 2024-03-01, 2024/3/1, 2024.3.1, 20240301, 2024年3月1日.
  kSerial,          ///< A day number of Excel's 1900 calendar: 45352.
  kNoSuchDay,       ///< 2023-02-29.
  kCenturyMissing,  ///< 24.3.1
  kDayMissing,      ///< 2024-03, 2024年3月
  kOrderUnclear,    ///< 3/1/2024: the 3rd of January or March 1st.
  kNotADate,
};

struct ParsedDate {
  DateForm form = DateForm::kNotADate;
  Date date{};  ///< Set for kExact and kSerial.
};

struct ParsedDatetime {
  ParsedDate day;
  bool has_time = false;
  std::chrono::seconds time{0};  ///< Since midnight.
};

/// `text` is in plain_form.
ParsedDate parse_date(std::string_view text);
/// A date, then 14:30, 14:30:05 or 14时30分 after a space or T; or a serial with a fraction.
ParsedDatetime parse_datetime(std::string_view text);

std::string format_date(Date date);  ///< YYYY-MM-DD
/// YYYY-MM-DDTHH:MM:SS, or YYYY-MM-DD when no time is known.
std::string format_datetime(const ParsedDatetime& value);

}  // namespace cunju::registry
