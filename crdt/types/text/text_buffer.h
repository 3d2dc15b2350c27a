// SPDX-License-Identifier: Apache-2.0
//
// A text that is being edited: a rope of UTF-8 pieces under a LeafIndex. Positions count Unicode
// scalar values, so no edit can split one. An edit or a lookup costs O(log size) and the length of
// what is inserted, removed or read; the neighbourhood of the last edit is found at once. A text
// that is only read needs no TextBuffer: it is a string. One thread at a time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "crdt/types/text/leaf_index.h"

namespace cunju {

class TextBuffer {
 public:
  TextBuffer() : leaves_(1) {}
  /// `text` is well-formed UTF-8, here and in insert().
  explicit TextBuffer(std::string_view text) : TextBuffer() { insert(0, text); }

  /// In scalar values.
  std::size_t length() const { return index_.total(); }
  std::size_t bytes() const { return bytes_; }
  bool empty() const { return bytes_ == 0; }

  /// `position` is at most length().
  void insert(std::size_t position, std::string_view text);
  /// `position` + `count` is at most length().
  void erase(std::size_t position, std::size_t count);
  std::string slice(std::size_t position, std::size_t count) const;
  std::string str() const;
  /// All that the buffer takes, for budgets.
  std::size_t memory_bytes() const {
    return leaves_.size() * sizeof(Leaf) + index_.memory_bytes() + sizeof(*this);
  }

 private:
  static constexpr std::size_t kLeafBytes = 1000;
  struct Leaf {
    std::uint32_t bytes = 0;
    std::uint32_t scalars = 0;
    std::array<char, kLeafBytes> data;

    std::string_view view() const { return {data.data(), bytes}; }
    std::size_t offset(std::size_t scalar) const;
  };
  using Place = LeafIndex::Place;

  /// The leaf where text at `position` is inserted: at a border the one before it.
  Place find_gap(std::size_t position);
  /// Puts text into one leaf that has room for it.
  void put(std::uint32_t leaf, std::size_t at_byte, std::string_view text);
  /// Cuts a leaf in two at a byte; gives the new one behind it.
  std::uint32_t cut(std::uint32_t leaf, std::size_t at_byte);
  void insert_long(Place place, std::size_t at_byte, std::string_view text);
  /// Unites a thin leaf with the next one, or takes it out when it is empty.
  void tidy(std::uint32_t leaf);
  void set_leaf(std::uint32_t leaf, std::size_t bytes, std::size_t scalars);

  LeafIndex index_;
  std::deque<Leaf> leaves_;
  std::size_t bytes_ = 0;
  Place last_{0, 0};  ///< Where the last edit was.
};

}  // namespace cunju
