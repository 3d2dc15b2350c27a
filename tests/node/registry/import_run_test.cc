// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "node/registry/csv.h"
#include "node/registry/import.h"
#include "tests/node/registry/book_fixture.h"
#include "tests/support/shared_data.h"

using namespace cunju;
using namespace cunju::registry;
using namespace cunju::registry::testing;
using test::require;

namespace {

constexpr std::string_view kHeader = "编号,人数,姓名,状态\n";

struct ImportOffice : SampleOffice {
  explicit ImportOffice(std::uint64_t seed) : SampleOffice(seed) {}

  ImportPlan plan(const std::string& rows) {
    Mapping mapping = require(parse_mapping(
        "[columns]\n\"编号\" = \"no\"\n\"人数\" = \"count\"\n\"姓名\" = \"names\"\n\"状态\" = "
        "\"state\"\n"));
    std::string csv = std::string(kHeader) + rows;
    return plan_import(*catalog.find("sample"), mapping, as_bytes(csv), {.today = kToday});
  }
  ImportOutcome import(const std::string& rows, bool update = false) {
    return require(run(rows, founder(), update));
  }
  Result<ImportOutcome> run(const std::string& rows, const test::Person& person,
                            bool update = false) {
    return run_import(
        *replica, catalog, space, person.device, plan(rows),
        {.file_digest = crypto::hash({as_bytes(rows)}), .update = update, .claimed_ms = ++clock});
  }
  UndoOutcome undo(const RecordId& id) {
    return require(undo_import(*replica, space, founder().device, id, ++clock));
  }
  std::map<std::string, RecordRow> rows() {
    std::map<std::string, RecordRow> out;
    for (RecordRow& row : require(book().list("sample", {})).rows) {
      std::string no = std::get<std::string>(*row.find("no"));
      out.emplace(std::move(no), std::move(row));
    }
    return out;
  }
};

}  // namespace

TEST_CASE("an import adds every row in one step and the same file again signs nothing") {
  ImportOffice office(21);
  const std::string file = "1,10,张三；李四,草稿\n2,20,,定稿\n3,,王五,\n";
  ImportOutcome first = office.import(file);
  CHECK(first.added == 3);
  REQUIRE(first.import.has_value());
  auto rows = office.rows();
  REQUIRE(rows.size() == 3);
  CHECK(rows.at("1").values == FieldValues{{"no", std::string("1")},
                                           {"count", std::int64_t{10}},
                                           {"names", std::string("张三")},
                                           {"names", std::string("李四")},
                                           {"state", std::string("draft")}});
  CHECK(rows.at("1").sets == std::vector<std::string>{"names"});
  // The state was entered, not written over: it moves on from there.
  office.set(rows.at("1").id, {put("state", "final")});

  std::uint64_t changes = office.changes();
  ImportOutcome again = office.import("2,20,,定稿\n3,,王五,\n");
  CHECK(again.equal == 2);
  CHECK(again.added + again.updated + again.different.size() == 0);
  CHECK_FALSE(again.import.has_value());
  CHECK(office.changes() == changes);

  std::vector<ImportEntry> imports = require(list_imports(*office.replica, office.space));
  REQUIRE(imports.size() == 1);
  CHECK(imports[0].id == *first.import);
  CHECK(imports[0].registry == "sample");
  CHECK(imports[0].file_name.empty());
  CHECK(imports[0].file_digest == to_bytes(crypto::hash({as_bytes(file)}).view()));
  CHECK(imports[0].added == 3);
  CHECK(imports[0].author == office.founder().author());
  CHECK_FALSE(imports[0].is_undone);
}

