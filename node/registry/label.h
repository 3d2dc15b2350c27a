// SPDX-License-Identifier: Apache-2.0
//
// Words that people read, in the two languages of the product. Chinese comes first: where a
// definition leaves the English out, the Chinese is shown. A value.
#pragma once

#include <compare>
#include <cstdint>
#include <string>

namespace cunju::registry {

enum class Language : std::uint8_t { kChinese, kEnglish };

struct Label {
  std::string zh;
  std::string en;

  const std::string& in(Language language) const {
    return language == Language::kEnglish && !en.empty() ? en : zh;
  }
  bool empty() const { return zh.empty() && en.empty(); }

  friend auto operator<=>(const Label&, const Label&) = default;
};

}  // namespace cunju::registry
