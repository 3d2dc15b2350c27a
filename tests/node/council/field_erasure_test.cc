// SPDX-License-Identifier: Apache-2.0
// One field of a record is erased: alone where it is alone in its parts, and otherwise with what
// stands beside it written again.
#include "node/council/field_erasure.h"

#include <algorithm>

#include "node/council/erasure_acts.h"
#include "node/registry/csv.h"
#include "node/registry/import.h"
#include "tests/node/registry/book_fixture.h"

using namespace cunju;
using namespace cunju::registry;
using namespace cunju::registry::testing;
using council::CarryHindrance;
using council::FieldErasure;
using test::require;

namespace {

constexpr std::string_view kVisits = R"(format = 1
id = "visits"
version = 1
label = "走访"
key = ["no"]
[[field]]
id = "no"
label = "编号"
[[field]]
id = "state"
kind = "state"
label = "状态"
initial = ["open"]
states = [ { code = "open", zh = "开", to = ["done"] }, { code = "done", zh = "完", to = [] } ]
[[field]]
id = "who"
label = "对象"
[[field]]
id = "tags"
kind = "set"
label = "标签"
[[field]]
id = "phone"
label = "电话"
type = "phone"
erasable = true
[[field]]
id = "mail"
label = "邮箱"
erasable = true
[[field]]
id = "notes"
label = "记事"
kind = "text"
)";

struct Desks : OfficeAndDesk {
  Desks() : OfficeAndDesk(kVisits) {
    office.open(village.space);
    sync();
  }
  RecordId add(std::vector<Edit> edits) { return OfficeAndDesk::add("visits", std::move(edits)); }
  void set(const RecordId& id, std::vector<Edit> edits) {
    OfficeAndDesk::set("visits", id, std::move(edits));
  }
  FieldErasure plan(const RecordId& id, std::string_view field) {
    return require(
        council::plan_field_erasure(*office.replica, village.space, "visits", id, field));
  }
  /// As the program does: what is carried over, the act, two approvals.
  void erase(const FieldErasure& plan) {
    auto acts = require(council::plan_erasure(office.replica->new_record_id(),
                                              {.reason = "本人要求"}, {.erase = plan.targets}));
    std::vector<replica::ChangeDraft> drafts;
    if (!plan.carried.empty()) drafts.push_back({.parts = plan.carried});
    for (auto& act : acts) drafts.push_back(std::move(act));
    require(office.replica->append(village.space, village.founder.device, drafts, 5000));
    approve_by_both();
    sync();
  }
  std::vector<std::string> values_ever(Office& at, const RecordId& id, std::string_view field) {
    std::vector<std::string> out;
    for (const auto& entry : require(at.book().history(id, "visits")))
      for (const Operation& operation : entry.operations)
        if (const auto* text = std::get_if<std::string>(&operation.value))
          if (operation.field == field) out.push_back(*text);
    return out;
  }
  std::vector<Value> tags(Office& at, const RecordId& id) {
    const RecordRow row = at.row(id);
    std::vector<Value> out;
    for (const FieldValue& value : row.values)
      if (value.first == "tags") out.push_back(value.second);
    return out;
  }
};

}  // namespace

