// SPDX-License-Identifier: Apache-2.0
//
// A rateless invertible Bloom lookup table over heads (Yang, Gilad, Alizadeh: "Practical Rateless
// Set Reconciliation", SIGCOMM 2024): an endless row of symbols, each the exclusive or of the items
// that are in it. The symbols of two sets, subtracted, are those of what they differ in, and about
// 1.35 to 1.7 times as many of them as there are differences give these one by one: a symbol with
// one item left names it, and it is taken out of the others.
//   every item is in symbol 0; the probability that it is in symbol i is 1 / (1 + i/2)
//   check(item) := low 24 bits of mix(item), a hash of 64 bits of its three numbers
//   in symbol 0 < i < 8 an item is if the i-th run of 16 bits of two numbers of a SplitMix64
//   generator, which starts at mix(item), is below 2^16 / (1 + i/2)
//   after symbol i >= 7 it is next in symbol ceil(sqrt((i+1)(i+2)/u + 1/4) - 3/2), u the
//   generator's next number in (0, 1]: the same probabilities, without a look at each symbol
// The tags in an item are keyed, so who chooses heads does not choose their symbols. Pure; no
// thread rule.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "net/wire/sketch_codec.h"

namespace cunju::sync {

/// The symbols first, first + 1, ... of a set. For a hundred thousand items and eight symbols a few
/// milliseconds.
std::vector<wire::Symbol> draw_symbols(std::span<const wire::HeadItem> items, std::size_t first,
                                       std::size_t count);

/// The peer's symbols from 0 on, and what of ours is subtracted from them.
class SketchSolver {
 public:
  /// `theirs` and `ours`: the same stretch of both rows, following the last one.
  void add(std::span<const wire::Symbol> theirs, std::span<const wire::Symbol> ours);
  std::size_t size() const { return difference_.size(); }
  /// All items that are in one set only, in no order, when the symbols suffice. Takes at most a
  /// small multiple of size() steps whatever the symbols are. A wrong answer would have to pass
  /// checks of 24 bits and leave every symbol empty.
  std::optional<std::vector<wire::HeadItem>> solve() const;
  /// About how many items that will be, while the symbols don't suffice. `surplus`: items of the
  /// peer's set less those of ours.
  double estimate(double surplus) const;

 private:
  std::vector<wire::Symbol> difference_;
};

}  // namespace cunju::sync
