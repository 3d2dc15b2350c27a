// SPDX-License-Identifier: Apache-2.0
// Records with confidential fields: where they go, and what readers with and without keys are
// shown.
#include <algorithm>

#include "node/registry/import.h"
#include "tests/node/registry/book_fixture.h"

using namespace cunju;
using namespace cunju::registry;
using namespace cunju::registry::testing;
using test::require;

namespace {

constexpr std::string_view kCases = R"(format = 1
id = "cases"
version = 1
label = "纠纷"
display = ["no", "facts"]
key = ["no"]
retention = { rule = "10 年" }

[[field]]
id = "no"
label = "编号"

[[field]]
id = "facts"
label = "事实"
scope = "mediation"

[[field]]
id = "parties"
label = "当事人"
kind = "set"
scope = "mediation"

[[field]]
id = "state"
label = "状态"
kind = "state"
initial = "open"
states = [{ code = "open", zh = "未结", to = ["closed"] }, { code = "closed", zh = "已结", to = [] }]
)";

/// The founder's office has no key; Zhang's desk mediates; the relay is Li's, a clerk.
struct Cases {
  Office office{1}, desk{2}, relay{3};
  test::Village village{test::found_village(*office.replica, office.replica.random())};
  test::Person zhang{test::admit_person(*office.replica, village, office.replica.random(), "张",
                                        {"mediator", "clerk"})};
  test::Person li{
      test::admit_person(*office.replica, village, office.replica.random(), "李", {"clerk"})};
  RecordId record;

  explicit Cases(bool opens = true) {
    require(add_definition(*office.replica, village.space, village.founder.device, kCases, 1));
    if (opens) test::open_epoch(*office.replica, village, office.replica.random(), "mediation");
    require(office.replica->add_own_device(village.founder.device));
    require(desk.replica->add_own_device(zhang.device));
    require(relay.replica->add_own_device(li.device));
    office.open(village.space);
    sync();
  }
  void sync() {
    for (Office* each : {&desk, &relay}) {
      test::pull(*each->replica, *office.replica, village.space);
      each->open(village.space);
      test::pull(*office.replica, *each->replica, village.space);
    }
    for (Office* each : {&desk, &relay}) test::pull(*each->replica, *office.replica, village.space);
  }
  RecordId add(std::vector<Edit> edits) {
    record = require(desk.book().add(desk.act(zhang), "cases", edits)).record;
    return record;
  }
  std::vector<Part> last_parts() {
    return test::head_change(*desk.replica, village.space, zhang.author()).parts;
  }
};

}  // namespace

TEST_CASE("confidential fields go into a sealed part of the same change") {
  Cases all;
  all.add({put("no", "1"), put("facts", "打人"), put("parties", "王;李")});
  const std::vector<Part> parts = all.last_parts();
  REQUIRE(parts.size() == 2);
  CHECK(std::ranges::count(parts, kOpenScope, &Part::scope) == 1);
  CHECK(all.desk.text(all.record, "no") == "1");
  CHECK(all.desk.text(all.record, "facts") == "打人");
  // Only what changes is written, each in its own part.
  require(all.desk.book().set(all.desk.act(all.zhang), "cases", all.record,
                              std::vector{put("facts", "吵架")}));
  CHECK(all.last_parts().size() == 1);
  CHECK(all.last_parts()[0].scope != kOpenScope);
  CHECK_FALSE(require(all.desk.book().set(all.desk.act(all.zhang), "cases", all.record,
                                          std::vector{put("facts", "吵架"), put("no", "1")}))
                  .change);
}

