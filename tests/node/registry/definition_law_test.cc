// SPDX-License-Identifier: Apache-2.0
// What definitions of one registry have kept confidential stays so, and records are kept as long as
// any has said, whatever order they came in; here also where a program that asks nothing wrote
// them.
#include "node/registry/definition_law.h"

#include <catch2/catch.hpp>

#include "node/registry/definition_toml.h"
#include "node/registry/field_scope.h"
#include "node/registry/import.h"
#include "node/registry/import_plan.h"
#include "node/registry/mapping.h"
#include "node/registry/retention.h"
#include "node/registry/scope_moves.h"
#include "tests/node/registry/fam_definition.h"

using namespace cunju;
using namespace cunju::registry;
using namespace cunju::registry::testing;
using test::require;

namespace {

/// The founder's office, which reads "rental_persons" as a clerk's, and a desk that reads nothing.
struct FamOffice : SampleOffice {
  explicit FamOffice(std::uint64_t seed) : SampleOffice(seed) {
    require(replica->add_own_device(founder().device));
    test::open_epoch(*replica, village, replica.random(), "rental_persons");
    auditor = test::admit_person(*replica, village, replica.random(), "审", {"auditor"});
  }
  /// As a program writes it that asks nothing.
  void write(const RecordId& record, const std::string& toml) {
    test::write_record(*replica, space, founder(), record,
                       {test::set_field("registry", "fam"), test::set_field("source", toml)},
                       "definition");
    reload();
  }
  Result<AddedDefinition> define(const std::string& toml, bool is_meant = false) {
    std::set<std::string> meant;
    if (is_meant)
      meant =
          require(find_given_up(*replica, space, catalog, require(parse_definition(toml)))).what();
    Result<AddedDefinition> out =
        add_meant_definition(*replica, space, founder().device, toml, ++clock, meant);
    reload();
    return out;
  }
  std::string scope(std::string_view field) { return scope_of_field(catalog.find("fam"), field); }
  Result<Saved> put_x(const RecordId& record, const std::string& text,
                      const std::string& field = "x") {
    RecordBook mine = book();
    Result<Saved> out =
        mine.set(act(), "fam", record, std::vector<Edit>{put(field, text)}, {.allow_extra = true});
    refused = mine.refusal().empty() ? "" : std::string(mine.refusal().front().code);
    return out;
  }
  RecordId add_fam() {
    return require(book().add(act(), "fam", std::vector<Edit>{put("no", "1")})).record;
  }
  bool is_read_by_all(const RecordId& record, const std::string& text) {
    return is_in_the_open(*replica, space, record, text);
  }
  test::Person auditor{};
  std::string refused;
};

RecordId id_of(std::uint8_t first) {
  RecordId out{};
  out.value[0] = first;
  return out;
}

}  // namespace

TEST_CASE("a second definition of one id opens no field that another keeps confidential") {
  // Whichever of the two is in use.
  const bool open_first = GENERATE(true, false);
  CAPTURE(open_first);
  FamOffice office(1);
  office.write(id_of(open_first ? 1 : 2), fam_toml("", "open"));
  office.write(id_of(open_first ? 2 : 1), fam_toml("", "rental_persons"));
  CHECK(office.catalog.find_item("fam")->record == id_of(1));
  CHECK(office.scope("x") == "rental_persons");
  CHECK_FALSE(office.catalog.problems().empty());
  const RecordId record = office.add_fam();
  require(office.put_x(record, "秘密一"));
  CHECK_FALSE(office.is_read_by_all(record, "秘密一"));
  // Nor does taking the confidential one away, or bringing the open one back.
  require(office.book().remove(office.act(), "definition", id_of(open_first ? 2 : 1)));
  office.reload();
  CHECK(office.scope("x") == "rental_persons");
  require(office.put_x(record, "秘密二"));
  CHECK_FALSE(office.is_read_by_all(record, "秘密二"));
}

