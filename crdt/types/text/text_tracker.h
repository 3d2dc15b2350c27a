// SPDX-License-Identifier: Apache-2.0
//
// The sequence that a concurrent stretch of history is replayed in: every scalar value that the
// stretch found, inserted or erased, in its final order, with two states: whether it is there at
// the version the next change is to be applied at (which moves back and forth), and whether any
// change erased it (which only grows). Items are runs of scalar values of consecutive ids.
// Insertions are ordered as FugueMax orders them (Weidner and Kleppmann, "The Art of the Fugue"),
// who draw a tree that is read from left to right. With l(x), r(x) the origins of x, the neighbours
// that its author knew of, r also among the erased:
//   x is a left child of r(x) when r(x) is below l(x), and otherwise a right child of l(x)
//   (where every version has all ancestors of its changes, that is so exactly when l(r(x)) = l(x))
//   left children of one parent stand by the tie-break given
//   right children of one parent stand by r(x), the rightmost first, then by the tie-break
// What was inserted in one go is one branch of right children, a *unit*; the text that was there is
// unit 0. The place of an insertion is found by halving the sequence: where it stands to any item
// is judged by the branch through which the tree reaches that item. So an insertion costs
// O(log items · log units) however many others stand at its place, and everything else
// O(log items) for each item touched. Items touched and units looked at are steps. One thread at a
// time.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <vector>

#include "crdt/types/text/floor_set.h"
#include "crdt/types/text/leaf_index.h"

namespace cunju {

/// Scalar values of consecutive ids.
struct TextSpan {
  std::uint32_t id = 0;
  std::uint32_t count = 0;
};

class TextTracker {
 public:
  /// Ids of inserted scalar values are below this; those of the text that was there are above.
  static constexpr std::uint32_t kBase = std::uint32_t{1} << 31;
  /// Left of everything as a left origin, right of everything as a right origin.
  static constexpr std::uint32_t kEdge = std::numeric_limits<std::uint32_t>::max();

  struct Item {
    std::uint32_t id = 0;
    std::uint32_t count = 0;
    std::uint32_t unit = 0;
    std::uint32_t erasers = 0;   ///< Changes of the current version that erase it.
    bool inserted = true;        ///< Whether the current version has the insertion.
    bool erased_before = false;  ///< Some known change that stands erases it.
    bool erased_now = false;     ///< Some new change that stands erases it.

    bool visible() const { return inserted && erasers == 0; }
  };

  /// Whose erasure it is; what a left-out change erases is there still for others.
  enum class Eraser : std::uint8_t { kKnown, kNew, kLeftOut };

  /// Whether insertion `a` stands before insertion `b` when their origins are equal.
  using TieBreak = std::function<bool(std::uint32_t a, std::uint32_t b)>;

  explicit TextTracker(TieBreak before) : before_(std::move(before)) {}

  /// Forgets everything; the text that is there has `base` scalar values, and those that will be
  /// inserted have ids below `ids`. `has_gaps`: versions may lack ancestors of their changes.
  void start(std::uint32_t base, std::uint32_t ids, bool has_gaps = false);
  /// The length of the current version.
  std::size_t length() const { return visible_.total(); }

  /// Behind the visible scalar value at `position` - 1; beyond the end means at the end.
  void insert(std::size_t position, TextSpan span);
  /// Erases what is there of [position, position + count) and appends which ids that was.
  void erase(std::size_t position, std::size_t count, Eraser eraser, std::vector<TextSpan>& erased);

  /// Takes an insertion out of the current version, or puts it back.
  void set_inserted(TextSpan span, bool inserted);
  /// Puts an erasure into the current version, or takes it back.
  void set_erased(TextSpan span, bool erased);

  /// All items in order.
  template <class Visit>
  void visit(Visit&& visit) const {
    for (std::uint32_t leaf = visible_.first(); leaf != LeafIndex::kNone;
         leaf = visible_.next(leaf)) {
      for (std::uint32_t i = 0; i < leaves_[leaf].size; ++i) visit(leaves_[leaf].items[i]);
    }
  }

