// SPDX-License-Identifier: Apache-2.0
// Beginnings of chunks in the folder of attachments: whose they are, how many, and what takes them
// away.
#include "node/attachments/kept_beginnings.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <random>

#include "crdt/attachment/pieces.h"
#include "node/attachments/blob_folder.h"
#include "tests/node/attachments/attaching_nodes.h"
#include "tests/support/fail_nth.h"
#include "tests/support/random_blob.h"
#include "tests/support/replica_fixture.h"
#include "tests/support/temp_folder.h"

using namespace cunju;
using attachments::Beginning;
using attachments::BlobFolder;
using attachments::BlobId;
using test::require;
using test::TempFolder;
namespace fs = std::filesystem;

namespace {

constexpr std::size_t kChunk = limits::kAttachmentChunkBytes;
constexpr std::size_t kPiece = limits::kAttachmentPieceBytes;

struct Content {
  explicit Content(std::uint64_t bytes, std::uint64_t seed = 1) {
    crypto::SeededRandom random(seed);
    std::vector<Hash> leaves;
    for (std::uint32_t i = 0; i < attachment::chunk_count(bytes); ++i) {
      chunks.emplace_back(attachment::chunk_bytes(bytes, i));
      random.fill(chunks.back());
      leaves.push_back(attachment::leaf_hash(chunks.back()));
    }
    id = {.address = attachment::ChunkTree(bytes, leaves).address(), .bytes = bytes};
  }
  Beginning beginning(std::uint32_t chunk, std::size_t pieces) const {
    const ByteView bytes = ByteView(chunks[chunk]).first(pieces * kPiece);
    return {.chunk = chunk, .pieces = to_bytes(bytes)};
  }
  std::vector<Bytes> chunks;
  BlobId id;
};

WireKey peer(std::uint8_t number) { return WireKey{{number}}; }

BlobId blob(std::uint8_t number) {
  BlobId out{.address = {}, .bytes = 3 * kChunk};
  out.address.value[0] = number;
  return out;
}

std::size_t begun_in(const fs::path& folder) {
  std::size_t out = 0;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder))
    out += entry.path().extension().string().starts_with(".begun") ? 1 : 0;
  return out;
}

/// As if all that is there had been kept an hour earlier than it was.
void age(const fs::path& folder) {
  for (const fs::directory_entry& entry : fs::directory_iterator(folder))
    fs::last_write_time(entry.path(), entry.last_write_time() - std::chrono::hours(1));
}

using Nodes = test::AttachingNodes;

std::vector<fs::path> beginnings_in(const attachments::BlobFolder& folder) {
  std::vector<fs::path> out;
  for (const auto& entry : fs::directory_iterator(folder.folder()))
    if (entry.path().extension().string().starts_with(".begun")) out.push_back(entry.path());
  return out;
}

/// Until so many bytes of attachments have come to the second node.
void bring(Nodes& two, test::MemoryWire& line, std::uint64_t bytes) {
  const auto came = [&] {
    return two.b.events.empty() ? 0 : two.b.events.back().progress.attachments.came;
  };
  two.b.events.clear();
  while (came() < bytes) REQUIRE(line.step());
}

}  // namespace

TEST_CASE("a beginning is handed out once, to the peer that has brought it") {
  TempFolder home;
  const auto folder = require(BlobFolder::open(home / "blobs"));
  const Content content(3 * kChunk + kPiece + 5);
  for (const std::uint32_t chunk : {0u, 2u, 3u}) {
    const Beginning kept = content.beginning(chunk, chunk == 3 ? 1 : 7);
    require(folder->keep_beginning(content.id, peer(1), kept));
    // Also by another program.
    const auto again = require(BlobFolder::open(home / "blobs"));
    CHECK_FALSE(again->take_beginning(content.id, peer(2)));
    CHECK_FALSE(again->take_beginning({content.id.address, 3 * kChunk}, peer(1)));
    const std::optional<Beginning> taken = again->take_beginning(content.id, peer(1));
    REQUIRE(taken);
    CHECK(taken->chunk == chunk);
    CHECK(taken->pieces == kept.pieces);
    CHECK_FALSE(again->take_beginning(content.id, peer(1)));
    CHECK(begun_in(home / "blobs") == 0);
  }
}