TEST_CASE("a field is opened by who was told and says so, and by nobody else") {
  FamOffice office(2);
  require(office.define(fam_toml("", "rental_persons")));
  const std::uint64_t changes = office.changes();
  const Result<AddedDefinition> refused = office.define(fam_toml("", "open"));
  REQUIRE(refused.has_error());
  CHECK(refused.error().code == Errc::kConflict);
  CHECK(refused.error().context.starts_with(kGivesUp));
  CHECK(office.changes() == changes);
  // A program that asks nothing writes it: nothing is opened by that.
  const RecordId definition = office.catalog.find_item("fam")->record;
  office.write(definition, fam_toml("", "open"));
  CHECK(office.scope("x") == "rental_persons");
  const RecordId record = office.add_fam();
  require(office.put_x(record, "秘密"));
  CHECK_FALSE(office.is_read_by_all(record, "秘密"));
  // The same text, and now it is meant: that alone is signed.
  const AddedDefinition meant = require(office.define(fam_toml("", "open"), true));
  CHECK(meant.changed);
  CHECK(office.scope("x").empty());
  CHECK(office.catalog.problems().empty());
  require(office.put_x(record, "公开"));
  CHECK(office.is_read_by_all(record, "公开"));
  CHECK_FALSE(office.is_read_by_all(record, "秘密"));
  CHECK_FALSE(require(office.define(fam_toml("", "open"), true)).changed);
}

TEST_CASE("what is given up is what was seen, and not what is written beside it or after") {
  FamOffice office(3);
  require(office.define(fam_toml("", "rental_persons")));
  require(office.define(fam_toml("", "open"), true));
  CHECK(office.scope("x").empty());
  require(office.define(fam_toml("", "rental_persons")));
  CHECK(office.scope("x") == "rental_persons");
  office.write(office.catalog.find_item("fam")->record, fam_toml("", "open"));
  CHECK(office.scope("x") == "rental_persons");
  CHECK(office.define(fam_toml("", "open")).has_error());
  // Another record that nobody had seen.
  require(office.define(fam_toml("", "open"), true));
  CHECK(office.scope("x").empty());
  office.write(id_of(0xff), fam_toml("", "rental_persons"));
  CHECK(office.scope("x") == "rental_persons");
}

TEST_CASE("nobody without the right to write definitions gives anything up") {
  FamOffice office(4);
  require(office.define(fam_toml("", "rental_persons")));
  const RecordId record = office.catalog.find_item("fam")->record;
  const test::Person clerk =
      test::admit_person(*office.replica, office.village, office.replica.random(), "李", {"clerk"});
  const auto edits = require(read_definition_edits(*office.replica, office.space));
  const Change head = test::head_change(*office.replica, office.space, office.founder().author());
  const std::vector<Operation> operations = meant_operations(edits, "fam", {meant_of_field("x")});
  REQUIRE(operations.size() == 1);
  // What an older program has opened waits for somebody who may mean it.
  office.write(record, fam_toml("", "open"));
  const std::vector<replica::HistoryEntry> history =
      require(office.replica->edits(office.space, record));
  const Change forged =
      test::forge_change(clerk.device, office.space, nullptr, {head.id},
                         {test::forge_part(record, {history.back().id}, operations, "definition")});
  require(office.replica->accept(office.space, std::vector<sync::Run>{{{forged}}}));
  office.reload();
  CHECK(require(office.replica->edits(office.space, record)).size() == history.size() + 1);
  CHECK(office.scope("x") == "rental_persons");
}

TEST_CASE(
    "a field that two confidential scopes are named for is written by nobody, until settled") {
  FamOffice office(5);
  office.write(id_of(1), fam_toml("", "rental_persons"));
  const RecordId record = office.add_fam();
  office.write(id_of(2), fam_toml("", "mediation"));
  CHECK(contested_scopes(office.scope("x")) ==
        std::vector<std::string>{"mediation", "rental_persons"});
  CHECK(scopes_of(office.catalog.find("fam")) ==
        std::vector<std::string>{"mediation", "rental_persons"});
  const std::uint64_t changes = office.changes();
  CHECK(office.put_x(record, "秘密").error().code == Errc::kConflict);
  CHECK(office.refused == "contested_scope");
  CHECK(office.changes() == changes);
  // Other fields are not concerned.
  require(office.put_x(record, "2", "no"));
  require(office.define(fam_toml("", "rental_persons"), true));
  CHECK(office.scope("x") == "rental_persons");
  require(office.put_x(record, "秘密"));
}

