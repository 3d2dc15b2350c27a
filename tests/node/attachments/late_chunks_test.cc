// SPDX-License-Identifier: Apache-2.0
// Who is asked for a chunk that a peer has not brought in time, and what that peer may still do.
#include <catch2/catch.hpp>

#include "crdt/attachment/attachment_limits.h"
#include "node/attachments/attachment_depot.h"
#include "tests/node/attachments/attaching_nodes.h"
#include "tests/support/random_blob.h"

using namespace cunju;
using namespace cunju::test;
using attachments::BlobId;
using cunju::testing::random_bytes;
using namespace std::chrono_literals;

namespace {

/// A node that wants an attachment of so many chunks, which its peers are to bring.
struct Wanting {
  explicit Wanting(std::size_t chunks) {
    require(attachments::save_policy(two.b.blobs->folder(), {.each = 50'000}));
    const RecordId record = two.add_minutes();
    blob = two.attach(two.a, record, "scan", random_bytes(chunks * attachment::kPlainChunkBytes, 5))
               .blob();
    two.sync();
    require(two.b.blobs->want(blob.address));
    pass(attachments::kLookAgain);
    REQUIRE(require(two.b.depot->wanting_spaces()).size() == 1);
    stored = require(two.a.blobs->open_blob(blob));
  }
  void pass(sync::Time time) { two.b.now += time; }
  std::optional<sync::ChunkRange> ask(const WireKey& peer, std::size_t most = 100) {
    const std::vector<SpaceId> spaces{two.space};
    return require(two.b.depot->next_range(peer, spaces, most));
  }
  Result<void> bring(const WireKey& peer, std::uint32_t index, bool is_true = true) {
    Bytes chunk = require(stored->read_chunk(index));
    if (!is_true) chunk[5] ^= 1;
    return two.b.depot->take_chunk(peer, {.space = two.space, .blob = blob, .first = index}, index,
                                   chunk, stored->tree().path(index));
  }
  bool is_whole() { return two.b.blobs->seems_whole(blob); }

  AttachingNodes two;
  BlobId blob;
  std::shared_ptr<const attachments::StoredBlob> stored;
  const WireKey silent{{1}}, honest{{2}}, third{{3}};
};

}  // namespace

TEST_CASE("what a peer does not bring in time another one is asked for, and it comes") {
  Wanting w(4);
  CHECK(w.ask(w.silent)->count == 4);
  CHECK_FALSE(w.ask(w.honest));
  w.pass(attachments::kAnswerTime - 1ms);
  CHECK_FALSE(w.ask(w.honest));
  w.pass(1ms);
  const auto range = w.ask(w.honest);
  REQUIRE(range);
  CHECK(range->first == 0);
  CHECK(range->count == 4);
  for (std::uint32_t i = 0; i < 4; ++i) require(w.bring(w.honest, i));
  CHECK(w.is_whole());
  // What comes late all the same is thrown away.
  require(w.bring(w.silent, 0));
}

TEST_CASE("a peer that answers too late on purpose has one chunk at a time brought twice") {
  Wanting w(40);
  REQUIRE(w.ask(w.silent, 8)->count == 8);
  w.pass(attachments::kAnswerTime);
  REQUIRE(w.ask(w.honest, 8)->first == 0);
  // Nobody is asked for the same chunk again, however long it takes.
  w.pass(attachments::kAnswerTime * 3);
  CHECK_FALSE(w.ask(w.silent));
  std::size_t twice = 8, asked = 8;
  for (std::uint32_t i = 0; i < 8; ++i) require(w.bring(w.silent, i));
  while (!w.is_whole()) {
    // It owes nothing now, and gets one; while it keeps that, it gets no more.
    const auto kept = w.ask(w.silent, 8);
    if (kept) {
      CHECK(kept->count == 1);
      CHECK_FALSE(w.ask(w.silent, 8));
    }
    while (const auto range = w.ask(w.honest, 8)) {
      asked += range->count;
      for (std::uint32_t i = 0; i < range->count; ++i) require(w.bring(w.honest, range->first + i));
    }
    w.pass(attachments::kAnswerTime);
    if (w.is_whole()) break;
    const auto late = w.ask(w.honest, 8);
    REQUIRE(late);
    REQUIRE(kept);
    CHECK(late->first == kept->first);
    CHECK(late->count == 1);
    ++twice;
    require(w.bring(w.honest, late->first));
    require(w.bring(w.silent, kept->first));
  }
  CHECK(asked <= 40);
  CHECK(twice == 9);
}

TEST_CASE("two slow peers that wait for each other's chunks both may bring them") {
  Wanting w(2);
  REQUIRE(w.ask(w.silent)->count == 2);
  w.pass(attachments::kAnswerTime);
  REQUIRE(w.ask(w.honest)->count == 2);
  w.pass(attachments::kAnswerTime);
  // The first one answers at last, before the other does: that is taken.
  require(w.bring(w.silent, 0));
  require(w.bring(w.honest, 0));
  CHECK_FALSE(w.is_whole());
  // One that lies is told so, and the other may still bring it.
  CHECK(w.bring(w.honest, 1, false).error().code == Errc::kTampered);
  require(w.bring(w.silent, 1));
  CHECK(w.is_whole());
}

TEST_CASE("who is gone holds nothing, and who was late before it may still bring its chunks") {
  Wanting w(3);
  REQUIRE(w.ask(w.silent)->count == 3);
  w.pass(attachments::kAnswerTime);
  REQUIRE(w.ask(w.honest)->count == 3);
  w.two.b.depot->note_gone(w.honest);
  require(w.bring(w.silent, 0));
  // A third one need not wait again for what two have not brought.
  const auto range = w.ask(w.third);
  REQUIRE(range);
  CHECK(range->first == 1);
  CHECK(range->count == 2);
  w.two.b.depot->note_gone(w.silent);
  w.two.b.depot->note_absent(w.third, w.blob);
  // Afterwards all of it is anybody's.
  CHECK(w.ask(w.honest)->count == 2);
}
