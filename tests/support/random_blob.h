// SPDX-License-Identifier: Apache-2.0
//
// Bytes that nothing makes smaller, and sealed attachments of them, chunk by chunk.
#pragma once

#include <cstdint>
#include <vector>

#include "crdt/attachment/attachment_limits.h"
#include "crdt/attachment/chunk_tree.h"
#include "crdt/crypto/crypto.h"

namespace cunju::testing {

inline Bytes random_bytes(std::size_t count, std::uint64_t seed) {
  Bytes out(count);
  crypto::SeededRandom random(seed);
  random.fill(out);
  return out;
}

struct RandomBlob {
  explicit RandomBlob(std::uint64_t bytes, std::uint64_t seed = 1)
      : chunks(make_chunks(bytes, seed)),
        tree(bytes, leaves_of(chunks)),
        id{.address = tree.address(), .bytes = bytes} {}

  std::vector<Bytes> chunks;
  attachment::ChunkTree tree;
  attachment::BlobId id;

 private:
  static std::vector<Bytes> make_chunks(std::uint64_t bytes, std::uint64_t seed) {
    crypto::SeededRandom random(seed);
    std::vector<Bytes> out;
    for (std::uint32_t i = 0; i < attachment::chunk_count(bytes); ++i) {
      out.emplace_back(attachment::chunk_bytes(bytes, i));
      random.fill(out.back());
    }
    return out;
  }
  static std::vector<Hash> leaves_of(const std::vector<Bytes>& chunks) {
    std::vector<Hash> out;
    for (const Bytes& chunk : chunks) out.push_back(attachment::leaf_hash(chunk));
    return out;
  }
};

}  // namespace cunju::testing
