// SPDX-License-Identifier: Apache-2.0
//
// Random texts that are hard to cut: Han of three and four bytes, emoji joined by ZWJ, flags,
// combining marks, jamo, CRLF, numbers; and mutations of them between any two scalar values.
#pragma once

#include <algorithm>
#include <array>
#include <random>
#include <string>
#include <string_view>

namespace cunju::text::test {

inline std::u32string to_scalars(std::string_view utf8) {
  std::u32string out;
  for (std::size_t i = 0; i < utf8.size();) {
    const auto lead = static_cast<unsigned char>(utf8[i]);
    const std::size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    char32_t scalar = length == 1 ? lead : lead & (0x7Fu >> length);
    for (std::size_t k = 1; k < length; ++k) {
      scalar = (scalar << 6) | (static_cast<unsigned char>(utf8[i + k]) & 0x3Fu);
    }
    out += scalar;
    i += length;
  }
  return out;
}

inline std::string to_utf8(std::u32string_view text) {
  std::string out;
  const auto put = [&out](std::uint32_t byte) { out += static_cast<char>(byte); };
  for (const std::uint32_t c : text) {
    if (c < 0x80) {
      put(c);
      continue;
    }
    const int tail = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    put((tail == 1 ? 0xC0u : tail == 2 ? 0xE0u : 0xF0u) | c >> (6 * tail));
    for (int i = tail - 1; i >= 0; --i) put(0x80 | (c >> (6 * i) & 0x3F));
  }
  return out;
}

inline std::string random_piece(std::mt19937& random) {
  static constexpr std::array<std::string_view, 36> kPieces = {"村",
                                                               "民",
                                                               "会",
                                                               "议",
                                                               "同意",
                                                               "村民委员会",
                                                               "。",
                                                               "，",
                                                               "；",
                                                               "\n",
                                                               "\n\n",
                                                               "\r\n",
                                                               "。\n",
                                                               " ",
                                                               "word ",
                                                               "the",
                                                               "12.50",
                                                               "７８",
                                                               "𠮷",
                                                               "𬱖",
                                                               "👍",
                                                               "👍🏽",
                                                               "👨‍👩‍👧",
                                                               "🇨🇳",
                                                               "🇨",
                                                               "\u200d",
                                                               "e\u0301",
                                                               "\u0301",
                                                               "\u0300",
                                                               "\u1100",
                                                               "\u1161",
                                                               "각",
                                                               "\u0e01\u0e33",
                                                               "क्षि",
                                                               "”",
                                                               "！"};
  return std::string(kPieces[random() % kPieces.size()]);
}

inline std::string random_text(std::mt19937& random, std::size_t pieces) {
  std::string out;
  while (pieces-- > 0) out += random_piece(random);
  return out;
}

/// A few insertions, deletions, replacements and moves at random scalar positions.
inline std::string mutated(std::mt19937& random, std::string_view text) {
  std::u32string out = to_scalars(text);
  for (std::size_t edits = 1 + random() % 5; edits > 0; --edits) {
    const std::size_t at = random() % (out.size() + 1);
    const std::size_t count = std::min<std::size_t>(random() % 12, out.size() - at);
    const std::u32string taken = out.substr(at, count);
    switch (random() % 4) {
      case 0:
        out.insert(at, to_scalars(random_text(random, 1 + random() % 6)));
        break;
      case 1:
        out.erase(at, count);
        break;
      case 2:
        out.replace(at, count, to_scalars(random_text(random, 1 + random() % 6)));
        break;
      default:
        out.erase(at, count);
        out.insert(random() % (out.size() + 1), taken);
    }
  }
  return to_utf8(out);
}

}  // namespace cunju::text::test
