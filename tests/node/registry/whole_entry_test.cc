// SPDX-License-Identifier: Apache-2.0
// What stands in a register that is proof is corrected and never emptied, a request is ended by the
// command that asks for reasons, and nobody writes by name what the program notes.
#include "node/registry/definition_toml.h"
#include "node/registry/import.h"
#include "node/registry/import_plan.h"
#include "node/registry/mapping.h"
#include "node/registry/program_fields.h"
#include "node/registry/record_book.h"
#include "tests/node/registry/book_fixture.h"

using namespace cunju;
using namespace cunju::registry;
using namespace cunju::registry::testing;
using test::require;

namespace {

struct Requests : SampleOffice {
  RecordId request;
  explicit Requests(std::uint64_t seed) : SampleOffice(seed) {
    test::open_epoch(*replica, village, replica.random(), "subject_requests");
    require(replica->add_own_device(founder().device));
    reload();
    request =
        require(book().add(act(), "requests",
                           std::vector<Edit>{put("no", "2026-1"), put("received_on", "2026-01-10"),
                                             plus("kinds", "access"), put("asked_by", "self"),
                                             put("applicant", "吴小兰"), put("state", "received")}))
            .record;
  }
  std::string set_code(std::vector<Edit> edits, EditOptions options = {}) {
    RecordBook at = book();
    const Result<Saved> saved = at.set(act(), "requests", request, edits, std::move(options));
    if (saved.has_value()) return {};
    REQUIRE(at.refusal().size() == 1);
    CHECK(saved.error().code == Errc::kInvalidArgument);
    return std::string(at.refusal().front().code);
  }
};

}  // namespace

TEST_CASE("required fields and the number of a ledger's entry are corrected, and never emptied") {
  Requests all(1);
  const std::uint64_t changes = all.changes();
  CHECK(all.set_code({put("no", ""), put("received_on", "")}) == kLedgerEntry);
  CHECK(all.set_code({put("no", "")}) == kLedgerEntry);
  CHECK(all.set_code({minus("kinds", "access")}) == kLedgerEntry);
  CHECK(all.set_code({put("applicant", "")}) == kLedgerEntry);
  CHECK(all.changes() == changes);
  CHECK(all.text(all.request, "no") == "2026-1");
  CHECK(all.set_code({put("no", "2026-2"), put("received_on", "2026-01-11")}).empty());
  CHECK(all.set_code({plus("kinds", "delete"), minus("kinds", "access")}).empty());
  CHECK(all.set_code({put("via", "phone")}).empty());
  CHECK(all.set_code({put("via", "")}).empty());
  // Elsewhere a required field is the clerk's business.
  const RecordId sample = all.add({put("no", "1"), put("use", "住房")});
  CHECK(all.book().set(all.act(), "sample", sample, std::vector<Edit>{put("no", "")}).has_value());
}

TEST_CASE("a request is ended by its command alone, and what its end rests on stays") {
  Requests all(2);
  for (const char* state : {"refused", "withdrawn"})
    CHECK(all.set_code({put("state", state)}) == kClosedBy);
  CHECK(all.set_code({put("state", "identified"), put("identity_check", "card_seen")}).empty());
  for (const char* state : {"done", "partial", "refused"})
    CHECK(all.set_code({put("state", state)}) == kClosedBy);
  CHECK(all.text(all.request, "state") == "identified");
  // Nor is one entered as if it had been ended.
  RecordBook at = all.book();
  const Result<Saved> ended =
      at.add(all.act(), "requests",
             std::vector<Edit>{put("received_on", "2026-01-10"), put("state", "refused")});
  REQUIRE(ended.has_error());
  CHECK(at.refusal().front().code == kClosedBy);
  CHECK(at.refusal().front().text.zh.find("subject close") != std::string::npos);
  CHECK(all.set_code({put("state", "refused"), plus("refusal", "retention"),
                      put("refusal_text", "三年未满")},
                     {.closes = true})
            .empty());
  CHECK(all.set_code({put("refusal_text", "")}) == kLedgerEntry);
  CHECK(all.set_code({minus("refusal", "retention")}) == kLedgerEntry);
  CHECK(all.set_code({put("decided_by", "主任")}).empty());
  CHECK(all.set_code({put("refusal_text", "保管期限未满")}).empty());
  // Taken up again, what it was refused for goes.
  CHECK(all.set_code({put("state", "identified"), put("refusal", ""), put("refusal_text", "")})
            .empty());
}

TEST_CASE("a request that is taken up again keeps who decided, and when it was answered") {
  Requests all(6);
  CHECK(all.set_code({put("state", "identified"), put("decided_by", "主任")}).empty());
  CHECK(all.set_code({put("decided_by", "")}).empty());
  CHECK(all.set_code({put("state", "refused"), plus("refusal", "retention"),
                      put("refusal_text", "三年未满"), put("decided_by", "主任"),
                      put("replied_on", "2026-01-20")},
                     {.closes = true})
            .empty());
  for (const char* field : {"decided_by", "replied_on"})
    CHECK(all.set_code({put("state", "identified"), put(field, "")}) == kLedgerEntry);
  CHECK(all.set_code({put("state", "identified"), put("refusal", ""), put("refusal_text", "")})
            .empty());
  for (const char* field : {"decided_by", "replied_on"})
    CHECK(all.set_code({put(field, "")}) == kLedgerEntry);
  CHECK(all.set_code({put("decided_by", "副主任"), put("replied_on", "2026-01-21")}).empty());
  CHECK(all.text(all.request, "decided_by") == "副主任");
}

