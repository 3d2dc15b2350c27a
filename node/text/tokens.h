// SPDX-License-Identifier: Apache-2.0
//
// The pieces into which a diff cuts two texts: tokens (a grapheme cluster, or a number written in
// digits), and above them clauses and lines, which are ranges of tokens. Equal ids mean equal
// bytes, in either text. Internal to text_diff. A TokenIds belongs to one thread.
#pragma once

#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "crdt/base/result.h"

namespace cunju::text {

/// Digits of a number that stays whole; a longer row of digits is taken cluster by cluster.
inline constexpr std::size_t kMaxNumberLength = 32;

class TokenIds {
 public:
  /// `text` must outlive this object when it is longer than one scalar value.
  std::uint32_t of(std::string_view text);

 private:
  // Ids of single scalar values are the values themselves; others follow.
  std::unordered_map<std::string_view, std::uint32_t> longer_;
};

/// How well a text may be cut after a token, best last.
enum class CutQuality : std::uint8_t { kInsideWord, kBetween, kSpace, kClause, kSentence, kLine };

struct Token {
  std::uint32_t begin = 0;    ///< Byte offset; the token ends where the next begins.
  std::uint32_t scalars = 0;  ///< Scalar values before it.
  std::uint32_t weight = 0;   ///< Information before it: 1 for ASCII, 2 for any other cluster.
  CutQuality cut = CutQuality::kBetween;  ///< What its end is, if another token follows.
};

struct Tokens {
  std::string_view text;
  std::vector<std::uint32_t> ids;
  std::vector<Token> at;  ///< One more than ids: the last is the end of the text.

  std::uint32_t size() const { return static_cast<std::uint32_t>(ids.size()); }
  std::uint32_t weight(std::uint32_t begin, std::uint32_t end) const {
    return at[end].weight - at[begin].weight;
  }
  std::uint64_t scalars(std::uint32_t begin, std::uint32_t end) const {
    return at[end].scalars - at[begin].scalars;
  }
  std::string_view bytes(std::uint32_t begin, std::uint32_t end) const {
    return text.substr(at[begin].begin, at[end].begin - at[begin].begin);
  }
  /// Quality of a cut before token `index`; both ends of the text are as good as a line's.
  CutQuality cut_before(std::uint32_t index) const {
    return index == 0 || index == size() ? CutQuality::kLine : at[index - 1].cut;
  }
};

/// `text` is UTF-8 and must outlive the tokens and `ids`. Errors as grapheme_ends.
Result<Tokens> tokenize(std::string_view text, TokenIds& ids);

}  // namespace cunju::text
