// SPDX-License-Identifier: Apache-2.0
// What is in hand when a term ends: as the definitions say, and nothing about persons.
#include "node/council/open_items.h"

#include <algorithm>

#include "node/council/roster_acts.h"
#include "tests/node/registry/book_fixture.h"

using namespace cunju;
using namespace cunju::council;
using namespace cunju::registry;
using cunju::registry::testing::Office;
using cunju::registry::testing::put;
using cunju::registry::testing::SampleOffice;
using cunju::test::require;

namespace {

OpenItems items_of(Office& office, const std::set<std::string>& registries) {
  RecordBook book = office.book();
  return require(find_open_items(*office.replica, office.space, office.catalog, book, registries));
}

}  // namespace

TEST_CASE("A record is open while its state leads on and is not marked as done") {
  SampleOffice office(1);
  const RecordId draft = office.add({put("no", "2"), put("state", "draft")});
  const RecordId final = office.add({put("no", "3"), put("state", "draft")});
  office.set(final, {put("state", "final")});
  office.add({put("no", "4")});
  const RecordId gone = office.add({put("no", "5"), put("state", "draft")});
  RecordBook book = office.book();
  require(book.remove(office.act(), "sample", gone));
  const OpenItems open = items_of(office, {"sample", "minutes"});
  REQUIRE(open.records.size() == 1);
  CHECK(open.records[0].registry == "sample");
  CHECK(open.records[0].id == draft);
  CHECK(open.records[0].field == "state");
  CHECK(open.records[0].state == Value(std::string("draft")));
  CHECK(open.records[0].title == FieldValues{{"no", std::string("2")}});
  CHECK(items_of(office, {"minutes"}).records.empty());
}

TEST_CASE("The title of an open item has nothing about persons in it") {
  Office office(2);
  const test::Village village = test::found_village(*office.replica, office.replica.random());
  std::string toml(registry::testing::kSampleToml);
  const std::string display = R"(display = ["no", "state"])";
  toml.replace(toml.find(display), display.size(),
               R"(display = ["person", "names", "no", "state"])");
  require(add_definition(*office.replica, village.space, village.founder.device, toml, 500));
  office.open(village.space);
  RecordBook book = office.book();
  require(
      book.add(office.act(village.founder), "sample",
               std::vector<Edit>{put("no", "7"), put("person", "11010519491231002X"),
                                 registry::testing::plus("names", "张三"), put("state", "draft")}));
  const OpenItems open = items_of(office, {"sample"});
  REQUIRE(open.records.size() == 1);
  CHECK(open.records[0].title == FieldValues{{"no", std::string("7")}});
}

TEST_CASE(
    "A rental register of let premises has nothing open, and minutes that are not signed do") {
  Office office(3);
  const test::Village village = test::found_village(*office.replica, office.replica.random());
  office.open(village.space);
  RecordBook book = office.book();
  const Act act = office.act(village.founder);
  require(
      book.add(act, "rental", std::vector<Edit>{put("premises_id", "FW1"), put("status", "let")}));
  const RecordId unsafe =
      require(book.add(act, "rental",
                       std::vector<Edit>{put("premises_id", "FW2"), put("status", "let"),
                                         put("rectification", "open")}))
          .record;
  const RecordId minutes =
      require(book.add(act, "minutes",
                       std::vector<Edit>{put("meeting_no", "1"), put("state", "draft")}))
          .record;
  const OpenItems open = items_of(office, {"minutes", "rental"});
  REQUIRE(open.records.size() == 2);
  CHECK(open.records[0].id == minutes);
  CHECK(open.records[1].id == unsafe);
  CHECK(open.records[1].field == "rectification");
}

TEST_CASE("Values to decide and late changes are open, of the registries that were asked for") {
  SampleOffice a(4);
  const RecordId id = a.add({put("no", "1")});
  const test::Person li =
      test::admit_person(*a.replica, a.village, a.replica.random(), "李", {"clerk"});
  Office b(5);
  test::pull(*b.replica, *a.replica, a.space);
  b.open(a.space);
  RecordBook there = b.book();
  require(there.set(b.act(li), "sample", id, std::vector<Edit>{put("count", "1")}));
  a.set(id, {put("count", "2")});
  test::pull(*a.replica, *b.replica, a.space);
  // 李's role ends beside what 李 writes next.
  const RosterAct act = require(plan_role_end(*a.replica, a.space, li.member, "clerk"));
  require(a.replica->append_roster(a.space, a.founder().device, act.operations, 0));
  require(there.set(b.act(li), "sample", id, std::vector<Edit>{put("area", "3")}));
  test::pull(*a.replica, *b.replica, a.space);
  const OpenItems open = items_of(a, {"sample"});
  REQUIRE(open.conflicts.size() == 1);
  CHECK(open.conflicts[0].record == id);
  CHECK(open.conflicts[0].field == "count");
  REQUIRE(open.late.size() == 1);
  CHECK(open.late[0].author == li.author());
  const OpenItems other = items_of(a, {"minutes"});
  CHECK(other.conflicts.empty());
  CHECK(other.late.empty());
}
