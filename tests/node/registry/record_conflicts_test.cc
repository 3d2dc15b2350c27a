// SPDX-License-Identifier: Apache-2.0
#include "node/registry/record_conflicts.h"

#include "tests/node/registry/book_fixture.h"

using namespace cunju;
using namespace cunju::registry;
using namespace cunju::registry::testing;
using test::require;

namespace {

/// Two offices of one space, each with a clerk of its own.
struct TwoOffices {
  TwoOffices()
      : a(11), b(12), clerk(test::admit_person(*a.replica, a.village, a.replica.random(), "李敏")) {
    exchange();
  }
  void exchange() { a.exchange(b); }
  Saved set_b(const RecordId& id, std::vector<Edit> edits) {
    return require(b.book().set(b.act(clerk), "sample", id, edits));
  }
  ConflictRow only_conflict() {
    std::vector<ConflictRow> rows = require(a.book().conflicts());
    REQUIRE(rows.size() == 1);
    return rows.front();
  }
  void check_settled() {
    exchange();
    CHECK(require(a.book().conflicts()).empty());
    CHECK(require(b.book().conflicts()).empty());
    CHECK(require(a.replica->view_hash(a.space)) == require(b.replica->view_hash(a.space)));
  }

  SampleOffice a;
  Office b;
  test::Person clerk;
};

}  // namespace

TEST_CASE("two concurrent values are listed with their authors until somebody chooses") {
  TwoOffices world;
  RecordId id = world.a.add({put("no", "1"), put("phone", "13800138000")});
  world.exchange();
  Saved mine = world.a.set(id, {put("phone", "13800138001")});
  Saved theirs = world.set_b(id, {put("phone", "13800138002"), put("count", "3")});
  world.exchange();

  ConflictRow row = world.only_conflict();
  CHECK(row.record == id);
  CHECK(row.registry == "sample");
  CHECK(row.field == "phone");
  REQUIRE(row.candidates.size() == 2);
  CHECK(row.candidates[0].value == *world.a.row(id).find("phone"));
  for (const Candidate& candidate : row.candidates) {
    bool is_mine = candidate.change == mine.change;
    CHECK((is_mine || candidate.change == theirs.change));
    CHECK(candidate.author == (is_mine ? world.a.founder() : world.clerk).author());
    CHECK(candidate.claimed_ms == (is_mine ? world.a.clock : world.b.clock));
  }
  CHECK(world.a.row(id).has_conflict);
  CHECK(*world.a.row(id).find("count") == Value{std::int64_t{3}});

  RecordBook book = world.b.book();
  Act act = world.b.act(world.clerk);
  CHECK(book.settle(act, "sample", id, "count", std::size_t{1}).error().code == Errc::kNotFound);
  CHECK(book.settle(act, "sample", id, "", std::size_t{1}).error().code == Errc::kNotFound);
  for (std::size_t bad : {std::size_t{0}, std::size_t{3}})
    CHECK(book.settle(act, "sample", id, "phone", bad).error().code == Errc::kInvalidArgument);
  require(book.settle(act, "sample", id, "phone", std::size_t{2}));
  CHECK(*world.b.row(id).find("phone") == row.candidates[1].value);
  world.check_settled();
  CHECK(*world.a.row(id).find("phone") == row.candidates[1].value);
}

TEST_CASE("a conflict is settled by a new text, or by writing the shown value again") {
  TwoOffices world;
  RecordId id = world.a.add({put("no", "1")});
  world.exchange();
  world.a.set(id, {put("no", "2"), put("count", "2")});
  world.set_b(id, {put("no", "3"), put("count", "3")});
  world.exchange();
  REQUIRE(require(world.a.book().conflicts(id)).size() == 2);
  require(world.a.book().settle(world.a.act(), "sample", id, "no", std::string("4")));
  std::string shown = std::to_string(std::get<std::int64_t>(*world.a.row(id).find("count")));
  CHECK(world.a.set(id, {put("count", shown)}).change.has_value());
  world.check_settled();
  CHECK(world.b.text(id, "no") == "4");
}

