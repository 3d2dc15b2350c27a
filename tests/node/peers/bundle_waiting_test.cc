// SPDX-License-Identifier: Apache-2.0
// Whom a full stick leaves out, and what the book has of them until the next one.
#include "net/bundle/bundle_limits.h"
#include "tests/node/peers/bundle_node.h"
#include "tests/support/fail_nth.h"

namespace cunju::test {
namespace {

/// A stick of so many bytes, of which its files take theirs.
struct SmallStick final : peers::StickFaults {
  explicit SmallStick(std::uint64_t capacity) : bytes(capacity) {}
  int error_for(peers::StickStep) override { return 0; }
  std::uint64_t free_bytes(std::uint64_t) override {
    std::uint64_t used = 0;
    for (const auto& file : bundle_files(folder.path())) used += std::filesystem::file_size(file);
    return bytes > used ? bytes - used : 0;
  }
  TempFolder folder;
  std::uint64_t bytes;
};

/// A village with two others that lack everything.
struct ThreeNodes : TwoNodes {
  ThreeNodes() { require(other.replica->join(place.space, place.founder.wire.wire())); }
  std::vector<peers::BundlePeer> both() { return {village.peer(officer), village.peer(third)}; }
  Result<std::vector<peers::WrittenBundle>> write(SmallStick& small, bool goes_on = false) {
    std::vector<peers::BundlePeer> to = both();
    if (goes_on) std::erase_if(to, [&](const auto& peer) { return !is_waiting(peer.node); });
    return peers::write_bundles(village.context(), to, small.folder.path(),
                                {.goes_on = goes_on, .faults = &small});
  }
  bool is_waiting(const NodeKey& node) {
    return require(village.book->unfinished(node)).has_value();
  }
  void read_all(const std::filesystem::path& dir) {
    for (BundleNode* node : {&office, &other}) node->read(dir, {.answers = false});
  }
  bool have_all() {
    return office.hash(place.space) == village.hash(place.space) &&
           other.hash(place.space) == village.hash(place.space);
  }

