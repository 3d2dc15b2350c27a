// SPDX-License-Identifier: Apache-2.0
//
// What a bad link does to frames, as values and as words: "delay=300 loss=50 ba.rate=64000 up=3000
// down=2000 seed=7". A word with "ab." or "ba." in front concerns one direction, without it both.
//
//   delay, jitter        ms one way; jitter is added evenly distributed and keeps the order
//   loss, dup, reorder   of a thousand frames: lost, delivered twice, overtaken by later ones
//   rate, queue          bits a second (0: no limit), bytes that wait for it; more are lost
//   up, down             ms of a cycle in which the link carries, and then loses, everything
//   seed                 of all chance
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "crdt/base/result.h"

namespace cunju::test {

/// One direction.
struct LaneOptions {
  std::chrono::milliseconds delay{0};
  std::chrono::milliseconds jitter{0};
  unsigned loss_per_mille = 0;
  unsigned duplicate_per_mille = 0;
  unsigned reorder_per_mille = 0;
  std::uint64_t bits_per_second = 0;
  std::size_t queue_bytes = 64 * 1024;
};

struct LinkProfile {
  LaneOptions a_to_b, b_to_a;
  std::chrono::milliseconds up{0};  ///< 0: always up.
  std::chrono::milliseconds down{0};
  std::uint64_t seed = 1;
};

/// Errors: kInvalidArgument, naming the word: unknown, or its number not 0 to 1,000,000,000.
Result<LinkProfile> parse_profile(std::string_view words);

}  // namespace cunju::test
