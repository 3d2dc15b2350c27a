// SPDX-License-Identifier: Apache-2.0
// A person is looked for across registers, erased or restricted by what retention demands, and kept
// out of later imports.
#include "node/council/person_erasure.h"

#include <algorithm>

#include "node/council/erasure_acts.h"
#include "node/registry/csv.h"
#include "node/registry/erased_persons.h"
#include "node/registry/import.h"
#include "tests/node/registry/book_fixture.h"
#include "tests/node/registry/person_sample.h"

using namespace cunju;
using namespace cunju::registry;
using namespace cunju::registry::testing;
using council::PersonPlace;
using council::PersonRecord;
using test::require;

namespace {

/// Of a book kept for ten years from its date.
constexpr std::string_view kVisits = R"(format = 1
id = "visits"
version = 1
label = "走访"
key = ["no"]
[retention]
rule = "10 年"
years = 10
class = "period"
from = "on"
[[field]]
id = "no"
label = "编号"
[[field]]
id = "on"
label = "日期"
type = "date"
[[field]]
id = "who"
label = "对象"
[[field]]
id = "phone"
label = "电话"
type = "phone"
[[field]]
id = "notes"
label = "记事"
kind = "text"
)";

/// Rental and visits.
struct Desks : OfficeAndDesk {
  explicit Desks(bool opens = true) : OfficeAndDesk(kVisits) {
    if (opens)
      test::open_epoch(*office.replica, village, office.replica.random(), "rental_persons");
    add_own_devices();
    office.open(village.space);
    sync();
  }
  std::vector<PersonRecord> find(const PersonQuery& who) {
    return require(
               council::find_person(*office.replica, office.catalog, village.space, who, kToday))
        .records;
  }
  /// What `find` says of the record.
  const PersonRecord* of(const std::vector<PersonRecord>& all, const RecordId& id) {
    const auto found = std::ranges::find(all, id, &PersonRecord::record);
    return found == all.end() ? nullptr : &*found;
  }
  /// Asks for the person's erasure at the office, as the program does.
  RecordId ask(const PersonQuery& who) {
    const RecordId erasure = office.replica->new_record_id();
    council::ErasureTargets targets;
    for (const PersonRecord& record : find(who)) {
      if (record.place != PersonPlace::kFields) continue;
      auto& named = record.retention.is_kept ? targets.restrict : targets.erase;
      const auto parts = require(office.replica->parts_of(village.space, record.record));
      named.insert(named.end(), parts.targets.begin(), parts.targets.end());
    }
    auto drafts = require(council::plan_erasure(erasure, {.reason = "本人要求"}, targets));
    for (auto& part : require(
             mark_person(*office.replica, village.space, erasure, who, office.replica.random())))
      drafts.front().parts.push_back(std::move(part));
    require(office.replica->append(village.space, village.founder.device, drafts, 5000));
    return erasure;
  }
  bool is_shown(const RecordId& id) { return office.book().get(id).has_value(); }
  /// The rows of a rental table that an import at this desk would refuse for erased persons.
  std::vector<std::size_t> refused_rows(Office& at, const std::set<RecordId>& readmitted = {}) {
    const Mapping mapping = require(parse_mapping(
        "[columns]\n\"号\" = \"premises_id\"\n\"证\" = \"owner_identity_number\"\n\"名\" = "
        "\"owner_name\"\n\"话\" = \"owner_phone\"\n\"备注\" = \"备注\"\n"));
    const std::string csv = std::string("号,证,名,话,备注\n1,") + kIdentity + ",,,\n2," +
                            kOtherIdentity +
                            ",,,\n3,,吴小兰,,\n4,,吴小兰,138 0000 0000,\n5,,,,业主" + kIdentity +
                            "\n6,,,,证号：" + kIdentity + "\n";
    ImportPlan plan =
        plan_import(*at.catalog.find("rental"), mapping, as_bytes(csv), {.today = kToday});
    REQUIRE(plan.usable());
    refuse_erased_rows(plan, require(read_erased_persons(*at.replica, village.space)), readmitted,
                       kToday);
    CHECK(plan.rows.size() + plan.refused.size() == 6);
    std::vector<std::size_t> out;
    for (const RefusedRow& row : plan.refused) {
      CHECK(row.findings.front().code == kErasedPerson);
      CHECK(row.findings.front().text.zh.find(kIdentity) == std::string::npos);
      out.push_back(row.number);
    }
    return out;
  }
};

}  // namespace

