// SPDX-License-Identifier: Apache-2.0
// What a person gets of the registers: what is the person's, and nothing of anybody else.
#include "node/council/subject_file.h"

#include <algorithm>
#include <boost/json/serialize.hpp>

#include "node/council/subject_text.h"
#include "node/registry/builtin.h"
#include "tests/node/registry/book_fixture.h"
#include "tests/node/registry/person_sample.h"

using namespace cunju;
using namespace cunju::registry;
using namespace cunju::registry::testing;
using council::SubjectFile;
using council::SubjectRecord;
using test::require;

namespace {

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

TEST_CASE("what nobody can tell whose it is is left out, and named") {
  Desk desk;
  desk.add("tenancy",
           {put("premises_id", "FW1"), put("tenant_identity_number", kIdentity),
            put("中介", "王中介"), put("紧急联系", std::string("本人 ") + kIdentity)},
           true);
  const RecordId minutes = desk.add(
      "minutes",
      {put("meeting_no", "2026-07"), put("title", "会议"), put("chair", "李主任"),
       plus("observers", std::string("吴小兰 ") + "13800000000"), plus("observers", "赵某")});
  const SubjectFile file = desk.gather(kWu);
  REQUIRE(file.records.size() == 1);
  const SubjectRecord& tenancy = file.records[0];
  CHECK(has(tenancy.left_out, "中介"));
  CHECK(has(fields_of(tenancy), "紧急联系"));
  // Of a record without parties the person is told where it is, and not what it says.
  REQUIRE(file.to_be_read.size() == 1);
  CHECK(file.to_be_read[0].record == minutes);
  const std::string text = council::subject_text(file, desk.context());
  CHECK(text.find("2026-07") != std::string::npos);
  for (const char* others : {"李主任", "赵某", "王中介", "中介"})
    CHECK(text.find(others) == std::string::npos);
  std::string warned;
  for (const Label& each : council::subject_warnings(file, desk.context())) warned += each.zh;
  CHECK(warned.find("中介") != std::string::npos);
}

TEST_CASE("of earlier values those are given that have the person in them, or stand now") {
  Desk desk;
  const RecordId record =
      desk.add("tenancy", {put("premises_id", "FW1"), put("tenant_name", "钱前租"),
                           put("tenant_identity_number", kOtherIdentity), put("rent", "900")});
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
  // What the former tenant paid is the former tenant's.
  CHECK(rents == 1);
  CHECK(has(file.records[0].left_out_earlier, "rent"));
  CHECK(has(file.records[0].left_out_earlier, "tenant_name"));
  CHECK(has(texts, "吴小兰"));
  CHECK(has(texts, kIdentity));
  CHECK_FALSE(has(texts, "钱前租"));
  CHECK_FALSE(has(texts, kOtherIdentity));
}

TEST_CASE("the person is told who may have it, by the ledger and by the roster") {
  Desk desk;
  const RecordId record =
      desk.add("tenancy", {put("premises_id", "FW1"), put("tenant_identity_number", kIdentity)});
  const RecordId other = desk.add(
      "tenancy", {put("premises_id", "FW2"), put("tenant_identity_number", kOtherIdentity)});
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
  desk.add("disclosures",
           {put("on", "2026-11-02"), put("kind", "person_copy"), put("recipient_kind", "person"),
            put("purpose", "答复他人"), plus("registries", "tenancy")});
  desk.add("disclosures", {put("on", "2026-11-03"), put("kind", "oral"),
                           put("recipient_kind", "individual"), put("recipient", "郑某某"),
                           put("purpose", "寻找郑某某"), plus("registries", "tenancy")});
  desk.add("disclosures", {put("on", "2026-11-01"), put("kind", "export"),
                           put("recipient_kind", "own"), put("purpose", "自用")});
  test::admit_person(*desk.office.replica, desk.village, desk.office.replica.random(), "街道办",
                     {"office"});
  const SubjectFile file = desk.gather(kWu);
  std::vector<std::string> recipients;
  for (const audit::Disclosure& each : file.disclosures) recipients.push_back(each.recipient);
  std::ranges::sort(recipients);
  std::vector<std::string> expected{"", "全册", "此条"};
  std::ranges::sort(expected);
  CHECK(recipients == expected);
  REQUIRE(file.grants.size() == 1);
  CHECK(file.grants[0].name == "街道办");
  CHECK(file.grants[0].reads_all);
  CHECK(file.grants[0].scopes.empty());
  // An entry for a whole register may have been made for somebody else.
  for (const audit::Disclosure& each : file.disclosures)
    CHECK(each.purpose == (each.recipient == "此条" ? "检查" : ""));
  const std::string text = council::subject_text(file, desk.context());
  CHECK(text.find("街道办") != std::string::npos);
  CHECK(text.find("此条") != std::string::npos);
  CHECK(text.find("2026-11-03") != std::string::npos);
  for (const char* others : {"郑某某", "答复他人", "他条"})
    CHECK(text.find(others) == std::string::npos);
}

TEST_CASE("free texts and attachments that no party owns are in no file, and are named") {
  Desk desk;
  desk.add("tenancy", {put("premises_id", "FW1"), put("tenant_name", "吴小兰"),
                       put("tenant_identity_number", kIdentity), put("tenant_phone", "13800000000"),
                       put("police_source", "孙房东口述"), put("remarks", "孙房东欠租"),
                       put("landlord_kind", "owner"), put("contract_filing_no", "BA-7"),
                       plus("occupants", "吴小兰"), plus("occupants", "吴小兰之夫钱某")});
  const SubjectFile file = desk.gather(kWu, true);
  REQUIRE(file.records.size() == 1);
  const std::vector<std::string> given = fields_of(file.records[0]);
  CHECK(has(given, "contract_filing_no"));
  CHECK(std::ranges::count(given, "occupants") == 1);
  std::string warned;
  for (const Label& each : council::subject_warnings(file, desk.context())) warned += each.zh;
  for (const char* label : {"备注", "居住登记信息来源", "实际居住人"})
    CHECK(warned.find(label) != std::string::npos);
  const auto context = desk.context();
  const std::string json = boost::json::serialize(council::subject_json(file, context));
  for (const std::string& text :
       {council::subject_text(file, context), council::subject_csv(file, context), json}) {
    CHECK(text.find("BA-7") != std::string::npos);
    for (const char* others : {"孙房东", "钱某", "房主"})
      CHECK(text.find(others) == std::string::npos);
  }
  CHECK(council::subject_text(file, context).find("没有列出") != std::string::npos);
}

TEST_CASE("of a party with two persons only values that are the person's are given") {
  const std::vector<Definition> all = builtin_definitions();
  const Definition& mediation = *std::ranges::find(all, "mediation", &Definition::id);
  RecordRow row;
  row.values = {{"case_no", Value("AJ-1")},
                {"applicants", Value("吴小兰")},
                {"applicants", Value("李某")},
                {"applicant_phone", Value("13800000000")},
                {"applicant_address", Value("李家巷 3 号")},
                {"respondents", Value("吴小兰")},
                {"respondent_phone", Value("13900000000")},
                {"identity_seen", Value(std::int64_t{1})},
                {"brief", Value("李某打人")},
                {"file_scan.1", Value(Bytes{1})}};
  const auto selected = council::select_for(kWu, row, &mediation, kToday);
  CHECK(selected.is_party);
  std::vector<std::string> given;
  for (const council::SubjectValue& value : selected.values) given.push_back(value.field);
  CHECK(given == std::vector<std::string>{"case_no", "applicants", "applicant_phone"});
  for (const char* field : {"applicants", "applicant_address", "respondents", "respondent_phone",
                            "identity_seen", "brief", "file_scan.1"})
    CHECK(has(selected.left_out, field));
  // The telephone number is somebody's, and not the asker's.
  row.values[3].second = Value("13700000000");
  CHECK_FALSE(council::select_for(kWu, row, &mediation, kToday).is_party);
  row.values[1].second = Value(std::string("吴小兰 ") + kIdentity);
  const auto by_number = council::select_for(kWu, row, &mediation, kToday);
  REQUIRE(by_number.is_party);
  CHECK(has(by_number.left_out, "applicant_phone"));
}

TEST_CASE("two names in one field are two persons") {
  const std::vector<Definition> all = builtin_definitions();
  const Definition& tenancy = *std::ranges::find(all, "tenancy", &Definition::id);
  RecordRow row;
  row.values = {{"tenant_name", Value("李某、吴小兰")},
                {"tenant_phone", Value("13700000000")},
                {"tenant_identity_number", Value(kIdentity)}};
  for (const PersonQuery& who :
       {kWu, PersonQuery{.identity = kIdentity, .name = {}, .phone = {}}}) {
    const auto selected = council::select_for(who, row, &tenancy, kToday);
    CHECK(selected.is_party);
    CHECK(selected.values.size() == 1);
    CHECK(has(selected.left_out, "tenant_name"));
    CHECK(has(selected.left_out, "tenant_phone"));
  }
}

TEST_CASE("a name alone makes no party the person's, and another's number speaks against it") {
  const std::vector<Definition> all = builtin_definitions();
  const Definition& tenancy = *std::ranges::find(all, "tenancy", &Definition::id);
  RecordRow row;
  row.values = {{"landlord_name", Value("吴小兰")},
                {"landlord_phone", Value("13900000000")},
                {"tenant_name", Value("吴小兰")},
                {"tenant_phone", Value("13800000000")},
                {"tenant_identity_number", Value(kOtherIdentity)}};
  CHECK_FALSE(council::select_for(kWu, row, &tenancy, kToday).is_party);
  row.values.pop_back();
  const auto selected = council::select_for(kWu, row, &tenancy, kToday);
  CHECK(selected.is_party);
  CHECK(has(selected.left_out, "landlord_name"));
  CHECK(has(selected.left_out, "landlord_phone"));
}

TEST_CASE("nobody is told that nothing is held where not all was looked at") {
  Desk desk;
  const auto text_of = [&](const SubjectFile& file) {
    return council::subject_text(file, desk.context());
  };
  const std::string nothing = "没有您的记录";
  CHECK(text_of(desk.gather(kWu)).find(nothing) != std::string::npos);
  SubjectFile sealed, mentioned, restricted;
  sealed.unsearched = 1;
  mentioned.to_be_read.push_back({.registry = "votes", .record = {}, .number = {}, .day = {}});
  restricted.has_restricted = true;
  for (const SubjectFile& file : {sealed, mentioned, restricted}) {
    CHECK_FALSE(file.is_nothing());
    CHECK(text_of(file).find(nothing) == std::string::npos);
  }
  CHECK(text_of(sealed).find("看不到") != std::string::npos);
  CHECK(text_of(mentioned).find("【表决】") != std::string::npos);
  CHECK(text_of(restricted).find("封存") != std::string::npos);
}

TEST_CASE("no value makes a line of its own, or drives a terminal") {
  Desk desk;
  SubjectFile file;
  SubjectRecord record{};
  record.registry = "tenancy";
  record.values = {{.field = "tenant_name",
                    .value = Value("吴小兰\n  月租金：1\r\x1b[2J\x7f\u009b\u2028\u202e末")}};
  file.records.push_back(record);
  const std::string text = council::subject_text(file, desk.context());
  CHECK(text.find("\n  月租金") == std::string::npos);
  CHECK(text.find("吴小兰⏎  月租金：1\uFFFD\uFFFD[2J\uFFFD\uFFFD\uFFFD\uFFFD末") !=
        std::string::npos);
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
