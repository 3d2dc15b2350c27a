// SPDX-License-Identifier: Apache-2.0
//
// What a field can hold. A value is data only: how it is shown and checked is the business of
// definitions. Ordered, so that views list values in one order everywhere.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <variant>

#include "crdt/base/bytes.h"

namespace cunju {

/// Nothing: the field was cleared.
struct NoValue {
  friend auto operator<=>(const NoValue&, const NoValue&) = default;
};

/// Text is UTF-8. Integers carry counts, fen, 0.01 m2: the definition names the unit.
/// Bytes carry hashes and references.
using Value = std::variant<NoValue, std::int64_t, std::string, Bytes>;

inline bool is_empty(const Value& value) { return std::holds_alternative<NoValue>(value); }

}  // namespace cunju
