// SPDX-License-Identifier: Apache-2.0
//
// The words that two people read to each other before an invitation lets anybody in: four out of a
// fixed list of 128, so 28 bits. Both sides committed to what the words are made of before either
// could see them (net/wire/pairing.h), so somebody in the middle guesses once for each exchange.
// No two words begin with syllables that dialects confuse (z/zh, c/ch, s/sh, n/l/r, h/f, -n/-ng).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "crdt/base/ids.h"
#include "crdt/base/result.h"

namespace cunju::peers {

struct PairingWord {
  std::string_view zh;
  std::string_view first;   ///< Syllable in pinyin without its tone.
  std::string_view second;  ///< The same.
  /// "shanyang": for keyboards without Chinese input.
  std::string pinyin() const { return std::string(first) + std::string(second); }
};

inline constexpr std::size_t kPairingListWords = 128;
inline constexpr std::size_t kPairingWords = 4;
/// Places in the list.
using PairingWords = std::array<std::uint8_t, kPairingWords>;

std::span<const PairingWord, kPairingListWords> pairing_word_list();
/// From the transcript of a pairing: the lowest seven bits of each of its first four bytes.
PairingWords pairing_words(const Hash& transcript);
/// "山羊 月亮 石头 书包", or in pinyin.
std::string words_in_chinese(const PairingWords& words);
std::string words_in_pinyin(const PairingWords& words);
/// As a person types them: Chinese or pinyin, apart or in one piece. Errors: kInvalidArgument when
/// something is no word of the list, or there are more or fewer than four: a slip, and no answer.
Result<PairingWords> parse_pairing_words(std::string_view text);

}  // namespace cunju::peers