TEST_CASE("states moved apart stay both until somebody chooses or moves on from either") {
  for (bool by_choice : {true, false}) {
    TwoOffices world;
    RecordId id = world.a.add({put("no", "1"), put("state", "draft")});
    world.a.set(id, {put("state", "final")});
    world.exchange();
    world.a.set(id, {put("state", "archived")});
    test::write_record(*world.b.replica, world.b.space, world.clerk, id,
                       {make_operation(OperationKind::kStateMove, "state", std::string("draft"),
                                       std::string("final"))},
                       "sample");
    world.exchange();
    ConflictRow row = world.only_conflict();
    CHECK(row.kind == cunju::FieldKind::kState);
    CHECK(row.candidates[0].previous == Value{std::string("final")});
    if (by_choice) {
      require(world.a.book().settle(world.a.act(), "sample", id, "state", std::size_t{2}));
      CHECK(*world.a.row(id).find("state") == row.candidates[1].value);
    } else {
      // No move leads from archived to final, but final is one of the two.
      require(world.a.book().settle(world.a.act(), "sample", id, "state", std::string("定稿")));
      CHECK(world.a.text(id, "state") == "final");
    }
    world.check_settled();
  }
}

TEST_CASE("a deletion with a concurrent edit stays shown until somebody keeps or deletes") {
  for (bool keep : {true, false}) {
    TwoOffices world;
    RecordId id = world.a.add({put("no", "1")});
    world.exchange();
    Saved deletion = require(world.a.book().remove(world.a.act(), "sample", id));
    Saved edit = world.set_b(id, {put("count", "5")});
    world.exchange();

    CHECK_FALSE(world.a.row(id).is_deleted);
    ConflictRow row = world.only_conflict();
    CHECK(row.field.empty());
    REQUIRE(row.candidates.size() == 2);
    CHECK(row.candidates[0].change == edit.change);
    CHECK_FALSE(row.candidates[0].is_deletion);
    CHECK(row.candidates[1].change == deletion.change);
    CHECK(row.candidates[1].is_deletion);
    CHECK(row.candidates[1].author == world.a.founder().author());

    CHECK(world.a.book().settle(world.a.act(), "sample", id, "", std::string("x")).error().code ==
          Errc::kInvalidArgument);
    require(world.a.book().settle(world.a.act(), "sample", id, "", std::size_t{keep ? 1U : 2U}));
    world.check_settled();
    CHECK(world.b.row(id).is_deleted == !keep);
    CHECK(*world.b.row(id).find("count") == Value{std::int64_t{5}});
  }
}

TEST_CASE("concurrent set elements unite and never conflict") {
  TwoOffices world;
  RecordId id = world.a.add({put("names", "张三")});
  world.exchange();
  world.a.set(id, {plus("names", "李四"), minus("names", "张三")});
  world.set_b(id, {plus("names", "王五")});
  world.check_settled();
  CHECK(world.a.row(id).values.size() == 2);
}

TEST_CASE("a claim on another registry neither shows nor hides the record") {
  TwoOffices world;
  RecordId id = world.a.add({put("no", "1")});
  // The liar writes the id without having seen the record: a second root under another name.
  test::write_record(*world.b.replica, world.b.space, world.clerk, id,
                     {test::set_field("motion", "x")}, "votes");
  world.exchange();
  for (Office* office : {static_cast<Office*>(&world.a), &world.b}) {
    RecordRow honest = require(office->book().get(id, "sample"));
    CHECK(honest.values == FieldValues{{"no", std::string("1")}});
    CHECK_FALSE(honest.has_conflict);
    CHECK(require(office->book().get(id, "votes")).values.size() == 1);
  }
  require(world.a.book().set(world.a.act(), "sample", id, std::vector{put("no", "2")}));
  CHECK(*require(world.a.book().get(id, "sample")).find("no") == Value{std::string("2")});
}
