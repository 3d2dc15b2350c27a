// SPDX-License-Identifier: Apache-2.0
//
// One direction of a bad link: frames in, the same frames out later, or never, or twice. Sans-IO:
// time and seed are passed in, so the same offers give the same deliveries. Holds at most
// kMaxHeldBytes; what comes beyond is lost, as in any router.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <random>
#include <utility>
#include <vector>

#include "crdt/base/bytes.h"
#include "tests/support/link_emulator/profile.h"

namespace cunju::test {

class Lane {
 public:
  /// Since any fixed point, never going back.
  using Time = std::chrono::microseconds;
  static constexpr std::size_t kMaxHeldBytes = 16 * 1024 * 1024;
  static constexpr Time kNever = Time::max();

  struct Counters {
    std::uint64_t offered = 0;  ///< Bytes of frames.
    std::uint64_t lost = 0;
    std::uint64_t delivered = 0;  ///< Second copies included.
  };

  Lane(const LaneOptions& options, std::uint64_t seed) : options_(options), dice_(seed) {}

  /// For frames that are offered from now on; what is on its way stays on it.
  void set_options(const LaneOptions& options) { options_ = options; }
  /// `is_cut`: the link carries nothing at this moment.
  void offer(Time now, ByteView frame, bool is_cut);
  /// Frames whose time has come, in the order in which they arrive.
  std::vector<Bytes> take_due(Time now);
  Time next_due() const { return held_.empty() ? kNever : held_.begin()->first; }
  const Counters& counters() const { return counters_; }

 private:
  bool happens(unsigned per_mille) { return dice_() % 1000 < per_mille; }
  /// When the frame has left the queue before the rate's bottleneck; empty: no room in it.
  bool pass_bottleneck(Time now, std::size_t bytes, Time& left_at);
  void hold(Time until, ByteView frame);

  LaneOptions options_;
  std::mt19937_64 dice_;
  Time bottleneck_free_at_{0};
  Time last_arrival_{0};
  std::multimap<Time, Bytes> held_;
  std::size_t held_bytes_ = 0;
  Counters counters_;
};

}  // namespace cunju::test