TEST_CASE("a table brings requests that were ended elsewhere, and ends none that is here") {
  Requests all(3);
  const auto import = [&](const std::string& csv) {
    const Mapping mapping = require(parse_mapping(
        "[columns]\n\"号\" = \"no\"\n\"日\" = \"received_on\"\n\"态\" = \"state\"\n"));
    const ImportPlan plan =
        plan_import(*all.catalog.find("requests"), mapping, as_bytes(csv), {kToday});
    return require(preview_import(*all.replica, all.catalog, all.space, plan, true));
  };
  const ImportOutcome old = import("号,日,态\n2020-7,2020-03-01,refused\n");
  CHECK(old.added == 1);
  const ImportOutcome here = import("号,日,态\n2026-1,2026-01-10,withdrawn\n");
  CHECK(here.updated == 0);
  REQUIRE(here.different.size() == 1);
  CHECK(here.different[0].reason.zh.find("subject close") != std::string::npos);
}

TEST_CASE("a table brings no request that is over and does not say how") {
  Requests all(6);
  const auto refused = [&](const std::string& row) {
    const Mapping mapping = require(parse_mapping(
        "[columns]\n\"号\" = \"no\"\n\"日\" = \"received_on\"\n\"态\" = \"state\"\n\"果\" = "
        "\"outcome\"\n\"因\" = \"refusal\"\n\"由\" = \"refusal_text\"\n"));
    ImportPlan plan = plan_import(*all.catalog.find("requests"), mapping,
                                  as_bytes("号,日,态,果,因,由\n" + row + "\n"), {kToday});
    REQUIRE(plan.rows.size() == 1);
    require(refuse_ended_rows(*all.replica, all.catalog, all.space, plan));
    CHECK(plan.rows.size() + plan.refused.size() == 1);
    return !plan.refused.empty() && plan.refused[0].findings.front().code == kEndedRow;
  };
  CHECK(refused("2020-7,2020-03-01,refused,,,"));
  CHECK(refused("2020-7,2020-03-01,refused,,retention,"));
  CHECK(refused("2020-7,2020-03-01,partial,corrected,,"));
  CHECK(refused("2020-7,2020-03-01,done,,,"));
  CHECK_FALSE(refused("2020-7,2020-03-01,refused,,retention,未满三年"));
  CHECK_FALSE(refused("2020-7,2020-03-01,done,copy_given,,"));
  CHECK_FALSE(refused("2020-7,2020-03-01,withdrawn,,,"));
  CHECK_FALSE(refused("2020-7,2020-03-01,received,,,"));
}

TEST_CASE("no column, default or edit gives a value to what the program notes by itself") {
  Requests all(4);
  const Definition& rental = *all.catalog.find("rental");
  for (const char* name : {"readmitted", "texts"}) {
    CAPTURE(name);
    for (const std::string& toml :
         {"[columns]\n\"编号\" = \"premises_id\"\n\"甲\" = \"" + std::string(name) + "\"\n",
          "[columns]\n\"编号\" = \"premises_id\"\n[defaults]\n" + std::string(name) +
              " = \"x\"\n"}) {
      const ImportPlan plan =
          plan_import(rental, require(parse_mapping(toml)), as_bytes("编号,甲\nFW1,x\n"), {kToday});
      CHECK_FALSE(plan.usable());
      CHECK(plan.rows.empty());
      REQUIRE_FALSE(plan.file_findings.empty());
      CHECK(plan.file_findings.front().code == "program_field");
      CHECK(plan.file_findings.front().field == name);
    }
    RecordBook at = all.book();
    CHECK(at.add(all.act(), "rental", std::vector<Edit>{put("premises_id", "FW1"), put(name, "x")},
                 {.allow_extra = true})
              .has_error());
    CHECK(at.refusal().front().code == kReadmissionNote);
  }
  // A committee's own field of that name is its own.
  const Definition own = require(parse_definition(
      "format = 1\nid = \"books\"\nversion = 1\nlabel = \"书\"\n[[field]]\nid = \"texts\"\nlabel = "
      "\"册数\"\n"));
  CHECK_FALSE(is_program_field(&own, "texts"));
  CHECK(is_program_field(nullptr, "texts"));
}

TEST_CASE("what the program keeps for itself is not set by hand under its registry's name") {
  Requests all(5);
  std::vector<RecordId> definitions;
  require(all.replica->scan(all.space, "definition", [&](const RecordId& id, const RecordView&) {
    definitions.push_back(id);
    return true;
  }));
  REQUIRE(definitions.size() == 1);
  const std::uint64_t changes = all.changes();
  RecordBook at = all.book();
  CHECK(at.set(all.act(), "definition", definitions[0], std::vector<Edit>{put("source", "x")})
            .has_error());
  CHECK(at.refusal().front().code == kProgramRegistry);
  CHECK(all.changes() == changes);
  // Taking one back, and having it again, is no writing by hand.
  require(at.remove(all.act(), "definition", definitions[0]));
  require(at.restore(all.act(), "definition", definitions[0]));
}
