// SPDX-License-Identifier: Apache-2.0
//
// What a check has to say about one field. A warning never stops anybody from saving a draft or
// importing a row; an error refuses the row (an identity number that Excel has destroyed is the
// typical case: keeping it would look like data). Findings never repeat the value of a field that
// holds personal data, because they end up in reports and logs. A value.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "node/registry/label.h"

namespace cunju::registry {

enum class Severity : std::uint8_t { kWarning, kError };

struct Finding {
  Severity severity = Severity::kWarning;
  std::string_view code;  ///< Stable machine name, always a literal: "bad_check_digit".
  std::string field;      ///< Field id; empty when it concerns the whole row or file.
  Label text;             ///< One sentence in each language.

  friend bool operator==(const Finding&, const Finding&) = default;
};

using Findings = std::vector<Finding>;

inline Finding warning(std::string_view code, std::string field, Label text) {
  return {Severity::kWarning, code, std::move(field), std::move(text)};
}

inline Finding error(std::string_view code, std::string field, Label text) {
  return {Severity::kError, code, std::move(field), std::move(text)};
}

inline bool has_error(const Findings& findings) {
  for (const Finding& finding : findings) {
    if (finding.severity == Severity::kError) return true;
  }
  return false;
}

}  // namespace cunju::registry