TEST_CASE("of a peer and an attachment the last beginning is kept, and nothing of nothing") {
  TempFolder home;
  const auto folder = require(BlobFolder::open(home / "blobs"));
  const Content content(3 * kChunk);
  require(folder->keep_beginning(content.id, peer(1), content.beginning(0, 7)));
  require(folder->keep_beginning(content.id, peer(1), content.beginning(1, 2)));
  require(folder->keep_beginning(content.id, peer(2), content.beginning(2, 0)));
  CHECK(begun_in(home / "blobs") == 1);
  CHECK(folder->take_beginning(content.id, peer(1))->chunk == 1);
}

TEST_CASE("of one attachment four peers' beginnings are kept, and one more ends the oldest") {
  TempFolder home;
  const auto folder = require(BlobFolder::open(home / "blobs"));
  const Content content(3 * kChunk);
  for (std::uint8_t i = 1; i <= 5; ++i) {
    require(folder->keep_beginning(content.id, peer(i), content.beginning(0, i)));
    age(home / "blobs");
  }
  CHECK(begun_in(home / "blobs") == 4);
  CHECK_FALSE(folder->take_beginning(content.id, peer(1)));
  for (std::uint8_t i = 2; i <= 5; ++i)
    CHECK(folder->take_beginning(content.id, peer(i))->pieces.size() == i * kPiece);
}

TEST_CASE("in all no more than kMaxBeginnings are kept, whoever begins whatever") {
  TempFolder home;
  const auto folder = require(BlobFolder::open(home / "blobs"));
  const std::uint64_t seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937_64 dice(seed);
  const Beginning small{.chunk = 0, .pieces = Bytes(kPiece)};
  for (std::size_t i = 0; i < 3 * attachments::kMaxBeginnings; ++i) {
    const BlobId id = blob(static_cast<std::uint8_t>(dice() % 80));
    const WireKey from = peer(static_cast<std::uint8_t>(dice() % 9));
    require(folder->keep_beginning(id, from, small));
    CHECK(begun_in(home / "blobs") <= attachments::kMaxBeginnings);
    // The last one is always there.
    if (dice() % 4 == 0) CHECK(folder->take_beginning(id, from));
  }
  CHECK(begun_in(home / "blobs") > attachments::kMaxBeginnings / 2);
}

TEST_CASE("a beginning goes when its chunk comes, from whomever, and all go with the last chunk") {
  TempFolder home;
  const auto folder = require(BlobFolder::open(home / "blobs"));
  const Content content(3 * kChunk);
  require(folder->keep_beginning(content.id, peer(1), content.beginning(0, 3)));
  require(folder->keep_beginning(content.id, peer(2), content.beginning(0, 5)));
  require(folder->keep_beginning(content.id, peer(3), content.beginning(1, 5)));
  auto part = require(folder->resume(content.id));
  require(part->put(0, content.chunks[0]));
  CHECK(begun_in(home / "blobs") == 1);
  require(part->put(2, content.chunks[2]));
  CHECK(begun_in(home / "blobs") == 1);
  // One of a chunk that was here before, as a crash leaves it.
  require(folder->keep_beginning(content.id, peer(1), content.beginning(0, 3)));
  require(part->put(1, content.chunks[1]));
  CHECK(begun_in(home / "blobs") == 0);
  CHECK(folder->seems_whole(content.id));
}

TEST_CASE("a beginning goes when its attachment is attached here") {
  TempFolder home;
  const auto folder = require(BlobFolder::open(home / "blobs"));
  const Content content(2 * kChunk);
  require(folder->keep_beginning(content.id, peer(1), content.beginning(0, 3)));
  crypto::SeededRandom random(1);
  auto made = require(folder->create(random));
  for (const Bytes& chunk : content.chunks) require(made.append(chunk));
  CHECK(require(made.finish()) == content.id);
  CHECK(begun_in(home / "blobs") == 0);
}

