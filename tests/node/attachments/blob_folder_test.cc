// SPDX-License-Identifier: Apache-2.0
// The folder of attachments under crashes, full disks, damage and other processes.
#include "node/attachments/blob_folder.h"

#include <sys/stat.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>

#include "crdt/attachment/attachment_limits.h"
#include "tests/support/fail_nth.h"
#include "tests/support/random_blob.h"
#include "tests/support/replica_fixture.h"
#include "tests/support/temp_folder.h"

using namespace cunju;
using attachments::BlobFolder;
using attachments::BlobId;
using cunju::testing::RandomBlob;
using test::TempFolder;
namespace fs = std::filesystem;

namespace {

constexpr std::size_t kChunk = limits::kAttachmentChunkBytes;

std::unique_ptr<BlobFolder> open_folder(const fs::path& path,
                                        store::FaultInjector* faults = nullptr) {
  return test::require(BlobFolder::open(path, faults));
}

std::size_t files_in(const fs::path& folder) {
  return static_cast<std::size_t>(std::ranges::count_if(
      fs::directory_iterator(folder),
      [](const fs::directory_entry& entry) { return entry.path().filename() != "asks"; }));
}

void flip_byte(const fs::path& path, std::uint64_t at) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekg(static_cast<std::streamoff>(at));
  const int byte = file.get();
  file.seekp(static_cast<std::streamoff>(at));
  file.put(static_cast<char>(byte ^ 1));
  REQUIRE(file.good());
}

void put_all(BlobFolder& folder, const RandomBlob& content) {
  auto part = test::require(folder.resume(content.id));
  for (std::uint32_t i = 0; i < content.chunks.size(); ++i)
    test::require(part->put(i, content.chunks[i]));
}

bool is_readable(BlobFolder& folder, const RandomBlob& content) {
  Result<std::shared_ptr<const attachments::StoredBlob>> blob = folder.open_blob(content.id);
  if (blob.has_error()) return false;
  for (std::uint32_t i = 0; i < content.chunks.size(); ++i) {
    const Result<Bytes> chunk = blob.value()->read_chunk(i);
    if (chunk.has_error() || chunk.value() != content.chunks[i]) return false;
  }
  return true;
}

}  // namespace

TEST_CASE("an attachment is there when its last chunk is, in whatever order they come") {
  TempFolder home;
  const RandomBlob content(3 * kChunk + 100);
  auto folder = open_folder(home / "blobs");
  auto part = test::require(folder->resume(content.id));
  for (std::uint32_t i : {2u, 0u, 3u}) {
    test::require(part->put(i, content.chunks[i]));
    CHECK_FALSE(folder->seems_whole(content.id));
    CHECK(folder->open_blob(content.id).error().code == Errc::kNotFound);
  }
  CHECK(folder->bytes_here(content.id) == 2 * kChunk + 100);
  test::require(part->put(1, content.chunks[1]));
  CHECK(folder->seems_whole(content.id));
  CHECK(is_readable(*folder, content));
  CHECK(files_in(home / "blobs") == 1);
  CHECK(folder->resume(content.id).error().code == Errc::kExists);
}