  std::size_t steps() const { return steps_; }

 private:
  static constexpr std::uint32_t kLeafItems = 16;
  struct Leaf {
    std::uint32_t size = 0;
    std::array<Item, kLeafItems> items;
  };
  struct Unit {
    std::uint32_t first = kBase;  ///< Ids go on from here.
    std::uint32_t left = kEdge;   ///< Left origin of the first; of the others, the one before.
    std::uint32_t right = kEdge;  ///< Right origin of all.
    std::uint32_t parent = 0;     ///< The unit that it is a branch of; 0's is itself.
    std::uint32_t jump = 0;       ///< A unit further up, so that log units are enough to any.
    std::uint32_t depth = 0;
    bool is_left_child = false;

    /// The scalar value that the first one is a child of.
    std::uint32_t parent_id() const { return is_left_child ? right : left; }
  };
  struct Cursor {
    std::uint32_t leaf = 0;
    std::uint32_t slot = 0;
  };
  struct Found {
    Cursor at;
    std::uint32_t offset = 0;
  };

  Item& item(Cursor at) { return leaves_[at.leaf].items[at.slot]; }
  const Item& item(Cursor at) const { return leaves_[at.leaf].items[at.slot]; }
  /// Steps over leaf ends; false at the end of everything.
  bool settle(Cursor& at) const;
  Found find_visible(std::size_t position) const;
  Found find_id(std::uint32_t id) const;
  /// Whether scalar value `a` stands before `b`; both are in the sequence.
  bool stands_before(std::uint32_t a, std::uint32_t b) const;
  std::uint32_t left_origin(const Item& item) const {
    const Unit& unit = units_[item.unit];
    return item.id == unit.first ? unit.left : item.id - 1;
  }
  /// Whether the tree reaches `item` through the right side of scalar value `left` of `unit`.
  bool is_below(const Item& item, std::uint32_t left, std::uint32_t unit);
  /// The first item at or behind `at` that the current version has the insertion of.
  std::optional<Cursor> find_inserted(Cursor at) const;
  /// Numbers a unit whose neighbours and parent are set.
  std::uint32_t add_unit(Unit unit);
  /// The place that the insertion belongs in front of. `at` is behind its left origin, `end` is its
  /// right origin.
  Cursor find_place(const Unit& fresh, Cursor at, const std::optional<Cursor>& end);
  /// Whether it stands before an item that is between its origins: one that its author lacked.
  bool goes_before(const Unit& fresh, const Item& other);
  /// The unit at `depth` above `unit`, which is deeper.
  std::uint32_t ancestor_at(std::uint32_t unit, std::uint32_t depth);
  /// Adds what the item counts to the indices, or takes it off.
  void count_in(std::uint32_t leaf, const Item& item);
  void count_out(std::uint32_t leaf, const Item& item);
  /// Puts an item in front of `at`.
  void place(Cursor at, const Item& fresh);
  /// Cuts an item in two; gives the second.
  Cursor split(Cursor at, std::uint32_t offset);
  /// The item that begins with span.id, cut so that it is no longer than the span.
  Cursor isolate(TextSpan span);
  void split_leaf(std::uint32_t leaf);
  void set_leaf(std::uint32_t id, std::uint32_t leaf);

  TieBreak before_;
  LeafIndex visible_;  ///< Counts scalar values that are there.
  LeafIndex known_;    ///< Of the same leaves, those whose insertion is there, erased or not.
  std::deque<Leaf> leaves_{1};
  std::vector<Unit> units_;
  // The leaf of every item by its first id. Of the text that was there few are ever asked for.
  FloorSet first_ids_;
  std::vector<std::uint32_t> leaf_of_;
  std::map<std::uint32_t, std::uint32_t> leaf_of_base_;
  bool has_gaps_ = false;
  std::size_t steps_ = 0;
};

}  // namespace cunju