TEST_CASE("who has no key sees that there is something confidential, and what is open") {
  Cases all;
  all.add({put("no", "1"), put("facts", "打人")});
  all.sync();
  const RecordRow row = all.relay.row(all.record);
  CHECK(all.relay.text(all.record, "no") == "1");
  CHECK(row.find("facts") == nullptr);
  CHECK(row.hidden == std::vector<HiddenParts>{{"mediation", 1}});
  CHECK(row_json(row).at("hidden").as_object().at("mediation").as_uint64() == 1);
  CHECK(all.desk.row(all.record).hidden.empty());
  CHECK(require(all.relay.book().list("cases", {})).total == 1);
  CHECK(require(all.desk.book().list("cases", {.filters = {{.field = "facts", .text = "打人"}}}))
            .total == 1);
  CHECK(
      require(all.relay.book().list("cases", {.filters = {{.field = "no", .text = "1"}}})).total ==
      1);
  CHECK(require(all.relay.book().history(all.record)).size() == 1);
  CHECK(require(all.relay.book().history(all.record))[0].operations.size() == 1);
  CHECK(require(all.desk.book().history(all.record))[0].operations.size() == 2);
}

TEST_CASE("a record of confidential fields alone is there for everybody") {
  Cases all;
  all.add({put("facts", "打人")});
  all.sync();
  CHECK(require(all.relay.book().list("cases", {})).total == 1);
  CHECK(all.relay.row(all.record).values.empty());
  CHECK(all.relay.row(all.record).hidden.size() == 1);
}

TEST_CASE("who may not read a scope, or has no key of it, writes nothing in it") {
  Cases all;
  all.add({put("no", "1"), put("facts", "打人")});
  all.sync();
  auto refused = [&](Office& at, const test::Person& who) {
    RecordBook book = at.book();
    Result<Saved> saved =
        book.set(at.act(who), "cases", all.record, std::vector{put("facts", "假的")});
    REQUIRE(saved.has_error());
    REQUIRE(book.refusal().size() == 1);
    CHECK_FALSE(book.refusal()[0].text.zh.empty());
    CHECK_FALSE(book.refusal()[0].text.en.empty());
    return std::string(book.refusal()[0].code);
  };
  CHECK(refused(all.relay, all.li) == "scope_not_yours");
  // By the roster Li may now, and the key has not come yet.
  const RosterOperation grant =
      GrantRole{.member = all.li.member, .role = "mediator", .term_from = {}, .term_until = {}};
  require(all.office.replica->append_roster(all.village.space, all.village.founder.device,
                                            {&grant, 1}, 0));
  all.sync();
  CHECK(refused(all.relay, all.li) == "no_epoch_key");
  CHECK(all.relay.row(all.record).hidden.size() == 1);
  require(all.desk.replica->hand_over_epochs(all.village.space, all.zhang.device, 0));
  all.sync();
  CHECK(all.relay.text(all.record, "facts") == "打人");
  require(all.relay.book().set(all.relay.act(all.li), "cases", all.record,
                               std::vector{put("facts", "真的")}));
  all.sync();
  CHECK(all.desk.text(all.record, "facts") == "真的");

  Cases closed(false);
  RecordBook book = closed.desk.book();
  CHECK(
      book.add(closed.desk.act(closed.zhang), "cases", std::vector{put("facts", "x")}).has_error());
  CHECK(book.refusal().at(0).code == "no_epoch");
  // Open fields need no epoch.
  require(
      closed.desk.book().add(closed.desk.act(closed.zhang), "cases", std::vector{put("no", "1")}));
}

