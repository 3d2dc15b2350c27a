// SPDX-License-Identifier: Apache-2.0
#include "node/replica/merged_logs.h"

#include <optional>
#include <utility>

#include "crdt/base/check.h"

namespace cunju::replica {

MergedLogs::MergedLogs(const Reader& reader, std::vector<Stretch> stretches)
    : reader_(reader), stretches_(std::move(stretches)) {
  for (std::size_t at = 0; at < stretches_.size(); ++at) push(at, stretches_[at].from);
}

const MergedLogs::Place& MergedLogs::place() const {
  CUNJU_CHECK(!places_.empty(), "there is something left");
  return places_.top();
}

void MergedLogs::advance() {
  const Place last = place();
  places_.pop();
  push(last.stretch, last.seq + 1);
}

void MergedLogs::leave_stretch() {
  CUNJU_CHECK(!places_.empty(), "there is something left");
  places_.pop();
}

void MergedLogs::push(std::size_t stretch, std::uint64_t seq) {
  const Stretch& each = stretches_[stretch];
  if (seq >= each.end) return;
  const std::optional<LogRow> row = reader_.find_log(each.branch, Seq{seq});
  if (row)
    places_.push({.is_after_forks = !each.is_forked,
                  .is_after_urgent = seq >= each.urgent_end,
                  .ordinal = row->ordinal,
                  .stretch = stretch,
                  .seq = seq});
}

}  // namespace cunju::replica