TEST_CASE(
    "a person is found in every register, and each record is told by how it is the person's") {
  Desks all;
  const RecordId house =
      all.add("rental", {put("premises_id", "1"), put("owner_identity_number", kIdentity)});
  const RecordId old_house =
      all.add("rental", {put("premises_id", "2"), put("owner_identity_number", kIdentity)});
  require(all.office.book().set(all.office.act(all.village.founder), "rental", old_house,
                                std::vector<Edit>{put("owner_identity_number", kOtherIdentity)}));
  const RecordId tenancy =
      all.add("tenancy", {put("premises_id", "1"), plus("occupants", std::string(kName) + " 女儿"),
                          put("tenant_phone", kPhone), put("start", "2024-01-01")});
  const RecordId visit = all.add(
      "visits", {put("no", "1"), put("on", "2020-01-01"), put("who", kName), put("phone", kPhone)});
  const RecordId mention = all.add("visits", {put("no", "2"), put("who", "别人")});
  const auto draft = require(all.office.book().open_text(mention, "visits", "notes"));
  require(all.office.book().save_text(
      all.office.act(all.village.founder), draft,
      "在门口遇到的人说她的证号是" + std::string(kIdentity) + "，她叫吴小兰，电话13800000000。"));
  const RecordId stranger = all.add("rental", {put("premises_id", "3"), put("owner_name", kName)});

  const auto number = all.find(by_number());
  CHECK(number.size() == 3);
  REQUIRE(all.of(number, house) != nullptr);
  CHECK(all.of(number, house)->place == PersonPlace::kFields);
  CHECK_FALSE(all.of(number, house)->retention.is_kept);
  REQUIRE(all.of(number, old_house) != nullptr);
  CHECK(all.of(number, old_house)->place == PersonPlace::kHistory);
  REQUIRE(all.of(number, mention) != nullptr);
  CHECK(all.of(number, mention)->place == PersonPlace::kMention);

  const auto name = all.find(by_name());
  REQUIRE(all.of(name, tenancy) != nullptr);
  CHECK(all.of(name, tenancy)->place == PersonPlace::kFields);
  REQUIRE(all.of(name, visit) != nullptr);
  CHECK(all.of(name, visit)->retention.is_kept);
  CHECK(all.of(name, stranger) == nullptr);
  CHECK(all.of(name, house) == nullptr);
}

TEST_CASE(
    "who was typed into a text and taken out again is found, and is nowhere after the erasure") {
  Desks all;
  const RecordId visit = all.add("visits", {put("no", "2"), put("who", "别人")});
  const auto type = [&](std::string_view text) {
    const auto draft = require(all.office.book().open_text(visit, "visits", "notes"));
    require(all.office.book().save_text(all.office.act(all.village.founder), draft, text));
  };
  type("她的证号是" + std::string(kIdentity));
  type("她不愿意说");
  all.sync();
  const auto found = all.find(by_number());
  REQUIRE(all.of(found, visit) != nullptr);
  CHECK(all.of(found, visit)->place == PersonPlace::kTextHistory);

  // Whoever has read it asks for the record.
  const auto parts = require(all.office.replica->parts_of(all.village.space, visit));
  const auto drafts =
      require(council::plan_erasure(all.office.replica->new_record_id(), {.reason = "本人要求"},
                                    {.erase = parts.targets, .restrict = {}}));
  require(all.office.replica->append(all.village.space, all.village.founder.device, drafts, 5000));
  all.approve_by_both();
  all.sync();
  for (Office* at : {&all.office, &all.desk}) {
    CHECK(require(council::find_person(*at->replica, at->catalog, all.village.space, by_number(),
                                       kToday))
              .records.empty());
    for (const auto& entry : require(at->replica->history(all.village.space, visit)))
      CHECK(entry.operations.empty());
    for (const TextChange& change : require(at->replica->text_changes(all.village.space, visit)))
      CHECK(change.operations.empty());
    CHECK_FALSE(at->book().get(visit).has_value());
  }
}

TEST_CASE("an earlier sentence that has the person's number in it is found as an earlier value") {
  Desks all;
  const RecordId house = all.add(
      "rental", {put("premises_id", "1"), put("address", "业主证号" + std::string(kIdentity))});
  require(all.office.book().set(all.office.act(all.village.founder), "rental", house,
                                std::vector<Edit>{put("address", "七巷一号")}));
  const auto found = all.find(by_number());
  REQUIRE(all.of(found, house) != nullptr);
  CHECK(all.of(found, house)->place == PersonPlace::kHistory);
}

