// SPDX-License-Identifier: Apache-2.0
//
// A node's idea of the date: off by up to ten years either way, and it jumps. It ends up in what a
// change claims and nowhere else (rule 3).
#pragma once

#include <cstdint>

#include "tests/simulation/dice.h"

namespace cunju::simulation {

class WrongClock {
 public:
  /// Off by chance from now on.
  void jump(Dice& dice) {
    constexpr std::size_t kTenYears = std::size_t{10} * 365 * 24 * 3600 * 1000;
    offset_ =
        static_cast<std::int64_t>(dice.below(2 * kTenYears)) - static_cast<std::int64_t>(kTenYears);
  }
  std::uint64_t claimed_ms(Time now) const {
    constexpr std::int64_t kBeginning = 1'767'225'600'000;
    return static_cast<std::uint64_t>(kBeginning + now.count() + offset_);
  }

 private:
  std::int64_t offset_ = 0;
};

}  // namespace cunju::simulation
