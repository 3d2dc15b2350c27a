// SPDX-License-Identifier: Apache-2.0
//
// In which order a text's changes are replayed, and which of them need merging at all. The order
// is a function of the set of changes, never of their arrival. Where it branches, what follows
// nothing else and is shorter than the author's own next stretch comes first, then the author goes
// on as far as possible, then come the others, shorter ones first; ties go by author and id. So
// going back and forth between two authors costs the steps of both and not their product, even
// when one of them has read along for ever and never been read.
//   critical(c)  ⇔  every other change is an ancestor or a descendant of c
// Critical changes cut the order into stretches. A stretch whose text edits are totally ordered is
// sequential; edits of other fields of the record don't make it concurrent. From the first edit on
// that is left out, or passed over by another, everything is one concurrent stretch: what its
// readers wrote has positions in a text that is not the one to be shown. Built in
// O(changes · log parents) without recursion.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "crdt/types/text/text_history.h"

namespace cunju {

/// Place of a change in the order of replay.
using TextPosition = std::uint32_t;

struct TextStretch {
  TextPosition begin = 0;
  TextPosition end = 0;
  bool concurrent = false;
  /// Whether the last change is critical; only the last stretch may lack that.
  bool closed = false;
};

class TextPlan {
 public:
  /// Of everything in the history.
  explicit TextPlan(const TextHistory& history);
  /// Of a version: the named changes and their ancestors.
  TextPlan(const TextHistory& history, std::span<const TextNodeIndex> heads);

  std::span<const TextNodeIndex> order() const { return order_; }
  std::span<const TextStretch> stretches() const { return stretches_; }
  /// Where the unbranched chain of changes that holds `position` begins.
  TextPosition chain_begin(TextPosition position) const { return chain_begin_[position]; }
  TextPosition position_of(TextNodeIndex node) const { return position_of_[node]; }

 private:
  void count_children(const TextHistory& history, const std::vector<bool>& included);
  std::span<const TextNodeIndex> children(TextNodeIndex node) const;
  bool goes_on(const TextHistory& history, TextNodeIndex node) const;
  void make_order(const TextHistory& history, const std::vector<bool>& included);
  /// Of the changes that `last`, if any, made ready; the first to be replayed goes last.
  void push_ready(const TextHistory& history, std::optional<TextNodeIndex> last,
                  std::span<const TextNodeIndex> fresh, std::vector<TextNodeIndex>& ready) const;
  std::size_t weight_of_chain(const TextHistory& history, TextNodeIndex begin) const;
  /// The first edit that is left out or passed over; the end when there is none.
  TextPosition first_unsettled(const TextHistory& history) const;
  void cut_stretches(const TextHistory& history);
  bool is_concurrent(const TextHistory& history, TextPosition begin, TextPosition end) const;

  std::vector<TextNodeIndex> order_;
  std::vector<TextPosition> position_of_;
  std::vector<TextPosition> chain_begin_;
  std::vector<TextStretch> stretches_;
  std::vector<std::uint32_t> children_begin_;
  std::vector<TextNodeIndex> children_;
};

}  // namespace cunju