TEST_CASE("only the owner may read attachments, and their names are addresses") {
  TempFolder home;
  const RandomBlob content(100);
  auto folder = open_folder(home / "blobs");
  put_all(*folder, content);
  struct stat info {};
  REQUIRE(::stat((home / "blobs").c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0700);
  REQUIRE(::stat((home / "blobs" / content.id.address.hex()).c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0600);
}

TEST_CASE("what had come before a program ended is not fetched again") {
  TempFolder home;
  const RandomBlob content(20 * kChunk);
  {
    auto folder = open_folder(home / "blobs");
    auto part = test::require(folder->resume(content.id));
    for (std::uint32_t i = 0; i < 20; i += 2) test::require(part->put(i, content.chunks[i]));
  }
  auto folder = open_folder(home / "blobs");
  auto part = test::require(folder->resume(content.id));
  CHECK(part->missing() == 10);
  for (std::uint32_t i = 0; i < 20; ++i) CHECK(part->has(i) == (i % 2 == 0));
}

TEST_CASE("a chunk that did not reach the disk whole counts as missing") {
  TempFolder home;
  const RandomBlob content(4 * kChunk);
  const fs::path part_path = home / "blobs" / (content.id.address.hex() + ".part");
  const fs::path leaves_path = home / "blobs" / (content.id.address.hex() + ".leaves");
  {
    auto folder = open_folder(home / "blobs");
    auto part = test::require(folder->resume(content.id));
    for (std::uint32_t i = 0; i < 3; ++i) test::require(part->put(i, content.chunks[i]));
  }
  SECTION("its bytes") { flip_byte(part_path, kChunk + 7); }
  SECTION("its hash") { flip_byte(leaves_path, 32 + 7); }
  SECTION("the end of the file") { fs::resize_file(part_path, kChunk + 100); }
  auto folder = open_folder(home / "blobs");
  auto part = test::require(folder->resume(content.id));
  CHECK(part->has(0));
  CHECK_FALSE(part->has(1));
  for (std::uint32_t i = 0; i < 4; ++i) test::require(part->put(i, content.chunks[i]));
  CHECK(is_readable(*folder, content));
}

TEST_CASE("hashes that were forged with their chunks make no attachment") {
  TempFolder home;
  const RandomBlob content(2 * kChunk), other(2 * kChunk, 9);
  {
    auto folder = open_folder(home / "blobs");
    auto part = test::require(folder->resume(content.id));
    test::require(part->put(0, other.chunks[0]));
    CHECK(part->put(1, content.chunks[1]).error().code == Errc::kTampered);
  }
  auto folder = open_folder(home / "blobs");
  CHECK_FALSE(folder->seems_whole(content.id));
  CHECK(test::require(folder->resume(content.id))->missing() == 2);
}

TEST_CASE("a damaged attachment is not there, and is kept aside") {
  TempFolder home;
  const RandomBlob content(3 * kChunk + 100);
  auto folder = open_folder(home / "blobs");
  put_all(*folder, content);
  const fs::path path = home / "blobs" / content.id.address.hex();
  SECTION("a byte") { flip_byte(path, kChunk); }
  SECTION("the end is missing") { fs::resize_file(path, kChunk + 5); }
  SECTION("nothing is left") { fs::resize_file(path, 0); }
  CHECK(folder->open_blob(content.id).error().code == Errc::kCorrupt);
  CHECK_FALSE(folder->seems_whole(content.id));
  CHECK(folder->damaged() == std::vector{content.id.address});
  // It was here, so it is asked for, until it has come.
  CHECK(folder->wanted() == std::set{content.id.address});
  put_all(*folder, content);
  CHECK(folder->wanted().empty());
  CHECK(is_readable(*folder, content));
  // Once it has come again nobody needs the damaged one.
  CHECK(folder->damaged().empty());
  CHECK(files_in(home / "blobs") == 1);
  // Nor one that was left of an earlier time.
  std::ofstream(path.string() + ".damaged") << "left";
  CHECK(folder->damaged().empty());
}

TEST_CASE("damage that comes after an attachment was opened is seen in the chunk") {
  TempFolder home;
  const RandomBlob content(3 * kChunk);
  auto folder = open_folder(home / "blobs");
  put_all(*folder, content);
  auto blob = test::require(folder->open_blob(content.id));
  flip_byte(home / "blobs" / content.id.address.hex(), kChunk + 1);
  CHECK(blob->read_chunk(0).has_value());
  CHECK(blob->read_chunk(1).error().code == Errc::kCorrupt);
}

TEST_CASE("a reference with another size neither finds nor harms an attachment") {
  TempFolder home;
  const RandomBlob content(3 * kChunk);
  auto folder = open_folder(home / "blobs");
  put_all(*folder, content);
  for (std::uint64_t size : {kChunk, 3 * kChunk + 1, 900 * kChunk}) {
    CHECK(folder->open_blob({content.id.address, size}).error().code == Errc::kNotFound);
  }
  CHECK(folder->open_blob({content.id.address, 0}).has_error());
  CHECK(folder->open_blob({content.id.address, ~std::uint64_t{0}}).has_error());
  CHECK(folder->resume({content.id.address, ~std::uint64_t{0}}).has_error());
  CHECK(is_readable(*folder, content));
}

TEST_CASE("a reference with another size finds nothing in what has come, and deletes none of it") {
  TempFolder home;
  const RandomBlob content(5 * kChunk + 100);
  for (std::uint32_t come : {1u, 3u, 5u}) {
    CAPTURE(come);
    {
      auto folder = open_folder(home / "blobs");
      auto part = test::require(folder->resume(content.id));
      for (std::uint32_t i = 0; i < come; ++i) test::require(part->put(i, content.chunks[i]));
    }
    auto folder = open_folder(home / "blobs");
    // As many full chunks as have come, fewer, and more than there are.
    for (std::uint64_t size : {kChunk, 3 * kChunk, 5 * kChunk}) {
      CHECK(folder->resume({content.id.address, size}).error().code == Errc::kExists);
    }
    for (std::uint64_t size : {5 * kChunk + 99, 6 * kChunk, 900 * kChunk}) {
      Result<std::unique_ptr<attachments::PartialBlob>> lie =
          folder->resume({content.id.address, size});
      CHECK((lie.has_error() || lie.value()->missing() > 0));
    }
    CHECK(test::require(folder->resume(content.id))->missing() == 6 - come);
  }
  auto folder = open_folder(home / "blobs");
  put_all(*folder, content);
  CHECK(is_readable(*folder, content));
}

TEST_CASE("two do not take one attachment at the same time") {
  TempFolder home;
  const RandomBlob content(3 * kChunk);
  auto folder = open_folder(home / "blobs"), other = open_folder(home / "blobs");
  auto part = test::require(folder->resume(content.id));
  CHECK(other->resume(content.id).error().code == Errc::kExists);
  part.reset();
  CHECK(other->resume(content.id).has_value());
}

TEST_CASE("whatever write fails while chunks come, nothing is claimed and the next try completes") {
  const RandomBlob content(5 * kChunk + 1);
  bool fired = true;
  for (std::uint64_t n = 1; fired; ++n) {
    CAPTURE(n);
    TempFolder home;
    test::FailNth faults(n);
    auto folder = open_folder(home / "blobs", &faults);
    std::uint32_t put = 0;
    {
      auto part = test::require(folder->resume(content.id));
      Result<void> outcome = ok();
      for (; put < content.chunks.size() && outcome; ++put)
        outcome = part->put(put, content.chunks[put]);
      fired = faults.fired();
      CHECK(outcome.has_error() == fired);
      if (outcome.has_error()) CHECK(outcome.error().code == Errc::kDiskFull);
      CHECK(folder->seems_whole(content.id) == !fired);
    }
    if (!fired) break;
    Result<std::unique_ptr<attachments::PartialBlob>> again = folder->resume(content.id);
    // Every chunk that was taken without an error is still there.
    if (again.has_value()) {
      CHECK(again.value()->missing() <= content.chunks.size() - (put - 1));
      for (std::uint32_t i = 0; i < content.chunks.size(); ++i)
        test::require(again.value()->put(i, content.chunks[i]));
    }
    CHECK(is_readable(*folder, content));
  }
}

TEST_CASE("whatever write fails while an attachment is made, no file is left of it") {
  const RandomBlob content(2 * kChunk + 10);
  bool fired = true;
  for (std::uint64_t n = 1; fired; ++n) {
    CAPTURE(n);
    TempFolder home;
    test::FailNth faults(n);
    crypto::SeededRandom random(n);
    auto folder = open_folder(home / "blobs", &faults);
    {
      auto made = test::require(folder->create(random));
      Result<void> outcome = ok();
      for (const Bytes& chunk : content.chunks) {
        if (outcome) outcome = made.append(chunk);
      }
      Result<BlobId> id = outcome ? made.finish() : Result<BlobId>(outcome.error());
      fired = faults.fired();
      CHECK(id.has_error() == fired);
      if (!fired) CHECK(id.value() == content.id);
    }
    CHECK(files_in(home / "blobs") == (fired ? 0 : 1));
  }
}

TEST_CASE("what a crash left of an attachment being made is swept, one in work is not") {
  TempFolder home;
  crypto::SeededRandom random(1);
  auto folder = open_folder(home / "blobs");
  std::ofstream(home / "blobs" / "new-0123") << "left";
  auto made = test::require(folder->create(random));
  open_folder(home / "blobs");
  CHECK_FALSE(fs::exists(home / "blobs" / "new-0123"));
  test::require(made.append(Bytes(100)));
  CHECK(made.finish().has_value());
}

TEST_CASE(
    "a destroyed attachment leaves nothing, whole or in part, and its bytes are overwritten") {
  TempFolder home;
  const RandomBlob content(3 * kChunk);
  auto folder = open_folder(home / "blobs");
  const fs::path path = home / "blobs" / content.id.address.hex();
  test::require(folder->want(content.id.address));
  SECTION("whole") {
    put_all(*folder, content);
    test::require(folder->open_blob(content.id));
    // Another name shows what happened to the bytes.
    fs::create_hard_link(path, home / "kept");
  }
  SECTION("in part") {
    {
      auto part = test::require(folder->resume(content.id));
      test::require(part->put(1, content.chunks[1]));
    }
    fs::create_hard_link(path.string() + ".part", home / "kept");
  }
  test::require(folder->destroy(content.id.address));
  CHECK(files_in(home / "blobs") == 0);
  CHECK(folder->open_blob(content.id).error().code == Errc::kNotFound);
  const Bytes left = test::require(store::read_whole_file(home / "kept", 10 * kChunk));
  CHECK(left == Bytes(left.size()));
  CHECK_FALSE(left.empty());
  CHECK(folder->destroy(content.id.address).has_value());
}

TEST_CASE("what was asked for is remembered until it is here") {
  TempFolder home;
  const RandomBlob content(3 * kChunk);
  auto folder = open_folder(home / "blobs");
  test::require(folder->want(content.id.address));
  CHECK(open_folder(home / "blobs")->wanted() == std::set{content.id.address});
  put_all(*folder, content);
  CHECK(folder->wanted().empty());
}

TEST_CASE("a link in an attachment's place leads nowhere") {
  TempFolder home;
  const RandomBlob content(100);
  auto folder = open_folder(home / "blobs");
  std::ofstream(home / "outside") << "precious";
  fs::create_symlink(home / "outside", home / "blobs" / content.id.address.hex());
  CHECK(folder->open_blob(content.id).has_error());
  fs::create_symlink(home / "outside", home / "blobs" / (content.id.address.hex() + ".part"));
  CHECK(folder->resume(content.id).has_error());
  CHECK(test::require(store::read_whole_file(home / "outside", 100)).size() == 8);
}
