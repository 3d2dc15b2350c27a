// SPDX-License-Identifier: Apache-2.0
#include "crdt/attachment/chunk_tree.h"

#include <catch2/catch.hpp>
#include <random>

#include "crdt/attachment/attachment_limits.h"
#include "crdt/crypto/crypto.h"
#include "tests/support/random_blob.h"

using namespace cunju;
using attachment::BlobId;
using attachment::ChunkTree;
using cunju::testing::RandomBlob;

namespace {

constexpr std::size_t kChunk = limits::kAttachmentChunkBytes;

}  // namespace

TEST_CASE("every chunk proves its place, in trees of every shape") {
  for (std::uint64_t count = 1; count <= 20; ++count) {
    const std::uint64_t bytes = (count - 1) * kChunk + 16 + count;
    CAPTURE(count);
    const RandomBlob example(bytes, count);
    REQUIRE(example.chunks.size() == count);
    for (std::uint32_t i = 0; i < count; ++i) {
      const std::vector<Hash> path = example.tree.path(i);
      CHECK(path.size() <= limits::kMaxAttachmentTreeDepth);
      CHECK(attachment::is_chunk_of(example.id, i, example.chunks[i], path));
    }
  }
}

TEST_CASE("a chunk is none of another place, another attachment or another path") {
  const std::uint64_t seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937_64 dice(seed);
  for (int turn = 0; turn < 40; ++turn) {
    const std::uint64_t bytes = 16 + dice() % (9 * kChunk);
    const RandomBlob example(bytes, dice());
    const auto index = static_cast<std::uint32_t>(dice() % example.chunks.size());
    const Bytes& chunk = example.chunks[index];
    const std::vector<Hash> path = example.tree.path(index);
    REQUIRE(attachment::is_chunk_of(example.id, index, chunk, path));

    Bytes flipped = chunk;
    flipped[dice() % flipped.size()] ^= 1;
    CHECK_FALSE(attachment::is_chunk_of(example.id, index, flipped, path));
    CHECK_FALSE(
        attachment::is_chunk_of(example.id, index, ByteView(chunk).first(chunk.size() - 1), path));
    CHECK_FALSE(attachment::is_chunk_of(example.id, index, {}, path));
    std::vector<Hash> longer = path;
    longer.push_back(Hash{});
    CHECK_FALSE(attachment::is_chunk_of(example.id, index, chunk, longer));
    if (!path.empty()) {
      std::vector<Hash> shorter = path;
      shorter.pop_back();
      CHECK_FALSE(attachment::is_chunk_of(example.id, index, chunk, shorter));
      std::vector<Hash> wrong = path;
      wrong[dice() % wrong.size()].value[dice() % 32] ^= 1;
      CHECK_FALSE(attachment::is_chunk_of(example.id, index, chunk, wrong));
      const auto other = static_cast<std::uint32_t>((index + 1) % example.chunks.size());
      CHECK_FALSE(attachment::is_chunk_of(example.id, other, chunk, example.tree.path(other)));
    }
    // Who refers to it with another size gets nothing.
    CHECK_FALSE(attachment::is_chunk_of({example.id.address, bytes + kChunk}, index, chunk, path));
    CHECK_FALSE(attachment::is_chunk_of({example.id.address, 0}, index, chunk, path));
    CHECK_FALSE(
        attachment::is_chunk_of({example.id.address, ~std::uint64_t{0}}, index, chunk, path));
    CHECK_FALSE(attachment::is_chunk_of(example.id, 0xFFFFFFFF, chunk, path));
  }
}

TEST_CASE("the address says how long an attachment is") {
  // The same chunk as a whole and as the only one of something that claims to be longer.
  const RandomBlob example(1000, 1);
  const ChunkTree longer(1001, {example.tree.leaf(0)});
  CHECK(longer.address() != example.tree.address());
}

TEST_CASE("the address of an example stays what it is") {
  Bytes chunk(1000);
  for (std::size_t i = 0; i < chunk.size(); ++i) chunk[i] = static_cast<std::uint8_t>(i);
  const ChunkTree one(1000, {attachment::leaf_hash(chunk)});
  Bytes full(kChunk, 0xAB);
  const ChunkTree three(
      2 * kChunk + 1000,
      {attachment::leaf_hash(full), attachment::leaf_hash(full), attachment::leaf_hash(chunk)});
  CHECK(one.address().hex() == "967b4b92caeb888bd8413ef916d18c8bdc720a9dc6b1c8d5ea3ae9073081e5e6");
  CHECK(three.address().hex() ==
        "4494eea019c2b11ab494f3d70852254501bee314c71239f1d5c98d9531838e53");
}

TEST_CASE("the largest attachment has no more levels than a path may have") {
  CHECK((std::uint64_t{1} << limits::kMaxAttachmentTreeDepth) >=
        limits::kMaxAttachmentBytes / kChunk + 32);
  CHECK(attachment::is_possible_size(limits::kMaxAttachmentBytes));
  CHECK_FALSE(attachment::is_possible_size(2 * limits::kMaxAttachmentBytes));
  CHECK_FALSE(attachment::is_possible_size(15));
}
