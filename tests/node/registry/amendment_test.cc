// SPDX-License-Identifier: Apache-2.0
#include "node/registry/amendment.h"

#include "node/registry/retention.h"
#include "tests/node/registry/book_fixture.h"

using namespace cunju;
using namespace cunju::registry;
using namespace cunju::registry::testing;
using test::require;

namespace {

constexpr std::string_view kTenancies = R"(format = 1
amends = "tenancy"
version = 1
legal_basis = "本县租赁办法"
[retention]
class = "period"
rule = { zh = "终止后 5 年", en = "5 years from the end" }
years = 5
from = "actual_end"
ground = "县档案局保管期限表"
)";

std::string problem_of(std::string_view toml) {
  const Result<Amendment> parsed = parse_amendment(toml);
  if (parsed.has_error()) return parsed.error().context;
  const Result<Definition> amended = amend(*Catalog::builtin().find("minutes"), parsed.value());
  REQUIRE(amended.has_error());
  return amended.error().context;
}

FieldValues ended_on(const char* day) { return {{"actual_end", Value(std::string(day))}}; }

}  // namespace

TEST_CASE("an amendment is read strictly, and held against what it amends") {
  const Amendment read = require(parse_amendment(kTenancies));
  CHECK(read.id == "tenancy");
  REQUIRE(read.retention);
  CHECK(read.retention->years == 5);
  CHECK(is_amendment(kTenancies));
  CHECK_FALSE(is_amendment("format = 1\nid = \"wells\"\n"));
  CHECK_FALSE(is_amendment("amends = "));
  const std::string head = "format = 1\namends = \"minutes\"\nversion = 1\n";
  CHECK(problem_of(head).find("nothing") != std::string::npos);
  CHECK(problem_of(head + "label = \"x\"\nlegal_basis = \"x\"\n").find("label") !=
        std::string::npos);
  CHECK(problem_of("format = 2\namends = \"minutes\"\n").find("not known") != std::string::npos);
  CHECK(problem_of(head + "[retention]\nrule = \"x\"\nyears = 3\nfrom = \"title\"\n")
            .find("date field") != std::string::npos);
  CHECK(problem_of(head + "[retention]\nrule = \"x\"\nclass_field = \"kind\"\n").find("classes") !=
        std::string::npos);
  CHECK(problem_of(head + "[retention]\nrule = \"x\"\nclass_field = \"title\"\nclasses = [ { value "
                          "= \"a\" } ]\n")
            .find("codes") != std::string::npos);
  CHECK(problem_of(head + "[retention]\nrule = \"x\"\nclass_field = \"archive_class\"\nclasses = [ "
                          "{ value = \"years_99\" } ]\n")
            .find("years_99") != std::string::npos);
  CHECK(problem_of(head + "proposed = [ { field = \"nothing\", from = \"start\", days = 3 } ]\n")
            .find("nothing") != std::string::npos);
  CHECK(problem_of(head + "proposed = [ { field = \"title\", from = \"start\", days = 3 } ]\n")
            .find("date fields") != std::string::npos);
  CHECK(problem_of(head + "proposed = [ { field = \"due_date\", from = \"start\", days = 0 } ]\n")
            .find("3660") != std::string::npos);
}

TEST_CASE("a committee amends how long a built-in register is kept, signed by who may define") {
  SampleOffice office(1);
  const auto judged = [&](const char* ended) {
    return judge_retention(office.catalog.find("tenancy"), ended_on(ended), kToday).is_kept;
  };
  const std::string soon = format_date(kToday);
  CHECK_FALSE(judged(soon.c_str()));
  const AddedDefinition added = require(
      add_definition(*office.replica, office.space, office.founder().device, kTenancies, 1));
  CHECK(added.is_new);
  CHECK(added.amends);
  office.reload();
  CHECK(office.catalog.problems().empty());
  const Catalog::Item* item = office.catalog.find_item("tenancy");
  REQUIRE(item != nullptr);
  CHECK_FALSE(item->is_custom);
  CHECK(item->is_amended);
  CHECK(item->record == added.record);
  CHECK(item->definition.legal_basis.zh == "本县租赁办法");
  CHECK(item->definition.fields.size() == Catalog::builtin().find("tenancy")->fields.size());
  CHECK(judged(soon.c_str()));
  CHECK_FALSE(judged("2001-01-01"));

  // The same again signs nothing; another text replaces it; without it all is as it was built in.
  const std::uint64_t changes = office.changes();
  CHECK_FALSE(
      require(add_definition(*office.replica, office.space, office.founder().device, kTenancies, 2))
          .changed);
  CHECK(office.changes() == changes);
  std::string longer(kTenancies);
  longer.replace(longer.find("years = 5"), 9, "years = 9");
  CHECK(require(add_definition(*office.replica, office.space, office.founder().device, longer, 3))
            .record == added.record);
  office.reload();
  CHECK(office.catalog.find("tenancy")->retention.years == 9);
  require(office.book().remove(office.act(), "definition", added.record));
  office.reload();
  CHECK_FALSE(office.catalog.find_item("tenancy")->is_amended);
  CHECK_FALSE(judged(soon.c_str()));

  const test::Person clerk =
      test::admit_person(*office.replica, office.village, office.replica.random(), "李敏");
  CHECK(add_definition(*office.replica, office.space, clerk.device, kTenancies, 4).error().code ==
        Errc::kPermission);
  CHECK(add_definition(*office.replica, office.space, office.founder().device,
                       "format = 1\namends = \"sample\"\nversion = 1\nlegal_basis = \"x\"\n", 5)
            .error()
            .code == Errc::kNotFound);
}