TEST_CASE("an erasable field is erased with every earlier value, and nothing beside it") {
  Desks all;
  const RecordId id = all.add({put("no", "1"), put("who", "吴小兰"), put("state", "open"),
                               put("phone", "13800000001"), put("mail", "wu@example.cn")});
  all.set(id, {put("phone", "13900000002"), put("who", "吴小兰（二楼）")});
  all.sync();
  const FieldErasure plan = all.plan(id, "phone");
  CHECK(plan.targets.size() == 2);
  CHECK(plan.others.empty());
  CHECK(plan.carried.empty());
  CHECK(plan.hindrance == CarryHindrance::kNone);
  all.erase(plan);
  for (Office* at : {&all.office, &all.desk}) {
    CHECK(at->text(id, "phone").empty());
    CHECK(at->text(id, "who") == "吴小兰（二楼）");
    CHECK(at->text(id, "mail") == "wu@example.cn");
    CHECK(at->text(id, "state") == "open");
    CHECK(all.values_ever(*at, id, "phone").empty());
    CHECK(all.values_ever(*at, id, "who").size() == 2);
  }
  CHECK(require(all.office.replica->state_hash(all.village.space)) ==
        require(all.desk.replica->state_hash(all.village.space)));
  CHECK(require(all.office.replica->view_hash(all.village.space)) ==
        require(all.desk.replica->view_hash(all.village.space)));
  CHECK(all.plan(id, "phone").targets.empty());
  // Asked for again, it is a new fact.
  all.set(id, {put("phone", "13700000003")});
  CHECK(all.office.text(id, "phone") == "13700000003");
  CHECK(all.plan(id, "phone").targets.size() == 1);
}

TEST_CASE("what shares a part with an erased field is written again and stays as it is shown") {
  Desks all;
  const RecordId id =
      all.add({put("no", "1"), put("who", "吴小兰"), plus("tags", "甲"), plus("tags", "乙")});
  all.set(id, {put("who", "吴大兰"), minus("tags", "甲"), put("no", "2")});
  all.sync();
  const FieldErasure plan = all.plan(id, "who");
  CHECK(plan.targets.size() == 2);
  CHECK(plan.others == std::set<std::string>{"no", "tags"});
  CHECK(plan.hindrance == CarryHindrance::kNone);
  REQUIRE(plan.carried.size() == 1);
  all.erase(plan);
  for (Office* at : {&all.office, &all.desk}) {
    CHECK(at->text(id, "who").empty());
    CHECK(at->text(id, "no") == "2");
    CHECK(all.tags(*at, id) == std::vector<Value>{Value(std::string("乙"))});
    CHECK(all.values_ever(*at, id, "who").empty());
  }
}

TEST_CASE("an element that was taken out by an erased part does not come back") {
  Desks all;
  const RecordId id = all.add({plus("tags", "甲"), plus("tags", "乙")});
  all.set(id, {put("who", "吴小兰"), minus("tags", "甲")});
  all.erase(all.plan(id, "who"));
  CHECK(all.tags(all.office, id) == std::vector<Value>{Value(std::string("乙"))});
}

TEST_CASE("what a rewriting would lose is named instead") {
  Desks all;
  const RecordId state = all.add({put("who", "吴小兰"), put("state", "open")});
  CHECK(all.plan(state, "who").hindrance == CarryHindrance::kState);
  CHECK(all.plan(state, "who").hindered_by == "state");

  const RecordId text = all.add({put("who", "吴小兰"), put("notes", "门口见过")});
  CHECK(all.plan(text, "who").hindrance == CarryHindrance::kText);

  const RecordId split = all.add({put("no", "1"), put("who", "吴小兰")});
  all.sync();
  all.set(split, {put("no", "2")});
  require(all.desk.book().set(all.desk.act(all.li), "visits", split,
                              std::vector<Edit>{put("no", "3")}));
  all.sync();
  CHECK(all.plan(split, "who").hindrance == CarryHindrance::kConflict);
  CHECK(all.plan(split, "who").hindered_by == "no");

  const RecordId other = all.add({put("no", "9")});
  CHECK(all.plan(other, "who").targets.empty());
}

