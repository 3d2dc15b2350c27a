// SPDX-License-Identifier: Apache-2.0
#include "node/council/record_parties.h"

#include "tests/node/registry/book_fixture.h"
#include "tests/node/registry/person_sample.h"

using namespace cunju;
using namespace cunju::registry;
using namespace cunju::registry::testing;

namespace {

RecordRow row_of(std::vector<std::pair<const char*, const char*>> values) {
  RecordRow out{.id = {}, .registry = "tenancy", .values = {}, .sets = {}, .hidden = {}};
  for (const auto& [field, text] : values) out.values.emplace_back(field, Value(std::string(text)));
  return out;
}

std::vector<std::string> others(const PersonQuery& who, const RecordRow& row,
                                const char* registry = "tenancy") {
  const Catalog catalog = Catalog::builtin();
  std::vector<std::string> out;
  for (const auto& other : council::others_in(who, row, catalog.find(registry), kToday)) {
    CHECK_FALSE(other.role.zh.empty());
    for (const auto& [field, value] : row.values)
      if (const auto* text = std::get_if<std::string>(&value))
        CHECK(other.role.zh.find(*text) == std::string::npos);
    out.push_back(other.id);
  }
  return out;
}

std::set<std::string> parties(const PersonQuery& who, const RecordRow& row) {
  return council::parties_of(who, row, Catalog::builtin().find("tenancy"), kToday);
}

}  // namespace

TEST_CASE(
    "whom a tenancy concerns besides a person is told by role, and never by what stands there") {
  const RecordRow row = row_of({{"tenant_name", "吴小兰"},
                                {"tenant_identity_number", "11010519491231002X"},
                                {"landlord_name", "孙房东"},
                                {"landlord_phone", "13900000002"},
                                {"occupants", "李四 女儿"},
                                {"start", "2024-01-01"}});
  CHECK(others(kWu, row) == std::vector<std::string>{"landlord", "occupants"});
  const PersonQuery landlord{.identity = {}, .name = "孙房东", .phone = "13900000002"};
  CHECK(others(landlord, row) == std::vector<std::string>{"tenant", "occupants"});
  // Alone in the record; in no party of it; in a register that tells nobody from others.
  CHECK(others(kWu, row_of({{"tenant_identity_number", "11010519491231002X"}})).empty());
  CHECK(others(kWu, row_of({{"occupants", "吴小兰 13800000000"}, {"tenant_name", "王五"}})) ==
        std::vector<std::string>{"tenant"});
  CHECK(others(kWu, row_of({{"observers", "吴小兰 13800000000"}}), "minutes").empty());
  CHECK(council::role_of(*Catalog::builtin().find("tenancy"), "landlord").zh == "出租人");
}

TEST_CASE("a party is the person's by the number, or by name and telephone, in that party alone") {
  CHECK(parties(kWu, row_of({{"tenant_identity_number", "11010519491231002X"}})) ==
        std::set<std::string>{"tenant"});
  CHECK(parties(kWu, row_of({{"landlord_name", "吴小兰"}, {"landlord_phone", "13800000000"}})) ==
        std::set<std::string>{"landlord"});
  CHECK(
      parties(kWu, row_of({{"landlord_name", "吴小兰"}, {"tenant_phone", "13800000000"}})).empty());
  // The number is what is to be put right.
  CHECK(parties(kWu, row_of({{"tenant_name", "吴小兰"},
                             {"tenant_phone", "13800000000"},
                             {"tenant_identity_number", "110105194912310038"}})) ==
        std::set<std::string>{"tenant"});
  CHECK(parties(kWu, row_of({{"occupants", "吴小兰 13800000000"}})).empty());
}

TEST_CASE("a number in a field of no party makes the party with the name the person's") {
  const RecordRow row = row_of({{"landlord_name", "吴小兰"},
                                {"landlord_phone", "13911112222"},
                                {"tenant_name", "王五"},
                                {"tenant_phone", "13922223333"},
                                {"remarks", "证 11010519491231002X"}});
  CHECK(parties(kWu, row) == std::set<std::string>{"landlord"});
  CHECK(others(kWu, row) == std::vector<std::string>{"tenant"});
  // By the number alone nobody can tell which of them it is.
  const PersonQuery number{.identity = kWu.identity, .name = {}, .phone = {}};
  CHECK(parties(number, row).empty());
  // Two of that name; a namesake with a number of her own.
  CHECK(parties(kWu, row_of({{"landlord_name", "吴小兰"},
                             {"tenant_name", "吴小兰"},
                             {"remarks", "11010519491231002X"}}))
            .empty());
  CHECK(parties(kWu, row_of({{"tenant_name", "吴小兰"},
                             {"tenant_identity_number", "110105194912310038"},
                             {"remarks", "11010519491231002X"}}))
            .empty());
  CHECK(parties(kWu, row_of({{"tenant_name", "吴小兰"}, {"remarks", "电话 13800000000"}})) ==
        std::set<std::string>{"tenant"});
}

namespace {

/// Two applicants of one case, of whom Wu asks.
RecordRow case_of(std::vector<std::pair<const char*, const char*>> values) {
  RecordRow out = row_of(std::move(values));
  out.registry = "mediation";
  return out;
}

std::vector<Value> elements_of_others(const RecordRow& row, const PersonQuery& who = kWu) {
  const Catalog catalog = Catalog::builtin();
  const Definition& definition = *catalog.find("mediation");
  return council::others_elements(who, row, definition, *definition.find_field("applicants"),
                                  kToday);
}

}  // namespace

TEST_CASE("who shares a party with the person is told as one whom it concerns") {
  const RecordRow shared = case_of({{"applicants", "上官某"},
                                    {"applicants", "吴小兰 13800000000 11010519491231002X"},
                                    {"respondents", "王五"}});
  CHECK(others(kWu, shared, "mediation") == std::vector<std::string>{"applicant", "respondent"});
  const Catalog catalog = Catalog::builtin();
  const auto told = council::others_in(kWu, shared, catalog.find("mediation"), kToday);
  CHECK(told.front().role.zh.find("其他人") != std::string::npos);
  CHECK(told.back().role.zh.find("其他人") == std::string::npos);
  const RecordRow alone = case_of({{"applicants", "吴小兰"}, {"applicant_phone", "13800000000"}});
  CHECK(others(kWu, alone, "mediation").empty());
}

TEST_CASE("an element of a shared party is another's unless it is the person's alone") {
  const std::string own = "吴小兰 13800000000 11010519491231002X";
  CHECK(elements_of_others(case_of({{"applicants", "上官某"}, {"applicants", own.c_str()}})) ==
        std::vector<Value>{Value(std::string("上官某"))});
  // By the number alone, with which the request came, the name beside it is the person's as well.
  const PersonQuery by_number{.identity = kWu.identity, .name = {}, .phone = {}};
  CHECK(elements_of_others(case_of({{"applicants", "上官某"}, {"applicants", own.c_str()}}),
                           by_number) == std::vector<Value>{Value(std::string("上官某"))});
  const std::string mixed = "吴小兰 上官某 11010519491231002X";
  CHECK(
      elements_of_others(case_of({{"applicants", "丁"}, {"applicants", mixed.c_str()}}), by_number)
          .size() == 2);
  const char* both = "吴小兰、上官某";
  CHECK(elements_of_others(case_of({{"applicants", both}, {"applicant_phone", "13800000000"}})) ==
        std::vector<Value>{Value(std::string(both))});
  CHECK(elements_of_others(case_of({{"applicants", "吴小兰"}, {"applicant_phone", "13800000000"}}))
            .empty());
}
