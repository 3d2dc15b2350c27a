// SPDX-License-Identifier: Apache-2.0
//
// How much may be on its way on this link, learnt from how long acks take: what is written while
// much is sent waits for that, and a cut loses it; but each batch costs its receiver a durable
// commit. So little at first and on slow links, and much where it passes quickly. The link carries
// what was unacknowledged when a batch went out in the time until its ack; as much is let out as it
// carries in kMostWait and the time of a round trip (the idea of TCP Vegas). Pure: times are
// passed in, and nothing depends on them but sizes.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>

#include "net/sync/actions.h"

namespace cunju::sync {

/// Batches on their way at once: the next is there before the ack of the last has come back.
inline constexpr std::size_t kBatchesInFlight = 4;
/// The smallest window, and the first batch, which goes alone: two seconds of a link of 64 kbit/s.
inline constexpr std::size_t kSmallestWindowBytes = 16 * 1024;
inline constexpr std::size_t kSmallestBatchBytes = kSmallestWindowBytes / kBatchesInFlight;
/// What is on its way may wait so long in queues, beyond the time of a round trip.
inline constexpr Time kMostWait = std::chrono::seconds(1);
/// What waited less has not waited.
inline constexpr Time kNoWait = kMostWait / 4;

class Pace {
 public:
  explicit Pace(const Options& options) : options_(options), window_bytes_(kSmallestWindowBytes) {}

  /// Target bytes of the next batch: kSmallestBatchBytes to Options::batch_target_bytes.
  std::size_t batch_bytes() const {
    return std::min(options_.batch_target_bytes,
                    quickest_ ? window_bytes_ / kBatchesInFlight : window_bytes_);
  }
  /// With less room than this no further batch is begun: small edits before the first ack wait for
  /// nothing, and a quick link gets no crumbs.
  std::size_t least_room() const {
    return std::min(options_.batch_target_bytes, window_bytes_ / kBatchesInFlight);
  }
  /// Bytes of changes, as stored, that may be unacknowledged; at most Options::window_bytes.
  std::size_t window_bytes() const { return std::min(options_.window_bytes, window_bytes_); }

  /// A batch was acknowledged so long after it was sent; `outstanding`: bytes that were on their
  /// way then, its own with them. Few say nothing about what the link can carry, unless it was
  /// slow.
  void note_ack(std::size_t outstanding, Time took) {
    took = std::max(took, Time{1});
    // Of the first ack nobody can tell how much of its time was the way and how much the link's.
    const Time round_trip = quickest_ ? std::min(*quickest_, took) : Time{0};
    quickest_ = quickest_ ? round_trip : took;
    const Time allowed = kMostWait + round_trip;
    const double carried = static_cast<double>(outstanding) * static_cast<double>(allowed.count()) /
                           static_cast<double>(took.count());
    const bool is_too_slow = took > allowed;
    if (!is_too_slow && outstanding * 2 < window_bytes()) return;
    // One ack is one look: a link that was dead for some seconds is not narrow for ever.
    const auto window = static_cast<double>(window_bytes_);
    double next = is_too_slow ? std::clamp(carried, window / 2, window)
                              : std::clamp(carried, window, window * 2);
    // Nothing has waited: what the link carries is not known yet, but that it is more.
    if (took - round_trip < kNoWait) next = window * 2;
    window_bytes_ =
        std::clamp(static_cast<std::size_t>(next), kSmallestWindowBytes,
                   std::max(kSmallestBatchBytes, options_.batch_target_bytes) * kBatchesInFlight);
  }

 private:
  Options options_;
  std::size_t window_bytes_;
  /// How long a round trip takes. Of the whole session: on a link that is never idle the acks of a
  /// while would say how long its queue is.
  std::optional<Time> quickest_;
};

}  // namespace cunju::sync
