// SPDX-License-Identifier: Apache-2.0
// Attachments in sessions: what is asked, what is answered, and what a link that is cut costs.
#include "net/sync/attachment_exchange.h"

#include <catch2/catch.hpp>
#include <random>

#include "crdt/attachment/attachment_limits.h"
#include "net/sync/session.h"
#include "tests/support/heads_port.h"
#include "tests/support/session_pair.h"
#include "tests/support/timed_link.h"

using namespace cunju;
using attachment::BlobId;
using testing::bytes_once;
using testing::Desks;
using testing::HeadsPort;
using testing::MemoryAttachments;
using testing::TimedLink;

namespace {

constexpr std::uint64_t kChunk = limits::kAttachmentChunkBytes;

}  // namespace

TEST_CASE("attachments come after the records, and a one-shot session waits for them") {
  Desks desks(1);
  const BlobId large = desks.of_a.make(40 * kChunk + 5, 1), small = desks.of_a.make(16, 2);
  desks.of_b.want(large);
  desks.of_b.want(small);
  sync::Time now{0};
  TimedLink link(desks, now, {.leaves = true});
  REQUIRE(link.run(std::chrono::seconds(60)));
  CHECK_FALSE(link.close(0)->error);
  CHECK_FALSE(link.close(1)->error);
  CHECK(desks.of_b.is_same(large, desks.of_a));
  CHECK(desks.of_b.is_same(small, desks.of_a));
  CHECK(link.chunk_bytes == bytes_once(desks.of_a, large) + bytes_once(desks.of_a, small));
}

TEST_CASE("the side that leaves waits for what the other fetches from it") {
  Desks desks(2);
  const BlobId blob = desks.of_b.make(10 * kChunk, 1);
  desks.of_a.want(blob);
  sync::Time now{0};
  TimedLink link(desks, now, {.leaves = true});
  REQUIRE(link.run(std::chrono::seconds(60)));
  CHECK(desks.of_a.is_same(blob, desks.of_b));
}

TEST_CASE("both ends tell what is left of attachments, and in the end nothing is") {
  Desks desks(9);
  MemoryAttachments elsewhere;
  const std::uint64_t bytes = 40 * kChunk + 17;
  desks.of_b.want(desks.of_a.make(bytes, 1));
  desks.of_b.want(desks.of_a.make(10 * kChunk, 2));
  // Nobody brings this one.
  desks.of_b.want(elsewhere.make(5 * kChunk, 3));
  sync::Time now{0};
  TimedLink link(desks, now, {.bytes_a_ms = 250, .leaves = true});
  std::uint64_t most_to_come = 0, most_to_go = 0;
  while (!link.is_over() && now < std::chrono::minutes(5)) {
    link.step();
    const sync::AttachmentAmounts& taker = link.session(1).progress().attachments;
    const sync::AttachmentAmounts& giver = link.session(0).progress().attachments;
    CHECK(taker.came <= giver.went);
    most_to_come = std::max(most_to_come, taker.to_come);
    most_to_go = std::max(most_to_go, giver.to_go);
  }
  REQUIRE(link.is_over());
  CHECK(most_to_come <= bytes + 15 * kChunk);
  CHECK(most_to_come > bytes);
  CHECK(most_to_go > 8 * kChunk);
  CHECK(most_to_go <= bytes + 10 * kChunk);
  const sync::AttachmentAmounts& taker = link.session(1).progress().attachments;
  const sync::AttachmentAmounts& giver = link.session(0).progress().attachments;
  CHECK(taker.came == bytes + 10 * kChunk);
  CHECK(giver.went == bytes + 10 * kChunk);
  CHECK(taker.to_come == 0);
  CHECK(giver.to_go == 0);
}

TEST_CASE("a one-shot session ends when the other has no such attachment") {
  Desks desks(3);
  MemoryAttachments elsewhere;
  desks.of_b.want(elsewhere.make(10 * kChunk, 1));
  const BlobId here = desks.of_a.make(3 * kChunk, 2);
  desks.of_b.want(here);
  sync::Time now{0};
  TimedLink link(desks, now, {.leaves = true});
  REQUIRE(link.run(std::chrono::seconds(60)));
  CHECK_FALSE(link.close(1)->error);
  CHECK(desks.of_b.has(here));
}

TEST_CASE("what is asked for while a session is live comes at its next tick") {
  Desks desks(4);
  const BlobId blob = desks.of_a.make(5 * kChunk, 1);
  sync::Time now{0};
  TimedLink link(desks, now, {});
  link.run(std::chrono::seconds(1));
  REQUIRE(link.session(1).is_live());
  desks.of_b.want(blob);
  sync::Actions asked = link.session(1).on_tick(now);
  CHECK(asked.messages.size() == 1);
}

