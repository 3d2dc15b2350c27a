// SPDX-License-Identifier: Apache-2.0
// Who is charged with what came unasked.
#include "node/attachments/charge_book.h"

#include <catch2/catch.hpp>

#include "tests/node/peers/bundle_node.h"
#include "tests/support/fail_nth.h"

using namespace cunju;
using namespace cunju::test;
using attachments::Charge;

namespace {

struct Books {
  attachments::ChargeBook& book() { return wants->charges(); }
  BundleNode node{1};
  std::unique_ptr<attachments::WantBook> wants{
      require(attachments::WantBook::open(node.replica.store(), node.keys.storage, node.random))};
};

Charge charge_of(std::uint8_t author, std::uint8_t address, std::uint64_t bytes) {
  return {.author = AuthorKey{{author}},
          .blob = {.address = attachment::Address{{address}}, .bytes = bytes}};
}

}  // namespace

TEST_CASE("a charge is told of its own space alone, and stays with whom it was noted first") {
  Books books;
  const SpaceId space{{1}}, other{{2}};
  require(books.book().note(space, charge_of(1, 1, 100)));
  require(books.book().note(space, charge_of(2, 2, 200)));
  require(books.book().note(space, charge_of(3, 1, 100)));
  require(books.book().note(other, charge_of(4, 1, 100)));
  std::map<std::uint64_t, AuthorKey> found;
  for (const Charge& each : require(books.book().of(space))) found[each.blob.bytes] = each.author;
  CHECK(found == std::map<std::uint64_t, AuthorKey>{{100, AuthorKey{{1}}}, {200, AuthorKey{{2}}}});
  CHECK(require(books.book().of(other)).size() == 1);
  CHECK(require(books.book().of(SpaceId{{3}})).empty());
}

TEST_CASE("of two charges for one address the one that says more counts, with whose it is") {
  Books books;
  const SpaceId space{{1}};
  require(books.book().note(space, charge_of(1, 1, 100)));
  require(books.book().note(space, charge_of(2, 1, 5'000)));
  require(books.book().note(space, charge_of(2, 1, 10)));
  const std::vector<Charge> found = require(books.book().of(space));
  REQUIRE(found.size() == 1);
  CHECK(found.front().blob.bytes == 5'000);
  CHECK(found.front().author == AuthorKey{{2}});
}

TEST_CASE("nobody without the storage key reads who is charged") {
  Books books;
  require(books.book().note(SpaceId{{1}}, charge_of(7, 8, 100)));
  crypto::Secret<32> other;
  crypto::SeededRandom random(5);
  random.fill(other.mutable_view());
  const auto stranger =
      require(attachments::WantBook::open(books.node.replica.store(), other, books.node.random));
  CHECK(require(stranger->charges().of(SpaceId{{1}})).empty());
  // The rows of a book that nobody can open any more charge nobody and stop nothing.
  require(stranger->charges().note(SpaceId{{1}}, charge_of(7, 8, 100)));
  CHECK(require(stranger->charges().of(SpaceId{{1}})).size() == 1);
}

TEST_CASE(
    "whatever write fails while a charge is noted, it is there or it is not, and comes next") {
  crypto::Secret<32> storage;
  crypto::SeededRandom random(5);
  std::vector<std::string> tables = attachments::WantBook::table_names();
  tables.emplace_back(replica::kFillingsTable);
  for (std::uint64_t n = 1;; ++n) {
    CAPTURE(n);
    TempFolder folder;
    FailNth faults;
    const auto store = require(
        store::Environment::open({.folder = folder / "data", .tables = tables, .faults = &faults}));
    const auto wants = require(attachments::WantBook::open(*store, storage, random));
    faults.arm(n);
    const Result<void> noted = wants->charges().note(SpaceId{{1}}, charge_of(1, 1, 100));
    if (!faults.fired()) {
      CHECK(n > 1);
      break;
    }
    CHECK(noted.error().code == Errc::kDiskFull);
    CHECK(require(wants->charges().of(SpaceId{{1}})).empty());
    require(wants->charges().note(SpaceId{{1}}, charge_of(1, 1, 100)));
    CHECK(require(wants->charges().of(SpaceId{{1}})).size() == 1);
  }
}
