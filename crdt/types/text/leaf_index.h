// SPDX-License-Identifier: Apache-2.0
//
// Finds things in a long sequence by position: a B-tree of counts over leaves that its owner keeps
// elsewhere under small numbers. TextBuffer's leaves are pieces of text, TextTracker's are items.
// Every operation costs O(log leaves); the height grows by splits only, so it is bounded by the
// logarithm of the leaves that ever were. No recursion. One thread at a time.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace cunju {

class LeafIndex {
 public:
  static constexpr std::uint32_t kNone = 0xFFFFFFFF;

  /// A leaf and the count of everything before it.
  struct Place {
    std::uint32_t leaf = kNone;
    std::size_t before = 0;
  };

  /// Leaf 0 with count 0.
  LeafIndex();
  /// Back to leaf 0 with count 0; memory is kept.
  void clear();

  std::size_t total() const { return total_; }
  /// What the index itself takes, for budgets.
  std::size_t memory_bytes() const {
    return nodes_.capacity() * sizeof(Node) + leaves_.capacity() * sizeof(Leaf) +
           (free_nodes_.capacity() + free_leaves_.capacity()) * sizeof(std::uint32_t);
  }
  std::uint32_t first() const { return first_; }
  std::uint32_t next(std::uint32_t leaf) const { return leaves_[leaf].next; }
  std::uint32_t previous(std::uint32_t leaf) const { return leaves_[leaf].previous; }

  /// The leaf that holds the element at `position`, which is below total().
  Place find(std::size_t position) const;
  /// The next leaf behind `leaf` whose count is not 0; kNone when there is none.
  std::uint32_t next_counted(std::uint32_t leaf) const;
  /// The last leaf of which `holds`, which is true of the first leaf and of a prefix of all. Asks
  /// about O(log leaves) of them.
  template <class Holds>
  std::uint32_t last_where(Holds&& holds) const;
  /// The order of two leaves in the sequence.
  std::strong_ordering compare(std::uint32_t a, std::uint32_t b) const;

  /// Changes the count of a leaf; it wraps around, so a negative delta is its two's complement.
  void add(std::uint32_t leaf, std::size_t delta);
  /// A new leaf with count 0 behind `leaf`; its number is the smallest that is free or new.
  std::uint32_t insert_after(std::uint32_t leaf);
  /// Takes out a leaf of count 0 that is not the only one; its number may be given again.
  void remove(std::uint32_t leaf);

 private:
  static constexpr std::size_t kFan = 32;
  struct Node {
    std::uint32_t parent = kNone;
    std::uint32_t size = 0;
    bool above_leaves = true;
    std::array<std::uint32_t, kFan> child{};
    std::array<std::size_t, kFan> count{};
  };
  struct Leaf {
    std::uint32_t parent = kNone;
    std::uint32_t previous = kNone;
    std::uint32_t next = kNone;
  };

  /// The first leaf below a node.
  std::uint32_t first_below(std::uint32_t node) const;
  static std::uint32_t slot_of(const Node& node, std::uint32_t child);
  std::uint32_t take_node(bool above_leaves);
  std::uint32_t take_leaf();
  void set_parent(bool of_leaf, std::uint32_t child, std::uint32_t parent);
  void insert_child(std::uint32_t node, std::uint32_t slot, std::uint32_t child, std::size_t count);
  /// Moves the upper half of a full node, and of every full one above it, to new nodes behind.
  void split(std::uint32_t node);

  std::vector<Node> nodes_;
  std::vector<Leaf> leaves_;
  std::vector<std::uint32_t> free_nodes_;
  std::vector<std::uint32_t> free_leaves_;
  std::uint32_t root_ = 0;
  std::uint32_t first_ = 0;
  std::size_t total_ = 0;
};

template <class Holds>
std::uint32_t LeafIndex::last_where(Holds&& holds) const {
  for (std::uint32_t at = root_;;) {
    const Node& node = nodes_[at];
    // Of the first child it holds, because it holds of the leaf that this node begins with.
    std::uint32_t low = 0;
    std::uint32_t high = node.size;
    while (high - low > 1) {
      const std::uint32_t middle = low + (high - low) / 2;
      const std::uint32_t child = node.child[middle];
      (holds(node.above_leaves ? child : first_below(child)) ? low : high) = middle;
    }
    at = node.child[low];
    if (node.above_leaves) return at;
  }
}

}  // namespace cunju
