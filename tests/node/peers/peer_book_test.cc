// SPDX-License-Identifier: Apache-2.0
#include "node/peers/peer_book.h"

#include <catch2/catch.hpp>

#include "tests/support/processes.h"
#include "tests/support/replica_fixture.h"

namespace cunju::peers {
namespace {

using transport::LinkEnd;

struct Book {
  Book() {
    store = test::require(
        store::Environment::open({.folder = folder / "keys", .tables = PeerBook::table_names()}));
    random.fill(storage.mutable_view());
    book = test::require(PeerBook::open(*store, storage, random));
    one = random.make<WireKey>();
    two = random.make<WireKey>();
  }
  PeerHints find(const WireKey& wire) { return test::require(book->find(wire)); }
  test::TempFolder folder;
  crypto::SeededRandom random{11};
  crypto::Secret<32> storage;
  std::unique_ptr<store::Environment> store;
  std::unique_ptr<PeerBook> book;
  WireKey one, two;
};

}  // namespace

TEST_CASE("A book of peers knows where each was met last, and by which way", "[peer_book]") {
  Book b;
  CHECK(b.find(b.one).way == MeetWay::kNever);
  test::require(b.book->note_met(b.one, MeetWay::kNetwork, "10.0.0.1:7700", 100));
  test::require(b.book->note_met(b.one, MeetWay::kNetwork, "10.0.0.2:7700", 200));
  // It called: where from says nothing about where it listens.
  test::require(b.book->note_met(b.one, MeetWay::kNetwork, "", 250));
  PeerHints hints = b.find(b.one);
  CHECK(hints.met_ms == 250);
  CHECK(hints.way == MeetWay::kNetwork);
  REQUIRE(hints.addresses.size() == 2);
  CHECK(hints.addresses[0].address == "10.0.0.2:7700");
  test::require(b.book->note_met(b.one, MeetWay::kStick, "", 300));
  hints = b.find(b.one);
  CHECK(hints.way == MeetWay::kStick);
  CHECK(hints.addresses.size() == 2);
  CHECK(b.find(b.two).addresses.empty());
}

TEST_CASE("A call that met nobody is noted with whom was met there, else with nobody",
          "[peer_book]") {
  Book b;
  test::require(b.book->note_failed("10.0.0.9:1", LinkEnd::kRefused, 50));
  test::require(b.book->note_met(b.one, MeetWay::kNetwork, "10.0.0.1:7700", 100));
  test::require(b.book->note_failed("10.0.0.1:7700", LinkEnd::kNoRoute, 150));
  const PeerHints hints = b.find(b.one);
  REQUIRE(hints.addresses.size() == 1);
  CHECK(hints.addresses[0].end == LinkEnd::kNoRoute);
  CHECK(hints.addresses[0].tried_ms == 150);
  CHECK(hints.addresses[0].met_ms == 100);
  PeerHints strangers = b.find(WireKey{});
  REQUIRE(strangers.addresses.size() == 1);
  CHECK(strangers.addresses[0].end == LinkEnd::kRefused);
  // Who is met there at last takes the address over.
  test::require(b.book->note_met(b.two, MeetWay::kNetwork, "10.0.0.9:1", 200));
  CHECK(b.find(WireKey{}).addresses.empty());
  CHECK(b.find(b.two).addresses.size() == 1);
  CHECK(test::require(b.book->all()).size() == 3);
}

TEST_CASE("Where a peer was met last stays in front, however often it is not met elsewhere",
          "[peer_book]") {
  Book b;
  test::require(b.book->note_met(b.one, MeetWay::kNetwork, "10.0.0.1:7700", 100));
  test::require(b.book->note_met(b.one, MeetWay::kNetwork, "10.0.0.2:7700", 200));
  test::require(b.book->note_failed("10.0.0.1:7700", LinkEnd::kNoAnswer, 300));
  CHECK(b.find(b.one).addresses[0].address == "10.0.0.2:7700");
  CHECK(b.find(b.one).addresses[1].end == LinkEnd::kNoAnswer);
  test::require(b.book->note_met(b.one, MeetWay::kNetwork, "10.0.0.1:7700", 400));
  CHECK(b.find(b.one).addresses[0].address == "10.0.0.1:7700");
}

TEST_CASE("What answers where one peer was to be met says nothing of another who was met there",
          "[peer_book]") {
  Book b;
  test::require(b.book->note_met(b.one, MeetWay::kNetwork, "10.0.0.1:7700", 100));
  test::require(b.book->note_met(b.two, MeetWay::kNetwork, "10.0.0.1:7700", 200));
  test::require(b.book->note_failed("10.0.0.1:7700", LinkEnd::kOtherPeer, 300, b.one));
  CHECK(b.find(b.one).addresses[0].end == LinkEnd::kOtherPeer);
  CHECK(b.find(b.two).addresses[0].end == LinkEnd::kOpen);
  CHECK(b.find(WireKey{}).addresses.empty());
}

TEST_CASE("A try that ends as the one before it costs a write only now and then", "[peer_book]") {
  Book b;
  const auto pause = static_cast<std::uint64_t>(kSameFailurePause.count());
  test::require(b.book->note_met(b.one, MeetWay::kNetwork, "10.0.0.1:7700", 100));
  const auto tried = [&] { return b.find(b.one).addresses[0].tried_ms; };
  test::require(b.book->note_failed("10.0.0.1:7700", LinkEnd::kNoAnswer, 1'000));
  test::require(b.book->note_failed("10.0.0.1:7700", LinkEnd::kNoAnswer, 1'000 + pause - 1));
  CHECK(tried() == 1'000);
  test::require(b.book->note_failed("10.0.0.1:7700", LinkEnd::kRefused, 1'000 + pause - 1));
  CHECK(tried() == 1'000 + pause - 1);
  test::require(b.book->note_failed("10.0.0.1:7700", LinkEnd::kRefused, 1'000 + 2 * pause));
  CHECK(tried() == 1'000 + 2 * pause);
  // A clock that was set back is noted too.
  test::require(b.book->note_failed("10.0.0.1:7700", LinkEnd::kRefused, 500));
  CHECK(tried() == 500);
}

TEST_CASE("An address of nobody costs a write only now and then, and words that wait are kept",
          "[peer_book]") {
  Book b;
  const auto pause = static_cast<std::uint64_t>(kSameFailurePause.count());
  test::require(b.book->note_failed("10.0.0.9:1", LinkEnd::kWords, 1'000));
  test::require(b.book->note_failed("10.0.0.9:1", LinkEnd::kWords, 4'000));
  REQUIRE(b.find(WireKey{}).addresses.size() == 1);
  CHECK(b.find(WireKey{}).addresses[0].tried_ms == 1'000);
  CHECK(b.find(WireKey{}).addresses[0].end == LinkEnd::kWords);
  test::require(b.book->note_failed("10.0.0.9:1", LinkEnd::kNoInvitation, 7'000));
  CHECK(b.find(WireKey{}).addresses[0].end == LinkEnd::kNoInvitation);
  test::require(b.book->note_failed("10.0.0.9:1", LinkEnd::kNoInvitation, 7'000 + pause));
  CHECK(b.find(WireKey{}).addresses[0].tried_ms == 7'000 + pause);
}

TEST_CASE("Of many addresses those met last stay, and one too long is none", "[peer_book]") {
  Book b;
  for (int i = 0; i < 40; ++i)
    test::require(b.book->note_met(b.one, MeetWay::kNetwork, "10.0.0.1:" + std::to_string(i + 1),
                                   static_cast<std::uint64_t>(i)));
  const PeerHints hints = b.find(b.one);
  REQUIRE(hints.addresses.size() == kMaxHints);
  CHECK(hints.addresses.front().address == "10.0.0.1:40");
  CHECK(hints.addresses.back().address == "10.0.0.1:33");
  test::require(
      b.book->note_met(b.two, MeetWay::kNetwork, std::string(kMaxAddressBytes + 1, '1'), 1));
  CHECK(b.find(b.two).addresses.empty());
  CHECK(b.book->note_failed("", LinkEnd::kOther, 1).has_error());
}

TEST_CASE("The book of peers shows nothing on the disk and opens with its own key only",
          "[peer_book]") {
  Book b;
  test::require(b.book->note_met(b.one, MeetWay::kNetwork, "10.20.30.40:7700", 100));
  const std::string bytes = test::read_text_file((b.folder / "keys" / "data.mdb").string());
  REQUIRE(bytes.size() > 1000);
  CHECK(bytes.find("10.20.30.40") == std::string::npos);
  CHECK(bytes.find(std::string(as_text(b.one.view()))) == std::string::npos);
  crypto::Secret<32> other;
  b.random.fill(other.mutable_view());
  auto stranger = test::require(PeerBook::open(*b.store, other, b.random));
  CHECK(stranger->all().error().code == Errc::kTampered);
  CHECK(test::require(stranger->find(b.one)).addresses.empty());
}

TEST_CASE("Whether exchanging costs money is remembered of each peer, whatever else is noted",
          "[peer_book]") {
  Book b;
  CHECK_FALSE(b.find(b.one).is_metered);
  test::require(b.book->set_metered(b.one, true));
  test::require(b.book->note_met(b.one, MeetWay::kNetwork, "10.0.0.1:7700", 100));
  test::require(b.book->note_failed("10.0.0.1:7700", LinkEnd::kRefused, 150));
  CHECK(b.find(b.one).is_metered);
  CHECK_FALSE(b.find(b.two).is_metered);
  test::require(b.book->set_metered(b.one, false));
  CHECK_FALSE(b.find(b.one).is_metered);
  CHECK(b.find(b.one).addresses.size() == 1);
}

TEST_CASE("A row that an older program wrote, which ends before the flags, is read",
          "[peer_book]") {
  Book b;
  Bytes row = to_bytes(b.one.view());
  put_u64(row, 77);
  put_u8(row, 1);
  put_u8(row, 0);
  const Hash mark =
      crypto::keyed_hash(b.storage.view(), {crypto::label("cunju peer 1"), b.one.view()});
  const Bytes key = to_bytes(mark.view().first(16));
  test::require(b.store->write([&](store::WriteTransaction& txn) -> Result<void> {
    CUNJU_TRY(const store::Table table, b.store->table("peers"));
    return txn.put(table, key, crypto::seal(b.storage, key, row, b.random));
  }));
  CHECK(b.find(b.one).met_ms == 77);
  CHECK_FALSE(b.find(b.one).is_metered);
}

}  // namespace cunju::peers
