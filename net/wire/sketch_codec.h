// SPDX-License-Identifier: Apache-2.0
//
// What a sketch of heads consists of, and its bytes (all integers little endian):
//   item   := author u32 | head u32 | seq u32
//   symbol := the exclusive or of its items | of their checks u24 | count u8 (modulo 2^8)
//   name   := author u32 | head u32
// `author` and `head` are tags that mean something in one session only (net/sync/head_tags.h).
// net/sync/sketch.h says which symbols an item is in. Values.
#pragma once

#include <compare>
#include <cstdint>
#include <span>
#include <vector>

#include "crdt/base/bytes.h"
#include "crdt/base/result.h"

namespace cunju::wire {

/// Two items with the same author and head are the same.
struct HeadName {
  std::uint32_t author = 0;  ///< Tag of space and author.
  std::uint32_t head = 0;    ///< Tag of the head's id.
  friend auto operator<=>(const HeadName&, const HeadName&) = default;
};

/// One head of an author's log, or (seq 0) that a space is shared.
struct HeadItem {
  std::uint32_t author = 0;
  std::uint32_t head = 0;
  std::uint32_t seq = 0;  ///< Of the head; the largest number stands for itself and all above.
  friend auto operator<=>(const HeadItem&, const HeadItem&) = default;
  HeadName name() const { return {author, head}; }
};

struct Symbol {
  HeadItem sum;
  std::uint32_t check = 0;  ///< 24 bits.
  std::uint8_t count = 0;   ///< Of its items, modulo 2^8.
  friend bool operator==(const Symbol&, const Symbol&) = default;
};

inline constexpr std::size_t kItemBytes = 12;
inline constexpr std::size_t kSymbolBytes = 16;
inline constexpr std::size_t kNameBytes = 8;

Bytes encode_items(std::span<const HeadItem> items);
Bytes encode_symbols(std::span<const Symbol> symbols);
Bytes encode_names(std::span<const HeadName> names);
/// Errors of all three: kMalformed (not a whole number of entries), kLimit (more than `max`).
Result<std::vector<HeadItem>> decode_items(ByteView bytes, std::size_t max);
Result<std::vector<Symbol>> decode_symbols(ByteView bytes, std::size_t max);
Result<std::vector<HeadName>> decode_names(ByteView bytes, std::size_t max);

}  // namespace cunju::wire
