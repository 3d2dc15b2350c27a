// SPDX-License-Identifier: Apache-2.0
//
// How large batches are on this link, learnt from how long acks take: small at first and on slow
// links, so that a link which is cut every few seconds still gets whole batches through; large
// where they pass quickly, because each costs its receiver a durable commit. Pure: times are passed
// in, and nothing depends on them but sizes.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>

#include "net/sync/actions.h"

namespace cunju::sync {

/// The first batch, and the smallest target: two seconds of a link of 64 kbit/s.
inline constexpr std::size_t kSmallestBatchBytes = 16 * 1024;
/// Batches on their way at once: the next is there before the ack of the last has come back.
inline constexpr std::size_t kBatchesInFlight = 4;
/// A full batch that is acknowledged within this time is followed by ones of twice its size. Above
/// the time of a round trip over a satellite, which no smaller batch would shorten.
inline constexpr Time kQuickAck = std::chrono::seconds(4);
/// After so long batches are halved: what a cut would lose, and a new edit wait for, is too much.
inline constexpr Time kSlowAck = std::chrono::seconds(12);

class Pace {
 public:
  explicit Pace(const Options& options)
      : options_(options),
        batch_bytes_(std::min(kSmallestBatchBytes, options.batch_target_bytes)) {}

  /// Target bytes of the next batch: kSmallestBatchBytes to Options::batch_target_bytes.
  std::size_t batch_bytes() const { return batch_bytes_; }
  /// Bytes of changes, as stored, that may be unacknowledged; at most Options::window_bytes.
  std::size_t window_bytes() const {
    return std::min(options_.window_bytes, batch_bytes_ * kBatchesInFlight);
  }
  /// A batch of so many bytes was acknowledged so long after it was sent. One that was far from
  /// full says nothing about what the link can carry, unless it was slow.
  void note_ack(std::size_t bytes, Time took) {
    if (took > kSlowAck) {
      batch_bytes_ =
          std::max(batch_bytes_ / 2, std::min(kSmallestBatchBytes, options_.batch_target_bytes));
    } else if (took < kQuickAck && bytes * 2 >= batch_bytes_) {
      batch_bytes_ = std::min(batch_bytes_ * 2, options_.batch_target_bytes);
    }
  }

 private:
  Options options_;
  std::size_t batch_bytes_;
};

}  // namespace cunju::sync
