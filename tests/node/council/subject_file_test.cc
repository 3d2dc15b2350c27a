// SPDX-License-Identifier: Apache-2.0
// What a person gets of the registers: what is the person's, and nothing of anybody else.
#include "node/council/subject_file.h"

#include <algorithm>

#include "node/council/subject_text.h"
#include "node/registry/builtin.h"
#include "tests/node/registry/book_fixture.h"

using namespace cunju;
using namespace cunju::registry;
using namespace cunju::registry::testing;
using council::SubjectFile;
using council::SubjectRecord;
using test::require;

namespace {

constexpr const char* kIdentity = "11010519491231002X";
constexpr const char* kOther = "110105194912310038";

const PersonQuery kWu{.identity = kIdentity, .name = "吴小兰", .phone = "13800000000"};

/// A village whose founder keeps all registers and reads what a clerk may.
struct Desk {
  Office office{1};
  test::Village village{test::found_village(*office.replica, office.replica.random())};

  Desk() {
    for (const char* scope : {"rental_persons", "subject_requests"})
      test::open_epoch(*office.replica, village, office.replica.random(), scope);
    require(office.replica->add_own_device(village.founder.device));
    office.open(village.space);
  }
  RecordId add(std::string_view registry, std::vector<Edit> edits, bool allow_extra = false) {
    return require(office.book().add(office.act(village.founder), registry, edits,
                                     {.allow_extra = allow_extra}))
        .record;
  }
  SubjectFile gather(const PersonQuery& who, bool with_history = false) {
    RecordBook book = office.book();
    return require(council::gather_subject_file(*office.replica, office.catalog, book,
                                                village.space, who,
                                                {.with_history = with_history, .today = kToday}));
  }
  council::SubjectTextContext context() const {
    return {.catalog = office.catalog,
            .language = Language::kChinese,
            .space_name = "幸福村",
            .request = "00",
            .day = "2026-11-20",
            .name_of = [](const AuthorKey&) { return std::string("文书"); },
            .time_of = [](std::uint64_t) { return std::string("那时"); }};
  }
};

std::vector<std::string> fields_of(const SubjectRecord& record) {
  std::vector<std::string> out;
  for (const council::SubjectValue& value : record.values) out.push_back(value.field);
  return out;
}

bool has(const std::vector<std::string>& names, const char* name) {
  return std::ranges::find(names, name) != names.end();
}

}  // namespace

TEST_CASE("a tenant gets the tenancy without the landlord and the other occupants") {
  Desk desk;
  desk.add("tenancy",
           {put("premises_id", "FW1"), put("tenant_name", "吴小兰"),
            put("tenant_identity_number", kIdentity), put("tenant_phone", "13800000000"),
            put("landlord_name", "孙房东"), put("landlord_phone", "13900000000"),
            plus("occupants", "吴小兰 本人"), plus("occupants", "李某 配偶"), put("rent", "1200")});
  for (const PersonQuery& who :
       {kWu, PersonQuery{.identity = kIdentity, .name = {}, .phone = {}}}) {
    const SubjectFile file = desk.gather(who);
    REQUIRE(file.records.size() == 1);
    const std::vector<std::string> given = fields_of(file.records[0]);
    for (const char* field : {"premises_id", "tenant_name", "tenant_phone", "rent", "occupants"})
      CHECK(has(given, field));
    CHECK_FALSE(has(given, "landlord_name"));
    CHECK_FALSE(has(given, "landlord_phone"));
    CHECK(std::ranges::count(given, "occupants") == 1);
    for (const char* field : {"landlord_name", "landlord_phone", "occupants"})
      CHECK(has(file.records[0].left_out, field));
    // No file has it either.
    const auto context = desk.context();
    for (const std::string& text :
         {council::subject_text(file, context), council::subject_csv(file, context)}) {
      CHECK(text.find("吴小兰") != std::string::npos);
      CHECK(text.find("1200.00") != std::string::npos);
      for (const char* others : {"孙房东", "13900000000", "李某"})
        CHECK(text.find(others) == std::string::npos);
    }
  }
  // The landlord gets the landlord's side of the same record.
  const SubjectFile file = desk.gather({.identity = {}, .name = "孙房东", .phone = "13900000000"});
  REQUIRE(file.records.size() == 1);
  CHECK(has(fields_of(file.records[0]), "landlord_name"));
  CHECK_FALSE(has(fields_of(file.records[0]), "tenant_identity_number"));
}

TEST_CASE("a telephone number that a family shares tells nobody from the other party") {
  Desk desk;
  desk.add("tenancy", {put("premises_id", "FW1"), put("tenant_name", "吴小兰"),
                       put("tenant_phone", "13800000000"), put("landlord_name", "吴大山"),
                       put("landlord_phone", "13800000000")});
  const SubjectFile file = desk.gather(kWu);
  REQUIRE(file.records.size() == 1);
  CHECK(has(fields_of(file.records[0]), "tenant_name"));
  CHECK_FALSE(has(fields_of(file.records[0]), "landlord_name"));
}

