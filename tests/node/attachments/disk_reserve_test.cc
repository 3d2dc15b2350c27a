// SPDX-License-Identifier: Apache-2.0
// What attachments leave free of a disk.
#include "node/attachments/disk_reserve.h"

#include <catch2/catch.hpp>

#include "crdt/attachment/attachment_limits.h"
#include "node/attachments/blob_folder.h"
#include "tests/support/replica_fixture.h"
#include "tests/support/tiny_disk.h"

using namespace cunju;
using namespace cunju::test;
using attachments::BlobFolder;

namespace {

constexpr std::uint64_t kMiB = 1024 * 1024, kGiB = 1024 * kMiB;

std::uint64_t available(const std::filesystem::path& folder) {
  return require(attachments::disk_room(folder))->available;
}

}  // namespace

TEST_CASE("what is kept free is a twentieth within limits, and at most a quarter of a tiny disk") {
  CHECK(attachments::disk_reserve(2 * kMiB) == kMiB / 2);
  CHECK(attachments::disk_reserve(kGiB) == 256 * kMiB);
  CHECK(attachments::disk_reserve(2 * kGiB) == 256 * kMiB);
  CHECK(attachments::disk_reserve(20 * kGiB) == kGiB);
  CHECK(attachments::disk_reserve(4000 * kGiB) == 2 * kGiB);
  CHECK(attachments::disk_reserve(0) == 0);
}

TEST_CASE("a file system that says of itself that it has no blocks is not full") {
  CHECK_FALSE(require(attachments::disk_room("/proc")));
  require(attachments::require_room("/proc", ~std::uint64_t{0}));
  CHECK(attachments::require_room("/no/such/folder", 1).error().code == Errc::kNotFound);
}

TEST_CASE(
    "neither what comes nor what is attached uses what a disk keeps free, and both go on "
    "when there is space") {
  TinyDisk disk;
  if (disk.is_missing()) return;
  // Two mebibytes, of which half a one is kept free.
  const auto blobs = require(BlobFolder::open(disk / "blobs"));
  const Bytes chunk(limits::kAttachmentChunkBytes, 7);
  const std::size_t chunks = 10;
  std::vector<Hash> leaves(chunks, attachment::leaf_hash(chunk));
  const attachment::BlobId id{
      .address = attachment::ChunkTree(chunks * chunk.size(), leaves).address(),
      .bytes = chunks * chunk.size()};
  auto part = require(blobs->resume(id));
  require(part->put(0, chunk));
  disk.fill(kMiB / 2 + 80'000);
  require(part->put(1, chunk));
  const Result<void> refused = part->put(2, chunk);
  REQUIRE(refused.has_error());
  CHECK(refused.error().code == Errc::kDiskFull);
  CHECK(available(disk / "blobs") >= kMiB / 2 - 80'000);
  // What came is kept and can be looked at; nothing new begins.
  part.reset();
  part = require(blobs->resume(id));
  CHECK(part->has(1));
  CHECK_FALSE(part->has(2));
  const attachment::BlobId other{.address = attachment::Address{{9}}, .bytes = 100'000};
  CHECK(blobs->resume(other).error().code == Errc::kDiskFull);
  CHECK_FALSE(blobs->has_any(other.address));
  crypto::SeededRandom random(1);
  {
    auto made = require(blobs->create(random));
    CHECK(made.append(chunk).error().code == Errc::kDiskFull);
  }
  disk.empty();
  for (std::uint32_t i = 2; i < chunks; ++i) require(part->put(i, chunk));
  CHECK(blobs->seems_whole(id));
}

TEST_CASE("what is here in part counts as whole from its first chunk on") {
  TempFolder home;
  const auto blobs = require(BlobFolder::open(home / "blobs"));
  const Bytes chunk(limits::kAttachmentChunkBytes, 7);
  const attachment::BlobId id{.address = attachment::Address{{1}}, .bytes = 10 * chunk.size()};
  CHECK(blobs->stored_bytes() == 0);
  require(require(blobs->resume(id))->put(3, chunk));
  CHECK(blobs->has_any(id.address));
  CHECK(blobs->stored_bytes() == id.bytes);
  require(blobs->destroy(id.address));
  CHECK(blobs->stored_bytes() == 0);
}
