// SPDX-License-Identifier: Apache-2.0
//
// Numbers that the state gives out, with their check digits: identity numbers (GB 11643), unified
// social credit codes (GB 32100), statistical division codes, telephone numbers. Each function
// takes text in plain_form and tells how sure it is; none decides what happens then. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "node/registry/date.h"

namespace cunju::registry {

enum class IdentityForm : std::uint8_t {
  kGood,
  kLegacy,   ///< 15 digits, of before 1999.
  kVeryOld,  ///< Good, but its holder would be over 120.
  kBadCheckDigit,
  kBadBirthDate,  ///< No such day, or after today.
  kLostInExcel,   ///< Rounded to 15 digits: 110105194912310000 or 1.10105E+17.
  kNotOne,
};

struct ParsedIdentity {
  IdentityForm form = IdentityForm::kNotOne;
  std::string canonical;  ///< Set for kGood, kLegacy and kVeryOld.
};

/// Area codes are not looked up: counties get abolished, numbers do not.
ParsedIdentity parse_identity_number(std::string_view text, Date today);

/// The 18 characters that the 15 digits of before 1999 became: GB 11643 puts the century before the
/// year and a check character behind. `digits15`: canonical, of kLegacy (CUNJU_CHECK).
std::string modern_identity_number(std::string_view digits15);

/// The canonical code, or nothing when the form or the check character is wrong.
std::optional<std::string> parse_credit_code(std::string_view text);

/// 12 digits of an existing province-level area.
std::optional<std::string> parse_division_code(std::string_view text);

/// A mobile number or a landline with its area code, without +86 and spaces.
std::optional<std::string> parse_phone(std::string_view text);

/// True when an 18-character identity number with a right check digit stands somewhere in `text`
/// as a word of its own: pasted chat messages carry them.
bool contains_identity_number(std::string_view text);

}  // namespace cunju::registry
