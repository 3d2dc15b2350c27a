// SPDX-License-Identifier: Apache-2.0
#include "crdt/types/text/text_buffer.h"

#include <algorithm>
#include <cstring>

#include "crdt/base/check.h"
#include "crdt/types/text/utf8.h"

namespace cunju {
namespace {

/// The longest beginning of `text` that has at most `limit` bytes and splits no scalar value.
std::string_view whole_scalars(std::string_view text, std::size_t limit) {
  if (text.size() <= limit) return text;
  while (limit > 0 && !begins_scalar(text[limit])) --limit;
  return text.substr(0, limit);
}

}  // namespace

std::size_t TextBuffer::Leaf::offset(std::size_t scalar) const {
  return bytes == scalars ? scalar : scalar_offset(view(), scalar);
}

TextBuffer::Place TextBuffer::find_gap(std::size_t position) {
  const bool is_near =
      position >= last_.before && position - last_.before <= leaves_[last_.leaf].scalars;
  // A border belongs to the leaf before it, so that typing at the end of a leaf fills it.
  if (is_near && (position > last_.before || position == 0)) return last_;
  last_ = position == 0 ? Place{index_.first(), 0} : index_.find(position - 1);
  return last_;
}

void TextBuffer::set_leaf(std::uint32_t leaf, std::size_t bytes, std::size_t scalars) {
  Leaf& at = leaves_[leaf];
  if (scalars != at.scalars) index_.add(leaf, scalars - at.scalars);
  bytes_ += bytes - at.bytes;
  at.bytes = static_cast<std::uint32_t>(bytes);
  at.scalars = static_cast<std::uint32_t>(scalars);
}

void TextBuffer::put(std::uint32_t leaf, std::size_t at_byte, std::string_view text) {
  Leaf& at = leaves_[leaf];
  char* gap = at.data.data() + at_byte;
  std::memmove(gap + text.size(), gap, at.bytes - at_byte);
  std::memcpy(gap, text.data(), text.size());
  set_leaf(leaf, at.bytes + text.size(), at.scalars + count_scalars(text));
}

std::uint32_t TextBuffer::cut(std::uint32_t leaf, std::size_t at_byte) {
  const std::uint32_t fresh = index_.insert_after(leaf);
  if (fresh == leaves_.size()) leaves_.emplace_back();
  const std::string_view tail = leaves_[leaf].view().substr(at_byte);
  const std::size_t moved = count_scalars(tail);
  put(fresh, 0, tail);
  set_leaf(leaf, at_byte, leaves_[leaf].scalars - moved);
  return fresh;
}

void TextBuffer::insert(std::size_t position, std::string_view text) {
  CUNJU_CHECK(position <= length(), "an insertion inside the text or at its end");
  if (text.empty()) return;
  Place place = find_gap(position);
  std::size_t at_byte = leaves_[place.leaf].offset(position - place.before);
  if (leaves_[place.leaf].bytes + text.size() <= kLeafBytes) {
    put(place.leaf, at_byte, text);
    return;
  }
  if (at_byte == leaves_[place.leaf].bytes || text.size() > kLeafBytes / 4) {
    insert_long(place, at_byte, text);
    return;
  }
  const std::size_t middle = whole_scalars(leaves_[place.leaf].view(), kLeafBytes / 2).size();
  const std::uint32_t upper = cut(place.leaf, middle);
  if (at_byte > middle) {
    last_ = {upper, place.before + leaves_[place.leaf].scalars};
    put(upper, at_byte - middle, text);
  } else {
    put(place.leaf, at_byte, text);
  }
}

void TextBuffer::insert_long(Place place, std::size_t at_byte, std::string_view text) {
  std::uint32_t leaf = place.leaf;
  if (at_byte < leaves_[leaf].bytes) cut(leaf, at_byte);
  while (!text.empty()) {
    std::string_view piece = whole_scalars(text, kLeafBytes - leaves_[leaf].bytes);
    if (piece.empty()) {
      place.before += leaves_[leaf].scalars;
      leaf = index_.insert_after(leaf);
      if (leaf == leaves_.size()) leaves_.emplace_back();
      continue;
    }
    put(leaf, leaves_[leaf].bytes, piece);
    text.remove_prefix(piece.size());
  }
  last_ = {leaf, place.before};
  tidy(leaf);
}

void TextBuffer::erase(std::size_t position, std::size_t count) {
  CUNJU_CHECK(position <= length() && count <= length() - position, "an erasure inside the text");
  while (count > 0) {
    Place place = last_;
    const bool is_near =
        position >= place.before && position - place.before < leaves_[place.leaf].scalars;
    if (!is_near) place = index_.find(position);
    Leaf& leaf = leaves_[place.leaf];
    const std::size_t first = position - place.before;
    const std::size_t here = std::min(count, leaf.scalars - first);
    const std::size_t begin = leaf.offset(first);
    const std::size_t end = leaf.bytes == leaf.scalars
                                ? begin + here
                                : begin + scalar_offset(leaf.view().substr(begin), here);
    std::memmove(leaf.data.data() + begin, leaf.data.data() + end, leaf.bytes - end);
    set_leaf(place.leaf, leaf.bytes - (end - begin), leaf.scalars - here);
    last_ = place;
    tidy(place.leaf);
    count -= here;
  }
}

void TextBuffer::tidy(std::uint32_t leaf) {
  const std::uint32_t next = index_.next(leaf);
  if (leaves_[leaf].bytes == 0) {
    if (next == LeafIndex::kNone && index_.previous(leaf) == LeafIndex::kNone) return;
    index_.remove(leaf);
    last_ = {index_.first(), 0};
    return;
  }
  if (next == LeafIndex::kNone) return;
  if (leaves_[leaf].bytes + leaves_[next].bytes > kLeafBytes / 2) return;
  put(leaf, leaves_[leaf].bytes, leaves_[next].view());
  set_leaf(next, 0, 0);
  index_.remove(next);
}

std::string TextBuffer::slice(std::size_t position, std::size_t count) const {
  CUNJU_CHECK(position <= length() && count <= length() - position, "a slice inside the text");
  std::string out;
  if (count == 0) return out;
  const Place place = index_.find(position);
  std::size_t first = position - place.before;
  for (std::uint32_t at = place.leaf; count > 0; at = index_.next(at)) {
    const Leaf& leaf = leaves_[at];
    const std::size_t here = std::min(count, leaf.scalars - first);
    const std::size_t begin = leaf.offset(first);
    out += leaf.view().substr(begin, leaf.offset(first + here) - begin);
    count -= here;
    first = 0;
  }
  return out;
}

std::string TextBuffer::str() const {
  std::string out;
  out.reserve(bytes_);
  for (std::uint32_t at = index_.first(); at != LeafIndex::kNone; at = index_.next(at)) {
    out += leaves_[at].view();
  }
  return out;
}

}  // namespace cunju
