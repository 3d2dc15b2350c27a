// SPDX-License-Identifier: Apache-2.0
#include "node/registry/date.h"

#include <array>
#include <optional>
#include <vector>

#include "node/registry/number.h"
#include "node/registry/text_form.h"

namespace cunju::registry {
namespace {

using std::chrono::day;
using std::chrono::month;
using std::chrono::year;

/// Day numbers outside are more likely years, amounts or codes: 1927-05-18 to 2173-10-13.
constexpr int kFirstSerial = 10000;
constexpr int kLastSerial = 99999;

std::optional<int> number(std::string_view text, std::size_t most_digits) {
  if (text.size() > most_digits || !is_digits(text)) return std::nullopt;
  int out = 0;
  for (char c : text) out = out * 10 + (c - '0');
  return out;
}

ParsedDate exact(int y, int m, int d) {
  Date date{year{y}, month{static_cast<unsigned>(m)}, day{static_cast<unsigned>(d)}};
  if (y < 1000 || !date.ok()) return {DateForm::kNoSuchDay, {}};
  return {DateForm::kExact, date};
}

// Excel counts 1900-01-01 as day 1 and believes in a 29 February 1900; for every day after that,
// day 0 is 1899-12-30.
ParsedDate from_serial(int serial) {
  std::chrono::sys_days zero{Date{year{1899}, month{12}, day{30}}};
  return {DateForm::kSerial, Date{zero + std::chrono::days{serial}}};
}

ParsedDate from_digits(std::string_view text) {
  if (text.size() == 8) {
    return exact(*number(text.substr(0, 4), 4), *number(text.substr(4, 2), 2),
                 *number(text.substr(6, 2), 2));
  }
  if (text.size() == 5) {
    int serial = *number(text, 5);
    if (serial >= kFirstSerial && serial <= kLastSerial) return from_serial(serial);
  }
  if (text.size() == 6) {
    int high = *number(text.substr(0, 4), 4);
    // 202403 is a month; 240301 a day of some century.
    if (high >= 1900 && high < 2200) return {DateForm::kDayMissing, {}};
    return {DateForm::kCenturyMissing, {}};
  }
  return {};
}

// The numbers between the separators - / . or 年月日; nothing if anything else is there.
std::optional<std::vector<std::string_view>> split_date(std::string_view text) {
  static constexpr std::array<std::string_view, 7> kSeparators = {"-",  "/",  ".", "年",
                                                                  "月", "日", "号"};
  std::vector<std::string_view> out;
  std::size_t start = 0;
  for (std::size_t i = 0; i < text.size();) {
    std::size_t width = 0;
    for (std::string_view separator : kSeparators) {
      if (text.substr(i).starts_with(separator)) width = separator.size();
    }
    if (width == 0) {
      ++i;
      continue;
    }
    out.push_back(trim(text.substr(start, i - start)));
    i += width;
    start = i;
  }
  if (start < text.size()) out.push_back(trim(text.substr(start)));
  if (out.size() < 2 || out.size() > 3) return std::nullopt;
  for (std::string_view piece : out) {
    if (!number(piece, 4)) return std::nullopt;
  }
  return out;
}

struct Clock {
  int hour, minute, second;
};

std::optional<Clock> parse_clock(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string_view rest = text.substr(i);
    bool separator = rest.starts_with("时") || rest.starts_with("点") || rest.starts_with("分");
    bool last = rest.starts_with("秒");
    if (separator) plain += ':';
    if (!separator && !last) plain += text[i];
    if (separator || last) i += std::string_view("时").size() - 1;
  }
  if (plain.ends_with(':')) plain.pop_back();
  std::array<int, 3> parts{};
  std::size_t count = 0;
  for (std::size_t start = 0; start <= plain.size();) {
    std::size_t end = std::min(plain.find(':', start), plain.size());
    std::optional<int> part = number(std::string_view(plain).substr(start, end - start), 2);
    if (!part || count == parts.size()) return std::nullopt;
    parts[count++] = *part;
    start = end + 1;
  }
  bool hour_alone = count == 1 && plain.size() == text.size();
  if (hour_alone || parts[0] > 23 || parts[1] > 59 || parts[2] > 59) return std::nullopt;
  return Clock{parts[0], parts[1], parts[2]};
}

// 45352.5 is noon. Excel writes up to ten digits of fraction; the nearest second is meant.
std::optional<ParsedDatetime> from_serial_fraction(std::string_view text) {
  std::size_t point = text.find('.');
  if (point != 5 || text.size() - point > 13) return std::nullopt;
  std::optional<int> serial = number(text.substr(0, point), 5);
  std::string_view fraction = text.substr(point + 1);
  if (!serial || *serial < kFirstSerial || !is_digits(fraction)) return std::nullopt;
  std::int64_t numerator = *parse_scaled(fraction, 0);
  std::int64_t denominator = 1;
  for (std::size_t i = 0; i < fraction.size(); ++i) denominator *= 10;
  std::int64_t seconds = (numerator * 86400 + denominator / 2) / denominator;
  int day_number = *serial + static_cast<int>(seconds / 86400);
  return ParsedDatetime{from_serial(day_number), true, std::chrono::seconds{seconds % 86400}};
}

void append_padded(std::string& out, unsigned value, std::size_t width) {
  std::string digits = std::to_string(value);
  if (digits.size() < width) out.append(width - digits.size(), '0');
  out += digits;
}

}  // namespace