TEST_CASE("what nobody can tell whose it is is left out or marked, and named") {
  Desk desk;
  desk.add("tenancy",
           {put("premises_id", "FW1"), put("tenant_identity_number", kIdentity),
            put("中介", "王中介"), put("紧急联系", std::string("本人 ") + kIdentity)},
           true);
  desk.add("minutes",
           {put("title", "会议"), put("chair", "李主任"),
            plus("observers", std::string("吴小兰 ") + "13800000000"), plus("observers", "赵某")});
  const SubjectFile file = desk.gather(kWu);
  REQUIRE(file.records.size() == 2);
  const SubjectRecord& minutes = file.records[0];
  REQUIRE(minutes.registry == "minutes");
  CHECK(std::ranges::count(fields_of(minutes), "observers") == 1);
  CHECK(has(minutes.left_out, "observers"));
  for (const council::SubjectValue& value : minutes.values)
    CHECK(value.may_concern_others == (value.field == "chair"));
  const SubjectRecord& tenancy = file.records[1];
  CHECK(has(tenancy.left_out, "中介"));
  CHECK(has(fields_of(tenancy), "紧急联系"));
  std::string warned;
  for (const Label& each : council::subject_warnings(file, desk.context())) warned += each.zh;
  CHECK(warned.find("中介") != std::string::npos);
}

TEST_CASE("of earlier values those are given that have the person in them, or stand now") {
  Desk desk;
  const RecordId record =
      desk.add("tenancy", {put("premises_id", "FW1"), put("tenant_name", "钱前租"),
                           put("tenant_identity_number", kOther), put("rent", "900")});
  const auto edits = std::vector<Edit>{
      put("tenant_name", "吴小兰"), put("tenant_identity_number", kIdentity), put("rent", "1200")};
  require(desk.office.book().set(desk.office.act(desk.village.founder), "tenancy", record, edits));
  CHECK(desk.gather(kWu).records[0].history.empty());
  const SubjectFile file = desk.gather({.identity = kIdentity, .name = {}, .phone = {}}, true);
  REQUIRE(file.records.size() == 1);
  std::vector<std::string> texts;
  std::size_t rents = 0;
  for (const council::SubjectChange& change : file.records[0].history) {
    if (change.field == "rent") ++rents;
    if (const auto* text = std::get_if<std::string>(&change.value)) texts.push_back(*text);
  }
  CHECK(rents == 2);
  CHECK(has(texts, "吴小兰"));
  CHECK(has(texts, kIdentity));
  CHECK_FALSE(has(texts, "钱前租"));
  CHECK_FALSE(has(texts, kOther));
}

TEST_CASE("the person is told who may have it, by the ledger and by the roster") {
  Desk desk;
  const RecordId record =
      desk.add("tenancy", {put("premises_id", "FW1"), put("tenant_identity_number", kIdentity)});
  const RecordId other =
      desk.add("tenancy", {put("premises_id", "FW2"), put("tenant_identity_number", kOther)});
  const auto book = [&](const char* recipient, std::vector<Edit> more) {
    more.insert(more.end(),
                {put("on", "2026-11-01"), put("kind", "print"), put("recipient_kind", "department"),
                 put("recipient", recipient), put("purpose", "检查")});
    desk.add("disclosures", std::move(more));
  };
  book("全册", {plus("registries", "tenancy")});
  book("此条", {plus("registries", "tenancy"), plus("records", "tenancy/" + record.hex())});
  book("他条", {plus("registries", "tenancy"), plus("records", "tenancy/" + other.hex())});
  book("别册", {plus("registries", "votes")});
  desk.add("disclosures", {put("on", "2026-11-01"), put("kind", "export"),
                           put("recipient_kind", "own"), put("purpose", "自用")});
  test::admit_person(*desk.office.replica, desk.village, desk.office.replica.random(), "街道办",
                     {"office"});
  const SubjectFile file = desk.gather(kWu);
  std::vector<std::string> recipients;
  for (const audit::Disclosure& each : file.disclosures) recipients.push_back(each.recipient);
  std::ranges::sort(recipients);
  std::vector<std::string> expected{"全册", "此条"};
  std::ranges::sort(expected);
  CHECK(recipients == expected);
  REQUIRE(file.grants.size() == 1);
  CHECK(file.grants[0].name == "街道办");
  CHECK(file.grants[0].reads_all);
  CHECK(file.grants[0].scopes.empty());
  const std::string text = council::subject_text(file, desk.context());
  CHECK(text.find("街道办") != std::string::npos);
  CHECK(text.find("此条") != std::string::npos);
}

TEST_CASE(
    "every personal field of the built-in registers that names a person has a party or is one of "
    "many") {
  // Else a copy for one of two parties would have the other in it.
  for (const Definition& definition : builtin_definitions()) {
    for (const FieldDefinition& field : definition.fields) {
      CAPTURE(definition.id, field.id);
      if (field.type == FieldType::kIdentityNumber || field.type == FieldType::kPhone)
        CHECK_FALSE(field.party.empty());
    }
  }
}