TEST_CASE("a name and a telephone of two different persons of a record make it nobody's") {
  Desks all;
  const RecordId two = all.add("tenancy", {put("premises_id", "1"), put("tenant_name", kName),
                                           put("landlord_phone", kPhone)});
  const RecordId one = all.add(
      "tenancy", {put("premises_id", "2"), put("tenant_name", kName), put("tenant_phone", kPhone)});
  const auto found = all.find(by_name());
  REQUIRE(all.of(found, two) != nullptr);
  CHECK(all.of(found, two)->place == PersonPlace::kMention);
  REQUIRE(all.of(found, one) != nullptr);
  CHECK(all.of(found, one)->place == PersonPlace::kFields);
}

TEST_CASE("a deleted record and both sides of a conflict are the person's as well") {
  Desks all;
  const RecordId gone =
      all.add("rental", {put("premises_id", "1"), put("owner_identity_number", kIdentity)});
  const RecordId split = all.add("rental", {put("premises_id", "2")});
  all.sync();
  require(all.office.book().remove(all.office.act(all.village.founder), "rental", gone));
  const auto write = [&](Office& at, const test::Person& by, const char* number) {
    require(at.book().set(at.act(by), "rental", split,
                          std::vector<Edit>{put("owner_identity_number", number)}));
  };
  write(all.office, all.village.founder, kIdentity);
  write(all.desk, all.li, kOtherIdentity);
  all.sync();
  for (const char* number : {kIdentity, kOtherIdentity}) {
    const auto found = all.find(require(parse_person(number, "", "", kToday)));
    REQUIRE(all.of(found, split) != nullptr);
    CHECK(all.of(found, split)->place == PersonPlace::kFields);
  }
  const auto found = all.find(by_number());
  REQUIRE(all.of(found, gone) != nullptr);
  CHECK(all.of(found, gone)->is_deleted);
}

TEST_CASE("what can't be read here is not searched, and that is said") {
  Desks all;
  const RecordId id =
      all.add("rental", {put("premises_id", "1"), put("owner_identity_number", kIdentity)});
  Office relay(3);
  require(relay.replica->add_own_device(all.supervisor.device));
  test::pull(*relay.replica, *all.office.replica, all.village.space);
  relay.open(all.village.space);
  const auto there = require(
      council::find_person(*relay.replica, relay.catalog, all.village.space, by_number(), kToday));
  CHECK(there.records.empty());
  CHECK(there.unsearched == 1);
  const auto here = require(council::find_person(*all.office.replica, all.office.catalog,
                                                 all.village.space, by_number(), kToday));
  CHECK(here.unsearched == 0);
  CHECK(all.of(here.records, id) != nullptr);
}

TEST_CASE("what retention keeps is stored and shown to nobody, and the rest is destroyed") {
  Desks all;
  const RecordId tenancy =
      all.add("tenancy", {put("premises_id", "1"), put("tenant_name", kName),
                          put("tenant_phone", kPhone), put("start", "2024-01-01")});
  const RecordId visit = all.add(
      "visits", {put("no", "1"), put("on", "2020-01-01"), put("who", kName), put("phone", kPhone)});
  all.ask(by_name());
  CHECK_FALSE(all.is_shown(tenancy));
  CHECK_FALSE(all.is_shown(visit));
  CHECK(all.find(by_name()).empty());
  all.approve_by_both();
  const auto report = require(all.office.replica->erasures(all.village.space));
  REQUIRE(report.acts.size() == 2);
  for (const replica::ErasureEntry& act : report.acts) {
    CHECK(act.fate == Fate::kDestroyed);
    const bool restricts = act.said.effect == ErasureEffect::kRestrict;
    CHECK(act.here == (restricts ? act.said.targets.size() : 0));
    CHECK(act.erased == (restricts ? 0 : act.said.targets.size()));
  }
  CHECK_FALSE(all.is_shown(visit));
  all.sync();
  CHECK_FALSE(all.desk.book().get(visit).has_value());
  CHECK(all.office.replica->state_hash(all.village.space).value() ==
        all.desk.replica->state_hash(all.village.space).value());
  test::check_against_replay(*all.office.replica, all.village.space, {&all.village.founder});
}

