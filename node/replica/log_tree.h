// SPDX-License-Identifier: Apache-2.0
//
// One author's log in one space as its branches stand in the store. An honest log has one; who
// signs two changes after the same one has two from there on. Every change is held by exactly one
// branch; its path goes on from there in the branches that this one leaves. The line of a change
// (crdt/roster/roster_graph.h) is a stretch of its path on which nothing has a sibling. Value; no
// thread rule.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "node/replica/tables.h"

namespace cunju::replica {

class LogTree {
 public:
  LogTree() = default;
  /// The branch that came first is the first; parents come anywhere.
  explicit LogTree(std::vector<BranchRow> branches) : branches_(std::move(branches)) {}

  bool empty() const { return branches_.empty(); }
  bool is_forked() const { return branches_.size() > 1; }
  const std::vector<BranchRow>& branches() const { return branches_; }
  const BranchRow& first() const { return branches_.front(); }
  /// CUNJU_CHECK: there is one.
  const BranchRow& numbered(std::uint32_t number) const;
  /// The branch that a branch leaves; null for one that begins at the root.
  const BranchRow* parent_of(const BranchRow& branch) const;
  /// The branch that holds the change at `seq` on the path of `branch`.
  const BranchRow& holder(const BranchRow& branch, Seq seq) const;
  /// How many changes stand at `seq` after the same predecessor, which `parent` holds.
  std::size_t count_siblings(const BranchRow& parent, std::uint64_t seq) const;
  /// Where the line of a change that this branch holds begins; none: at the root, without a
  /// sibling.
  std::optional<std::uint64_t> line_start(const BranchRow& branch, Seq seq) const;
  /// The least seq at which two changes stand.
  std::optional<Seq> fork_point() const;

 private:
  std::vector<BranchRow> branches_;
};

}  // namespace cunju::replica
