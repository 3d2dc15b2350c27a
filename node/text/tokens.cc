// SPDX-License-Identifier: Apache-2.0
#include "node/text/tokens.h"

#include <algorithm>
#include <array>

#include "node/text/graphemes.h"

namespace cunju::text {
namespace {

constexpr std::uint32_t kFirstLongerId = 0x110000;

std::uint32_t first_scalar(std::string_view text, std::size_t& length) {
  const auto byte = [text](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t lead = byte(0);
  length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  if (length == 1) return lead;
  std::uint32_t scalar = lead & (0x7Fu >> length);
  for (std::size_t i = 1; i < length; ++i) scalar = (scalar << 6) | (byte(i) & 0x3Fu);
  return scalar;
}

std::uint32_t scalar_count(std::string_view text) {
  return static_cast<std::uint32_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

bool is_digit(std::string_view cluster) {
  if (cluster.size() == 1) return cluster[0] >= '0' && cluster[0] <= '9';
  // Full-width digits, as Chinese input methods give them.
  return cluster.size() == 3 && cluster >= "０" && cluster <= "９";
}

bool joins_digits(std::string_view cluster) {
  return cluster == "." || cluster == "," || cluster == "．";
}

bool is_word_byte(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

template <std::size_t N>
bool among(std::string_view cluster, const std::array<std::string_view, N>& set) {
  return std::ranges::find(set, cluster) != set.end();
}

constexpr std::array<std::string_view, 7> kSentenceEnds = {"。", "！", "？", "…", "!", "?", "."};
constexpr std::array<std::string_view, 7> kClauseEnds = {"，", "；", "、", "：", ",", ";", ":"};
constexpr std::array<std::string_view, 10> kClosers = {"”",  "’",  "」", "』", "）",
                                                       "》", "】", ")",  "\"", "'"};

bool is_line_end(std::string_view token) {
  return token == "\n" || token == "\r\n" || token == "\r";
}

// What `token` ends, `carried` being what the tokens before it ended: a closing quote belongs to
// the sentence before it.
CutQuality ended_by(std::string_view token, CutQuality carried) {
  if (is_line_end(token)) return CutQuality::kLine;
  if (among(token, kSentenceEnds)) return CutQuality::kSentence;
  if (among(token, kClauseEnds)) return CutQuality::kClause;
  const bool closes = among(token, kClosers);
  if (closes && carried > CutQuality::kSpace && carried < CutQuality::kLine) return carried;
  return CutQuality::kBetween;
}

// Whether the piece may end before `next`: not while marks and closing quotes follow, and an ASCII
// mark only before white space, or a:b would come apart.
CutQuality cut_between(std::string_view token, CutQuality ended, std::string_view next) {
  if (ended == CutQuality::kLine) return ended;
  const bool blank_next = next == " " || next == "\u3000" || is_line_end(next);
  const bool goes_on = among(next, kClosers) || among(next, kSentenceEnds);
  if (ended > CutQuality::kSpace && !goes_on && (token.size() > 1 || blank_next)) return ended;
  if (token == " " || token == "\t" || token == "\u3000") return CutQuality::kSpace;
  if (is_word_byte(token.back()) && is_word_byte(next.front())) return CutQuality::kInsideWord;
  return CutQuality::kBetween;
}

// The clusters of a text by index.
class Clusters {
 public:
  Clusters(std::string_view text, const std::vector<std::uint32_t>& ends)
      : text_(text), ends_(ends) {}

  std::size_t size() const { return ends_.size(); }
  std::string_view at(std::size_t index) const {
    const std::uint32_t begin = index == 0 ? 0 : ends_[index - 1];
    return text_.substr(begin, ends_[index] - begin);
  }

  // End of the number that begins at `index`; `index` itself if none does.
  std::size_t number_end(std::size_t index) const {
    std::size_t end = index;
    while (end < size()) {
      const bool joined = end > index && joins_digits(at(end)) && end + 1 < size();
      if (joined && is_digit(at(end + 1))) {
        end += 2;
      } else if (is_digit(at(end))) {
        ++end;
      } else {
        break;
      }
    }
    return end;
  }

 private:
  std::string_view text_;
  const std::vector<std::uint32_t>& ends_;
};

}  // namespace

std::uint32_t TokenIds::of(std::string_view text) {
  std::size_t length = 0;
  const std::uint32_t scalar = first_scalar(text, length);
  if (length == text.size()) return scalar;
  const auto next = static_cast<std::uint32_t>(kFirstLongerId + longer_.size());
  return longer_.try_emplace(text, next).first->second;
}

Result<Tokens> tokenize(std::string_view text, TokenIds& ids) {
  CUNJU_TRY(const std::vector<std::uint32_t> ends, grapheme_ends(text));
  const Clusters clusters(text, ends);
  Tokens out;
  out.text = text;
  out.ids.reserve(ends.size());
  out.at.reserve(ends.size() + 1);
  Token token;
  CutQuality ended = CutQuality::kBetween;
  std::string_view last;
  std::size_t single_until = 0;  // The end of a row of digits that is too long for a number.
  for (std::size_t index = 0; index < ends.size();) {
    std::size_t next = index + 1;
    if (index >= single_until) {
      next = std::max(next, clusters.number_end(index));
      if (next - index > kMaxNumberLength) {
        single_until = next;
        next = index + 1;
      }
    }
    const std::string_view bytes = text.substr(token.begin, ends[next - 1] - token.begin);
    if (!last.empty()) {
      ended = ended_by(last, ended);
      out.at.back().cut = cut_between(last, ended, bytes);
    }
    out.ids.push_back(ids.of(bytes));
    out.at.push_back(token);
    token.begin = ends[next - 1];
    token.scalars += scalar_count(bytes);
    token.weight += bytes.size() == 1 ? 1 : static_cast<std::uint32_t>(2 * (next - index));
    last = bytes;
    index = next;
  }
  out.at.push_back(token);
  return out;
}

}  // namespace cunju::text