TEST_CASE(
    "an erased person's rows are kept out of imports on every computer that reads the scope") {
  Desks all;
  all.add("rental", {put("premises_id", "9"), put("owner_identity_number", kIdentity),
                     put("owner_name", kName), put("owner_phone", kPhone)});
  CHECK(all.refused_rows(all.office).empty());
  const PersonQuery who = require(parse_person(kIdentity, kName, kPhone, kToday));
  const RecordId erasure = all.ask(who);
  // By number, in whatever column, also behind other letters; by name with telephone number; not by
  // the name alone.
  CHECK(all.refused_rows(all.office) == std::vector<std::size_t>{2, 5, 6, 7});
  CHECK(all.refused_rows(all.desk).empty());
  all.sync();
  CHECK(all.refused_rows(all.desk) == std::vector<std::size_t>{2, 5, 6, 7});
  CHECK(all.refused_rows(all.desk, {erasure}).empty());
  all.approve_by_both();
  CHECK(all.refused_rows(all.office) == std::vector<std::size_t>{2, 5, 6, 7});
  // Who may not read the scope has nothing to test with.
  Office relay(3);
  require(relay.replica->add_own_device(all.supervisor.device));
  test::pull(*relay.replica, *all.office.replica, all.village.space);
  relay.open(all.village.space);
  CHECK(all.refused_rows(relay).empty());
}

TEST_CASE("the marks of an erasure without effect keep nobody out") {
  Desks all;
  all.add("rental", {put("premises_id", "9"), put("owner_identity_number", kIdentity)});
  // Marks beside no act at all: whoever may write in the registry could keep anybody out.
  const auto parts = require(mark_person(*all.office.replica, all.village.space,
                                         all.office.replica->new_record_id(), by_number(),
                                         all.office.replica.random()));
  REQUIRE(parts.size() == 1);
  const replica::ChangeDraft draft{.parts = parts};
  require(
      all.office.replica->append(all.village.space, all.village.founder.device, {&draft, 1}, 7000));
  CHECK(all.refused_rows(all.office).empty());
}

TEST_CASE("where no confidential scope can be written in there are no marks") {
  Desks all(false);
  CHECK(require(mark_person(*all.office.replica, all.village.space,
                            all.office.replica->new_record_id(), by_number(),
                            all.office.replica.random()))
            .empty());
}

TEST_CASE("an import that brings an erased person back says by what ground") {
  Desks all;
  const Mapping mapping = require(parse_mapping("[columns]\n\"号\" = \"premises_id\"\n"));
  const ImportPlan plan = plan_import(*all.office.catalog.find("rental"), mapping,
                                      as_bytes("号\n1\n"), {.today = kToday});
  const ImportOutcome outcome = require(
      run_import(*all.office.replica, all.office.catalog, all.village.space,
                 all.village.founder.device, plan, {.claimed_ms = 1, .readmitted = "ab12 新租约"}));
  REQUIRE(outcome.import);
  const RecordRow row = all.office.row(*outcome.import);
  const Value* said = row.find("readmitted");
  REQUIRE(said != nullptr);
  CHECK(std::get<std::string>(*said) == "ab12 新租约");
}

TEST_CASE("rows of a restricted person are refused until the restriction is lifted") {
  Desks all;
  const RecordId house =
      all.add("rental", {put("premises_id", "9"), put("owner_identity_number", kIdentity)});
  const SpaceId& space = all.village.space;
  const RecordId erasure = all.office.replica->new_record_id();
  const auto parts = require(all.office.replica->parts_of(space, house));
  auto drafts = require(council::plan_erasure(erasure, {.reason = "有争议"},
                                              {.erase = {}, .restrict = parts.targets}));
  for (auto& part : require(mark_person(*all.office.replica, space, erasure, by_number(),
                                        all.office.replica.random())))
    drafts.front().parts.push_back(std::move(part));
  require(all.office.replica->append(space, all.village.founder.device, drafts, 5000));
  CHECK_FALSE(all.is_shown(house));
  CHECK(all.refused_rows(all.office) == std::vector<std::size_t>{2, 6, 7});

  std::vector<ChangeId> acts;
  for (const auto& entry : require(all.office.replica->erasures(space)).acts)
    acts.push_back(entry.act);
  const RecordId lift = all.office.replica->new_record_id();
  CHECK(council::plan_lift(lift, {.reason = "争议已解决"}, {}).error().code ==
        Errc::kInvalidArgument);
  const auto lifting = require(council::plan_lift(lift, {.reason = "争议已解决"}, acts));
  require(all.office.replica->append(space, all.village.founder.device, {&lifting, 1}, 5500));
  CHECK_FALSE(all.is_shown(house));
  for (const test::Person* who : {&all.village.founder, &all.supervisor}) {
    std::vector<replica::ErasureEntry> of_lift;
    for (auto& entry : require(all.office.replica->erasures(space)).acts)
      if (entry.erasure == lift) of_lift.push_back(entry);
    const auto draft = require(council::plan_erasure_approval(of_lift));
    require(all.office.replica->append(space, who->device, {&draft, 1}, 6000));
  }
  CHECK(all.is_shown(house));
  CHECK(all.refused_rows(all.office).empty());
}