TEST_CASE("rows that differ are left alone and named unless the import updates") {
  ImportOffice office(22);
  office.import("1,10,张三,草稿\n2,20,,归档\n3,30,,\n");
  RecordId one = office.rows().at("1").id;
  office.set(one, {put("phone", "13800138000")});
  const std::string file = "1,11,李四,\n2,21,,草稿\n3,30,,\n4,40,,\n";
  ImportOutcome shown = require(
      preview_import(*office.replica, office.catalog, office.space, office.plan(file), true));
  ImportOutcome left = office.import(file);
  CHECK(left.added == 1);
  CHECK(left.equal == 1);
  REQUIRE(left.different.size() == 2);
  CHECK(left.different[0].number == 2);
  CHECK(left.different[0].record == one);
  CHECK(left.different[0].fields == std::vector<std::string>{"count", "names"});
  CHECK(left.different[0].reason.empty());
  CHECK_FALSE(left.different[1].reason.empty());
  CHECK(*office.rows().at("1").find("count") == Value{std::int64_t{10}});

  ImportOutcome updated = office.import(file, true);
  CHECK(shown.updated == updated.updated);
  CHECK(updated.updated == 1);
  CHECK(updated.equal == 2);
  // An archived record is not taken back to a draft by an older table.
  REQUIRE(updated.different.size() == 1);
  CHECK(updated.different[0].fields == std::vector<std::string>{"count", "state"});
  RecordRow row = office.rows().at("1");
  CHECK(row.values == FieldValues{{"no", std::string("1")},
                                  {"count", std::int64_t{11}},
                                  {"phone", std::string("13800138000")},
                                  {"names", std::string("李四")},
                                  {"state", std::string("draft")}});
  std::uint64_t changes = office.changes();
  CHECK(office.import(file, true).different.size() == 1);
  CHECK(office.changes() == changes);
}

TEST_CASE("an undo deletes what the import created unless somebody edited it") {
  ImportOffice office(23);
  RecordId import = *office.import("1,10,,\n2,20,,\n3,30,,\n4,40,,\n").import;
  auto rows = office.rows();
  office.set(rows.at("1").id, {put("count", "11")});
  require(office.book().remove(office.act(), "sample", rows.at("2").id));
  // Deleted and brought back is looked after, too.
  require(office.book().remove(office.act(), "sample", rows.at("3").id));
  require(office.book().restore(office.act(), "sample", rows.at("3").id));
  RecordId own = office.add({put("no", "5")});

  UndoOutcome undone = office.undo(import);
  CHECK(undone.removed == 1);
  CHECK(undone.already_gone == 1);
  CHECK(undone.reset == 0);
  std::vector<RecordId> kept;
  for (const KeptRecord& record : undone.kept) kept.push_back(record.record);
  std::vector<RecordId> expected = {rows.at("1").id, rows.at("3").id};
  CHECK(kept == expected);
  CHECK(office.row(rows.at("4").id).is_deleted);
  CHECK_FALSE(office.row(own).is_deleted);
  CHECK(require(list_imports(*office.replica, office.space))[0].is_undone);

  std::uint64_t changes = office.changes();
  CHECK(office.undo(import).removed == 0);
  CHECK(office.changes() == changes);
  CHECK(office.import("4,40,,\n").added == 1);
}

TEST_CASE("an undo sets back updated fields that nobody wrote since") {
  ImportOffice office(24);
  office.import("1,10,张三,草稿\n2,20,,草稿\n");
  RecordId import = *office.import("1,11,李四,定稿\n2,21,王五,定稿\n", true).import;
  RecordId two = office.rows().at("2").id;
  office.set(two, {put("count", "22"), plus("names", "赵六")});

  UndoOutcome undone = office.undo(import);
  CHECK(undone.reset == 2);
  CHECK(undone.removed == 0);
  REQUIRE(undone.kept.size() == 1);
  CHECK(undone.kept[0].record == two);
  auto rows = office.rows();
  CHECK(rows.at("1").values == FieldValues{{"no", std::string("1")},
                                           {"count", std::int64_t{10}},
                                           {"names", std::string("张三")},
                                           {"state", std::string("draft")}});
  CHECK(rows.at("2").values == FieldValues{{"no", std::string("2")},
                                           {"count", std::int64_t{22}},
                                           {"names", std::string("赵六")},
                                           {"state", std::string("draft")}});
  std::uint64_t changes = office.changes();
  CHECK(office.undo(import).reset == 0);
  CHECK(office.changes() == changes);
}