TEST_CASE("conflicts of confidential fields are seen and settled by whoever has the key") {
  Cases all;
  all.add({put("no", "1"), put("facts", "打人")});
  const RosterOperation grant =
      GrantRole{.member = all.li.member, .role = "mediator", .term_from = {}, .term_until = {}};
  require(all.office.replica->append_roster(all.village.space, all.village.founder.device,
                                            {&grant, 1}, 0));
  all.sync();
  require(all.desk.replica->hand_over_epochs(all.village.space, all.zhang.device, 0));
  all.sync();
  require(all.desk.book().set(all.desk.act(all.zhang), "cases", all.record,
                              std::vector{put("facts", "甲")}));
  require(all.relay.book().set(all.relay.act(all.li), "cases", all.record,
                               std::vector{put("facts", "乙")}));
  all.sync();
  CHECK(all.desk.row(all.record).has_conflict);
  CHECK_FALSE(all.office.row(all.record).has_conflict);
  CHECK(require(all.office.book().conflicts()).empty());
  const std::vector<ConflictRow> rows = require(all.desk.book().conflicts());
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].field == "facts");
  CHECK(rows[0].candidates.size() == 2);
  require(all.desk.book().settle(all.desk.act(all.zhang), "cases", all.record, "facts",
                                 Choice(std::string("丙"))));
  CHECK(require(all.desk.book().conflicts()).empty());
  all.sync();
  CHECK(all.relay.text(all.record, "facts") == "丙");
}

TEST_CASE("values from before a field had its scope are shown until it has one there") {
  Cases all;
  const RecordId old = all.desk.replica.random().make<RecordId>();
  test::write_record(*all.desk.replica, all.village.space, all.zhang, old,
                     {test::set_field("facts", "旧的")}, "cases");
  CHECK(all.desk.text(old, "facts") == "旧的");
  require(all.desk.book().set(all.desk.act(all.zhang), "cases", old,
                              std::vector{put("facts", "新的")}));
  CHECK(all.desk.text(old, "facts") == "新的");
  all.sync();
  CHECK(all.relay.text(old, "facts") == "旧的");
}

TEST_CASE("a page is filtered and sorted by confidential fields for whoever reads them alone") {
  Cases all;
  all.add({put("no", "1"), put("facts", "乙")});
  all.add({put("no", "2"), put("facts", "甲"), put("parties", "王;李")});
  all.sync();
  const auto numbers = [](Office& at, ListQuery query) {
    query.limit = 10;
    std::string out;
    for (const RecordRow& row : require(at.book().list("cases", query)).rows)
      out += std::get<std::string>(*row.find("no"));
    return out;
  };
  const ListQuery by_facts{.filters = {}, .sort = {{"facts", true}}};
  const ListQuery of_li{.filters = {{"parties", FilterOp::kContains, "李"}}, .sort = {}};
  CHECK(numbers(all.desk, by_facts) == "21");
  CHECK(numbers(all.desk, of_li) == "2");
  CHECK(numbers(all.relay, of_li).empty());
  for (const bool descending : {false, true}) {
    const ListQuery query{.filters = {}, .sort = {{"facts", descending}}, .limit = 1};
    ListQuery whole = query;
    whole.limit = 0;
    CHECK(row_json(require(all.desk.book().list("cases", query)).rows.at(0)) ==
          row_json(require(all.desk.book().list("cases", whole)).rows.at(0)));
  }
  // The key stays in the home; the device that is open now may not read by it.
  all.desk.replica.reopen();
  require(all.desk.replica->add_own_device(all.li.device));
  CHECK(numbers(all.desk, of_li).empty());
  CHECK(numbers(all.desk, {}) == "12");
}

TEST_CASE("a removed record is removed for everybody, and comes back whole") {
  Cases all;
  all.add({put("no", "1"), put("facts", "打人")});
  require(all.desk.book().remove(all.desk.act(all.zhang), "cases", all.record));
  all.sync();
  CHECK(all.relay.row(all.record).is_deleted);
  CHECK(require(all.desk.book().list("cases", {})).total == 0);
  require(all.desk.book().restore(all.desk.act(all.zhang), "cases", all.record));
  CHECK(all.desk.text(all.record, "facts") == "打人");
}

