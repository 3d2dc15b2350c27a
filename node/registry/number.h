// SPDX-License-Identifier: Apache-2.0
//
// Decimal numbers as people write them, to and from int64 in units of 10^-scale. No floats: a
// fen or 0.01 m2 that a binary fraction loses is missing from a sum. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cunju::registry {

/// "1,234.50" with scale 2 -> 123450. Takes a sign, thousands separators in their places and
/// zeros beyond the scale. Empty when it is no number, has digits beyond the scale (nothing is
/// rounded) or does not fit. `text` is in plain_form.
std::optional<std::int64_t> parse_scaled(std::string_view text, int scale);

/// 123450 with scale 2 -> "1234.50".
std::string format_scaled(std::int64_t value, int scale);

/// Yuan in the usual ways to fen: "1,234.50", "¥1234.5", "1234.5元", "812.46万元", "1.2亿",
/// "人民币100元整", "5角", "50分".
std::optional<std::int64_t> parse_money(std::string_view text);

}  // namespace cunju::registry