TEST_CASE("who brings a wrong chunk is found at that chunk") {
  Desks desks(5);
  const BlobId blob = desks.of_a.make(10 * kChunk, 1);
  desks.of_b.want(blob);
  desks.of_a.damage(blob, 4);
  sync::Time now{0};
  TimedLink link(desks, now, {.leaves = true});
  REQUIRE(link.run(std::chrono::seconds(60)));
  REQUIRE(link.close(1)->error);
  CHECK(link.close(1)->error->code == Errc::kTampered);
  CHECK_FALSE(desks.of_b.has(blob));
}

TEST_CASE("a full disk ends the fetching and not the session") {
  Desks desks(6);
  desks.of_b.want(desks.of_a.make(30 * kChunk, 1));
  desks.of_b.next_error = Error{Errc::kDiskFull, "no room"};
  sync::Time now{0};
  TimedLink link(desks, now, {.leaves = true});
  REQUIRE(link.run(std::chrono::seconds(60)));
  CHECK_FALSE(link.close(0)->error);
  CHECK_FALSE(link.close(1)->error);
  REQUIRE_FALSE(link.log.empty());
  CHECK(link.log.back().find("disk") != std::string::npos);
}

namespace {

/// What a link costs that is cut every five seconds until everything has come.
struct Price {
  double sent = 0, once = 0;
  int cuts = 0;
};
Price price_of(std::uint64_t bytes, double bytes_a_ms, sync::Time delay, bool in_pieces = true) {
  Desks desks(7);
  const BlobId blob = desks.of_a.make(bytes, 1);
  desks.of_b.want(blob);
  sync::Time now{0};
  Price out;
  for (; !desks.of_b.has(blob) && out.cuts < 1000; ++out.cuts) {
    TimedLink link(desks, now,
                   {.bytes_a_ms = bytes_a_ms, .delay = delay, .knows_pieces = in_pieces});
    for (int ms = 0; ms < 5000 && !desks.of_b.has(blob); ++ms) link.step();
    out.sent += link.chunk_bytes;
  }
  CHECK(desks.of_b.is_same(blob, desks.of_a));
  out.once = bytes_once(desks.of_a, blob, in_pieces);
  return out;
}

}  // namespace

