// SPDX-License-Identifier: Apache-2.0
//
// What two sequences of numbers have in common, in order: Myers, "An O(ND) Difference Algorithm
// and Its Variations" (1986), in linear space, over whatever the numbers stand for. Two bounds keep
// a hopeless comparison cheap, at the price of a shortest answer: a search that goes deeper than
// kMaxDepth splits where it got furthest, and once kMaxSteps are spent the rest has nothing in
// common. An object belongs to one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace cunju::text {

/// before[before_at + i] == after[after_at + i] for all i < length.
struct CommonRun {
  std::uint32_t before_at = 0;
  std::uint32_t after_at = 0;
  std::uint32_t length = 0;

  friend bool operator==(const CommonRun&, const CommonRun&) = default;
};

using Ids = std::span<const std::uint32_t>;

class SequenceDiff {
 public:
  /// Edits that one search follows from either end before it settles for a good split.
  static constexpr std::int32_t kMaxDepth = 256;
  /// Steps (diagonals tried, elements compared) of all searches of one object: about 0.3 s.
  static constexpr std::uint64_t kMaxSteps = 40'000'000;

  /// Runs in ascending order of both sides, never adjacent in both, none empty.
  std::vector<CommonRun> common_runs(Ids before, Ids after);
  /// True once kMaxSteps are spent: later answers hold only what both ends share.
  bool exhausted() const { return steps_ >= kMaxSteps; }

 private:
  struct Box {
    std::uint32_t x0, x1, y0, y1;
  };
  struct Point {
    std::uint32_t x, y;
  };

  void search(Ids before, Ids after, std::vector<CommonRun>& out);
  Point split(Ids before, Ids after);
  Point furthest(std::int32_t n, std::int32_t m, std::int32_t depth) const;
  bool extend_forward(Ids before, Ids after, std::int32_t depth, Point& met);
  bool extend_backward(Ids before, Ids after, std::int32_t depth, Point& met);
  std::vector<std::uint32_t> shared_places(Ids of, Ids other);

  std::uint64_t steps_ = 0;
  // Furthest x on every diagonal, from the front and from the back; index is diagonal + kMaxDepth
  // + 1.
  std::vector<std::int32_t> forward_ = std::vector<std::int32_t>(2 * kMaxDepth + 3);
  std::vector<std::int32_t> backward_ = std::vector<std::int32_t>(2 * kMaxDepth + 3);
  // The round in which an id was last seen: membership without clearing between rounds.
  std::vector<std::uint32_t> seen_;
  std::uint32_t round_ = 0;
};

}  // namespace cunju::text
