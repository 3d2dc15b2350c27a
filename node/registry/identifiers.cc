// SPDX-License-Identifier: Apache-2.0
#include "node/registry/identifiers.h"

#include <algorithm>
#include <array>

#include "crdt/base/check.h"
#include "node/registry/text_form.h"

namespace cunju::registry {
namespace {

constexpr std::size_t kIdentityLength = 18;
constexpr int kOldestAge = 120;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// GB 11643-1999: weights 2^(17-i) mod 11, remainders 0..10 give 1 0 X 9 8 7 6 5 4 3 2.
char identity_check(std::string_view digits17) {
  static constexpr std::array<int, 17> kWeights = {7, 9, 10, 5,  8, 4, 2, 1, 6,
                                                   3, 7, 9,  10, 5, 8, 4, 2};
  int sum = 0;
  for (std::size_t i = 0; i < kWeights.size(); ++i) sum += (digits17[i] - '0') * kWeights[i];
  return "10X98765432"[sum % 11];
}

bool has_identity_shape(std::string_view text) {
  return text.size() == kIdentityLength && text[0] != '0' && is_digits(text.substr(0, 17)) &&
         (is_digit(text[17]) || text[17] == 'X');
}

ParsedIdentity parse_legacy(const std::string& text, Date today) {
  ParsedDate birth = parse_date("19" + text.substr(6, 6));
  if (birth.form != DateForm::kExact || birth.date > today)
    return {IdentityForm::kBadBirthDate, {}};
  return {IdentityForm::kLegacy, text};
}

// A spreadsheet keeps 15 significant digits: the last three become zeros, or it is shown as a
// power of ten. A genuine number may end in 000 when its check digit happens to be right.
bool is_lost_in_excel(std::string_view text) {
  if (text.ends_with(".0")) text.remove_suffix(2);
  if (text.size() == kIdentityLength && is_digits(text) && text.ends_with("000")) {
    return identity_check(text.substr(0, 17)) != text[17];
  }
  std::size_t exponent = text.find("E+1");
  if (exponent == std::string_view::npos || exponent + 4 != text.size()) return false;
  char last = text.back();
  return (last == '4' || last == '7') && !text.empty() && is_digit(text[0]);
}

}  // namespace

ParsedIdentity parse_identity_number(std::string_view text, Date today) {
  std::string id = upper_ascii(without_spaces(text));
  if (is_lost_in_excel(id)) return {IdentityForm::kLostInExcel, {}};
  if (id.size() == 15 && is_digits(id) && id[0] != '0') return parse_legacy(id, today);
  if (!has_identity_shape(id)) return {};
  if (identity_check(std::string_view(id).substr(0, 17)) != id[17]) {
    return {IdentityForm::kBadCheckDigit, {}};
  }
  ParsedDate birth = parse_date(id.substr(6, 8));
  if (birth.form != DateForm::kExact || birth.date > today) {
    return {IdentityForm::kBadBirthDate, {}};
  }
  bool very_old = birth.date < today - std::chrono::years{kOldestAge};
  return {very_old ? IdentityForm::kVeryOld : IdentityForm::kGood, id};
}

std::string modern_identity_number(std::string_view digits15) {
  CUNJU_CHECK(digits15.size() == 15 && is_digits(digits15), "of what parsed as kLegacy");
  std::string out(digits15.substr(0, 6));
  out += "19";
  out += digits15.substr(6);
  out += identity_check(out);
  return out;
}

std::optional<std::string> parse_credit_code(std::string_view text) {
  // GB 32100-2015: 31 characters without I, O, S, V, Z; weights 3^i mod 31.
  static constexpr std::string_view kAlphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY";
  std::string code = upper_ascii(without_spaces(text));
  if (code.size() != 18) return std::nullopt;
  std::size_t sum = 0;
  std::size_t weight = 1;
  for (std::size_t i = 0; i < 17; ++i) {
    std::size_t value = kAlphabet.find(code[i]);
    if (value == std::string_view::npos) return std::nullopt;
    sum += value * weight;
    weight = weight * 3 % 31;
  }
  // The outer remainder matters: a sum divisible by 31 has the check character 0.
  if (code[17] != kAlphabet[(31 - sum % 31) % 31]) return std::nullopt;
  return code;
}

std::optional<std::string> parse_division_code(std::string_view text) {
  // First two digits of GB/T 2260.
  static constexpr std::array<std::string_view, 34> kProvinces = {
      "11", "12", "13", "14", "15", "21", "22", "23", "31", "32", "33", "34",
      "35", "36", "37", "41", "42", "43", "44", "45", "46", "50", "51", "52",
      "53", "54", "61", "62", "63", "64", "65", "71", "81", "82"};
  std::string code = without_spaces(text);
  if (code.size() != 12 || !is_digits(code)) return std::nullopt;
  if (std::ranges::find(kProvinces, code.substr(0, 2)) == kProvinces.end()) return std::nullopt;
  return code;
}

namespace {

bool is_mobile(std::string_view text) {
  return text.size() == 11 && is_digits(text) && text[0] == '1' && text[1] >= '3';
}

// ^0\d{2,3}-?\d{7,8}(-\d{1,6})?$
bool is_landline(std::string_view text) {
  if (!text.starts_with('0')) return false;
  std::size_t dash = text.find('-');
  std::string_view extension;
  if (dash == 3 || dash == 4) {
    std::string_view rest = text.substr(dash + 1);
    std::size_t second = rest.find('-');
    if (second != std::string_view::npos) {
      extension = rest.substr(second + 1);
      rest = rest.substr(0, second);
      if (!is_digits(extension) || extension.size() > 6) return false;
    }
    return is_digits(text.substr(0, dash)) && is_digits(rest) && rest.size() >= 7 &&
           rest.size() <= 8;
  }
  if (dash != std::string_view::npos) {
    extension = text.substr(dash + 1);
    if (!is_digits(extension) || extension.size() > 6) return false;
    text = text.substr(0, dash);
  }
  return is_digits(text) && text.size() >= 10 && text.size() <= 12;
}

}  // namespace

std::optional<std::string> parse_phone(std::string_view text) {
  std::string phone = without_spaces(text);
  bool abroad_form = false;
  for (std::string_view prefix : {"+86", "0086", "86"}) {
    if (!phone.starts_with(prefix)) continue;
    std::string rest = phone.substr(prefix.size());
    if (rest.starts_with('-')) rest.erase(0, 1);
    std::string bare = rest;
    std::erase(bare, '-');
    // "86..." alone may be the beginning of a local number: only a mobile behind it is sure.
    if (prefix == "86" && !is_mobile(bare)) break;
    phone = rest;
    abroad_form = true;
    break;
  }
  std::string bare = phone;
  std::erase(bare, '-');
  if (is_mobile(bare)) return bare;
  if (is_landline(phone)) return phone;
  if (abroad_form && is_landline("0" + phone)) return "0" + phone;
  return std::nullopt;
}

bool contains_identity_number(std::string_view text) {
  std::size_t run = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    bool inside = i < text.size() && (is_digit(text[i]) || text[i] == 'X' || text[i] == 'x');
    if (inside) {
      ++run;
      continue;
    }
    if (run == kIdentityLength) {
      std::string word = upper_ascii(text.substr(i - run, run));
      if (has_identity_shape(word) && identity_check(word.substr(0, 17)) == word[17]) return true;
    }
    run = 0;
  }
  return false;
}

}  // namespace cunju::registry