TEST_CASE("a table's column that two scopes are named for is not imported") {
  FamOffice office(6);
  office.write(id_of(1), fam_toml("", "rental_persons"));
  office.write(id_of(2), fam_toml("", "mediation"));
  const std::string csv = "号,甲\n1,秘密\n";
  const Definition& definition = *office.catalog.find("fam");
  const Mapping mapping = require(
      parse_mapping(make_mapping_template(definition, {"号", "甲"}, UnmatchedColumns::kKeep)));
  const ImportPlan plan = plan_import(definition, mapping, as_bytes(csv), {.today = kToday});
  REQUIRE(plan.usable());
  const std::uint64_t changes = office.changes();
  const Result<ImportOutcome> refused =
      run_import(*office.replica, office.catalog, office.space, office.founder().device, plan, {});
  REQUIRE(refused.has_error());
  CHECK(refused.error().context.starts_with(kContested));
  CHECK(office.changes() == changes);
}

TEST_CASE(
    "a field that another definition keeps confidential stays one, under a label of its own") {
  FamOffice office(7);
  office.write(id_of(1), fam_toml("", "none"));
  office.write(id_of(2), fam_toml("", "rental_persons"));
  const Definition* fam = office.catalog.find("fam");
  REQUIRE(fam->find_field("x") != nullptr);
  CHECK_FALSE(fam->find_field("x")->required);
  const RecordId record = office.add_fam();
  for (const char* name : {"x", "甲"}) {
    require(office.put_x(record, std::string("秘密") + name, name));
    CHECK_FALSE(office.is_read_by_all(record, std::string("秘密") + name));
  }
  // It goes when who was told says so.
  require(office.define(fam_toml("", "none"), true));
  CHECK(office.catalog.find("fam")->find_field("x") == nullptr);
}

TEST_CASE("what a confidential register does not name stays confidential as well") {
  FamOffice office(8);
  require(office.define(fam_toml("rental_persons", "")));
  const RecordId record = office.add_fam();
  require(office.put_x(record, "秘密一", "走访"));
  CHECK_FALSE(office.is_read_by_all(record, "秘密一"));
  const std::string all_fields = fam_toml("", "rental_persons", "rental_persons");
  const GivenUp given_up = require(find_given_up(*office.replica, office.space, office.catalog,
                                                 require(parse_definition(all_fields))));
  CHECK(given_up.what() == std::set<std::string>{std::string(kMeantHome)});
  CHECK(office.define(all_fields).has_error());
  office.write(office.catalog.find_item("fam")->record, all_fields);
  require(office.put_x(record, "秘密二", "走访"));
  CHECK_FALSE(office.is_read_by_all(record, "秘密二"));
  require(office.define(all_fields, true));
  require(office.put_x(record, "公开", "走访"));
  CHECK(office.is_read_by_all(record, "公开"));
}

TEST_CASE("a new name for an open field in a confidential register is asked for") {
  FamOffice office(9);
  require(office.define(fam_toml("rental_persons", "none")));
  CHECK(office.define(fam_toml("rental_persons", "open")).has_error());
  require(office.define(fam_toml("rental_persons", "open"), true));
  CHECK(office.scope("x").empty());
  CHECK(office.scope("走访") == "rental_persons");
}

TEST_CASE("a value is not settled into the scope that its field had before") {
  FamOffice office(10);
  require(office.define(fam_toml("", "open")));
  const RecordId record = office.add_fam();
  // Two say what x is, apart, while it is open.
  const std::vector<replica::HistoryEntry> before =
      require(office.replica->edits(office.space, record));
  for (const char* text : {"一", "二"}) {
    const replica::ChangeDraft draft{.parts = {{.record = record,
                                                .registry = "fam",
                                                .operations = {test::set_field("x", text)},
                                                .seen = {before.back().id}}}};
    const test::Person person = test::admit_person(*office.replica, office.village,
                                                   office.replica.random(), text, {"clerk"});
    require(office.replica->append(office.space, person.device, {&draft, 1}, 0));
  }
  require(office.define(fam_toml("", "rental_persons")));
  const std::uint64_t changes = office.changes();
  RecordBook book = office.book();
  const Result<Saved> refused =
      book.settle(office.act(), "fam", record, "x", Choice(std::string("秘密")));
  REQUIRE(refused.has_error());
  CHECK(book.refusal().front().code == "scope_since");
  CHECK(office.changes() == changes);
  require(office.book().settle(office.act(), "fam", record, "x", Choice(std::size_t{1})));
}

