// SPDX-License-Identifier: Apache-2.0
#include "tests/support/link_emulator/lane.h"

#include <algorithm>

namespace cunju::test {
namespace {

/// How much later than its time an overtaken frame comes: a few frames of most links.
constexpr Lane::Time kOvertaken = std::chrono::milliseconds(25);

Lane::Time time_for(std::size_t bytes, std::uint64_t bits_per_second) {
  return Lane::Time(bytes * 8 * 1'000'000 / bits_per_second);
}

}  // namespace

bool Lane::pass_bottleneck(Time now, std::size_t bytes, Time& left_at) {
  left_at = now;
  if (options_.bits_per_second == 0) return true;
  const Time waits = std::max(Time(0), bottleneck_free_at_ - now);
  if (waits > time_for(options_.queue_bytes, options_.bits_per_second)) return false;
  bottleneck_free_at_ = now + waits + time_for(bytes, options_.bits_per_second);
  left_at = bottleneck_free_at_;
  return true;
}

void Lane::hold(Time until, ByteView frame) {
  if (held_bytes_ + frame.size() > kMaxHeldBytes) {
    counters_.lost += frame.size();
    return;
  }
  held_bytes_ += frame.size();
  held_.emplace(until, to_bytes(frame));
}

void Lane::offer(Time now, ByteView frame, bool is_cut) {
  counters_.offered += frame.size();
  // Chance is asked for each frame alike, so that a cut changes no later frame's fate.
  const bool is_lost = happens(options_.loss_per_mille);
  const bool is_doubled = happens(options_.duplicate_per_mille);
  const bool is_overtaken = happens(options_.reorder_per_mille);
  const auto jitter_us = static_cast<std::uint64_t>(Time(options_.jitter).count());
  const Time jitter(jitter_us == 0 ? 0 : dice_() % jitter_us);
  Time left_at{0};
  if (is_cut || is_lost || !pass_bottleneck(now, frame.size(), left_at)) {
    counters_.lost += frame.size();
    return;
  }
  Time arrival = left_at + options_.delay + jitter;
  if (is_overtaken) {
    arrival += kOvertaken;
  } else {
    arrival = last_arrival_ = std::max(arrival, last_arrival_);
  }
  hold(arrival, frame);
  if (is_doubled) hold(arrival, frame);
}

std::vector<Bytes> Lane::take_due(Time now) {
  std::vector<Bytes> out;
  while (!held_.empty() && held_.begin()->first <= now) {
    held_bytes_ -= held_.begin()->second.size();
    counters_.delivered += held_.begin()->second.size();
    out.push_back(std::move(held_.begin()->second));
    held_.erase(held_.begin());
  }
  return out;
}

}  // namespace cunju::test