TEST_CASE("an import writes confidential columns sealed, knows them again, and is taken back") {
  Cases all;
  const Mapping mapping =
      require(parse_mapping("[columns]\n\"编号\" = \"no\"\n\"事实\" = \"facts\"\n"));
  const std::string csv = "编号,事实\n1,打人\n2,吵架\n";
  auto run = [&](Office& at, const test::Person& who) {
    const ImportPlan plan =
        plan_import(*at.catalog.find("cases"), mapping, as_bytes(csv), {.today = kToday});
    return run_import(
        *at.replica, at.catalog, at.space, who.device, plan,
        {.file_digest = crypto::hash({as_bytes(csv)}), .update = false, .claimed_ms = 9});
  };
  const ImportOutcome first = require(run(all.desk, all.zhang));
  CHECK(first.added == 2);
  CHECK(std::ranges::count(all.last_parts(), kOpenScope, &Part::scope) == 3);
  CHECK(all.last_parts().size() == 5);
  CHECK(require(run(all.desk, all.zhang)).equal == 2);
  all.sync();
  CHECK(run(all.relay, all.li).error().code == Errc::kPermission);
  CHECK(require(all.relay.book().list("cases", {})).total == 2);
  require(undo_import(*all.desk.replica, all.village.space, all.zhang.device, *first.import, 10));
  CHECK(require(all.desk.book().list("cases", {})).total == 0);
}

namespace {

/// A case that was written by hand, and an import that writes over it.
struct UpdatedCase : Cases {
  explicit UpdatedCase(const std::string& csv) {
    add({put("no", "1"), put("facts", "打人"), put("parties", "王;李"), put("state", "open")});
    const Mapping mapping = require(parse_mapping(
        "[columns]\n\"编号\" = \"no\"\n\"事实\" = \"facts\"\n\"状态\" = \"state\"\n"));
    const ImportPlan plan =
        plan_import(*desk.catalog.find("cases"), mapping, as_bytes(csv), {.today = kToday});
    const ImportOutcome outcome =
        require(run_import(*desk.replica, desk.catalog, desk.space, zhang.device, plan,
                           {.update = true, .claimed_ms = 9}));
    REQUIRE(outcome.updated == 1);
    import = *outcome.import;
  }
  UndoOutcome undo(Office& at, const test::Person& who) {
    return require(undo_import(*at.replica, village.space, who.device, import, 10));
  }
  RecordId import;
};

}  // namespace

TEST_CASE(
    "taking an import back restores confidential fields, also of records it says nothing else of") {
  UpdatedCase all("编号,事实,状态\n1,吵架,\n");
  CHECK(all.desk.text(all.record, "facts") == "吵架");
  const UndoOutcome undone = all.undo(all.desk, all.zhang);
  CHECK(undone.reset == 1);
  CHECK(undone.kept.empty());
  CHECK(undone.unread == 0);
  CHECK(all.desk.text(all.record, "facts") == "打人");
  CHECK(all.desk.row(all.record).find("parties") != nullptr);
  // Nothing of it is in the open.
  for (const Part& part : all.last_parts())
    if (part.scope == kOpenScope)
      CHECK(to_hex(part.body).find(to_hex(as_bytes("打人"))) == std::string::npos);
  CHECK(all.undo(all.desk, all.zhang).reset == 0);
}

TEST_CASE("a confidential field that was written since an import stays, and that is said") {
  UpdatedCase all("编号,事实,状态\n1,吵架,closed\n");
  require(all.desk.book().set(all.desk.act(all.zhang), "cases", all.record,
                              std::vector{put("facts", "和好")}));
  const UndoOutcome undone = all.undo(all.desk, all.zhang);
  CHECK(undone.reset == 1);
  REQUIRE(undone.kept.size() == 1);
  CHECK(undone.kept[0].record == all.record);
  CHECK(all.desk.text(all.record, "facts") == "和好");
  CHECK(all.desk.text(all.record, "state") == "open");
}

