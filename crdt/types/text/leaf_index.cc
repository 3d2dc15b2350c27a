// SPDX-License-Identifier: Apache-2.0
#include "crdt/types/text/leaf_index.h"

#include <algorithm>

#include "crdt/base/check.h"

namespace cunju {

LeafIndex::LeafIndex() { clear(); }

void LeafIndex::clear() {
  nodes_.clear();
  leaves_.clear();
  free_nodes_.clear();
  free_leaves_.clear();
  total_ = 0;
  root_ = take_node(true);
  first_ = take_leaf();
  insert_child(root_, 0, first_, 0);
}

LeafIndex::Place LeafIndex::find(std::size_t position) const {
  CUNJU_CHECK(position < total_, "a position inside the sequence");
  Place place;
  for (std::uint32_t at = root_;;) {
    const Node& node = nodes_[at];
    std::uint32_t slot = 0;
    while (position >= node.count[slot]) {
      position -= node.count[slot];
      place.before += node.count[slot];
      ++slot;
    }
    at = node.child[slot];
    if (!node.above_leaves) continue;
    place.leaf = at;
    return place;
  }
}

std::uint32_t LeafIndex::next_counted(std::uint32_t leaf) const {
  std::uint32_t child = leaf;
  std::uint32_t at = leaves_[leaf].parent;
  std::uint32_t slot = 0;
  // Up to the nearest node that counts something behind the leaf, then down to the first of it.
  for (; at != kNone; child = at, at = nodes_[at].parent) {
    const Node& node = nodes_[at];
    for (slot = slot_of(node, child) + 1; slot < node.size && node.count[slot] == 0;) ++slot;
    if (slot < node.size) break;
  }
  if (at == kNone) return kNone;
  while (!nodes_[at].above_leaves) {
    at = nodes_[at].child[slot];
    for (slot = 0; nodes_[at].count[slot] == 0;) ++slot;
  }
  return nodes_[at].child[slot];
}

std::uint32_t LeafIndex::first_below(std::uint32_t node) const {
  while (!nodes_[node].above_leaves) node = nodes_[node].child[0];
  return nodes_[node].child[0];
}

std::strong_ordering LeafIndex::compare(std::uint32_t a, std::uint32_t b) const {
  if (a == b) return std::strong_ordering::equal;
  // All leaves have the same depth, so both paths meet after equally many steps.
  std::uint32_t up_a = leaves_[a].parent;
  std::uint32_t up_b = leaves_[b].parent;
  while (up_a != up_b) {
    a = up_a;
    b = up_b;
    up_a = nodes_[a].parent;
    up_b = nodes_[b].parent;
  }
  return slot_of(nodes_[up_a], a) <=> slot_of(nodes_[up_a], b);
}

void LeafIndex::add(std::uint32_t leaf, std::size_t delta) {
  total_ += delta;
  std::uint32_t child = leaf;
  for (std::uint32_t at = leaves_[leaf].parent; at != kNone; at = nodes_[at].parent) {
    nodes_[at].count[slot_of(nodes_[at], child)] += delta;
    child = at;
  }
}

std::uint32_t LeafIndex::insert_after(std::uint32_t leaf) {
  std::uint32_t parent = leaves_[leaf].parent;
  if (nodes_[parent].size == kFan) {
    split(parent);
    parent = leaves_[leaf].parent;
  }
  const std::uint32_t fresh = take_leaf();
  insert_child(parent, slot_of(nodes_[parent], leaf) + 1, fresh, 0);
  const std::uint32_t next = leaves_[leaf].next;
  leaves_[fresh].previous = leaf;
  leaves_[fresh].next = next;
  leaves_[leaf].next = fresh;
  if (next != kNone) leaves_[next].previous = fresh;
  return fresh;
}

void LeafIndex::remove(std::uint32_t leaf) {
  const Leaf gone = leaves_[leaf];
  CUNJU_CHECK(gone.previous != kNone || gone.next != kNone, "the only leaf stays");
  if (gone.previous != kNone) leaves_[gone.previous].next = gone.next;
  if (gone.next != kNone) leaves_[gone.next].previous = gone.previous;
  if (first_ == leaf) first_ = gone.next;
  free_leaves_.push_back(leaf);
  std::uint32_t child = leaf;
  std::uint32_t at = gone.parent;
  while (true) {
    Node& node = nodes_[at];
    const std::uint32_t slot = slot_of(node, child);
    CUNJU_CHECK(node.count[slot] == 0, "only an empty leaf is taken out");
    std::copy(&node.child[slot] + 1, node.child.data() + node.size, &node.child[slot]);
    std::copy(&node.count[slot] + 1, node.count.data() + node.size, &node.count[slot]);
    if (--node.size != 0) break;
    free_nodes_.push_back(at);
    child = at;
    at = node.parent;
  }
  while (nodes_[root_].size == 1 && !nodes_[root_].above_leaves) {
    free_nodes_.push_back(root_);
    root_ = nodes_[root_].child[0];
    nodes_[root_].parent = kNone;
  }
}

std::uint32_t LeafIndex::slot_of(const Node& node, std::uint32_t child) {
  std::uint32_t slot = 0;
  while (node.child[slot] != child) ++slot;
  return slot;
}

std::uint32_t LeafIndex::take_node(bool above_leaves) {
  std::uint32_t at = static_cast<std::uint32_t>(nodes_.size());
  if (free_nodes_.empty()) {
    nodes_.emplace_back();
  } else {
    at = free_nodes_.back();
    free_nodes_.pop_back();
    nodes_[at] = Node{};
  }
  nodes_[at].above_leaves = above_leaves;
  return at;
}

std::uint32_t LeafIndex::take_leaf() {
  if (free_leaves_.empty()) {
    leaves_.emplace_back();
    return static_cast<std::uint32_t>(leaves_.size() - 1);
  }
  const std::uint32_t at = free_leaves_.back();
  free_leaves_.pop_back();
  leaves_[at] = Leaf{};
  return at;
}

void LeafIndex::set_parent(bool of_leaf, std::uint32_t child, std::uint32_t parent) {
  (of_leaf ? leaves_[child].parent : nodes_[child].parent) = parent;
}

void LeafIndex::insert_child(std::uint32_t at, std::uint32_t slot, std::uint32_t child,
                             std::size_t count) {
  Node& node = nodes_[at];
  for (std::uint32_t i = node.size; i > slot; --i) {
    node.child[i] = node.child[i - 1];
    node.count[i] = node.count[i - 1];
  }
  node.child[slot] = child;
  node.count[slot] = count;
  ++node.size;
  set_parent(node.above_leaves, child, at);
}

void LeafIndex::split(std::uint32_t at) {
  // Full ancestors are split from the top down, so that every split finds room above it.
  std::vector<std::uint32_t> full;
  for (std::uint32_t up = at; up != kNone && nodes_[up].size == kFan; up = nodes_[up].parent) {
    full.push_back(up);
  }
  for (auto it = full.rbegin(); it != full.rend(); ++it) {
    const std::uint32_t old = *it;
    const std::uint32_t fresh = take_node(nodes_[old].above_leaves);
    if (nodes_[old].parent == kNone) {
      root_ = take_node(false);
      insert_child(root_, 0, old, total_);
    }
    constexpr std::uint32_t kHalf = kFan / 2;
    std::size_t moved = 0;
    for (std::uint32_t i = kHalf; i < kFan; ++i) {
      const std::size_t count = nodes_[old].count[i];
      insert_child(fresh, i - kHalf, nodes_[old].child[i], count);
      moved += count;
    }
    nodes_[old].size = kHalf;
    const std::uint32_t parent = nodes_[old].parent;
    const std::uint32_t slot = slot_of(nodes_[parent], old);
    nodes_[parent].count[slot] -= moved;
    insert_child(parent, slot + 1, fresh, moved);
  }
}

}  // namespace cunju
