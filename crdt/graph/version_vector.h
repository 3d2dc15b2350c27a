// SPDX-License-Identifier: Apache-2.0
//
// Version vectors of one record graph. A vector V stands for a set of changes:
//   V = { (a, s) | V has an entry (a, t) with s <= t },   merge(V, W) = V ∪ W.
// This names an ancestor set exactly, because an author's own previous change in the same graph is
// always an ancestor (record_graph.h), so ancestor sets are closed downwards per author. Vectors
// are derived from parents here and never taken from the wire. Values; no thread rule.
#pragma once

#include <compare>
#include <cstddef>
#include <optional>
#include <vector>

#include "crdt/base/ids.h"

namespace cunju {

/// One change of a record graph, named by its place in its author's log.
struct Dot {
  AuthorKey author;
  Seq seq;

  friend auto operator<=>(const Dot&, const Dot&) = default;
};

class VersionVector {
 public:
  using const_iterator = std::vector<Dot>::const_iterator;

  VersionVector() = default;
  /// Empty unless `entries` ascend by author, none twice: for decoders.
  static std::optional<VersionVector> from_entries(std::vector<Dot> entries);

  /// dot ∈ this.
  bool covers(const Dot& dot) const;
  /// other ⊆ this.
  bool covers(const VersionVector& other) const;
  /// this := this ∪ other; linear in both sizes.
  void merge(const VersionVector& other);
  /// this := this ∪ { everything of dot.author up to dot.seq }.
  void raise(const Dot& dot);

  /// Entries: authors, not changes.
  std::size_t size() const { return entries_.size(); }
  bool empty() const { return entries_.empty(); }
  const_iterator begin() const { return entries_.begin(); }
  const_iterator end() const { return entries_.end(); }

  friend bool operator==(const VersionVector&, const VersionVector&) = default;

 private:
  std::vector<Dot> entries_;  ///< Ascending by author, none twice.
};

}  // namespace cunju
