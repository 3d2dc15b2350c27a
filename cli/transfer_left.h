// SPDX-License-Identifier: Apache-2.0
//
// How much of a session's plans, and of the attachments that follow, is left, and about how long
// that takes at the speed so far. For people: what the peer plans is its claim, bytes are those of
// changes as stored, and a link's speed changes. Pure: times are passed in.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "net/sync/actions.h"
#include "node/registry/label.h"

namespace cunju::cli {

struct TransferLeft {
  std::uint64_t bytes = 0;        ///< Of changes in both directions, as stored.
  std::uint64_t attachments = 0;  ///< Bytes of attachments in both, which come after them.
  /// Rounded up; empty while there is nothing to go by, or nothing is left.
  std::optional<std::chrono::seconds> time;
  bool is_something() const { return bytes > 0 || attachments > 0; }
};

/// Of a transfer, for programs: each chunk is progress, and a line for each would be the most that
/// is written. While something is left one is due a second, the first of them at once; with nothing
/// left each is, so that the end of a transfer and every live edit is told.
inline constexpr std::chrono::seconds kProgressPause{1};
class ProgressPace {
 public:
  /// Whether one may be written now, which counts as written.
  bool is_due(std::chrono::milliseconds now, const TransferLeft& left) {
    const bool is_next = left.is_something() && has_said_left_;
    if (is_next && now - told_at_ < kProgressPause) return false;
    told_at_ = now;
    has_said_left_ = left.is_something();
    return true;
  }

 private:
  std::chrono::milliseconds told_at_{0};
  bool has_said_left_ = false;
};

class TransferClock {
 public:
  ProgressPace pace;  ///< Of the objects that tell of it.
  /// What is left now. The first call is the beginning; `now` never goes back.
  TransferLeft left(const sync::Progress& progress, std::chrono::milliseconds now);

 private:
  struct Begin {
    std::chrono::milliseconds at{0};
    std::uint64_t done = 0;
  };
  std::optional<Begin> begin_;
  bool is_at_attachments_ = false;
};

/// "还有 1.2 MB，附件还有 30 MB，约 3 分钟"; empty texts when nothing is left.
registry::Label words_of(const TransferLeft& left);

}  // namespace cunju::cli
