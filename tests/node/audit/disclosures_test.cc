// SPDX-License-Identifier: Apache-2.0
// The disclosure ledger: what is written is read, what it concerns, and what follows from the
// roster.
#include "node/audit/disclosures.h"

#include "node/registry/builtin.h"
#include "tests/node/registry/book_fixture.h"

using namespace cunju;
using namespace cunju::registry;
using namespace cunju::registry::testing;
using audit::Disclosure;
using test::require;

namespace {

Disclosure example(const RecordId& request, const RecordId& record) {
  Disclosure out;
  out.on = "2026-11-02";
  out.kind = audit::kPersonCopyKind;
  out.recipient_kind = audit::kPersonRecipient;
  out.purpose = "答复个人信息请求";
  out.legal_basis = "个人信息保护法第四十五条";
  out.registries = {"rental", "tenancy"};
  out.fields = {"tenant_name"};
  out.records = {"tenancy/" + record.hex()};
  out.recipient_person = "吴小兰";
  out.request = request.hex();
  out.until = "2027-01-01";
  out.copy = "out";
  return out;
}

}  // namespace

TEST_CASE("what is booked is read back, and names the person in confidential parts alone") {
  Office office(1);
  test::Village village = test::found_village(*office.replica, office.replica.random());
  test::open_epoch(*office.replica, village, office.replica.random(), "subject_requests");
  require(office.replica->add_own_device(village.founder.device));
  office.open(village.space);
  RecordBook book = office.book();
  const RecordId request = office.replica->new_record_id();
  const RecordId record = office.replica->new_record_id();
  const Disclosure wanted = example(request, record);
  require(book.add(office.act(village.founder), audit::kDisclosuresRegistry,
                   audit::edits_of(wanted, kToday)));
  const auto all = require(audit::read_disclosures(book));
  REQUIRE(all.size() == 1);
  const Disclosure& read = all.front();
  CHECK(read.on == wanted.on);
  CHECK(read.registries == wanted.registries);
  CHECK(read.records == wanted.records);
  CHECK(read.recipient_person == wanted.recipient_person);
  CHECK(read.request == wanted.request);
  CHECK(audit::is_out(read));
  // Open parts have neither the name nor which record it was.
  for (const Change& change : test::all_changes(*office.replica, village.space)) {
    for (const Part& part : change.parts) {
      if (part.scope != kOpenScope) continue;
      const std::string bytes(as_text(part.body));
      CHECK(bytes.find("吴小兰") == std::string::npos);
      CHECK(bytes.find(record.hex()) == std::string::npos);
    }
  }
}

TEST_CASE("an entry concerns what it names, and everything where it names nothing") {
  Disclosure each;
  CHECK(audit::concerns(each, {"tenancy"}));
  each.registries = {"rental"};
  CHECK_FALSE(audit::concerns(each, {"tenancy"}));
  CHECK(audit::concerns(each, {"tenancy", "rental"}));
  CHECK(audit::concerns(each, {}));
  RecordId record;
  record.value[0] = 7;
  CHECK(audit::concerns(each, "rental", record));
  each.records = {"rental/" + RecordId{}.hex()};
  CHECK_FALSE(audit::concerns(each, "rental", record));
  each.records.insert("rental/" + record.hex());
  CHECK(audit::concerns(each, "rental", record));
}

TEST_CASE("what was told, and what came back or was destroyed, is with nobody any more") {
  Disclosure each;
  each.kind = audit::kExportKind;
  CHECK(audit::is_out(each));
  for (const char* copy : {"returned", "destroyed"}) {
    each.copy = copy;
    CHECK_FALSE(audit::is_out(each));
  }
  each.copy.clear();
  each.kind = audit::kOralKind;
  CHECK_FALSE(audit::is_out(each));
}

TEST_CASE("what other organisations may read follows from the roster, scopes among it") {
  Office office(1);
  test::Village village = test::found_village(*office.replica, office.replica.random());
  test::admit_person(*office.replica, village, office.replica.random(), "街道办", {"office"});
  test::admit_person(*office.replica, village, office.replica.random(), "王调解", {"mediator"});
  const auto roster = require(office.replica->roster(village.space));
  const auto grants = audit::find_grants(*roster);
  REQUIRE(grants.size() == 1);
  CHECK(grants[0].name == "街道办");
  CHECK(grants[0].reads_all);
  CHECK(grants[0].scopes.empty());
  Roster wider = *roster;
  wider.policy[{"office", "scope:mediation"}] = kRead;
  wider.policy[{"office", "*"}] = 0;
  wider.policy[{"office", "votes"}] = kRead;
  const auto more = audit::find_grants(wider);
  REQUIRE(more.size() == 1);
  CHECK_FALSE(more[0].reads_all);
  CHECK(more[0].registries.contains("votes"));
  CHECK(more[0].scopes == std::set<std::string>{"mediation"});
}

TEST_CASE("the registers of requests and disclosures keep persons in the confidential scope") {
  const auto all = builtin_definitions();
  for (const char* id : {"requests", "disclosures"}) {
    const auto definition = std::ranges::find(all, id, &Definition::id);
    REQUIRE(definition != all.end());
    for (const FieldDefinition& field : definition->fields) {
      CAPTURE(id, field.id);
      if (field.personal != PersonalData::kNone) CHECK(field.scope == "subject_requests");
    }
    CHECK(definition->retention.kind == RetentionClass::kPeriod);
    CHECK(definition->retention.years == 3);
  }
  const auto requests = std::ranges::find(all, "requests", &Definition::id);
  CHECK(requests->find_field("identity_last4")->max_length == 4);
  CHECK(requests->find_field("identity_last4")->scope == "subject_requests");
  const FieldDefinition& state = *requests->find_field("state");
  CHECK_FALSE(state.may_move("received", "done"));
  CHECK(state.may_move("identified", "partial"));
  CHECK(state.is_pending("identified"));
  CHECK_FALSE(state.is_pending("refused"));
}
