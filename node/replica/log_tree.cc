// SPDX-License-Identifier: Apache-2.0
#include "node/replica/log_tree.h"

#include <algorithm>

#include "crdt/base/check.h"

namespace cunju::replica {

const BranchRow& LogTree::numbered(std::uint32_t number) const {
  auto found = std::ranges::find(branches_, number, &BranchRow::number);
  CUNJU_CHECK(found != branches_.end(), "a branch of this log");
  return *found;
}

const BranchRow* LogTree::parent_of(const BranchRow& branch) const {
  if (branch.from_seq == 0) return nullptr;
  auto found = std::ranges::find(branches_, branch.parent, &BranchRow::first);
  CUNJU_CHECK(found != branches_.end(), "a branch leaves one of its log");
  return &*found;
}

const BranchRow& LogTree::holder(const BranchRow& branch, Seq seq) const {
  const BranchRow* at = &branch;
  while (seq.value < at->from_seq) at = parent_of(*at);
  return *at;
}

std::size_t LogTree::count_siblings(const BranchRow& parent, std::uint64_t seq) const {
  const auto others = std::ranges::count_if(branches_, [&](const BranchRow& branch) {
    return !branch.first.is_zero() && branch.from_seq == seq && branch.parent == parent.first;
  });
  return static_cast<std::size_t>(others) + (parent.next_seq > seq ? 1 : 0);
}

std::optional<std::uint64_t> LogTree::line_start(const BranchRow& branch, Seq seq) const {
  std::optional<std::uint64_t> out;
  if (!branch.first.is_zero()) out = branch.from_seq;
  for (const BranchRow& other : branches_) {
    if (other.first.is_zero() || other.parent != branch.first || &other == &branch) continue;
    // What leaves this branch has a sibling in it.
    if (other.from_seq <= seq.value && (!out || other.from_seq > *out)) out = other.from_seq;
  }
  return out;
}

std::optional<Seq> LogTree::fork_point() const {
  std::optional<Seq> out;
  for (const BranchRow& branch : branches_) {
    if (branch.first.is_zero()) continue;
    if (!out || branch.from_seq < out->value) out = Seq{branch.from_seq};
  }
  return out;
}

}  // namespace cunju::replica
