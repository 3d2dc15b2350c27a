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