TEST_CASE("a link that is cut every five seconds brings at most two in a hundred bytes twice") {
  // The speed of a poor 4G link, a good one, and a local network.
  const double bytes_a_ms = GENERATE(1250.0, 5000.0, 12'000.0);
  const sync::Time delay{GENERATE(5, 40)};
  const bool in_pieces = GENERATE(true, false);
  const Price price =
      price_of(static_cast<std::uint64_t>(bytes_a_ms * 16'000), bytes_a_ms, delay, in_pieces);
  CAPTURE(bytes_a_ms, delay.count(), in_pieces, price.sent, price.once, price.cuts);
  CHECK(price.cuts >= 3);
  CHECK(price.sent >= price.once);
  CHECK(price.sent <= 1.02 * price.once);
}

TEST_CASE("a gigabyte over such a link", "[.long]") {
  const double bytes_a_ms = GENERATE(1250.0, 5000.0);
  const Price price = price_of(limits::kMaxAttachmentBytes, bytes_a_ms, sync::Time(40));
  WARN(bytes_a_ms << " kB/s: " << price.cuts << " connections, sent twice "
                  << 100 * (price.sent / price.once - 1) << " %");
  CHECK(price.sent <= 1.02 * price.once);
}

TEST_CASE("wherever a link is cut, everything comes and little comes twice") {
  for (std::uint64_t seed = 1; seed <= 120; ++seed) {
    const bool in_pieces = seed % 2 == 0;
    CAPTURE(seed, in_pieces);
    std::mt19937_64 dice(seed);
    Desks desks(seed);
    const BlobId blob = desks.of_a.make(16 + dice() % (60 * kChunk), seed);
    desks.of_b.want(blob);
    sync::Time now{0};
    double sent = 0;
    int cuts = 0;
    for (; !desks.of_b.has(blob) && cuts < 500; ++cuts) {
      TimedLink link(desks, now, {.delay = sync::Time(dice() % 30), .knows_pieces = in_pieces});
      const auto life = 150 + dice() % 500;
      for (std::uint64_t ms = 0; ms < life && !desks.of_b.has(blob); ++ms) link.step();
      sent += link.chunk_bytes;
    }
    CHECK(desks.of_b.is_same(blob, desks.of_a));
    const double once = bytes_once(desks.of_a, blob, in_pieces);
    // What was on its way is all that a cut can cost.
    constexpr double kMostOnTheWay = 1.1 * limits::kMaxChunksOnTheWay * kChunk;
    CHECK(sent <= once + cuts * kMostOnTheWay);
    CHECK(sent <= 3 * once + 2 * kChunk * cuts);
  }
}

TEST_CASE(
    "a peer that does not know attachments is not asked, and one that was not asked is refused") {
  Desks desks(8);
  desks.of_b.want(desks.of_a.make(10 * kChunk, 1));
  // The first side has no port: an older program.
  sync::Session old(desks.a, WireKey{{2}}, testing::test_handshake_hash());
  sync::Session own(desks.b, WireKey{{1}}, testing::test_handshake_hash(),
                    {.leave_when_caught_up = true}, &desks.of_b);
  const sync::Time now{0};
  sync::Actions hello = old.start(now), own_hello = own.start(now);
  sync::Actions answer = own.on_message(now, hello.messages.front());
  // It leaves at once, without a word on attachments.
  REQUIRE(answer.messages.size() == 1);
  CHECK(std::holds_alternative<wire::Bye>(wire::decode_message(answer.messages[0]).value()));
  old.on_message(now, own_hello.messages.front());
  const wire::AskChunks ask{
      .token = {}, .blob = {.address = {}, .bytes = 100}, .first = 0, .count = 1};
  const sync::Actions refused = old.on_message(now, wire::encode_message(ask).value());
  REQUIRE(refused.close);
  CHECK(refused.close->error->code == Errc::kProtocol);
}

TEST_CASE("hostile words about attachments end the session with their reason") {
  Desks desks(9);
  const BlobId blob = desks.of_a.make(10 * kChunk, 1);
  sync::Time now{0};
  TimedLink link(desks, now, {});
  link.run(std::chrono::seconds(1));
  REQUIRE(link.session(0).is_live());
  auto reason = [&](const wire::Message& message) {
    const sync::Actions actions =
        link.session(0).on_message(now, wire::encode_message(message).value());
    REQUIRE(actions.close);
    return actions.close->error->code;
  };
  SECTION("a chunk that nobody asked for") {
    CHECK(reason(wire::Chunk{.chunk = Bytes(10), .path = {}}) == Errc::kProtocol);
  }
  SECTION("a space that is not shared") {
    CHECK(reason(wire::AskChunks{.token = {}, .blob = blob, .first = 0, .count = 1}) ==
          Errc::kProtocol);
  }
  SECTION("chunks beyond the end") {
    CHECK(reason(wire::AskChunks{.token = {}, .blob = blob, .first = 10, .count = 1}) ==
          Errc::kMalformed);
  }
  SECTION("a number that overflows") {
    CHECK(reason(wire::AskChunks{.token = {}, .blob = blob, .first = 0xFFFFFFFF, .count = 16}) ==
          Errc::kMalformed);
  }
  SECTION("too many chunks at once") {
    CHECK(reason(wire::AskChunks{.token = {}, .blob = blob, .first = 0, .count = 17}) ==
          Errc::kLimit);
  }
  SECTION("nothing") {
    CHECK(reason(wire::AskChunks{.token = {}, .blob = blob, .first = 0, .count = 0}) ==
          Errc::kMalformed);
  }
  SECTION("an attachment of any size") {
    CHECK(reason(wire::AskChunks{
              .token = {}, .blob = {blob.address, ~std::uint64_t{0}}, .first = 0, .count = 1}) ==
          Errc::kLimit);
  }
  SECTION("a chunk that is too long") {
    CHECK(reason(wire::Chunk{.chunk = Bytes(kChunk + 1), .path = {}}) == Errc::kLimit);
  }
  SECTION("a path that is too long") {
    CHECK(reason(wire::Chunk{.chunk = Bytes(1), .path = std::vector<Hash>(16)}) == Errc::kLimit);
  }
  SECTION("a piece that nobody asked for") {
    CHECK(reason(wire::Piece{.bytes = Bytes(10), .path = {}}) == Errc::kProtocol);
  }
  SECTION("pieces of a space that is not shared") {
    CHECK(reason(wire::AskPieces{.token = {}, .blob = blob, .first = 0, .count = 1}) ==
          Errc::kProtocol);
  }
  SECTION("pieces beyond the end") {
    CHECK(reason(wire::AskPieces{.token = {}, .blob = blob, .first = 80, .count = 1}) ==
          Errc::kMalformed);
  }
  SECTION("a number of pieces that overflows") {
    CHECK(reason(wire::AskPieces{.token = {}, .blob = blob, .first = 0xFFFFFFFF, .count = 16}) ==
          Errc::kMalformed);
  }
  SECTION("too many pieces at once") {
    CHECK(reason(wire::AskPieces{.token = {}, .blob = blob, .first = 0, .count = 129}) ==
          Errc::kLimit);
  }
  SECTION("no pieces") {
    CHECK(reason(wire::AskPieces{.token = {}, .blob = blob, .first = 0, .count = 0}) ==
          Errc::kMalformed);
  }
  SECTION("pieces of an attachment of any size") {
    CHECK(reason(wire::AskPieces{
              .token = {}, .blob = {blob.address, ~std::uint64_t{0}}, .first = 0, .count = 1}) ==
          Errc::kLimit);
  }
  SECTION("a piece that is too long") {
    CHECK(reason(wire::Piece{.bytes = Bytes(limits::kAttachmentPieceBytes + 1), .path = {}}) ==
          Errc::kLimit);
  }
  SECTION("a piece's path that is too long") {
    CHECK(reason(wire::Piece{.bytes = Bytes(1), .path = std::vector<Hash>(16)}) == Errc::kLimit);
  }
  SECTION("a path of no piece") {
    CHECK(reason(wire::Piece{.bytes = {}, .path = std::vector<Hash>(1)}) == Errc::kMalformed);
  }
  SECTION("done twice") {
    // In the equal hello both have said so.
    CHECK(reason(wire::FetchDone{}) == Errc::kProtocol);
  }
}

namespace {

/// Two offices with the same five thousand books, which exchange attachments.
struct Offices {
  Offices() : b(a) {
    for (HeadsPort* side : {&a, &b}) {
      side->remember_meetings();
      REQUIRE(side->note_met(WireKey{}, UINT64_MAX).has_value());
    }
  }
  /// All messages until both have left.
  std::vector<Bytes> meet() {
    constexpr sync::Options kOnce{.leave_when_caught_up = true};
    testing::SessionPair pair(a, b, kOnce, kOnce, testing::test_handshake_hash(), WireKey{{1}},
                              WireKey{{2}}, {&of_a, &of_b});
    pair.start();
    REQUIRE(pair.pump());
    std::vector<Bytes> out;
    for (std::size_t side : {0u, 1u}) {
      REQUIRE(pair.side(side).close);
      CHECK_FALSE(pair.side(side).close->error);
      for (const Bytes& message : pair.side(side).sent) out.push_back(message);
    }
    return out;
  }
  HeadsPort a{5'000, 20, 3}, b;
  MemoryAttachments of_a, of_b;
};

std::size_t bytes_of(const std::vector<Bytes>& messages) {
  std::size_t out = 0;
  for (const Bytes& message : messages) out += message.size();
  return out;
}

}  // namespace

TEST_CASE(
    "five thousand equal spaces cost one trip and under 1 KiB where attachments are exchanged") {
  Offices offices;
  const std::size_t before = offices.a.listings();
  const std::vector<Bytes> said = offices.meet();
  // Hello and goodbye of each.
  CHECK(said.size() <= 4);
  CHECK(bytes_of(said) < 1024);
  // Nobody looks at spaces that want nothing.
  CHECK(offices.a.listings() == before);
  CHECK(offices.b.listings() == before);
}

TEST_CASE("of five thousand spaces only the one that wants an attachment is named") {
  Offices offices;
  const auto [space, author] = offices.a.all()[71'234];
  offices.of_b.spaces = {space};
  const BlobId blob = offices.of_a.make(10'000, 1);
  offices.of_b.want(blob);
  const std::vector<Bytes> said = offices.meet();
  CHECK(offices.of_b.is_same(blob, offices.of_a));
  std::size_t asked = 0;
  for (const Bytes& message : said)
    asked += std::holds_alternative<wire::AskPieces>(wire::decode_message(message).value()) ? 1 : 0;
  CHECK(asked == 1);
  CHECK(bytes_of(said) < 10'000 + 1024);
  CHECK(offices.b.listings() == 0);
}

TEST_CASE("a space that wants an attachment and is not shared with the peer is not named to it") {
  Offices offices;
  offices.of_b.spaces = {HeadsPort::number<SpaceId>("another", 1)};
  offices.of_b.want(offices.of_a.make(10'000, 1));
  const std::vector<Bytes> said = offices.meet();
  CHECK(said.size() <= 4);
  CHECK(bytes_of(said) < 1024);
}