TEST_CASE("a destroyed attachment leaves no beginning, and its bytes are overwritten") {
  TempFolder home;
  const auto folder = require(BlobFolder::open(home / "blobs"));
  const Content content(3 * kChunk), other(3 * kChunk, 2);
  for (std::uint8_t i = 1; i <= 4; ++i) {
    require(folder->keep_beginning(content.id, peer(i), content.beginning(0, 7)));
    require(folder->keep_beginning(other.id, peer(i), other.beginning(0, 7)));
    const std::string name = content.id.address.hex() + ".begun" + std::to_string(i - 1);
    // Another name shows what happened to the bytes.
    fs::create_hard_link(home / "blobs" / name, home / ("kept" + std::to_string(i)));
  }
  require(folder->destroy(content.id.address));
  CHECK(begun_in(home / "blobs") == 4);
  for (std::uint8_t i = 1; i <= 4; ++i) {
    CHECK_FALSE(folder->take_beginning(content.id, peer(i)));
    const Bytes left =
        require(store::read_whole_file(home / ("kept" + std::to_string(i)), 2 * kChunk));
    CHECK(left == Bytes(left.size()));
    CHECK_FALSE(left.empty());
  }
}

TEST_CASE("what is stored of an attachment tells of its beginnings, and they are none of it") {
  TempFolder home;
  const auto folder = require(BlobFolder::open(home / "blobs"));
  const Content content(3 * kChunk);
  require(folder->keep_beginning(content.id, peer(1), content.beginning(0, 3)));
  REQUIRE(folder->stored().size() == 1);
  CHECK(folder->stored()[0].address == content.id.address);
  CHECK(folder->stored()[0].bytes == 3 * kPiece + 36);
  CHECK_FALSE(folder->stored()[0].is_settled);
  CHECK(folder->stored_bytes() == 3 * kPiece + 36);
  CHECK(folder->bytes_here(content.id) == 0);
  CHECK_FALSE(folder->seems_whole(content.id));
  CHECK(folder->open_blob(content.id).error().code == Errc::kNotFound);
  CHECK(require(folder->resume(content.id))->missing() == 3);
}

TEST_CASE(
    "what a crash tears off a beginning is not there, and what is no beginning is passed over") {
  TempFolder home;
  const auto folder = require(BlobFolder::open(home / "blobs"));
  const Content content(3 * kChunk);
  const fs::path path = home / "blobs" / (content.id.address.hex() + ".begun0");
  require(folder->keep_beginning(content.id, peer(1), content.beginning(1, 5)));
  SECTION("a piece and a half") {
    fs::resize_file(path, 36 + 3 * kPiece + kPiece / 2);
    const std::optional<Beginning> left = folder->take_beginning(content.id, peer(1));
    REQUIRE(left);
    CHECK(left->pieces == content.beginning(1, 3).pieces);
  }
  SECTION("all of them") {
    fs::resize_file(path, 36 + kPiece - 1);
    CHECK_FALSE(folder->take_beginning(content.id, peer(1)));
    CHECK(begun_in(home / "blobs") == 0);
  }
  SECTION("its head") {
    fs::resize_file(path, 35);
    CHECK_FALSE(folder->take_beginning(content.id, peer(1)));
    require(folder->keep_beginning(content.id, peer(1), content.beginning(2, 5)));
    CHECK(folder->take_beginning(content.id, peer(1))->chunk == 2);
  }
  SECTION("a chunk that there is not") {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(32);
    file.put('\x03');
    file.close();
    CHECK_FALSE(folder->take_beginning(content.id, peer(1)));
  }
  SECTION("all of the chunk and more") {
    fs::resize_file(path, 36 + 3 * kChunk);
    CHECK_FALSE(folder->take_beginning(content.id, peer(1)));
  }
  SECTION("a link") {
    fs::remove(path);
    std::ofstream(home / "outside") << "precious";
    fs::create_symlink(home / "outside", path);
    CHECK_FALSE(folder->take_beginning(content.id, peer(1)));
    require(folder->keep_beginning(content.id, peer(1), content.beginning(1, 5)));
    CHECK(require(store::read_whole_file(home / "outside", 100)).size() == 8);
  }
  CHECK(require(folder->resume(content.id))->missing() == 3);
}

