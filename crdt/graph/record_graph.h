// SPDX-License-Identifier: Apache-2.0
//
// What is derived about one change in the graph of its (record, scope). Laws, with parents(c) the
// parents in c's links plus c's author's own previous change in this graph:
//   ancestors(c) = ⋃ { ancestors(p) ∪ {p} | p ∈ parents(c) },   clock(c) = ancestors(c) ∪ {c}
//   depth(c)     = 1 + max { depth(p) | p ∈ parents(c) },       1 for a root
//   heads(S)     = { c ∈ S | no d ∈ S has c ∈ ancestors(d) }
// A void change has clock, depth and a place among the heads like any other; only its operations
// are not applied. Not here: fetching parents, deciding what is void, storing.
#pragma once

#include <compare>
#include <cstdint>
#include <span>
#include <vector>

#include "crdt/base/bytes.h"
#include "crdt/base/ids.h"
#include "crdt/base/result.h"
#include "crdt/graph/version_vector.h"

namespace cunju {

struct GraphNode {
  VersionVector clock;      ///< The change's ancestors and itself.
  std::uint64_t depth = 0;  ///< Changes on the longest path from a root, itself included.
  bool is_void = false;     ///< Its operations contribute nothing.

  /// Packed Cap'n Proto (graph.capnp); equal nodes have equal bytes.
  Bytes encode() const;
  /// Errors: kMalformed (does not parse), kLimit, kCorrupt (parses, but no node looks like this).
  static Result<GraphNode> decode(ByteView bytes);

  friend bool operator==(const GraphNode&, const GraphNode&) = default;
};

/// The node of change `self`. `own_previous` is the node of the author's previous change in this
/// graph (null: none) and counts as a parent whether or not the links name it: an author knows its
/// own log, so leaving it out can't make the vector claim what is not in the ancestry. The caller
/// sets is_void.
GraphNode derive_node(std::span<const GraphNode* const> parents, const GraphNode* own_previous,
                      const Dot& self);

struct Head {
  ChangeId id;
  Dot dot;

  friend auto operator<=>(const Head&, const Head&) = default;
};

/// heads(S ∪ {self}) from heads(S), when every ancestor of `self` is in S. Stays sorted by id.
void advance_heads(std::vector<Head>& heads, const Head& self, const GraphNode& node);

}  // namespace cunju
