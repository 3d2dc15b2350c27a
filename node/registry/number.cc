// SPDX-License-Identifier: Apache-2.0
#include "node/registry/number.h"

#include <array>
#include <limits>

#include "node/registry/text_form.h"

namespace cunju::registry {
namespace {

// The digits of the whole part without its separators; empty if the commas stand elsewhere than
// before groups of three ("1,23" may be a decimal comma, so it is not guessed).
std::optional<std::string> whole_digits(std::string_view text) {
  std::size_t comma = text.find(',');
  if (comma == std::string_view::npos) return std::string(text);
  if (comma == 0 || comma > 3) return std::nullopt;
  std::string out(text.substr(0, comma));
  while (comma < text.size()) {
    if (text[comma] != ',' || text.size() - comma < 4) return std::nullopt;
    out += text.substr(comma + 1, 3);
    comma += 4;
  }
  return out;
}

// digits * sign, or nothing if it does not fit.
std::optional<std::int64_t> to_integer(std::string_view digits, bool negative) {
  std::uint64_t value = 0;
  for (char c : digits) {
    if (__builtin_mul_overflow(value, std::uint64_t{10}, &value) ||
        __builtin_add_overflow(value, static_cast<std::uint64_t>(c - '0'), &value)) {
      return std::nullopt;
    }
  }
  constexpr std::uint64_t kMost = std::numeric_limits<std::int64_t>::max();
  if (value > kMost + (negative ? 1 : 0)) return std::nullopt;
  return static_cast<std::int64_t>(negative ? std::uint64_t{0} - value : value);
}

bool take_prefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

bool take_suffix(std::string_view& text, std::string_view suffix) {
  if (!text.ends_with(suffix)) return false;
  text.remove_suffix(suffix.size());
  return true;
}

}  // namespace

std::optional<std::int64_t> parse_scaled(std::string_view text, int scale) {
  bool negative = take_prefix(text, "-");
  if (!negative) take_prefix(text, "+");
  std::size_t point = text.find('.');
  bool has_point = point != std::string_view::npos;
  std::optional<std::string> digits = whole_digits(text.substr(0, point));
  std::string_view fraction = has_point ? text.substr(point + 1) : std::string_view{};
  if (!digits || !is_digits(*digits) || (has_point && !is_digits(fraction))) return std::nullopt;
  while (fraction.size() > static_cast<std::size_t>(scale)) {
    if (!take_suffix(fraction, "0")) return std::nullopt;
  }
  *digits += fraction;
  digits->append(static_cast<std::size_t>(scale) - fraction.size(), '0');
  return to_integer(*digits, negative);
}

std::string format_scaled(std::int64_t value, int scale) {
  std::uint64_t magnitude = static_cast<std::uint64_t>(value);
  if (value < 0) magnitude = std::uint64_t{0} - magnitude;
  std::string digits = std::to_string(magnitude);
  auto places = static_cast<std::size_t>(scale);
  if (digits.size() <= places) digits.insert(0, places + 1 - digits.size(), '0');
  if (places > 0) digits.insert(digits.size() - places, 1, '.');
  return value < 0 ? "-" + digits : digits;
}

std::optional<std::int64_t> parse_money(std::string_view text) {
  for (std::string_view prefix : {"人民币", "RMB", "CNY"}) {
    if (take_prefix(text, prefix)) break;
  }
  text = trim(text);
  bool negative = take_prefix(text, "-");
  // Both the yen sign and its full-width form mean yuan here.
  for (std::string_view prefix : {"¥", "￥"}) {
    if (take_prefix(text, prefix)) break;
  }
  take_suffix(text, "整");
  struct Unit {
    std::string_view name;
    int exponent;  // of ten, in fen
  };
  static constexpr std::array<Unit, 9> kUnits = {{{"万元", 6},
                                                  {"亿元", 10},
                                                  {"万", 6},
                                                  {"亿", 10},
                                                  {"元", 2},
                                                  {"圆", 2},
                                                  {"角", 1},
                                                  {"分", 0},
                                                  {"", 2}}};
  for (const Unit& unit : kUnits) {
    if (!take_suffix(text, unit.name)) continue;
    text = trim(text);
    if (negative && (text.starts_with('-') || text.starts_with('+'))) return std::nullopt;
    return parse_scaled(negative ? "-" + std::string(text) : std::string(text), unit.exponent);
  }
  return std::nullopt;
}

}  // namespace cunju::registry
