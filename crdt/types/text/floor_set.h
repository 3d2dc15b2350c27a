// SPDX-License-Identifier: Apache-2.0
//
// A set of numbers below 2^30 that gives the largest member up to a number: a bitmap with bitmaps
// of its words above it, five levels of 64. Adding and asking cost five words at most, whatever
// the set looks like. One thread at a time.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <vector>

namespace cunju {

class FloorSet {
 public:
  /// Empty; members will be below `end`. Costs end / 64 words.
  void start(std::uint32_t end) {
    for (std::vector<std::uint64_t>& level : levels_) {
      end = end / 64 + 1;
      level.assign(end, 0);
    }
  }

  void add(std::uint32_t number) {
    for (std::vector<std::uint64_t>& level : levels_) {
      level[number / 64] |= std::uint64_t{1} << (number % 64);
      number /= 64;
    }
  }

  /// There is a member that is at most `number`.
  std::uint32_t floor(std::uint32_t number) const {
    std::size_t level = 0;
    while (true) {
      const std::uint64_t upto = ~std::uint64_t{0} >> (63 - number % 64);
      const std::uint64_t word = levels_[level][number / 64] & upto;
      if (word != 0) {
        number = number / 64 * 64 + highest(word);
        break;
      }
      // The word before this one, or the nearest before it that has members.
      number = number / 64 - 1;
      ++level;
    }
    while (level-- > 0) number = number * 64 + highest(levels_[level][number]);
    return number;
  }

 private:
  static std::uint32_t highest(std::uint64_t word) {
    return static_cast<std::uint32_t>(std::bit_width(word)) - 1;
  }

  std::array<std::vector<std::uint64_t>, 5> levels_;
};

}  // namespace cunju