TEST_CASE(
    "of two amendments of one register the smallest record counts, and the other is reported") {
  SampleOffice office(2);
  RecordId low{}, high{}, other{}, custom{};
  low.value[0] = 0x10;
  high.value[0] = 0x90;
  other.value[0] = 0x20;
  custom.value.fill(0xFF);
  const auto write = [&](const RecordId& record, const std::string& id, const std::string& text) {
    test::write_record(*office.replica, office.space, office.founder(), record,
                       {test::set_field("registry", id), test::set_field("source", text)},
                       "definition");
  };
  const auto basis = [](const std::string& id, const std::string& text) {
    return "format = 1\namends = \"" + id + "\"\nversion = 1\nlegal_basis = \"" + text + "\"\n";
  };
  write(high, "votes", basis("votes", "第二"));
  write(low, "votes", basis("votes", "第一"));
  write(other, "rental", basis("votes", "别处"));
  write(custom, "sample", basis("sample", "自定"));
  office.reload();
  CHECK(office.catalog.find("votes")->legal_basis.zh == "第一");
  CHECK_FALSE(office.catalog.find_item("rental")->is_amended);
  CHECK(office.catalog.find("sample")->legal_basis.zh != "自定");
  std::vector<RecordId> reported;
  for (const CatalogProblem& problem : office.catalog.problems())
    reported.push_back(problem.record);
  CHECK(reported == std::vector<RecordId>{other, high, custom});
}

TEST_CASE("an amendment that leaves out what is in force is refused, and says what") {
  SampleOffice office(3);
  const auto define = [&](const std::string& text) {
    return add_definition(*office.replica, office.space, office.founder().device, text, 1);
  };
  const std::string head = "format = 1\namends = \"requests\"\nversion = 1\n";
  const std::string days =
      "proposed = [ { field = \"due_on\", from = \"received_on\", days = 10 } ]\n";
  const std::string basis = "legal_basis = \"县办法\"\n";
  const std::string years =
      "[retention]\nclass = \"period\"\nrule = \"5 年\"\nyears = 5\nfrom = \"replied_on\"\n";
  const AddedDefinition added = require(define(head + basis + days + years));
  const std::uint64_t changes = office.changes();
  const Result<AddedDefinition> refused = define(head + days);
  REQUIRE(refused.has_error());
  CHECK(refused.error().code == Errc::kConflict);
  CHECK(refused.error().context == std::string(kLeavesOut) + "legal_basis, [retention]");
  CHECK(define(head + basis + years).error().context ==
        std::string(kLeavesOut) + "proposed.due_on");
  CHECK(office.changes() == changes);
  office.reload();
  CHECK(office.catalog.find("requests")->retention.years == 5);
  // With all of it in, or when the one before was taken back, it stands.
  CHECK(require(define(head + "legal_basis = \"市办法\"\n" + days + years)).changed);
  require(office.book().remove(office.act(), "definition", added.record));
  CHECK(require(define(head + days)).changed);
  office.reload();
  CHECK(office.catalog.find("requests")->retention.years == 3);
}

