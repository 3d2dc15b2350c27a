// SPDX-License-Identifier: Apache-2.0
// The roster goes before the records: what a replica gives first, and what an author's log, which
// goes in order, takes along.
#include <algorithm>

#include "tests/support/replica_fixture.h"

using namespace cunju;
using namespace cunju::test;

namespace {

constexpr std::size_t kBatchBytes = 16 * 1024;

struct Books {
  Books() { require(two->join(village.space, village.founder.wire.wire())); }
  void write(const Person& author, int count) {
    for (int i = 0; i < count; ++i)
      write_record(*one, space, author, one.random().make<RecordId>(),
                   {set_field("a", std::string(200, 'x'))});
  }
  /// The founder lets somebody in; that person's name.
  void admit(const std::string& name) { admit_person(*one, village, one.random(), name); }
  bool knows(const std::string& name) {
    const auto roster = two->roster(space);
    return roster.has_value() && std::ranges::any_of(roster.value()->names, [&](const auto& entry) {
             return entry.second == name;
           });
  }
  /// The next batch; how many changes it had.
  std::size_t give(sync::Have& have) {
    const auto runs = require(one->next_runs(space, {}, have, kBatchBytes));
    std::size_t out = 0;
    for (const sync::Run& run : runs) out += run.changes.size();
    if (out > 0) require(two->accept(space, runs));
    return out;
  }
  TestReplica one{1}, two{2};
  Village village{found_village(*one, one.random())};
  SpaceId space{village.space};
  Person clerk{admit_person(*one, village, one.random(), "李")};
};

}  // namespace

TEST_CASE("the roster goes before hundreds of records that were written before it") {
  Books books;
  pull(*books.two, *books.one, books.space);
  books.write(books.clerk, 300);
  books.admit("赵");
  sync::Have have = have_of(*books.two, books.space);
  CHECK(require(books.one->lacks_urgent(books.space, have)));
  // Nothing but the roster's change: other spaces have some too.
  CHECK(books.give(have) <= 2);
  CHECK(books.knows("赵"));
  CHECK_FALSE(require(books.one->lacks_urgent(books.space, have)));
  while (books.give(have) > 0) {
  }
  CHECK(require(books.two->state_hash(books.space)) == require(books.one->state_hash(books.space)));
  CHECK(require(books.two->view_hash(books.space)) == require(books.one->view_hash(books.space)));
  check_against_replay(*books.two, books.space);
}

TEST_CASE("what the officer wrote before an act goes with it, and others' records after it") {
  Books books;
  pull(*books.two, *books.one, books.space);
  books.write(books.clerk, 200);
  books.write(books.village.founder, 20);
  books.admit("赵");
  books.write(books.village.founder, 100);
  sync::Have have = have_of(*books.two, books.space);
  const std::size_t first = books.give(have);
  CHECK(first >= 21);
  CHECK(first <= 22);
  CHECK(books.knows("赵"));
  while (books.give(have) > 0) {
  }
  CHECK(require(books.two->view_hash(books.space)) == require(books.one->view_hash(books.space)));
}

TEST_CASE("what fits into one batch goes in one, whether or not some of it is urgent") {
  Books books;
  pull(*books.two, *books.one, books.space);
  books.write(books.clerk, 5);
  books.admit("赵");
  books.write(books.clerk, 5);
  sync::Have have = have_of(*books.two, books.space);
  CHECK(books.give(have) >= 11);
  CHECK(books.give(have) == 0);
}

TEST_CASE("where nothing of the roster is new, nothing is urgent") {
  Books books;
  pull(*books.two, *books.one, books.space);
  books.write(books.clerk, 3);
  const sync::Have have = have_of(*books.two, books.space);
  CHECK_FALSE(require(books.one->lacks_urgent(books.space, have)));
}

TEST_CASE("spaces that were written to since a moment are those, and no others") {
  Books books;
  const Village other = found_village(*books.one, books.one.random(), "别的村");
  const std::uint64_t then = require(books.one->position());
  CHECK(require(books.one->spaces_since(then)) == std::set<SpaceId>());
  books.write(books.clerk, 2);
  CHECK(require(books.one->spaces_since(then)) == std::set{books.space});
  CHECK(require(books.one->spaces_since(0)) == std::set({books.space, other.space}));
}