TEST_CASE("a beginning that can't be written leaves nothing, and the folder as it was") {
  bool fired = true;
  for (std::uint64_t n = 1; fired; ++n) {
    CAPTURE(n);
    TempFolder home;
    test::FailNth faults(n);  // The write of its bytes is the only step.
    const auto folder = require(BlobFolder::open(home / "blobs", &faults));
    const Content content(3 * kChunk);
    const Result<void> kept = folder->keep_beginning(content.id, peer(1), content.beginning(0, 3));
    fired = faults.fired();
    CHECK(kept.has_error() == fired);
    CHECK(begun_in(home / "blobs") == (fired ? 0 : 1));
    CHECK(folder->take_beginning(content.id, peer(1)).has_value() == !fired);
    faults.arm(0);
    const auto part = require(folder->resume(content.id));
    for (std::uint32_t i = 0; i < 3; ++i) require(part->put(i, content.chunks[i]));
    CHECK(folder->seems_whole(content.id));
  }
}

TEST_CASE(
    "what came of a chunk before a cut is kept, and the next session with that node uses it") {
  Nodes two;
  const RecordId record = two.add_minutes();
  const auto scan = two.attach(two.a, record, "scan", cunju::testing::random_bytes(60'000, 1));
  {
    auto line = test::call(two.b, two.a, "a");
    bring(two, *line, 5 * limits::kAttachmentPieceBytes);
    line->cut();
  }
  REQUIRE(beginnings_in(*two.b.blobs).size() == 1);
  CHECK(fs::file_size(beginnings_in(*two.b.blobs)[0]) >= 36 + 5 * limits::kAttachmentPieceBytes);
  // Also by a program that was started since.
  two.b.restart();
  const std::vector<SpaceId> wanting = require(two.b.depot->wanting_spaces());
  // Nobody else goes on behind it.
  const auto other = require(two.b.depot->next_range(WireKey{{9}}, wanting, 16));
  REQUIRE(other);
  CHECK(other->beginning.empty());
  two.b.depot->note_gone(WireKey{{9}});
  two.b.events.clear();
  two.sync();
  CHECK(two.b.blobs->seems_whole(scan.blob()));
  CHECK(beginnings_in(*two.b.blobs).empty());
  CHECK(two.b.events.back().progress.attachments.came <=
        scan.blob().bytes - 5 * limits::kAttachmentPieceBytes);
}

TEST_CASE("of an attachment that is destroyed while it comes no beginning is kept") {
  Nodes two;
  const RecordId record = two.add_minutes();
  const auto scan = two.attach(two.a, record, "scan", cunju::testing::random_bytes(60'000, 1));
  auto line = test::call(two.b, two.a, "a");
  bring(two, *line, 5 * limits::kAttachmentPieceBytes);
  require(two.b.blobs->destroy(scan.address));
  line->cut();
  CHECK(beginnings_in(*two.b.blobs).empty());
  CHECK_FALSE(two.b.blobs->has_any(scan.address));
}

TEST_CASE("a kept beginning that is wrong costs its chunk once more, and the session goes on") {
  Nodes two;
  const RecordId record = two.add_minutes();
  const auto scan = two.attach(two.a, record, "scan", cunju::testing::random_bytes(150'000, 1));
  {
    auto line = test::call(two.b, two.a, "a");
    bring(two, *line, 5 * limits::kAttachmentPieceBytes);
    line->cut();
  }
  REQUIRE(beginnings_in(*two.b.blobs).size() == 1);
  std::ofstream(beginnings_in(*two.b.blobs)[0], std::ios::binary | std::ios::in | std::ios::out)
          .seekp(100)
      << "wrong";
  two.b.events.clear();
  two.sync();
  CHECK(two.b.blobs->seems_whole(scan.blob()));
  CHECK(beginnings_in(*two.b.blobs).empty());
  CHECK(two.b.count(peers::PeerEvent::Kind::kLog) == 1);
  CHECK_FALSE(two.b.events.back().error);
}
