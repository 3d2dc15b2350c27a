// SPDX-License-Identifier: Apache-2.0
// What an author is told of its share of a record's texts before anything is signed, where changes
// that the roster took out have to be passed over.
#include <catch2/catch.hpp>

#include "crdt/base/limits.h"
#include "tests/node/replica/minutes_text.h"
#include "tests/support/replica_fixture.h"

using namespace cunju;
using namespace cunju::test;

namespace {

/// A clerk, Ye, puts a long text into the minutes and erases it, over and over; Zhou adds a word.
/// Then Ye's key turns out to be forked below all of that.
struct Taken {
  explicit Taken(int erasures) {
    write_record(*office, space, village.founder, record, {edit(0, 0, "minutes")});
    pull(*home, *office, space);
    write_record(*home, space, ye, other, {set_field("x", std::string("1"))});
    const Change before = head_change(*home, space, ye.author());
    for (std::size_t i = 0; i < kPieces; ++i)
      write_record(*home, space, ye, record, {edit(7, 0, std::string(kPiece, 'y'))});
    for (int i = 0; i < erasures; ++i)
      write_record(*home, space, ye, record, {edit(7, kErased, "")});
    pull(*office, *home, space);
    write_record(*office, space, zhou, record, {edit(7, 0, "!")});
    const Change fork = forge_change(ye.device, space, &before, {},
                                     {forge_part(other, {}, {set_field("x", std::string("2"))})});
    REQUIRE(require(office->accept(space, std::vector<sync::Run>{{{fork}}})).forks == 1);
    REQUIRE(text() == "minutes!");
  }
  std::string text() {
    const auto view = require(office->view(space, record));
    const TextField* found = view->state.find_text(kText);
    return found == nullptr ? std::string() : found->text;
  }
  /// One save that is split into so many changes.
  Result<void> save(const Person& author, std::size_t changes) {
    std::vector<replica::ChangeDraft> drafts;
    for (std::size_t i = 0; i < changes; ++i) {
      drafts.push_back(draft_of(record, {edit(0, 0, "x")}));
      drafts.back().parts[0].follows = i > 0;
    }
    CUNJU_TRYV(office->append(space, author.device, drafts, 0));
    return ok();
  }

  static constexpr std::size_t kPieces = 48, kPiece = 20'000, kErased = 1'000'000;
  TestReplica office{1}, home{2};
  Village village{found_village(*office, office.random())};
  SpaceId space{village.space};
  Person ye{admit_person(*office, village, office.random(), "夜")};
  Person zhou{admit_person(*office, village, office.random(), "周")};
  RecordId record{office.random().make<RecordId>()}, other{office.random().make<RecordId>()};
};

}  // namespace

TEST_CASE("a save in several changes is refused whole where they pass over too much together") {
  Taken taken(1);
  // What each change passes over: the text, and the same again for its erasure.
  constexpr std::size_t kPassed = 2 * Taken::kPieces * Taken::kPiece;
  constexpr std::size_t kMost = limits::kMaxAuthorTextLoad / kPassed;
  const Result<void> refused = taken.save(taken.village.founder, kMost + 1);
  REQUIRE(refused.has_error());
  CHECK(refused.error().code == Errc::kLimit);
  CHECK(refused.error().context == "kMaxAuthorTextLoad passed");
  CHECK(taken.text() == "minutes!");
  require(taken.save(taken.village.founder, kMost - 1));
  CHECK(taken.text() == std::string(kMost - 1, 'x') + "minutes!");
}

TEST_CASE("who erases the same words again and again uses up nobody's share") {
  Taken once(1), often(19);
  require(once.save(once.zhou, 1));
  require(often.save(often.zhou, 1));
  const auto load = [](Taken& taken) {
    return require(taken.office->view(taken.space, taken.record))
        ->state.text_load_of(taken.zhou.author());
  };
  CHECK(load(often) - load(once) <= 18 * limits::kTextPassedRunLoad);
  CHECK(often.text() == "xminutes!");
}