TEST_CASE("an undo takes back what an import wrote into a text, unless it was written in since") {
  SampleOffice office(27);
  auto import = [&](const std::string& rows) {
    Mapping mapping =
        require(parse_mapping("key = [\"meeting_no\"]\n[columns]\n\"编号\" = "
                              "\"meeting_no\"\n\"讨论\" = \"discussion\"\n\"状态\" = "
                              "\"state\"\n"));
    const std::string csv = "编号,讨论,状态\n" + rows;
    const ImportPlan plan =
        plan_import(*office.catalog.find("minutes"), mapping, as_bytes(csv), {.today = kToday});
    return require(run_import(*office.replica, office.catalog, office.space,
                              office.founder().device, plan,
                              {.file_digest = crypto::hash({as_bytes(csv)}),
                               .update = true,
                               .claimed_ms = ++office.clock}));
  };
  REQUIRE(import("1,先修三盏。,草稿\n2,修路。,草稿\n3,绿化。,校核\n").added == 3);
  std::map<std::string, RecordId> ids;
  for (const RecordRow& row : require(office.book().list("minutes", {})).rows)
    ids.emplace(std::get<std::string>(*row.find("meeting_no")), row.id);
  const ImportOutcome update =
      import("1,先修五盏，月底完工。,草稿\n2,修桥。,草稿\n3,绿化三处。,定稿\n");
  REQUIRE(update.updated == 3);
  CHECK(office.text(ids.at("1"), "discussion") == "先修五盏，月底完工。");
  require(office.book().set(office.act(), "minutes", ids.at("2"),
                            std::vector{put("discussion", "修桥，再议。")}));

  const UndoOutcome undone = require(undo_import(
      *office.replica, office.space, office.founder().device, *update.import, ++office.clock));
  CHECK(office.text(ids.at("1"), "discussion") == "先修三盏。");
  CHECK(office.text(ids.at("2"), "discussion") == "修桥，再议。");
  // The state moves back, and with it the freeze; the text was final when it was read.
  CHECK(office.text(ids.at("3"), "discussion") == "绿化三处。");
  CHECK(office.text(ids.at("3"), "state") == "checked");
  CHECK_FALSE(require(office.replica->view(office.space, ids.at("3")))->state.is_frozen());
  CHECK(undone.reset == 2);
  std::map<RecordId, std::string> kept;
  for (const KeptRecord& record : undone.kept) kept.emplace(record.record, record.reason.en);
  REQUIRE(kept.size() == 2);
  CHECK(kept.at(ids.at("2")).find("since") != std::string::npos);
  CHECK(kept.at(ids.at("3")).find("final") != std::string::npos);
}

TEST_CASE("an import is refused as a whole before anything is written") {
  ImportOffice office(25);
  test::Person grid = test::admit_person(*office.replica, office.village, office.replica.random(),
                                         "孙丽", {"grid"});
  std::uint64_t changes = office.changes();
  Result<ImportOutcome> refused = office.run("1,10,,\n", grid);
  CHECK(refused.error().code == Errc::kPermission);
  ImportPlan broken = office.plan("1,\"10,,\n");
  CHECK(
      run_import(*office.replica, office.catalog, office.space, office.founder().device, broken, {})
          .error()
          .code == Errc::kInvalidArgument);
  ImportPlan unknown = office.plan("1,10,,\n");
  unknown.registry = "wells";
  CHECK(run_import(*office.replica, office.catalog, office.space, office.founder().device, unknown,
                   {})
            .error()
            .code == Errc::kNotFound);
  CHECK(office.changes() == changes);
  CHECK(undo_import(*office.replica, office.space, office.founder().device,
                    office.add({put("no", "1")}), 1)
            .error()
            .code == Errc::kNotFound);
}

