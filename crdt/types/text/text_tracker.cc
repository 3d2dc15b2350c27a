// SPDX-License-Identifier: Apache-2.0
#include "crdt/types/text/text_tracker.h"

#include <algorithm>
#include <iterator>

namespace cunju {

void TextTracker::start(std::uint32_t base, std::uint32_t ids, bool has_gaps) {
  has_gaps_ = has_gaps;
  visible_.clear();
  known_.clear();
  units_.assign(1, Unit{});
  first_ids_.start(ids);
  leaf_of_.resize(std::max<std::size_t>(leaf_of_.size(), ids));
  leaf_of_base_.clear();
  leaves_[0].size = 0;
  steps_ = 0;
  if (base != 0) place({}, {.id = kBase, .count = base});
}

bool TextTracker::settle(Cursor& at) const {
  while (at.slot == leaves_[at.leaf].size) {
    const std::uint32_t next = visible_.next(at.leaf);
    if (next == LeafIndex::kNone) return false;
    at = {next, 0};
  }
  return true;
}

TextTracker::Found TextTracker::find_visible(std::size_t position) const {
  const LeafIndex::Place place = visible_.find(position);
  std::size_t rest = position - place.before;
  Cursor at{place.leaf, 0};
  for (;; ++at.slot) {
    const Item& here = item(at);
    if (!here.visible()) continue;
    if (rest < here.count) return {at, static_cast<std::uint32_t>(rest)};
    rest -= here.count;
  }
}

TextTracker::Found TextTracker::find_id(std::uint32_t id) const {
  std::uint32_t first = 0;
  Cursor at;
  if (id < kBase) {
    first = first_ids_.floor(id);
    at.leaf = leaf_of_[first];
  } else {
    const auto found = std::prev(leaf_of_base_.upper_bound(id));
    first = found->first;
    at.leaf = found->second;
  }
  while (item(at).id != first) ++at.slot;
  return {at, id - first};
}

void TextTracker::set_leaf(std::uint32_t id, std::uint32_t leaf) {
  if (id < kBase) {
    leaf_of_[id] = leaf;
  } else {
    leaf_of_base_[id] = leaf;
  }
}

bool TextTracker::stands_before(std::uint32_t a, std::uint32_t b) const {
  const Found x = find_id(a);
  const Found y = find_id(b);
  if (x.at.leaf != y.at.leaf) return visible_.compare(x.at.leaf, y.at.leaf) < 0;
  if (x.at.slot != y.at.slot) return x.at.slot < y.at.slot;
  return x.offset < y.offset;
}

std::optional<TextTracker::Cursor> TextTracker::find_inserted(Cursor at) const {
  auto first_of = [this](Cursor from) {
    while (from.slot < leaves_[from.leaf].size && !item(from).inserted) ++from.slot;
    return from;
  };
  at = first_of(at);
  if (at.slot < leaves_[at.leaf].size) return at;
  const std::uint32_t next = known_.next_counted(at.leaf);
  if (next == LeafIndex::kNone) return std::nullopt;
  return first_of({next, 0});
}

void TextTracker::insert(std::size_t position, TextSpan span) {
  position = std::min(position, length());
  Unit unit{.first = span.id};
  Cursor at{visible_.first(), 0};
  if (position > 0) {
    const Found left = find_visible(position - 1);
    unit.left = item(left.at).id + left.offset;
    unit.parent = item(left.at).unit;
    at = left.offset + 1 < item(left.at).count ? split(left.at, left.offset + 1)
                                               : Cursor{left.at.leaf, left.at.slot + 1};
  }
  // The right origin is the next scalar value that the author knew of, erased or not.
  const std::optional<Cursor> right = find_inserted(at);
  if (right.has_value()) {
    unit.right = item(*right).id;
    unit.is_left_child = left_origin(item(*right)) == unit.left ||
                         (has_gaps_ && is_below(item(*right), unit.left, unit.parent));
    if (unit.is_left_child) unit.parent = item(*right).unit;
  }
  at = find_place(unit, at, right);
  place(at, {.id = span.id, .count = span.count, .unit = add_unit(unit)});
}

bool TextTracker::is_below(const Item& item, std::uint32_t left, std::uint32_t unit) {
  if (left == kEdge) return true;
  if (item.unit == unit) return item.id > left;
  const std::uint32_t depth = units_[unit].depth + 1;
  const std::uint32_t above = ancestor_at(item.unit, depth);
  if (units_[above].depth != depth || units_[above].parent != unit) return false;
  // What is a child of `left` itself and behind it is a right child.
  return units_[above].parent_id() >= left;
}

std::uint32_t TextTracker::add_unit(Unit unit) {
  // Jumps as in Myers' random-access lists: as long as those of the parent joined, when these are
  // equally long.
  const Unit& parent = units_[unit.parent];
  const Unit& far = units_[parent.jump];
  const bool joins = parent.depth - far.depth == far.depth - units_[far.jump].depth;
  unit.jump = joins ? far.jump : unit.parent;
  unit.depth = parent.depth + 1;
  units_.push_back(unit);
  return static_cast<std::uint32_t>(units_.size() - 1);
}

std::uint32_t TextTracker::ancestor_at(std::uint32_t unit, std::uint32_t depth) {
  while (units_[unit].depth > depth) {
    ++steps_;
    const std::uint32_t jump = units_[unit].jump;
    unit = units_[jump].depth >= depth ? jump : units_[unit].parent;
  }
  return unit;
}

TextTracker::Cursor TextTracker::find_place(const Unit& fresh, Cursor at,
                                            const std::optional<Cursor>& end) {
  // Items before `at` stand before the insertion, those from `end` on behind it, and those between
  // are concurrent to it: what it goes before is the rest of them from some item on.
  auto stands_behind = [&](Cursor here) {
    if (end.has_value() && here.leaf == end->leaf && here.slot >= end->slot) return false;
    return !goes_before(fresh, item(here));
  };
  if (!end.has_value() || end->leaf != at.leaf) {
    const std::uint32_t first = at.leaf;
    const std::uint32_t leaf = visible_.last_where([&](std::uint32_t middle) {
      if (visible_.compare(middle, first) <= 0) return true;
      if (end.has_value() && visible_.compare(middle, end->leaf) > 0) return false;
      return stands_behind({middle, 0});
    });
    if (leaf != first) at = {leaf, 1};
  }
  std::uint32_t high = leaves_[at.leaf].size;
  while (at.slot < high) {
    const std::uint32_t middle = at.slot + (high - at.slot) / 2;
    if (stands_behind({at.leaf, middle})) {
      at.slot = middle + 1;
    } else {
      high = middle;
    }
  }
  return at;
}

bool TextTracker::goes_before(const Unit& fresh, const Item& other) {
  ++steps_;
  // What our parent has on that side is its children's branches, beyond them is what has nothing to
  // do with it: behind a right child of it, in front of a left child.
  const bool if_unrelated = !fresh.is_left_child;
  // The child that leads to the other; within a unit that is the scalar value behind our parent.
  std::uint32_t branch = fresh.parent;
  std::uint32_t child_id = fresh.parent_id() + 1;
  if (other.unit == fresh.parent) {
    // A version with gaps may lack what its right neighbour is a child of.
    if (fresh.is_left_child && other.id < fresh.right) return false;
  } else {
    const std::uint32_t depth = units_[fresh.parent].depth + 1;
    const std::uint32_t above = ancestor_at(other.unit, depth);
    if (units_[above].depth != depth || units_[above].parent != fresh.parent) return if_unrelated;
    const std::uint32_t begins_at = units_[above].parent_id();
    if (begins_at == fresh.parent_id()) {
      branch = above;
      child_id = units_[above].first;
    } else if (fresh.parent == 0 || begins_at < fresh.parent_id()) {
      return if_unrelated;
    }
  }
  const std::uint32_t right = units_[branch].right;
  if (fresh.is_left_child || right == fresh.right) return before_(fresh.first, child_id);
  if (fresh.right == kEdge || right == kEdge) return fresh.right == kEdge;
  return stands_before(right, fresh.right);
}

void TextTracker::place(Cursor at, const Item& fresh) {
  if (leaves_[at.leaf].size == kLeafItems) {
    split_leaf(at.leaf);
    if (at.slot > kLeafItems / 2) at = {visible_.next(at.leaf), at.slot - kLeafItems / 2};
  }
  Leaf& leaf = leaves_[at.leaf];
  std::move_backward(leaf.items.begin() + at.slot, leaf.items.begin() + leaf.size,
                     leaf.items.begin() + leaf.size + 1);
  leaf.items[at.slot] = fresh;
  ++leaf.size;
  if (fresh.id < kBase) first_ids_.add(fresh.id);
  set_leaf(fresh.id, at.leaf);
  count_in(at.leaf, fresh);
  ++steps_;
}

void TextTracker::count_in(std::uint32_t leaf, const Item& item) {
  if (item.inserted) known_.add(leaf, item.count);
  if (item.visible()) visible_.add(leaf, item.count);
}

void TextTracker::count_out(std::uint32_t leaf, const Item& item) {
  if (item.inserted) known_.add(leaf, std::size_t{0} - item.count);
  if (item.visible()) visible_.add(leaf, std::size_t{0} - item.count);
}

void TextTracker::split_leaf(std::uint32_t at) {
  const std::uint32_t fresh = visible_.insert_after(at);
  known_.insert_after(at);
  if (fresh == leaves_.size()) leaves_.emplace_back();
  Leaf& lower = leaves_[at];
  Leaf& upper = leaves_[fresh];
  constexpr std::uint32_t kHalf = kLeafItems / 2;
  std::size_t visible = 0;
  std::size_t known = 0;
  for (std::uint32_t i = kHalf; i < kLeafItems; ++i) {
    const Item& moved = upper.items[i - kHalf] = lower.items[i];
    set_leaf(moved.id, fresh);
    if (moved.inserted) known += moved.count;
    if (moved.visible()) visible += moved.count;
  }
  lower.size = kHalf;
  upper.size = kHalf;
  visible_.add(at, std::size_t{0} - visible);
  visible_.add(fresh, visible);
  known_.add(at, std::size_t{0} - known);
  known_.add(fresh, known);
}

TextTracker::Cursor TextTracker::split(Cursor at, std::uint32_t offset) {
  Item& lower = item(at);
  Item upper = lower;
  upper.id += offset;
  upper.count -= offset;
  lower.count = offset;
  count_out(at.leaf, upper);
  place({at.leaf, at.slot + 1}, upper);
  return find_id(upper.id).at;
}

TextTracker::Cursor TextTracker::isolate(TextSpan span) {
  ++steps_;
  const Found found = find_id(span.id);
  const Cursor at = found.offset == 0 ? found.at : split(found.at, found.offset);
  if (item(at).count <= span.count) return at;
  split(at, span.count);
  return find_id(span.id).at;
}

void TextTracker::erase(std::size_t position, std::size_t count, Eraser eraser,
                        std::vector<TextSpan>& erased) {
  position = std::min(position, length());
  count = std::min(count, length() - position);
  while (count > 0) {
    const Found found = find_visible(position);
    const std::size_t here = std::min<std::size_t>(count, item(found.at).count - found.offset);
    const TextSpan span{item(found.at).id + found.offset, static_cast<std::uint32_t>(here)};
    const Cursor at = isolate(span);
    Item& gone = item(at);
    visible_.add(at.leaf, std::size_t{0} - gone.count);
    gone.erasers = 1;
    if (eraser == Eraser::kKnown) gone.erased_before = true;
    if (eraser == Eraser::kNew) gone.erased_now = true;
    erased.push_back(span);
    count -= here;
  }
}

void TextTracker::set_inserted(TextSpan span, bool inserted) {
  while (span.count > 0) {
    const Cursor at = isolate(span);
    Item& here = item(at);
    count_out(at.leaf, here);
    here.inserted = inserted;
    count_in(at.leaf, here);
    span = {span.id + here.count, span.count - here.count};
  }
}

void TextTracker::set_erased(TextSpan span, bool erased) {
  while (span.count > 0) {
    const Cursor at = isolate(span);
    Item& here = item(at);
    const bool was_visible = here.visible();
    here.erasers += erased ? 1U : ~0U;
    if (here.visible() != was_visible) {
      visible_.add(at.leaf, was_visible ? std::size_t{0} - here.count : here.count);
    }
    span = {span.id + here.count, span.count - here.count};
  }
}

}  // namespace cunju
