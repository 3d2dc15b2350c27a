// SPDX-License-Identifier: Apache-2.0
//
// Items in chunks. An item is whole in one chunk if it fits one, so that a damaged chunk loses what
// is in it and nothing else; a longer item begins a chunk and goes on in the next ones.
//   content := piece* | 0*                          zeros to the end of the chunk
//   piece   := kind u8 | space[32] | size of the item u32 | offset u32 | size u32 | bytes
// One spelling only: pieces are not empty, a piece that does not begin its item is the first of its
// chunk and goes on where the chunk before ended, and one that does not end it fills its chunk.
// The annex has slots instead of chunks, of the same grammar and other kinds. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "crdt/base/bytes.h"
#include "crdt/base/ids.h"
#include "crdt/base/result.h"
#include "net/bundle/container.h"

namespace cunju::bundle {

enum class ItemKind : std::uint8_t {
  kRuns = 1,     ///< wire::encode_runs
  kReceipt = 2,  ///< encode_receipt
  // Of the annex; there a reader passes over kinds that it does not know.
  kAttachmentChunk = 3,  ///< encode_carried_chunk
  kParts = 4,            ///< wire::encode_parts
};

/// Where in a file items stand.
enum class Section : std::uint8_t { kChunks, kAnnex };
constexpr std::size_t room_of(Section section) {
  return section == Section::kChunks ? kChunkRoom : kSlotRoom;
}

struct Item {
  ItemKind kind = ItemKind::kRuns;
  SpaceId space;
  Bytes content;  ///< Not empty, at most limits::kMaxBundleItemBytes.
  friend bool operator==(const Item&, const Item&) = default;
};

inline constexpr std::size_t kPieceHeadBytes = 1 + 32 + 4 + 4 + 4;

class Packer {
 public:
  explicit Packer(Section section = Section::kChunks) : room_(room_of(section)) {}
  /// The content of each chunk that is full now.
  std::vector<Bytes> add(const Item& item);
  /// The content of the last chunk, empty when there is none.
  Bytes finish();
  /// Chunks altogether if an item of so many bytes came next.
  std::size_t chunks_with(std::size_t item_bytes) const;
  /// Bytes of the longest item that still fits the chunk which is being filled.
  std::size_t room() const;

 private:
  void put_piece(const Item& item, std::size_t offset, std::size_t size);
  void close(std::vector<Bytes>& full);

  std::size_t room_;
  Bytes open_;
  std::size_t closed_ = 0;
};

/// Takes the chunks of a file in order; each may be missing.
class Unpacker {
 public:
  explicit Unpacker(Section section = Section::kChunks) : section_(section) {}
  /// The items that this chunk completes. Errors: kMalformed, kLimit; the chunk is lost then. An
  /// item of which a chunk is lost is lost and counted.
  Result<std::vector<Item>> take(ByteView content);
  void lose();
  /// After the last chunk.
  void finish() { drop(); }
  std::size_t lost_items() const { return lost_; }

 private:
  Result<std::vector<Item>> read(ByteView content);
  void drop();

  Section section_;
  std::optional<Item> open_;
  std::size_t open_size_ = 0;
  bool has_lost_ = false;  ///< The chunk before, or how the item that it ends in began.
  std::size_t lost_ = 0;
};

}  // namespace cunju::bundle
