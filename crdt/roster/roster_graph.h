// SPDX-License-Identifier: Apache-2.0
//
// The roster's change graph and the pure fold over it:
//   roster(H) = the effective operations of H and its ancestors, applied by rising (depth, id)
//   effective(c) = c is the founding change, or its author may write the roster in roster(pins(c))
// Both are functions of the ancestry alone, so arrival order can't matter. The folds are cached;
// the cache never changes an answer. Not thread safe.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "crdt/roster/roster.h"

namespace cunju {

/// A change with a part on the roster record, as the graph takes it.
struct RosterChange {
  ChangeId id;
  AuthorKey author;
  std::vector<ChangeId> pins;  ///< Ascending; resolved; empty exactly in the founding change.
  /// False: its roster part is malformed or absent here, or its parents differ from its pins; it
  /// keeps its place and contributes nothing.
  bool is_well_formed = true;
  std::vector<RosterOperation> operations;
};

class RosterGraph {
 public:
  explicit RosterGraph(const SpaceId& space) : space_(space) {}

  bool contains(const ChangeId& id) const { return index_.contains(id); }
  std::size_t size() const { return nodes_.size(); }
  /// All pins must be contained and effective, the change must not be contained (CUNJU_CHECK).
  void add(const RosterChange& change);
  bool is_effective(const ChangeId& id) const;
  /// Ascending. Heads of everything effective: a void change is nobody's parent, or a member
  /// without any right could make more heads than a change can pin and so keep everybody from
  /// signing.
  std::vector<ChangeId> heads() const;
  /// True when each of `older` is one of `newer` or an ancestor of one. All must be contained.
  bool dominates(std::span<const ChangeId> newer, std::span<const ChangeId> older) const;
  /// The roster as of `heads` (ascending; all contained).
  std::shared_ptr<const Roster> at(std::span<const ChangeId> heads) const;

 private:
  struct Node {
    ChangeId id;
    std::uint64_t depth = 0;
    std::vector<std::size_t> parents;
    bool is_effective = false;
    std::vector<RosterOperation> operations;
  };
  std::shared_ptr<const Roster> fold(const std::vector<std::size_t>& heads) const;
  void apply(const Node& node, Roster& roster) const;
  std::vector<std::size_t> indexes(std::span<const ChangeId> ids) const;

  static constexpr std::size_t kMaxCached = 64;

  SpaceId space_;
  std::vector<Node> nodes_;  ///< In an order in which parents come first.
  std::unordered_map<ChangeId, std::size_t> index_;
  std::vector<std::size_t> head_indexes_;
  mutable std::map<std::vector<std::size_t>, std::shared_ptr<const Roster>> cache_;
  mutable std::deque<std::vector<std::size_t>> cache_order_;
};

}  // namespace cunju
