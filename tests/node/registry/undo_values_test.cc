// SPDX-License-Identifier: Apache-2.0
// Taking back an import that was first to write fields in a scope that they have moved into.
#include "node/registry/undo_values.h"

#include <catch2/catch.hpp>

#include "node/registry/definition_toml.h"
#include "node/registry/import.h"
#include "node/registry/scope_moves.h"
#include "tests/node/registry/moved_desks.h"

using namespace cunju;
using namespace cunju::registry;
using namespace cunju::registry::testing;
using test::require;

namespace {

struct UndoneDesks : MovedDesks {
  using MovedDesks::MovedDesks;

  ImportOutcome import(std::string_view csv) {
    std::string columns = "[columns]\n";
    const std::string_view header = csv.substr(0, csv.find('\n'));
    for (const auto& [column, field] :
         {std::pair("号", "no"), std::pair("员", "people"), std::pair("x", "x"),
          std::pair("态", "st"), std::pair("文", "body")})
      if (header.find(column) != std::string_view::npos)
        columns += "\"" + std::string(column) + "\" = \"" + field + "\"\n";
    const Mapping mapping = require(parse_mapping(columns));
    const ImportPlan plan =
        plan_import(*office.catalog.find("fam"), mapping, as_bytes(csv), {.today = kToday});
    return require(run_import(*office.replica, office.catalog, village.space,
                              village.founder.device, plan, {.update = true, .claimed_ms = 5000}));
  }
  UndoOutcome undo(const ImportOutcome& done) {
    const UndoOutcome out = require(
        undo_import(*office.replica, village.space, village.founder.device, *done.import, 6000));
    meet();
    return out;
  }
  /// All fields are open again, by somebody who was told what that gives up.
  void open_fields() {
    const std::string toml = moved_toml("", "");
    const GivenUp given_up = require(find_given_up(*office.replica, village.space, office.catalog,
                                                   require(parse_definition(toml))));
    require(add_meant_definition(*office.replica, village.space, village.founder.device, toml, 500,
                                 given_up.what()));
    meet();
  }
};

constexpr std::string_view kUndoneRows = "号,员,x,态\n1,李四;王五,IMPORTED,b\n";

}  // namespace

TEST_CASE("fields that became confidential show what they did before an import that is undone") {
  for (const bool whole : {false, true}) {
    CAPTURE(whole);
    UndoneDesks all({put("no", "1"), put("people", "张三;李四"), put("x", "OLD"), put("st", "a")});
    whole ? all.move_registry() : all.move_fields();
    const ImportOutcome done = all.import(kUndoneRows);
    REQUIRE(done.updated == 1);
    CHECK(all.shown(all.office, "x") == "IMPORTED");
    CHECK(all.shown(all.office, "people") == "李四;王五");
    CHECK(all.shown(all.office, "st") == "b");
    const UndoOutcome undone = all.undo(done);
    CHECK(undone.reset == 1);
    CHECK(undone.removed == 0);
    CHECK(all.undo(done).reset == 0);
    for (Office* at : {&all.office, &all.desk}) {
      CHECK(all.shown(*at, "no") == "1");
      CHECK(all.shown(*at, "x") == "OLD");
      CHECK(all.shown(*at, "people") == "张三;李四");
      CHECK(all.shown(*at, "st") == "a");
      CHECK(all.listed(*at, "x", "OLD") == "1");
      CHECK(all.listed(*at, "people", "张三") == "1");
      CHECK(all.listed(*at, "people", "王五") == "0");
    }
    CHECK_FALSE(all.is_open("IMPORTED"));
    CHECK_FALSE(all.is_open("王五"));
  }
}

TEST_CASE("a text that an import began in its registry's new scope reads as before it") {
  UndoneDesks all({put("no", "1"), put("body", "旧文字")});
  all.move_registry();
  const ImportOutcome done = all.import("号,文\n1,新文字\n");
  REQUIRE(done.updated == 1);
  CHECK(all.shown(all.office, "body") == "新文字");
  CHECK(all.undo(done).reset == 1);
  CHECK(all.shown(all.desk, "body") == "旧文字");
}

TEST_CASE(
    "an import that added one record and updated an older one takes back each as what it is") {
  UndoneDesks all({put("no", "1"), put("people", "张三")});
  all.move_registry();
  const ImportOutcome done = all.import("号,员\n1,李四\n2,王五\n");
  CHECK(done.added == 1);
  CHECK(done.updated == 1);
  const UndoOutcome undone = all.undo(done);
  CHECK(undone.removed == 1);
  CHECK(undone.reset == 1);
  CHECK(undone.kept.empty());
  CHECK(all.shown(all.desk, "people") == "张三");
  CHECK(require(all.desk.book().list("fam", {})).total == 1);
}

TEST_CASE("what was empty in its scope before an import is empty there after its undo") {
  UndoneDesks all({put("no", "1"), put("x", "OLD")});
  all.move_fields();
  all.edit(all.office, {put("x", "")});
  CHECK(all.shown(all.office, "x").empty());
  const ImportOutcome done = all.import("号,x\n1,IMPORTED\n");
  CHECK(all.undo(done).reset == 1);
  CHECK(all.shown(all.desk, "x").empty());
}

TEST_CASE("what somebody wrote in the scope since an import stays, and the rest goes back") {
  UndoneDesks all({put("no", "1"), put("x", "OLD"), put("people", "张三")});
  all.move_fields();
  const ImportOutcome done = all.import("号,员,x\n1,李四,IMPORTED\n");
  all.meet();
  all.edit(all.desk, {put("x", "LATER")});
  all.meet();
  const UndoOutcome undone = all.undo(done);
  CHECK(undone.reset == 1);
  CHECK(undone.kept.size() == 1);
  CHECK(all.shown(all.desk, "x") == "LATER");
  CHECK(all.shown(all.desk, "people") == "张三");
}

TEST_CASE("an undo copies nothing confidential into the open, and says what it left") {
  UndoneDesks all({put("no", "1")});
  all.move_fields();
  all.edit(all.office, {put("x", "SECRET")});
  all.meet();
  all.open_fields();
  const ImportOutcome done = all.import("号,x\n1,IMPORTED\n");
  REQUIRE(done.updated == 1);
  const UndoOutcome undone = all.undo(done);
  CHECK(undone.reset == 0);
  REQUIRE(undone.kept.size() == 1);
  CHECK(undone.kept.front().reason.en.find("another confidential scope") != std::string::npos);
  CHECK_FALSE(all.is_open("SECRET"));
  CHECK(all.shown(all.office, "x") == "IMPORTED");
}
