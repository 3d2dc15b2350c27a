// SPDX-License-Identifier: Apache-2.0
//
// Stretches of several logs merged into one row, in the order in which a peer gets them: what
// proves that a key has signed twice, then the roster and what says of erasing (urgent_logs.h),
// then the rest, and among equals what was admitted here first. So predecessors, pins and, on this
// node, also parents come before what builds on them, and the receiver seldom has to hold anything.
// Reads rows of logs as it goes; one transaction.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <queue>
#include <tuple>
#include <vector>

#include "node/replica/books.h"

namespace cunju::replica {

class MergedLogs {
 public:
  struct Stretch {
    std::uint32_t branch = 0;
    std::uint64_t from = 0;
    std::uint64_t end = 0;         ///< Nothing from here on.
    std::uint64_t urgent_end = 0;  ///< What is before it is urgent.
    bool is_forked = false;        ///< Its log is.
  };
  struct Place {
    /// Until a node has both branches of a fork it believes the one.
    bool is_after_forks = false;
    bool is_after_urgent = false;
    std::uint64_t ordinal = 0;
    std::size_t stretch = 0;  ///< Its index.
    std::uint64_t seq = 0;
    bool operator>(const Place& other) const {
      return std::tie(is_after_forks, is_after_urgent, ordinal) >
             std::tie(other.is_after_forks, other.is_after_urgent, other.ordinal);
    }
  };

  MergedLogs(const Reader& reader, std::vector<Stretch> stretches);

  bool is_at_end() const { return places_.empty(); }
  /// CUNJU_CHECK: not at the end.
  const Place& place() const;
  void advance();
  /// Passes over this change and all that follows in its stretch.
  void leave_stretch();

 private:
  void push(std::size_t stretch, std::uint64_t seq);

  const Reader& reader_;
  std::vector<Stretch> stretches_;
  std::priority_queue<Place, std::vector<Place>, std::greater<>> places_;
};

}  // namespace cunju::replica
