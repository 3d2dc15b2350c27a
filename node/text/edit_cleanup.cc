// SPDX-License-Identifier: Apache-2.0
#include "node/text/edit_cleanup.h"

#include <algorithm>
#include <optional>

namespace cunju::text {
namespace {

// Kept text of at most this weight between two edits that are each at least as heavy is chance: a
// few characters that a replaced sentence happens to share. Longer terms (村民委员会) stay.
constexpr std::uint32_t kMaxChanceWeight = 8;
// Places tried when an edit is moved: a row of equal characters must not make it quadratic.
constexpr std::uint32_t kMaxShift = 256;

TokenEdit joined(const TokenEdit& left, const TokenEdit& right) {
  return {left.old_begin, right.old_end, left.new_begin, right.new_end};
}

class Cleaner {
 public:
  Cleaner(const Tokens& before, const Tokens& after) : before_(before), after_(after) {}

  void join_by_chance(std::vector<TokenEdit>& edits) const {
    std::size_t used = 0;
    for (const TokenEdit& edit : edits) {
      edits[used++] = edit;
      while (used >= 2 && kept_by_chance(edits[used - 2], edits[used - 1])) {
        edits[used - 2] = joined(edits[used - 2], edits[used - 1]);
        --used;
      }
    }
    edits.resize(used);
  }

  void join_lightest(std::vector<TokenEdit>& edits, std::size_t max_edits) const {
    if (edits.size() <= max_edits) return;
    std::vector<std::uint32_t> gaps;
    for (std::size_t i = 1; i < edits.size(); ++i) gaps.push_back(gap(edits[i - 1], edits[i]));
    // Exactly so many gaps go as there are edits too many; equal ones from the front.
    std::size_t excess = edits.size() - max_edits;
    std::vector<std::uint32_t> sorted = gaps;
    const auto nth = sorted.begin() + static_cast<std::ptrdiff_t>(excess - 1);
    std::ranges::nth_element(sorted, nth);
    const std::uint32_t most = *nth;
    std::size_t equals = excess;
    for (std::uint32_t weight : gaps) equals -= weight < most ? 1 : 0;
    std::size_t used = 1;
    for (std::size_t i = 1; i < edits.size(); ++i) {
      const bool join = gaps[i - 1] < most || (gaps[i - 1] == most && equals > 0);
      if (gaps[i - 1] == most && join) --equals;
      if (join) {
        edits[used - 1] = joined(edits[used - 1], edits[i]);
      } else {
        edits[used++] = edits[i];
      }
    }
    edits.resize(used);
  }

  void move_to_boundaries(std::vector<TokenEdit>& edits) const {
    for (std::size_t i = 0; i < edits.size(); ++i) {
      TokenEdit& edit = edits[i];
      const bool inserts = edit.old_begin == edit.old_end;
      if (!inserts && edit.new_begin != edit.new_end) continue;
      const Tokens& text = inserts ? after_ : before_;
      const std::uint32_t begin = inserts ? edit.new_begin : edit.old_begin;
      const std::uint32_t end = inserts ? edit.new_end : edit.old_end;
      // At least one kept token stays between this edit and the next on either side.
      const std::uint32_t left_room =
          i == 0 ? edit.old_begin : edit.old_begin - edits[i - 1].old_end - 1;
      const std::uint32_t right_room = i + 1 == edits.size()
                                           ? before_.size() - edit.old_end
                                           : edits[i + 1].old_begin - edit.old_end - 1;
      shift(edit, best_shift(text, begin, end, left_room, right_room));
    }
  }

 private:
  static std::uint32_t heavier(std::uint32_t a, std::uint32_t b) { return std::max(a, b); }

  std::uint32_t size(const TokenEdit& edit) const {
    return heavier(before_.weight(edit.old_begin, edit.old_end),
                   after_.weight(edit.new_begin, edit.new_end));
  }

  std::uint32_t gap(const TokenEdit& left, const TokenEdit& right) const {
    return before_.weight(left.old_end, right.old_begin);
  }

  bool kept_by_chance(const TokenEdit& left, const TokenEdit& right) const {
    const std::uint32_t kept = gap(left, right);
    if (kept > kMaxChanceWeight || kept > size(left) || kept > size(right)) return false;
    // A kept line end keeps the paragraphs apart, for readers and for the other clerk's edits.
    for (std::uint32_t at = left.old_end; at < right.old_begin; ++at) {
      if (before_.at[at].cut == CutQuality::kLine) return false;
    }
    return true;
  }

  // Moving [begin, end) right by one is the same edit if the token that enters equals the one that
  // leaves. The best place has the best cuts at both ends; of equals the rightmost.
  static std::int64_t best_shift(const Tokens& text, std::uint32_t begin, std::uint32_t end,
                                 std::uint32_t left_room, std::uint32_t right_room) {
    const auto score = [&text](std::uint32_t from, std::uint32_t to) {
      return static_cast<int>(text.cut_before(from)) + static_cast<int>(text.cut_before(to));
    };
    int best = score(begin, end);
    std::int64_t shift = 0;
    const auto try_at = [&](std::int64_t by, bool or_equal) {
      const int value =
          score(static_cast<std::uint32_t>(begin + by), static_cast<std::uint32_t>(end + by));
      if (value > best || (or_equal && value == best)) {
        best = value;
        shift = by;
      }
    };
    for (std::uint32_t i = 0; i < std::min(right_room, kMaxShift); ++i) {
      if (text.ids[begin + i] != text.ids[end + i]) break;
      try_at(std::int64_t{i} + 1, true);
    }
    for (std::uint32_t i = 1; i <= std::min(left_room, kMaxShift); ++i) {
      if (text.ids[begin - i] != text.ids[end - i]) break;
      try_at(-std::int64_t{i}, false);
    }
    return shift;
  }

  static void shift(TokenEdit& edit, std::int64_t by) {
    for (std::uint32_t* at : {&edit.old_begin, &edit.old_end, &edit.new_begin, &edit.new_end}) {
      *at = static_cast<std::uint32_t>(*at + by);
    }
  }

  const Tokens& before_;
  const Tokens& after_;
};

}  // namespace

void clean_up(std::vector<TokenEdit>& edits, const Tokens& before, const Tokens& after,
              std::size_t max_edits) {
  const Cleaner cleaner(before, after);
  cleaner.join_by_chance(edits);
  cleaner.join_lightest(edits, max_edits);
  cleaner.move_to_boundaries(edits);
}

}  // namespace cunju::text
