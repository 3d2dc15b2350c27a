// SPDX-License-Identifier: Apache-2.0
#include "crdt/types/text/text_tracker.h"

#include <algorithm>
#include <iterator>

namespace cunju {

void TextTracker::start(std::uint32_t base, std::uint32_t ids) {
  index_.clear();
  first_ids_.start(ids);
  leaf_of_.resize(std::max<std::size_t>(leaf_of_.size(), ids));
  leaf_of_base_.clear();
  leaves_[0].size = 0;
  steps_ = 0;
  if (base != 0) place({}, {.id = kBase, .count = base});
}

bool TextTracker::settle(Cursor& at) const {
  while (at.slot == leaves_[at.leaf].size) {
    const std::uint32_t next = index_.next(at.leaf);
    if (next == LeafIndex::kNone) return false;
    at = {next, 0};
  }
  return true;
}

TextTracker::Found TextTracker::find_visible(std::size_t position) const {
  const LeafIndex::Place place = index_.find(position);
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
  if (x.at.leaf != y.at.leaf) return index_.compare(x.at.leaf, y.at.leaf) < 0;
  if (x.at.slot != y.at.slot) return x.at.slot < y.at.slot;
  return x.offset < y.offset;
}

void TextTracker::insert(std::size_t position, TextSpan span) {
  position = std::min(position, length());
  Item fresh{.id = span.id, .count = span.count};
  Cursor at{index_.first(), 0};
  if (position > 0) {
    const Found left = find_visible(position - 1);
    fresh.left = item(left.at).id + left.offset;
    at = left.offset + 1 < item(left.at).count ? split(left.at, left.offset + 1)
                                               : Cursor{left.at.leaf, left.at.slot + 1};
  }
  // The right origin is the next scalar value that the author knew of, erased or not.
  for (Cursor right = at; settle(right); ++right.slot) {
    ++steps_;
    if (!item(right).inserted) continue;
    fresh.right = item(right).id;
    break;
  }
  place(integrate(at, fresh), fresh);
}

TextTracker::Cursor TextTracker::integrate(Cursor at, const Item& fresh) {
  Cursor best = at;
  bool scanning = false;
  for (;; ++at.slot) {
    const bool at_end = !settle(at);
    if (!scanning) best = at;
    if (at_end || item(at).inserted) return best;
    ++steps_;
    const Item& other = item(at);
    if (other.left != fresh.left) {
      // Left of ours: it and what follows belong behind us. Right of ours: inside a branch that
      // stands between, and which its first item has judged.
      if (fresh.left == kEdge) continue;
      if (other.left == kEdge || stands_before(other.left, fresh.left)) return best;
      continue;
    }
    if (other.right == fresh.right) {
      if (before_(fresh.id, other.id)) return best;
      scanning = false;
    } else {
      scanning =
          other.right != kEdge && (fresh.right == kEdge || stands_before(other.right, fresh.right));
    }
  }
}

void TextTracker::place(Cursor at, const Item& fresh) {
  if (leaves_[at.leaf].size == kLeafItems) {
    split_leaf(at.leaf);
    if (at.slot > kLeafItems / 2) at = {index_.next(at.leaf), at.slot - kLeafItems / 2};
  }
  Leaf& leaf = leaves_[at.leaf];
  std::move_backward(leaf.items.begin() + at.slot, leaf.items.begin() + leaf.size,
                     leaf.items.begin() + leaf.size + 1);
  leaf.items[at.slot] = fresh;
  ++leaf.size;
  if (fresh.id < kBase) first_ids_.add(fresh.id);
  set_leaf(fresh.id, at.leaf);
  if (fresh.visible()) index_.add(at.leaf, fresh.count);
  ++steps_;
}

void TextTracker::split_leaf(std::uint32_t at) {
  const std::uint32_t fresh = index_.insert_after(at);
  if (fresh == leaves_.size()) leaves_.emplace_back();
  Leaf& lower = leaves_[at];
  Leaf& upper = leaves_[fresh];
  constexpr std::uint32_t kHalf = kLeafItems / 2;
  std::size_t moved = 0;
  for (std::uint32_t i = kHalf; i < kLeafItems; ++i) {
    upper.items[i - kHalf] = lower.items[i];
    set_leaf(lower.items[i].id, fresh);
    if (lower.items[i].visible()) moved += lower.items[i].count;
  }
  lower.size = kHalf;
  upper.size = kHalf;
  index_.add(at, std::size_t{0} - moved);
  index_.add(fresh, moved);
}

TextTracker::Cursor TextTracker::split(Cursor at, std::uint32_t offset) {
  Item& lower = item(at);
  Item upper = lower;
  upper.id += offset;
  upper.count -= offset;
  upper.left = upper.id - 1;
  lower.count = offset;
  if (upper.visible()) index_.add(at.leaf, std::size_t{0} - upper.count);
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

void TextTracker::erase(std::size_t position, std::size_t count, bool is_new,
                        std::vector<TextSpan>& erased) {
  position = std::min(position, length());
  count = std::min(count, length() - position);
  while (count > 0) {
    const Found found = find_visible(position);
    const std::size_t here = std::min<std::size_t>(count, item(found.at).count - found.offset);
    const TextSpan span{item(found.at).id + found.offset, static_cast<std::uint32_t>(here)};
    const Cursor at = isolate(span);
    Item& gone = item(at);
    index_.add(at.leaf, std::size_t{0} - gone.count);
    gone.erasers = 1;
    (is_new ? gone.erased_now : gone.erased_before) = true;
    erased.push_back(span);
    count -= here;
  }
}

void TextTracker::set_inserted(TextSpan span, bool inserted) {
  while (span.count > 0) {
    const Cursor at = isolate(span);
    Item& here = item(at);
    // Erasures are taken back before the insertion, and put in after it.
    here.inserted = inserted;
    index_.add(at.leaf, inserted ? here.count : std::size_t{0} - here.count);
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
      index_.add(at.leaf, was_visible ? std::size_t{0} - here.count : here.count);
    }
    span = {span.id + here.count, span.count - here.count};
  }
}

}  // namespace cunju
