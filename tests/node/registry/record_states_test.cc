// SPDX-License-Identifier: Apache-2.0
// Edits of a field that has become confidential since it was written: they are made from what is
// shown, wherever it is, and lose nothing of what others write apart.
#include "node/registry/record_states.h"

#include <catch2/catch.hpp>
#include <random>
#include <set>

#include "crdt/attachment/reference.h"
#include "node/registry/definition_toml.h"
#include "node/registry/import.h"
#include "node/registry/scope_moves.h"
#include "node/registry/taken_out.h"
#include "tests/node/registry/moved_desks.h"

using namespace cunju;
using namespace cunju::registry;
using namespace cunju::registry::testing;
using test::require;

namespace {

Bytes reference(std::string name) {
  attachment::Reference out;
  out.address.value.fill(1);
  out.size = 100;
  out.media = "application/pdf";
  out.name = std::move(name);
  return attachment::encode_reference(out);
}

Saved attach(MovedDesks& all, Office& at, const std::string& field, const std::string& name) {
  return require(
      at.book().attach(at.act(all.clerk(at)), "fam", all.record, field, reference(name)));
}

std::string code_of(Office& at, const test::Person& who, const RecordId& record, Edit edit) {
  RecordBook book = at.book();
  const Result<Saved> saved = book.set(at.act(who), "fam", record, std::vector{std::move(edit)});
  if (saved.has_value()) return saved.value().change ? "saved" : "unchanged";
  return book.refusal().empty() ? "?" : std::string(book.refusal().front().code);
}

}  // namespace

TEST_CASE(
    "what is taken out of a set that became confidential and what is added apart both stand") {
  MovedDesks all({put("no", "1"), put("people", "张三;李四")});
  all.move_fields();
  CHECK(all.shown(all.office, "people") == "张三;李四");
  CHECK(all.edit(all.office, {minus("people", "张三")}).findings.empty());
  all.edit(all.desk, {plus("people", "王五")});
  CHECK(all.shown(all.office, "people") == "李四");
  CHECK(all.shown(all.desk, "people") == "张三;李四;王五");
  all.meet();
  for (Office* at : {&all.office, &all.desk}) {
    CHECK(all.shown(*at, "people") == "李四;王五");
    CHECK(all.listed(*at, "people", "王五") == "1");
    CHECK(all.listed(*at, "people", "李四") == "1");
    CHECK(all.listed(*at, "people", "张三") == "0");
    CHECK_FALSE(all.office.row(all.record).has_conflict);
  }
  // In the open it is not said who came and who went.
  CHECK(all.open_edits() == 1);
  CHECK_FALSE(all.is_open("王五"));
}

TEST_CASE(
    "who is taken out at two desks apart is gone at both, and comes back when entered again") {
  MovedDesks all({put("no", "1"), put("people", "张三;李四;王五")});
  all.move_registry();
  all.edit(all.office, {minus("people", "张三")});
  all.edit(all.desk, {minus("people", "李四")});
  all.meet();
  CHECK(all.shown(all.office, "people") == "王五");
  CHECK(all.shown(all.desk, "people") == "王五");
  all.edit(all.office, {plus("people", "张三")});
  all.meet();
  CHECK(all.shown(all.desk, "people") == "张三;王五");
  all.edit(all.desk, {minus("people", "张三"), minus("people", "王五")});
  all.meet();
  CHECK(all.shown(all.office, "people").empty());
  // Nothing is left of it, and nothing comes back by saying so again.
  CHECK(code_of(all.office, all.village.founder, all.record, put("people", "")) == "unchanged");
  CHECK(all.open_edits() == 1);
}

TEST_CASE(
    "a set that became confidential and is given whole says what differs from what is shown") {
  MovedDesks all({put("no", "1"), put("people", "张三;李四")});
  all.move_fields();
  CHECK(code_of(all.office, all.village.founder, all.record, put("people", "李四;张三")) ==
        "unchanged");
  all.edit(all.office, {put("people", "李四;王五")});
  CHECK(all.shown(all.office, "people") == "李四;王五");
  const Edit gone = minus("people", "张三");
  const Saved saved = all.edit(all.office, {gone});
  REQUIRE(saved.findings.size() == 1);
  CHECK(saved.findings.front().code == "not_in_set");
}

TEST_CASE("an import takes out of a set that became confidential who is not in its row any more") {
  MovedDesks all({put("no", "1"), put("people", "张三;李四")});
  all.move_fields();
  const Mapping mapping =
      require(parse_mapping("[columns]\n\"号\" = \"no\"\n\"成员\" = \"people\"\n\"x\" = \"x\"\n"));
  const Definition& definition = *all.office.catalog.find("fam");
  const auto import = [&](std::string_view csv) {
    const ImportPlan plan = plan_import(definition, mapping, as_bytes(csv), {.today = kToday});
    return require(run_import(*all.office.replica, all.office.catalog, all.village.space,
                              all.village.founder.device, plan,
                              {.update = true, .claimed_ms = 5000}));
  };
  CHECK(import("号,成员,x\n1,张三;李四,\n").equal == 1);
  CHECK(import("号,成员,x\n1,李四;王五,困难\n").updated == 1);
  all.meet();
  CHECK(all.shown(all.desk, "people") == "李四;王五");
  CHECK(all.shown(all.desk, "x") == "困难");
  CHECK_FALSE(all.is_open("王五"));
}