ParsedDate parse_date(std::string_view text) {
  if (is_digits(text)) return from_digits(text);
  std::optional<std::vector<std::string_view>> parts = split_date(text);
  if (!parts) return {};
  int first = *number((*parts)[0], 4);
  bool full_year = (*parts)[0].size() == 4;
  if (parts->size() == 2) return {full_year ? DateForm::kDayMissing : DateForm::kNotADate, {}};
  int second = *number((*parts)[1], 4);
  int third = *number((*parts)[2], 4);
  if (full_year) return exact(first, second, third);
  if ((*parts)[2].size() == 4) return {DateForm::kOrderUnclear, {}};
  return {(*parts)[0].size() <= 2 ? DateForm::kCenturyMissing : DateForm::kNotADate, {}};
}

ParsedDatetime parse_datetime(std::string_view text) {
  if (std::optional<ParsedDatetime> serial = from_serial_fraction(text)) return *serial;
  ParsedDatetime out;
  out.day = parse_date(text);
  if (out.day.form != DateForm::kNotADate) return out;
  // The time begins after the last T or space, or after 日 when it is glued on.
  std::size_t cut = text.find_first_of("T ");
  std::size_t skip = 1;
  if (cut == std::string_view::npos) {
    constexpr std::string_view kDay = "日";
    cut = text.find(kDay);
    if (cut == std::string_view::npos) return out;
    cut += kDay.size();
    skip = 0;
  }
  ParsedDate date = parse_date(trim(text.substr(0, cut)));
  std::optional<Clock> clock = parse_clock(trim(text.substr(cut + skip)));
  if (date.form == DateForm::kExact && clock) {
    out.has_time = true;
    out.time = std::chrono::hours{clock->hour} + std::chrono::minutes{clock->minute} +
               std::chrono::seconds{clock->second};
  } else if (date.form == DateForm::kExact || date.form == DateForm::kSerial) {
    return out;
  }
  out.day = date;
  return out;
}

std::string format_date(Date date) {
  std::string out;
  append_padded(out, static_cast<unsigned>(static_cast<int>(date.year())), 4);
  out += '-';
  append_padded(out, static_cast<unsigned>(date.month()), 2);
  out += '-';
  append_padded(out, static_cast<unsigned>(date.day()), 2);
  return out;
}

std::string format_datetime(const ParsedDatetime& value) {
  std::string out = format_date(value.day.date);
  if (!value.has_time) return out;
  auto seconds = static_cast<unsigned>(value.time.count());
  out += 'T';
  append_padded(out, seconds / 3600, 2);
  out += ':';
  append_padded(out, seconds / 60 % 60, 2);
  out += ':';
  append_padded(out, seconds % 60, 2);
  return out;
}

}  // namespace cunju::registry