TEST_CASE("a colleague can undo an import, but later claims about it widen nothing") {
  ImportOffice office(26);
  test::Person clerk =
      test::admit_person(*office.replica, office.village, office.replica.random(), "李敏");
  RecordId import = *office.import("1,10,,\n").import;
  RecordId own = office.add({put("no", "2")});
  test::write_record(*office.replica, office.space, clerk, import,
                     {test::set_field("changes", std::int64_t{1000})}, "import");
  Office other(27);
  test::pull(*other.replica, *office.replica, office.space);
  UndoOutcome undone = require(undo_import(*other.replica, office.space, clerk.device, import, 1));
  CHECK(undone.removed == 1);
  test::pull(*office.replica, *other.replica, office.space);
  CHECK_FALSE(office.row(own).is_deleted);
  CHECK(office.rows().size() == 1);
}

TEST_CASE("rows without a key are matched as a whole, whatever else the records say") {
  ImportOffice office(28);
  ImportPlan plan = office.plan(",10,张三,\n,10,李四,\n");
  REQUIRE(plan.rows.size() == 2);
  auto run = [&] {
    return require(run_import(*office.replica, office.catalog, office.space,
                              office.founder().device, plan, {}));
  };
  CHECK(run().added == 2);
  RecordPage page = require(office.book().list("sample", {}));
  office.set(page.rows[0].id, {put("phone", "13800138000")});
  CHECK(run().equal == 2);
}

namespace {
constexpr std::size_t kRows = 1000;
}

TEST_CASE(
    "a real register of 69 columns is imported with every column, found again and taken back") {
  std::optional<Bytes> csv = test::load_toronto();
  if (!csv) return;
  SampleOffice office(29);
  std::vector<std::string> header;
  REQUIRE(read_csv(*csv, Encoding::kAuto, [&](CsvRow& row) -> Result<void> {
            header = row.cells;
            return fail(Errc::kLimit, "enough");
          }).has_error());
  Mapping mapping = require(parse_mapping(
      make_mapping_template(*office.catalog.find("rental"), header, UnmatchedColumns::kKeep)));
  REQUIRE(mapping.columns.size() == 69);
  mapping.key = {"RSN"};
  ImportPlan plan = plan_import(*office.catalog.find("rental"), mapping, *csv, {.today = kToday});
  REQUIRE(plan.rows.size() == 3611);
  plan.rows.resize(kRows);  // The rest would only take longer.
  auto run = [&] {
    return require(run_import(*office.replica, office.catalog, office.space,
                              office.founder().device, plan, {}));
  };
  ImportOutcome first = run();
  CHECK(first.added == kRows);
  RecordPage page = require(office.book().list("rental", {.sort = {{"RSN", false}}}));
  REQUIRE(page.rows.size() == kRows);
  std::map<Value, const FieldValues*> expected;
  for (const PlannedRow& row : plan.rows) {
    auto rsn = std::ranges::find(row.fields, "RSN", &FieldValue::first);
    expected[rsn->second] = &row.fields;
  }
  for (const RecordRow& row : page.rows) {
    FieldValues wanted = *expected.at(*row.find("RSN"));
    FieldValues found = row.values;
    std::ranges::sort(wanted);
    std::ranges::sort(found);
    REQUIRE(found == wanted);
  }
  std::uint64_t changes = office.changes();
  CHECK(run().equal == kRows);
  CHECK(office.changes() == changes);
  UndoOutcome undone = require(
      undo_import(*office.replica, office.space, office.founder().device, *first.import, 1));
  CHECK(undone.removed == kRows);
  CHECK(undone.kept.empty());
  CHECK(require(office.book().list("rental", {})).total == 0);
}