TEST_CASE(
    "elements that were confidential are taken out where they are, and not told in the open") {
  MovedDesks all({put("no", "1")});
  all.move_fields();
  all.edit(all.office, {put("people", "张三;李四")});
  all.meet();
  const GivenUp given_up =
      require(find_given_up(*all.office.replica, all.village.space, all.office.catalog,
                            require(parse_definition(moved_toml("", "")))));
  require(add_meant_definition(*all.office.replica, all.village.space, all.village.founder.device,
                               moved_toml("", ""), 500, given_up.what()));
  all.meet();
  REQUIRE(scope_of_field(all.office.catalog.find("fam"), "people").empty());
  CHECK(all.shown(all.office, "people") == "张三;李四");
  const std::size_t before = all.open_edits();
  all.edit(all.office, {minus("people", "张三")});
  CHECK(all.open_edits() == before);
  all.edit(all.desk, {plus("people", "王五")});
  all.meet();
  CHECK(all.shown(all.desk, "people") == "李四;王五");
  CHECK(all.is_open("王五"));
  CHECK_FALSE(all.is_open("李四"));
  // Who enters it for all enters it in the open.
  all.edit(all.desk, {plus("people", "李四")});
  all.meet();
  CHECK(all.is_open("李四"));
}

TEST_CASE("a value that is cleared in its scope is not shown from before it") {
  MovedDesks all({put("no", "1"), put("x", "低保")});
  SECTION("of the field") { all.move_fields(); }
  SECTION("of the whole registry") { all.move_registry(); }
  CHECK(code_of(all.office, all.village.founder, all.record, put("x", "")) == "saved");
  all.meet();
  for (Office* at : {&all.office, &all.desk}) {
    CHECK(all.shown(*at, "x").empty());
    CHECK(all.listed(*at, "x", "低保") == "0");
  }
  CHECK(code_of(all.desk, all.li, all.record, put("x", "")) == "unchanged");
  all.edit(all.desk, {put("x", "残疾")});
  all.edit(all.desk, {put("x", "")});
  CHECK(all.shown(all.desk, "x").empty());
  CHECK(all.open_edits() == 1);
}

TEST_CASE("a value that is entered again is in its field's scope from then on") {
  MovedDesks all({put("no", "1"), put("x", "低保")});
  all.move_fields();
  CHECK(code_of(all.office, all.village.founder, all.record, put("x", "低保")) == "saved");
  CHECK(code_of(all.office, all.village.founder, all.record, put("x", "低保")) == "unchanged");
  // Whoever does not know of the scope goes on in the open.
  test::write_record(*all.office.replica, all.village.space, all.village.founder, all.record,
                     {test::set_field("x", "残疾")}, "fam");
  all.meet();
  CHECK(all.shown(all.desk, "x") == "低保");
}

TEST_CASE("a state moves on from where it is shown, also in a new scope") {
  MovedDesks all({put("no", "1"), put("st", "a")});
  all.move_fields();
  CHECK(code_of(all.office, all.village.founder, all.record, put("st", "c")) == "move_not_allowed");
  all.edit(all.office, {put("st", "b")});
  all.meet();
  CHECK(all.shown(all.desk, "st") == "b");
  bool is_said = false;
  for (const replica::HistoryEntry& entry : require(all.desk.book().history(all.record)))
    for (const Operation& operation : entry.operations)
      is_said = is_said || (operation.value == Value(std::string("b")) &&
                            operation.previous == Value(std::string("a")));
  CHECK(is_said);
}

TEST_CASE("attachments from before a field's scope keep their numbers") {
  MovedDesks all({put("no", "1")});
  attach(all, all.office, "scan", "a.pdf");
  attach(all, all.office, "scan", "b.pdf");
  all.meet();
  SECTION("of the field") { all.move_fields(); }
  SECTION("of the whole registry") { all.move_registry(); }
  attach(all, all.office, "scan", "c.pdf");
  const RecordRow row = all.office.row(all.record);
  CHECK(row.find("scan.1") != nullptr);
  CHECK(row.find("scan.2") != nullptr);
  REQUIRE(row.find("scan.3") != nullptr);
  CHECK(*row.find("scan.3") == Value(reference("c.pdf")));
  CHECK(*row.find("scan.1") == Value(reference("a.pdf")));
  // The number of one that was taken away is free; what took it is not the old one again.
  all.edit(all.office, {put("scan.2", "")});
  CHECK(all.office.row(all.record).find("scan.2") == nullptr);
  CHECK(all.open_edits() == 3);
}