  Person third{admit_person(*village.replica, place, village.random, "桃源")};
  BundleNode other{3, third};
};

constexpr std::uint64_t kNoRoom = peers::kLeastStickBytes - 1;
constexpr std::uint64_t kMuch = 1'000 * bundle::kBlockBytes;

}  // namespace

TEST_CASE("Whomever a stick has no room for waits for the next, from the first part on",
          "[bundle]") {
  ThreeNodes three;
  three.village.note(three.place.space, three.place.founder, 200, 4000);
  // Part of the first one's fits, and nothing of the second one's.
  SmallStick small(peers::kLeastStickBytes + 2 * bundle::kBlockBytes), large(kMuch);
  const auto written = require(three.write(small));
  REQUIRE(written[0].letters.size() == 1);
  CHECK(written[0].missing_bytes > 0);
  CHECK(written[1].letters.empty());
  CHECK(written[1].missing_bytes > 0);
  CHECK(require(three.village.book->unfinished(written[0].to.node))->next_part == 2);
  CHECK(require(three.village.book->unfinished(written[1].to.node))->next_part == 1);
  const auto rest = require(three.write(large, true));
  REQUIRE(rest.size() == 2);
  CHECK(rest[0].letters.at(0).letter.part == 2);
  CHECK(rest[1].letters.at(0).letter.part == 1);
  CHECK(require(three.village.book->all_unfinished()).empty());
  for (SmallStick* stick : {&small, &large}) three.read_all(stick->folder.path());
  CHECK(three.have_all());
}

TEST_CASE("What was begun and not written asks the newest receipt, as any first part does",
          "[bundle]") {
  TwoNodes two;
  two.village.note(two.place.space, two.place.founder, 40, 2000);
  two.village.write(two.officer, two.stick.path());
  two.office.read(two.stick.path());
  SmallStick full(kNoRoom);
  CHECK(two.village.write(two.officer, full.folder.path(), {.faults = &full}).letters.empty());
  // The first stick comes back with what the office has by now.
  two.village.read(two.stick.path());
  two.village.note(two.place.space, two.place.founder, 3);
  TempFolder next;
  CHECK(changes_in(two.village.write(two.officer, next.path(), {.goes_on = true})) == 3);
  CHECK_FALSE(require(two.village.book->unfinished(two.officer.node.node())));
}

TEST_CASE("That everything was wanted is not forgotten on a stick without room", "[bundle]") {
  TwoNodes two;
  two.village.note(two.place.space, two.place.founder, 40, 2000);
  const std::uint64_t all = changes_in(two.village.write(two.officer, two.stick.path()));
  two.office.read(two.stick.path());
  two.village.read(two.stick.path());
  SmallStick full(kNoRoom);
  two.village.write(two.officer, full.folder.path(), {.everything = true, .faults = &full});
  TempFolder next;
  CHECK(changes_in(two.village.write(two.officer, next.path(), {.goes_on = true})) >= all);
}

TEST_CASE("A run of its own takes the place of what the book had of its recipient, and of no other",
          "[bundle]") {
  ThreeNodes three;
  three.village.note(three.place.space, three.place.founder, 200, 4000);
  const NodeKey office = three.officer.node.node(), other = three.third.node.node();
  SmallStick small(peers::kLeastStickBytes + 2 * bundle::kBlockBytes), full(kNoRoom);
  require(three.write(small));
  const bundle::BundleId before = require(three.village.book->unfinished(office))->bundle;
  const bundle::BundleId others = require(three.village.book->unfinished(other))->bundle;
  three.village.write(three.officer, full.folder.path(), {.faults = &full});
  CHECK(require(three.village.book->unfinished(office))->bundle != before);
  CHECK(require(three.village.book->unfinished(office))->next_part == 1);
  CHECK(require(three.village.book->unfinished(other))->bundle == others);
  // Who has all by another way waits for nothing, also without room.
  SECTION("by a stick that has room") {
    three.village.write(three.officer, three.stick.path());
    CHECK_FALSE(three.is_waiting(office));
  }
  SECTION("by what it receipts") {
    pull(*three.office.replica, *three.village.replica, three.place.space);
    TempFolder back;
    require(peers::write_receipts(three.office.context(), three.office.peer(three.place.founder),
                                  back.path()));
    three.village.read(back.path());
    CHECK(
        three.village.write(three.officer, full.folder.path(), {.faults = &full}).letters.empty());
    CHECK_FALSE(three.is_waiting(office));
  }
  CHECK(three.is_waiting(other));
}

TEST_CASE("Whatever write of the book fails, the same command and its continuing reach everybody",
          "[bundle]") {
  for (std::uint64_t n = 1;; ++n) {
    CAPTURE(n);
    FailNth disk;
    ThreeNodes three;
    three.village.note(three.place.space, three.place.founder, 200, 4000);
    three.village.book.reset();
    three.village.store =
        require(store::Environment::open({.folder = three.stick / "keys",
                                          .tables = peers::BundleBook::table_names(),
                                          .faults = &disk}));
    three.village.book = require(peers::BundleBook::open(
        *three.village.store, three.village.keys.storage, three.village.random));
    SmallStick first(peers::kLeastStickBytes + 2 * bundle::kBlockBytes),
        second(peers::kLeastStickBytes + 2 * bundle::kBlockBytes), third(kMuch);
    disk.arm(n);
    const auto written = three.write(first);
    const bool is_over = !disk.fired();
    CHECK(written.has_value() == is_over);
    disk.arm(0);
    if (!is_over) require(three.write(second));
    for (const peers::BundlePeer& peer : three.both()) CHECK(three.is_waiting(peer.node));
    require(three.write(third, true));
    CHECK(require(three.village.book->all_unfinished()).empty());
    for (SmallStick* stick : {&first, &second, &third}) three.read_all(stick->folder.path());
    CHECK(three.have_all());
    if (is_over) {
      CHECK(n > 4);
      break;
    }
  }
}

}  // namespace cunju::test