TEST_CASE("who can't read what an import wrote leaves it, says so, and whoever can takes it back") {
  UpdatedCase all("编号,事实,状态\n1,吵架,closed\n");
  all.sync();
  const UndoOutcome undone = all.undo(all.relay, all.li);
  CHECK(undone.reset == 1);
  CHECK(undone.unread == 1);
  REQUIRE(undone.kept.size() == 1);
  CHECK(undone.kept[0].record == all.record);
  all.sync();
  CHECK(all.desk.text(all.record, "facts") == "吵架");
  CHECK(all.desk.text(all.record, "state") == "open");
  const UndoOutcome again = all.undo(all.desk, all.zhang);
  CHECK(again.reset == 1);
  CHECK(again.unread == 0);
  CHECK(all.desk.text(all.record, "facts") == "打人");
  // The import's record says what both have done.
  const RecordRow said = all.desk.row(all.import);
  REQUIRE(said.find("reset") != nullptr);
  CHECK(*said.find("reset") == Value{std::int64_t{2}});
}

TEST_CASE(
    "a key of a colleague on the same computer takes nothing back that the clerk may not read") {
  UpdatedCase all("编号,事实,状态\n1,吵架,closed\n");
  all.sync();
  // Li signs at the mediator's desk, where the scope's key is.
  const UndoOutcome undone = all.undo(all.desk, all.li);
  CHECK(undone.unread == 1);
  CHECK(undone.kept.size() == 1);
  CHECK(all.desk.text(all.record, "facts") == "吵架");
  CHECK(all.desk.text(all.record, "state") == "open");
}

namespace {

/// An import of one case with its number alone.
RecordId import_number(Cases& all, Office& at, const test::Person& who) {
  const Mapping mapping = require(parse_mapping("[columns]\n\"编号\" = \"no\"\n"));
  const ImportPlan plan =
      plan_import(*at.catalog.find("cases"), mapping, as_bytes("编号\n7\n"), {.today = kToday});
  const ImportOutcome outcome =
      require(run_import(*at.replica, at.catalog, at.space, who.device, plan, {.claimed_ms = 9}));
  REQUIRE(outcome.added == 1);
  all.record = require(at.book().list("cases", {})).rows.at(0).id;
  return *outcome.import;
}

}  // namespace

TEST_CASE("what somebody may have filled in out of sight is not removed by taking an import back") {
  Cases all;
  bool by_clerk = false;
  SECTION("the clerk's own import") { by_clerk = true; }
  SECTION("the mediator's import") { by_clerk = false; }
  const RecordId import =
      by_clerk ? import_number(all, all.relay, all.li) : import_number(all, all.desk, all.zhang);
  for (int i = 0; i < 2; ++i) all.sync();
  require(all.desk.book().set(all.desk.act(all.zhang), "cases", all.record,
                              std::vector{put("facts", "三个月的调解记录")}));
  for (int i = 0; i < 2; ++i) all.sync();
  const UndoOutcome undone =
      require(undo_import(*all.relay.replica, all.village.space, all.li.device, import, 10));
  CHECK(undone.removed == 0);
  REQUIRE(undone.kept.size() == 1);
  CHECK(undone.kept[0].reason.zh.find("读不到") != std::string::npos);
  for (int i = 0; i < 2; ++i) all.sync();
  CHECK_FALSE(all.desk.row(all.record).is_deleted);
  // Who reads it sees that it was edited.
  const UndoOutcome seen =
      require(undo_import(*all.desk.replica, all.village.space, all.zhang.device, import, 11));
  CHECK(seen.removed == 0);
  CHECK(seen.kept.size() == 1);
}

TEST_CASE("an import that nobody can have filled in is taken back without the scope's key") {
  Cases all;
  const RecordId import = import_number(all, all.relay, all.li);
  const UndoOutcome undone =
      require(undo_import(*all.relay.replica, all.village.space, all.li.device, import, 10));
  CHECK(undone.removed == 1);
  CHECK(all.relay.row(all.record).is_deleted);
}

TEST_CASE("a text of another scope than its registry's is no definition") {
  std::string toml(kCases);
  toml += "\n[[field]]\nid = \"story\"\nlabel = \"经过\"\nkind = \"text\"\nscope = \"mediation\"\n";
  CHECK(parse_definition(toml).has_error());
}
