// SPDX-License-Identifier: Apache-2.0
// Attachments in pieces: over links that carry less than a chunk between two cuts, beside edits,
// and from liars.
#include <algorithm>
#include <catch2/catch.hpp>

#include "crdt/attachment/pieces.h"
#include "net/sync/attachment_exchange.h"
#include "tests/support/timed_link.h"

using namespace cunju;
using namespace std::chrono_literals;
using attachment::BlobId;
using testing::bytes_once;
using testing::Desks;
using testing::TimedLink;

namespace {

constexpr std::uint64_t kChunk = limits::kAttachmentChunkBytes;
constexpr std::uint64_t kPiece = limits::kAttachmentPieceBytes;
/// 64 kbit/s, 100 ms a way.
constexpr double kSlow = 8;
constexpr sync::Time kSlowDelay{100};

/// A session of so long, cut at its end or when all has come.
double meet(Desks& desks, sync::Time& now, const BlobId& blob, sync::Time life,
            const TimedLink::Options& options) {
  TimedLink link(desks, now, options);
  for (const sync::Time end = now + life; now < end && !desks.of_b.has(blob);) link.step();
  return link.chunk_bytes;
}

}  // namespace

TEST_CASE("over 64 kbit/s and cuts every eight seconds a scan comes, and little comes twice") {
  Desks desks(1);
  const BlobId scan = desks.of_a.make(200'000, 1);
  desks.of_b.want(scan);
  sync::Time now{0};
  double sent = 0;
  int sessions = 0;
  for (; !desks.of_b.has(scan) && sessions < 50; ++sessions)
    sent += meet(desks, now, scan, 8s, {.bytes_a_ms = kSlow, .delay = kSlowDelay});
  CAPTURE(sessions, sent);
  CHECK(desks.of_b.is_same(scan, desks.of_a));
  // 25 s for its bytes.
  CHECK(sessions <= 4);
  // At each cut the piece that was on the link, and what the way holds.
  CHECK(sent <= bytes_once(desks.of_a, scan) + (sessions - 1) * (kPiece + 1000));
}

TEST_CASE("of a peer from before pieces a chunk that is cut comes again, whole") {
  Desks desks(1);
  const BlobId scan = desks.of_a.make(200'000, 1);
  desks.of_b.want(scan);
  sync::Time now{0};
  const TimedLink::Options slow{.bytes_a_ms = kSlow, .delay = kSlowDelay, .knows_pieces = false};
  for (int sessions = 0; sessions < 5; ++sessions) meet(desks, now, scan, 8s, slow);
  CHECK_FALSE(desks.of_b.has(scan));
  // Where nothing is cut it comes, and in the form of before.
  double sent = 0;
  sent += meet(desks, now, scan, 60s, slow);
  CHECK(desks.of_b.is_same(scan, desks.of_a));
  CHECK(sent == bytes_once(desks.of_a, scan, false));
}

TEST_CASE("on a link of 64 kbit/s an edit waits two seconds at most behind attachments") {
  Desks desks(2);
  const BlobId scan = desks.of_a.make(400'000, 1);
  desks.of_b.want(scan);
  sync::Time now{0};
  TimedLink link(desks, now, {.bytes_a_ms = kSlow, .delay = kSlowDelay});
  sync::Time longest{0};
  int edits = 0;
  for (sync::Time next = 300ms; !desks.of_b.has(scan); next += 2'700ms, ++edits) {
    while (now < next && !desks.of_b.has(scan)) link.step();
    if (desks.of_b.has(scan)) break;
    const sync::Time before = now;
    const Change& change = desks.world.write(0);
    desks.a.put(change);
    link.on_commit(0);
    while (!desks.b.holds(desks.world.space(), change.id) && now < before + 60s) link.step();
    longest = std::max(longest, now - before);
  }
  CAPTURE(edits, longest.count());
  CHECK(edits > 10);
  // And the edit itself, and the way.
  CHECK(longest <= 2'300ms);
  // The link was never idle for it.
  CHECK(link.chunk_bytes > 0.85 * kSlow * static_cast<double>(now.count()));
}

TEST_CASE("wherever a session is cut, what has come of a chunk does not come again") {
  const BlobId sizes = Desks(3).of_a.make(2 * kChunk + kPiece + 5'000, 1);
  const std::uint32_t pieces = attachment::piece_count(sizes.bytes);
  for (std::uint64_t came = 0; came < pieces; ++came) {
    CAPTURE(came);
    Desks desks(3);
    const BlobId blob = desks.of_a.make(sizes.bytes, 1);
    desks.of_b.want(blob);
    sync::Time now{0};
    {
      TimedLink link(desks, now, {});
      while (link.session(1).progress().attachments.came < came * kPiece) link.step();
      REQUIRE(link.session(1).progress().attachments.came == came * kPiece);
    }
    // Cut again before anything comes: what was kept stays.
    meet(desks, now, blob, 30ms, {});
    TimedLink link(desks, now, {.leaves = true});
    REQUIRE(link.run(60s));
    CHECK(desks.of_b.is_same(blob, desks.of_a));
    CHECK(link.answers == pieces - came);
    CHECK(desks.of_b.begun.empty());
  }
}

TEST_CASE("what was kept and is wrong is thrown away, and nobody is blamed") {
  Desks desks(4);
  const BlobId blob = desks.of_a.make(3 * kChunk, 1);
  desks.of_b.want(blob);
  sync::Time now{0};
  {
    TimedLink link(desks, now, {});
    while (link.session(1).progress().attachments.came < kChunk + 3 * kPiece) link.step();
  }
  REQUIRE(desks.of_b.begun.size() == 1);
  Bytes& kept = desks.of_b.begun.begin()->second.second;
  REQUIRE(kept.size() == 3 * kPiece);
  kept[kPiece] ^= 1;
  TimedLink link(desks, now, {.leaves = true});
  REQUIRE(link.run(60s));
  CHECK_FALSE(link.close(1)->error);
  CHECK(desks.of_b.is_same(blob, desks.of_a));
  // Five pieces that were missing, the next chunk, and all of the one that was wrong.
  CHECK(link.answers == 5 + 8 + 8);
  REQUIRE_FALSE(link.log.empty());
  CHECK(link.log.back().find("was wrong") != std::string::npos);
}

TEST_CASE("a liar that is cut and comes again is found at the second whole chunk") {
  Desks desks(5);
  const BlobId blob = desks.of_a.make(4 * kChunk, 1);
  desks.of_b.want(blob);
  desks.of_a.damage(blob, 0);
  sync::Time now{0};
  {
    TimedLink link(desks, now, {});
    while (link.session(1).progress().attachments.came < 3 * kPiece) link.step();
  }
  TimedLink link(desks, now, {.leaves = true});
  REQUIRE(link.run(60s));
  REQUIRE(link.close(1)->error);
  CHECK(link.close(1)->error->code == Errc::kTampered);
  CHECK(desks.of_b.begun.empty());
  CHECK(link.session(1).progress().attachments.came <= 4 * kChunk);
}

TEST_CASE("pieces that are not as they were asked for end the session with their reason") {
  Desks desks(6);
  const BlobId blob = desks.of_a.make(3 * kChunk, 1);
  desks.of_b.want(blob);
  std::uint32_t number = 0;
  std::function<void(std::uint32_t, wire::Piece&)> lie;
  Errc reason = Errc::kTampered;
  SECTION("a shorter piece") {
    lie = [](std::uint32_t at, wire::Piece& piece) {
      if (at == 3) piece.bytes.pop_back();
    };
  }
  SECTION("a last piece that is wrong") {
    lie = [](std::uint32_t at, wire::Piece& piece) {
      if (at == 7) piece.bytes.back() ^= 1;
    };
  }
  SECTION("a wrong path") {
    lie = [](std::uint32_t at, wire::Piece& piece) {
      if (at == 7) piece.path.front().value[0] ^= 1;
    };
  }
  SECTION("a chunk without a path") {
    lie = [](std::uint32_t, wire::Piece& piece) { piece.path.clear(); };
  }
  SECTION("a path before the end of the chunk") {
    reason = Errc::kProtocol;
    lie = [](std::uint32_t at, wire::Piece& piece) {
      if (at == 2) piece.path.resize(1);
    };
  }
  sync::Time now{0};
  TimedLink link(desks, now, {.leaves = true, .alter = [&](std::size_t, wire::Message& message) {
                                if (auto* piece = std::get_if<wire::Piece>(&message))
                                  lie(number++, *piece);
                              }});
  REQUIRE(link.run(60s));
  REQUIRE(link.close(1)->error);
  CHECK(link.close(1)->error->code == reason);
  CHECK_FALSE(desks.of_b.has(blob));
}

TEST_CASE(
    "a chunk in a session of pieces is none that was asked for, and a piece in one of chunks") {
  Desks desks(7);
  const bool in_pieces = GENERATE(true, false);
  const BlobId blob = desks.of_a.make(3 * kChunk, 1);
  desks.of_b.want(blob);
  sync::Time now{0};
  TimedLink link(
      desks, now,
      {.leaves = true, .knows_pieces = in_pieces, .alter = [](std::size_t, wire::Message& message) {
         if (auto* piece = std::get_if<wire::Piece>(&message)) {
           message = wire::Chunk{piece->bytes, {}};
         } else if (std::holds_alternative<wire::Chunk>(message)) {
           message = wire::Piece{Bytes(10), {}};
         }
       }});
  REQUIRE(link.run(60s));
  REQUIRE(link.close(1)->error);
  CHECK(link.close(1)->error->code == Errc::kProtocol);
}

TEST_CASE("who asks for pieces and has not agreed on them is refused") {
  Desks desks(8);
  const BlobId blob = desks.of_a.make(3 * kChunk, 1);
  desks.of_b.want(blob);
  sync::Time now{0};
  TimedLink link(
      desks, now,
      {.leaves = true, .knows_pieces = false, .alter = [](std::size_t, wire::Message& message) {
         if (auto* ask = std::get_if<wire::AskChunks>(&message))
           message = wire::AskPieces{ask->token, ask->blob, ask->first, ask->count};
       }});
  REQUIRE(link.run(60s));
  REQUIRE(link.close(0)->error);
  CHECK(link.close(0)->error->code == Errc::kProtocol);
}

TEST_CASE("an attachment that goes away in the middle of a chunk is not asked for any more") {
  Desks desks(9);
  const BlobId one = desks.of_a.make(6 * kChunk, 1), two = desks.of_a.make(6 * kChunk, 2);
  // The first of them is asked for first.
  const BlobId first = std::min(one, two), other = std::max(one, two);
  desks.of_b.want(one);
  desks.of_b.want(two);
  sync::Time now{0};
  TimedLink link(desks, now, {.leaves = true});
  while (link.session(0).progress().attachments.went < kChunk + 3 * kPiece) link.step();
  desks.of_a.lose(first);
  link.on_commit(0);
  REQUIRE(link.run(60s));
  CHECK_FALSE(link.close(1)->error);
  CHECK_FALSE(desks.of_b.has(first));
  CHECK(desks.of_b.is_same(other, desks.of_a));
}

TEST_CASE("whoever gives looks for a chunk once, and again when something was written meanwhile") {
  Desks desks(10);
  const BlobId blob = desks.of_a.make(30 * kChunk, 1);
  desks.of_b.want(blob);
  sync::Time now{0};
  TimedLink link(desks, now, {.leaves = true});
  while (link.session(0).progress().attachments.went < 3 * kPiece) link.step();
  const std::size_t before = desks.of_a.looks;
  CHECK(before == 1);
  link.on_commit(0);
  REQUIRE(link.run(60s));
  CHECK(desks.of_b.is_same(blob, desks.of_a));
  CHECK(desks.of_a.looks == 31);
}

TEST_CASE("on a quick and long link as much is on its way as in chunks, and never more") {
  Desks desks(11);
  const BlobId blob = desks.of_a.make(600 * kChunk, 1);
  desks.of_b.want(blob);
  std::size_t asked = 0, most = 0, messages = 0;
  sync::Time now{0};
  TimedLink link(desks, now,
                 {.bytes_a_ms = 100'000,
                  .delay = 250ms,
                  .leaves = true,
                  .alter = [&](std::size_t, wire::Message& message) {
                    const auto* ask = std::get_if<wire::AskPieces>(&message);
                    if (ask == nullptr) return;
                    asked += ask->count;
                    ++messages;
                  }});
  while (!link.is_over() && now < 60s) {
    link.step();
    most = std::max(most, asked - link.session(1).progress().attachments.came / kPiece);
  }
  CHECK(desks.of_b.is_same(blob, desks.of_a));
  CHECK(most == limits::kMaxPiecesOnTheWay);
  CHECK(most * kPiece == limits::kMaxChunksOnTheWay * kChunk);
  // A quick link gets no crumbs: 4,800 pieces.
  CHECK(messages < 600);
}