TEST_CASE("a field that no definition knows any more is edited where the registry is now") {
  MovedDesks all({put("no", "1")});
  test::write_record(*all.office.replica, all.village.space, all.village.founder, all.record,
                     {test::set_field("phone", "138")}, "fam");
  all.meet();
  all.move_registry();
  CHECK(all.shown(all.office, "phone") == "138");
  all.edit(all.office, {put("phone", "139")});
  CHECK(all.shown(all.office, "phone") == "139");
}

TEST_CASE("a record that was removed before its registry became confidential stays removed") {
  MovedDesks all({put("no", "1"), put("x", "低保")});
  require(all.office.book().remove(all.office.act(all.village.founder), "fam", all.record));
  all.meet();
  all.move_registry();
  for (Office* at : {&all.office, &all.desk}) {
    CHECK(at->row(all.record).is_deleted);
    CHECK(require(at->book().list("fam", {})).total == 0);
    CHECK(all.listed(*at, "x", "低保") == "0");
  }
  CHECK(code_of(all.office, all.village.founder, all.record, put("x", "残疾")) == "deleted");
  require(all.office.book().restore(all.office.act(all.village.founder), "fam", all.record));
  all.meet();
  CHECK_FALSE(all.desk.row(all.record).is_deleted);
  CHECK(all.shown(all.desk, "x") == "低保");
  require(all.desk.book().remove(all.desk.act(all.li), "fam", all.record));
  all.meet();
  CHECK(all.office.row(all.record).is_deleted);
}

TEST_CASE("an import is taken back after its registry became confidential") {
  MovedDesks all({put("no", "0")});
  const Mapping mapping = require(parse_mapping("[columns]\n\"号\" = \"no\"\n\"x\" = \"x\"\n"));
  const ImportPlan plan = plan_import(*all.office.catalog.find("fam"), mapping,
                                      as_bytes("号,x\n1,甲\n2,乙\n"), {.today = kToday});
  const ImportOutcome done =
      require(run_import(*all.office.replica, all.office.catalog, all.village.space,
                         all.village.founder.device, plan, {.claimed_ms = 5000}));
  all.meet();
  all.move_registry();
  CHECK(require(all.office.book().list("fam", {})).total == 3);
  const UndoOutcome undone = require(undo_import(*all.office.replica, all.village.space,
                                                 all.village.founder.device, *done.import, 6000));
  CHECK(undone.removed == 2);
  all.meet();
  CHECK(require(all.desk.book().list("fam", {})).total == 1);
}

TEST_CASE("a mark of what was taken out is of one record and one element, and no element itself") {
  RecordId a, b;
  b.value[0] = 1;
  const Value zhang(std::string("张三")), li(std::string("李四"));
  CHECK(taken_out_mark(a, zhang) == taken_out_mark(a, zhang));
  CHECK(taken_out_mark(a, zhang) != taken_out_mark(a, li));
  CHECK(taken_out_mark(a, zhang) != taken_out_mark(b, zhang));
  CHECK(taken_out_mark(a, Value(std::int64_t{1})) != taken_out_mark(a, Value(std::string("1"))));
  CHECK(is_taken_out_mark(taken_out_mark(a, zhang)));
  CHECK_FALSE(is_taken_out_mark(zhang));
  CHECK_FALSE(is_taken_out_mark(Value(Bytes(35, 7))));
  CHECK_FALSE(is_taken_out_mark(Value(Bytes{'o', 'u', 't'})));
}

TEST_CASE("a set that became confidential merges as one that always was") {
  const auto seed = GENERATE(range(1U, 9U));
  INFO("seed " << seed);
  std::mt19937 random(seed);
  MovedDesks all({put("no", "1"), put("people", "甲;乙;丙")});
  all.move_fields();
  const RecordId moved = all.record;
  // Its twin was entered in the scope.
  const RecordId twin = all.add("fam", {put("no", "2"), put("people", "甲;乙;丙")});
  all.meet();
  const char* const names[] = {"甲", "乙", "丙", "丁"};
  for (int step = 0; step < 40; ++step) {
    Office& at = random() % 2 == 0 ? all.office : all.desk;
    const std::string name = names[random() % 4];
    Edit edit = random() % 2 == 0 ? plus("people", name) : minus("people", name);
    if (random() % 8 == 0) edit = put("people", name + ";甲");
    for (const RecordId& each : {moved, twin}) {
      all.record = each;
      all.edit(at, {edit});
    }
    if (random() % 4 == 0) all.meet();
    for (Office* office : {&all.office, &all.desk}) {
      all.record = moved;
      const std::string shown = all.shown(*office, "people");
      all.record = twin;
      REQUIRE(shown == all.shown(*office, "people"));
    }
  }
  all.record = moved;
  CHECK(all.open_edits() == 1);
}