TEST_CASE("an import puts erasable fields into parts of their own, row by row") {
  Desks all;
  const Mapping mapping = require(parse_mapping(
      "[columns]\n\"号\" = \"no\"\n\"名\" = \"who\"\n\"话\" = \"phone\"\n\"信\" = \"mail\"\n"));
  std::string csv = "号,名,话,信\n";
  for (int i = 0; i < 150; ++i)
    csv += std::to_string(i) + ",某" + std::to_string(i) + "," +
           (i % 3 == 0 ? "" : "138000" + std::to_string(10000 + i)) + "," +
           (i % 2 == 0 ? "" : "m" + std::to_string(i) + "@example.cn") + "\n";
  const ImportPlan plan =
      plan_import(*all.office.catalog.find("visits"), mapping, as_bytes(csv), {.today = kToday});
  REQUIRE(plan.usable());
  const auto outcome =
      require(run_import(*all.office.replica, all.office.catalog, all.village.space,
                         all.village.founder.device, plan, {.claimed_ms = 2000}));
  CHECK(outcome.added == 150);
  all.sync();
  CHECK(require(all.office.replica->view_hash(all.village.space)) ==
        require(all.desk.replica->view_hash(all.village.space)));
  std::size_t seen = 0;
  for (const RecordRow& row : require(all.office.book().list("visits", {})).rows) {
    const std::string no = all.office.text(row.id, "no");
    const int i = std::stoi(no);
    CAPTURE(i);
    CHECK(all.office.text(row.id, "phone") ==
          (i % 3 == 0 ? "" : "138000" + std::to_string(10000 + i)));
    CHECK(all.plan(row.id, "phone").targets.size() == (i % 3 == 0 ? 0 : 1));
    if (i % 3 != 0) CHECK(all.plan(row.id, "phone").others.empty());
    if (i % 2 != 0) CHECK(all.plan(row.id, "mail").others.empty());
    if (++seen == 12) break;
  }
  // All rows came in one piece, and go as one.
  const auto undone = undo_import(*all.office.replica, all.village.space,
                                  all.village.founder.device, *outcome.import, 3000);
  REQUIRE(undone.has_value());
  CHECK(require(all.office.book().list("visits", {})).rows.empty());
}

TEST_CASE("an import that updated an erasable field and another one is taken back whole") {
  Desks all;
  const RecordId id = all.add({put("no", "1"), put("who", "吴小兰"), put("phone", "13800000001")});
  const Mapping mapping =
      require(parse_mapping("[columns]\n\"号\" = \"no\"\n\"名\" = \"who\"\n\"话\" = \"phone\"\n"));
  const ImportPlan plan =
      plan_import(*all.office.catalog.find("visits"), mapping,
                  as_bytes("号,名,话\n1,吴大兰,13900000002\n"), {.today = kToday});
  const auto outcome =
      require(run_import(*all.office.replica, all.office.catalog, all.village.space,
                         all.village.founder.device, plan, {.update = true, .claimed_ms = 2000}));
  CHECK(outcome.updated == 1);
  CHECK(all.office.text(id, "phone") == "13900000002");
  CHECK(all.plan(id, "phone").targets.size() == 2);
  require(undo_import(*all.office.replica, all.village.space, all.village.founder.device,
                      *outcome.import, 3000));
  CHECK(all.office.text(id, "phone") == "13800000001");
  CHECK(all.office.text(id, "who") == "吴小兰");
}

TEST_CASE("what is late is named with the rest, counted, and not written again") {
  Desks all;
  const RecordId id = all.add({put("no", "1"), put("who", "吴小兰")});
  all.sync();
  const RosterOperation removal = RemoveMember{
      .member = all.li.member,
      .cuts = {
          require(all.office.replica->cut_of(all.village.space, all.li.author(), std::nullopt))}};
  require(all.office.replica->append_roster(all.village.space, all.village.founder.device,
                                            {&removal, 1}, 4000));
  require(all.desk.book().set(all.desk.act(all.li), "visits", id,
                              std::vector<Edit>{put("who", "吴大兰"), put("no", "2")}));
  all.sync();
  CHECK(all.office.text(id, "no") == "1");
  const FieldErasure plan = all.plan(id, "who");
  CHECK(plan.targets.size() == 2);
  CHECK(plan.late == 1);
  REQUIRE(plan.carried.size() == 1);
  CHECK(plan.carried[0].operations.size() == 1);
}
