// SPDX-License-Identifier: Apache-2.0
#include "crdt/attachment/chunk_tree.h"

#include <algorithm>

#include "crdt/attachment/attachment_limits.h"
#include "crdt/base/check.h"
#include "crdt/crypto/crypto.h"

namespace cunju::attachment {
namespace {

Hash inner_hash(const Hash& left, const Hash& right) {
  return crypto::Hasher("cunju chunks 1").add(left.view()).add(right.view()).finish();
}

Address address_of(std::uint64_t stored_bytes, const Hash& root) {
  Bytes size;
  put_u64(size, stored_bytes);
  return Address{crypto::Hasher("cunju attach 1").add(size).add(root.view()).finish().value};
}

}  // namespace

bool is_possible_size(std::uint64_t stored_bytes) {
  // A tag for each chunk comes on top of what a person attached.
  constexpr std::uint64_t kMost = limits::kMaxAttachmentBytes + limits::kMaxAttachmentBytes / 1024;
  return stored_bytes >= crypto::kTagBytes && stored_bytes <= kMost;
}

std::uint32_t chunk_count(std::uint64_t stored_bytes) {
  CUNJU_CHECK(is_possible_size(stored_bytes), "sizes are checked where they come from");
  return static_cast<std::uint32_t>((stored_bytes + limits::kAttachmentChunkBytes - 1) /
                                    limits::kAttachmentChunkBytes);
}

std::size_t chunk_bytes(std::uint64_t stored_bytes, std::uint32_t index) {
  const std::uint64_t begin = std::uint64_t{index} * limits::kAttachmentChunkBytes;
  if (begin >= stored_bytes) return 0;
  return static_cast<std::size_t>(
      std::min<std::uint64_t>(stored_bytes - begin, limits::kAttachmentChunkBytes));
}

Hash leaf_hash(ByteView chunk) { return crypto::Hasher("cunju chunk 1").add(chunk).finish(); }

ChunkTree::ChunkTree(std::uint64_t stored_bytes, std::vector<Hash> leaves)
    : stored_bytes_(stored_bytes) {
  CUNJU_CHECK(leaves.size() == chunk_count(stored_bytes), "a leaf for each chunk");
  levels_.push_back(std::move(leaves));
  while (levels_.back().size() > 1) {
    const std::vector<Hash>& below = levels_.back();
    std::vector<Hash> level;
    level.reserve((below.size() + 1) / 2);
    for (std::size_t i = 0; i + 1 < below.size(); i += 2)
      level.push_back(inner_hash(below[i], below[i + 1]));
    if (below.size() % 2 == 1) level.push_back(below.back());
    levels_.push_back(std::move(level));
  }
}

Address ChunkTree::address() const { return address_of(stored_bytes_, levels_.back().front()); }

std::vector<Hash> ChunkTree::path(std::uint32_t index) const {
  std::vector<Hash> out;
  std::size_t at = index;
  for (const std::vector<Hash>& level : levels_) {
    const std::size_t beside = at ^ 1;
    if (beside < level.size()) out.push_back(level[beside]);
    at /= 2;
  }
  return out;
}

bool is_chunk_of(const BlobId& blob, std::uint32_t index, ByteView chunk,
                 const std::vector<Hash>& path) {
  if (!is_possible_size(blob.bytes) || chunk.empty() ||
      chunk.size() != chunk_bytes(blob.bytes, index))
    return false;
  Hash hash = leaf_hash(chunk);
  auto beside = path.begin();
  std::size_t at = index;
  for (std::size_t width = chunk_count(blob.bytes); width > 1; width = (width + 1) / 2, at /= 2) {
    if ((at ^ 1) >= width) continue;
    if (beside == path.end()) return false;
    hash = at % 2 == 0 ? inner_hash(hash, *beside) : inner_hash(*beside, hash);
    ++beside;
  }
  return beside == path.end() && address_of(blob.bytes, hash) == blob.address;
}

}  // namespace cunju::attachment
