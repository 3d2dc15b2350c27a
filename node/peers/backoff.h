// SPDX-License-Identifier: Apache-2.0
//
// How long to wait between calls that fail: twice as long each time up to a limit, and each time at
// random within the upper half, so that villages whose power comes back at one moment don't call
// their office at one moment. ("Equal jitter", Marc Brooker, AWS architecture blog, 2015.) Chance
// is passed in; no clock.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>

#include "crdt/crypto/crypto.h"

namespace cunju::peers {

inline constexpr std::chrono::milliseconds kFirstPause{1'000};
/// Long enough to cost nothing, short enough for somebody who waits.
inline constexpr std::chrono::milliseconds kLongestPause{60'000};

class Backoff {
 public:
  explicit Backoff(crypto::RandomSource& random) : random_(random) {}

  /// The pause before the next call: kFirstPause / 2 to kFirstPause at first, then ever longer, at
  /// most kLongestPause.
  std::chrono::milliseconds next() {
    std::array<std::uint8_t, 2> dice{};
    random_.fill(dice);
    const auto half = pause_ / 2;
    const auto out = half + half * (dice[0] + 256 * dice[1]) / 65'535;
    pause_ = std::min(pause_ * 2, kLongestPause);
    return out;
  }
  /// The peer was reached.
  void reset() { pause_ = kFirstPause; }

 private:
  crypto::RandomSource& random_;
  std::chrono::milliseconds pause_ = kFirstPause;
};

}  // namespace cunju::peers
