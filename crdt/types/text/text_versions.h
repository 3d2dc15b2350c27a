// SPDX-License-Identifier: Apache-2.0
//
// Which version of a stretch each of its changes was made at, and what tells two versions apart.
// The changes are divided into *lines*: a line goes on with a change whose parent is its last one,
// of the same author if there is one. As an author's changes have seen each other, an author's
// changes are one line, and a version is a count for each line:
//   seen(c)  =  for each line, how many of its changes are ancestors of c
// A line keeps what its last change has seen, and a log of what each of its changes learned; so
// what an older one had seen can be told. Cost: O(lines) and the changes in between to tell two
// versions apart; for each parent that is news to a line, what the parent's line has learned since
// it was last read, at most parents · lines for one change, as joining clocks costs. Memory for
// each change is what it learned of other lines. One thread at a time.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "crdt/types/text/text_history.h"
#include "crdt/types/text/text_plan.h"

namespace cunju {

/// Changes that are neighbours in the order of replay.
struct TextRange {
  TextPosition begin = 0;
  TextPosition end = 0;
};

class TextVersions {
 public:
  TextVersions(const TextHistory& history, const TextPlan& plan) : history_(history), plan_(plan) {}

  /// Forgets everything; the version at hand is that before the stretch.
  void start(const TextStretch& stretch);

  /// Takes in the next change of the stretch. All are taken in, in order.
  void add(TextPosition position);
  /// Makes the parents of the change just taken in the version at hand, and then the change too.
  /// `only_before` and `only_after` get what the version lost and won in between.
  void move_to(TextPosition position, std::vector<TextRange>& only_before,
               std::vector<TextRange>& only_after);

  std::size_t steps() const { return steps_; }

 private:
  static constexpr std::uint32_t kNoLine = 0xFFFFFFFF;
  struct Seen {
    std::uint32_t line = 0;
    std::uint32_t count = 0;
  };
  struct Learned {
    std::uint32_t by = 0;  ///< The how manieth of the line learned it; from 1.
    Seen what;
  };
  struct Line {
    std::vector<TextPosition> changes;
    std::vector<Learned> log;
    std::vector<Seen> seen;  ///< Of the last change, itself included; ascending by line.
  };
  struct Place {
    std::uint32_t line = kNoLine;
    std::uint32_t count = 0;  ///< The how manieth of its line; from 1.
  };

  Place& place(TextPosition position) { return places_[position - begin_]; }
  void find_needed(const TextStretch& stretch);
  std::uint32_t take_line(TextPosition position);
  void learn(std::uint32_t line, Place parent);
  /// Raises a count; false when it was as high before.
  bool raise(std::uint32_t line, Seen what);
  static std::uint32_t count_in(std::span<const Seen> seen, std::uint32_t line);
  /// The changes (from, to] of a line.
  void append(std::uint32_t line, std::uint32_t from, std::uint32_t to,
              std::vector<TextRange>& out);

  const TextHistory& history_;
  const TextPlan& plan_;
  TextPosition begin_ = 0;
  std::vector<Place> places_;  ///< Of each change of the stretch.
  std::vector<bool> needed_;   ///< Edits, or an ancestor of edits.
  std::vector<Line> lines_;
  std::vector<Seen> at_hand_;
  std::size_t steps_ = 0;
};

}  // namespace cunju