TEST_CASE("of the retention of amendments written apart the stricter counts, whatever their ids") {
  const auto text = [](const std::string& rest) {
    return "format = 1\namends = \"tenancy\"\nversion = 1\n" + rest;
  };
  const std::string long_ =
      text("[retention]\nrule = \"长\"\nyears = 50\nfrom = \"start\"\nclass = \"period\"\n");
  const std::string short_ =
      text("[retention]\nrule = \"短\"\nyears = 1\nfrom = \"start\"\nclass = \"period\"\n");
  const std::string none = text("legal_basis = \"x\"\n");
  const FieldValues values{{"start", Value(std::string("2001-01-01"))}};
  std::uint64_t seed = 10;
  for (const auto& [first, second] :
       {std::pair(long_, short_), std::pair(short_, long_), std::pair(none, long_)}) {
    SampleOffice office(seed++);
    RecordId low{}, high{};
    low.value[0] = 0x10;
    high.value[0] = 0x90;
    const auto write = [&](const RecordId& record, const std::string& source) {
      test::write_record(
          *office.replica, office.space, office.founder(), record,
          {test::set_field("registry", "tenancy"), test::set_field("source", source)},
          "definition");
    };
    write(high, second);
    write(low, first);
    office.reload();
    CHECK(office.catalog.find_item("tenancy")->record == low);
    CHECK(judge_retention(office.catalog.find("tenancy"), values, kToday).is_kept);
    REQUIRE(office.catalog.problems().size() == 1);
    CHECK(office.catalog.problems().front().record == high);
    require(office.book().remove(office.act(), "definition", first == long_ ? low : high));
    office.reload();
    CHECK_FALSE(judge_retention(office.catalog.find("tenancy"), values, kToday).is_kept);
  }
}

TEST_CASE("of versions of one amendment written apart the stricter retention counts") {
  OfficeAndDesk all(kSampleToml);
  const test::Person chair = test::admit_person(*all.office.replica, all.village,
                                                all.office.replica.random(), "主任二", {"chair"});
  const auto text = [](const char* years) {
    return std::string(
               "format = 1\namends = \"tenancy\"\nversion = 1\n[retention]\nrule = "
               "\"x\"\nclass = \"period\"\nfrom = \"start\"\nyears = ") +
           years + "\n";
  };
  all.office.open(all.village.space);
  require(add_definition(*all.office.replica, all.village.space, all.village.founder.device,
                         text("2"), 1));
  all.sync();
  require(add_definition(*all.office.replica, all.village.space, all.village.founder.device,
                         text("1"), 2));
  require(add_definition(*all.desk.replica, all.village.space, chair.device, text("50"), 2));
  all.sync();
  const FieldValues values{{"start", Value(std::string("2001-01-01"))}};
  for (Office* each : {&all.office, &all.desk}) {
    each->reload();
    CHECK(each->catalog.problems().size() == 1);
    CHECK(judge_retention(each->catalog.find("tenancy"), values, kToday).is_kept);
  }
}

TEST_CASE("nobody opens a ledger by an amendment or a definition that would not keep it") {
  SampleOffice office(4);
  const auto code = [&](const std::string& text) {
    return add_definition(*office.replica, office.space, office.founder().device, text, 1)
        .error()
        .code;
  };
  for (const char* id : {"disclosures", "requests"})
    CHECK(code("format = 1\namends = \"" + std::string(id) +
               "\"\nversion = 1\n[retention]\nclass = \"purge\"\nrule = \"随时\"\n") ==
          Errc::kMalformed);
  const std::string keys = "format = 1\nid = \"keys\"\nversion = 1\nlabel = \"钥匙\"\n";
  const std::string field = "[[field]]\nid = \"no\"\nlabel = \"编号\"\n";
  CHECK(code(keys + "ledger = true\n" + field) == Errc::kMalformed);
  CHECK(code(keys + "[[field]]\nid = \"readmitted\"\nlabel = \"x\"\n") == Errc::kInvalidArgument);
  require(add_definition(*office.replica, office.space, office.founder().device,
                         keys + "ledger = true\nretention = { rule = \"永久\" }\n" + field, 1));
  // One that a space has already, from before, is read and kept.
  test::write_record(*office.replica, office.space, office.founder(),
                     office.replica->new_record_id(),
                     {test::set_field("registry", "tools"),
                      test::set_field("source",
                                      "format = 1\nid = \"tools\"\nversion = 1\nlabel = "
                                      "\"工具\"\nledger = true\n" +
                                          field)},
                     "definition");
  office.reload();
  CHECK(office.catalog.problems().empty());
  CHECK(judge_retention(office.catalog.find("tools"), {}, kToday).is_kept);
}
