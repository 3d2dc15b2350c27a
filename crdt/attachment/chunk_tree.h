// SPDX-License-Identifier: Apache-2.0
//
// The address of an attachment: the root of a hash tree over its chunks as they are stored and
// sent. Each chunk proves its place by a path of hashes, so a range can be taken from anybody and a
// liar is found at the first wrong chunk. Pure values. docs/formats/attachment.md
//   leaf    := H("cunju chunk 1" || chunk)
//   inner   := H("cunju chunks 1" || left || right); the last of an odd level goes up as it is
//   address := H("cunju attach 1" || bytes u64 || root)
// Chunks are limits::kAttachmentChunkBytes long, the last one as long as is left.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "crdt/base/bytes.h"
#include "crdt/base/ids.h"
#include "crdt/base/result.h"

namespace cunju::attachment {

/// What an attachment is known by: the hash of its stored bytes.
using Address = FixedBytes<struct AttachmentAddressTag, 32>;

/// An attachment as somebody without its key knows it.
struct BlobId {
  Address address;
  std::uint64_t bytes = 0;  ///< As stored; at least 1.
  friend auto operator<=>(const BlobId&, const BlobId&) = default;
};

/// How many chunks so many stored bytes have.
std::uint32_t chunk_count(std::uint64_t stored_bytes);
/// Bytes of that chunk; 0 when there is no such chunk.
std::size_t chunk_bytes(std::uint64_t stored_bytes, std::uint32_t index);
/// Whether an attachment can have so many stored bytes.
bool is_possible_size(std::uint64_t stored_bytes);

Hash leaf_hash(ByteView chunk);

/// The tree over all leaves of one attachment.
class ChunkTree {
 public:
  /// `leaves`: chunk_count(stored_bytes) of them (CUNJU_CHECK).
  ChunkTree(std::uint64_t stored_bytes, std::vector<Hash> leaves);

  Address address() const;
  const Hash& leaf(std::uint32_t index) const { return levels_.front()[index]; }
  /// The hashes beside the way from a chunk to the root, from below.
  std::vector<Hash> path(std::uint32_t index) const;

 private:
  std::uint64_t stored_bytes_;
  std::vector<std::vector<Hash>> levels_;  ///< The leaves first; the last has one hash.
};

/// Whether this is that chunk of the attachment: right length, and the path leads to the address.
/// Any bytes may be given; costs one hash of the chunk and kMaxAttachmentTreeDepth small ones.
bool is_chunk_of(const BlobId& blob, std::uint32_t index, ByteView chunk,
                 const std::vector<Hash>& path);

}  // namespace cunju::attachment