TEST_CASE("an import is not taken back in a registry whose definition kept fields confidential") {
  FamOffice office(11);
  require(office.define(fam_toml("", "rental_persons")));
  const std::string csv = "号,甲\n1,秘密\n";
  const Definition& definition = *office.catalog.find("fam");
  const Mapping mapping = require(
      parse_mapping(make_mapping_template(definition, {"号", "甲"}, UnmatchedColumns::kKeep)));
  const ImportPlan plan = plan_import(definition, mapping, as_bytes(csv), {.today = kToday});
  const RecordId import = *require(run_import(*office.replica, office.catalog, office.space,
                                              office.founder().device, plan, {}))
                               .import;
  const RecordId record = office.catalog.find_item("fam")->record;
  require(office.book().remove(office.act(), "definition", record));
  office.reload();
  const std::uint64_t changes = office.changes();
  const Result<UndoOutcome> refused =
      undo_import(*office.replica, office.space, office.founder().device, import, 1);
  REQUIRE(refused.has_error());
  CHECK(refused.error().context == std::string(kNoDefinition) + "fam");
  CHECK(office.changes() == changes);
  require(office.book().restore(office.act(), "definition", record));
  CHECK(require(undo_import(*office.replica, office.space, office.founder().device, import, 1))
            .removed == 1);
}

TEST_CASE("records are kept as long as any definition said, until it is meant that they are not") {
  FamOffice office(12);
  const auto with_class = [](const std::string& rule) {
    return fam_toml("", "none", "",
                    "[retention]\nclass = \"" + rule + "\"\nrule = \"按" + rule + "\"\n");
  };
  const auto verdict = [&] { return judge_retention(office.catalog.find("fam"), {}, kToday); };
  require(office.define(with_class("permanent")));
  CHECK(office.define(with_class("purge")).has_error());
  const RecordId record = office.catalog.find_item("fam")->record;
  office.write(record, with_class("purge"));
  CHECK(verdict().is_kept);
  CHECK_FALSE(office.catalog.problems().empty());
  RecordId first{};  // The record with the smallest id is in use.
  first.value.back() = 1;
  office.write(first, with_class("purge"));
  CHECK(office.catalog.find_item("fam")->record == first);
  CHECK(verdict().is_kept);
  require(office.define(with_class("purge"), true));
  CHECK_FALSE(verdict().is_kept);
  CHECK(verdict().why.zh.find("按permanent") != std::string::npos);
  CHECK(office.define(fam_toml("", "none"), false).has_value());
  CHECK(verdict().why.zh.find("按permanent") != std::string::npos);
}

TEST_CASE("a definition that became late keeps confidential what it kept, and gives up nothing") {
  for (const bool is_own_record : {false, true}) {
    CAPTURE(is_own_record);
    OfficeAndDesk all(fam_toml("", ""));
    const SpaceId& space = all.village.space;
    const test::Person chair = test::admit_person(*all.office.replica, all.village,
                                                  all.office.replica.random(), "主任二", {"chair"});
    all.office.open(space);
    all.sync();
    const std::string closed = fam_toml("", "rental_persons");
    if (is_own_record) {
      test::write_record(*all.desk.replica, space, chair, id_of(0x90),
                         {test::set_field("registry", "fam"), test::set_field("source", closed)},
                         "definition");
    } else {
      require(add_definition(*all.desk.replica, space, chair.device, closed, 2));
    }
    const RosterOperation removal = RemoveMember{
        .member = chair.member,
        .cuts = {require(all.office.replica->cut_of(space, chair.device.author(), {}))}};
    require(all.office.replica->append_roster(space, all.village.founder.device,
                                              std::span(&removal, 1), 3));
    all.sync();
    all.sync();
    REQUIRE(require(all.desk.replica->counts()).late_parts > 0);
    const auto scope_at = [&](Office& at) {
      at.reload();
      return scope_of_field(at.catalog.find("fam"), "x");
    };
    for (Office* each : {&all.office, &all.desk}) CHECK(scope_at(*each) == "rental_persons");
    // The next version is asked about it, and who was told may mean it.
    CHECK(add_definition(*all.office.replica, space, all.village.founder.device,
                         fam_toml("", "", "", "[retention]\nclass = \"purge\"\nrule = \"随时\"\n"),
                         4)
              .has_error());
    require(add_meant_definition(*all.office.replica, space, all.village.founder.device,
                                 fam_toml("", ""), 5, {meant_of_field("x")}));
    all.sync();
    for (Office* each : {&all.office, &all.desk}) CHECK(scope_at(*each).empty());
  }
}
