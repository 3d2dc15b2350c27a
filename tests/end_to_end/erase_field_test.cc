// SPDX-License-Identifier: Apache-2.0
//
// One field is erased with the program: a telephone number alone, and a name whose neighbours are
// written again.
#include "tests/end_to_end/person.h"
#include "tests/support/member_names.h"
#include "tests/support/planted.h"

namespace cunju::test {
namespace {

Words ask(const std::string& id, const std::string& field, Words more = {}) {
  Words out{"erase",    "field",   "tenancy",         id, field, "--reason",
            "本人要求", "--basis", "个保法第四十七条"};
  out.insert(out.end(), more.begin(), more.end());
  return out;
}

/// A tenancy at three desks, of which two may approve.
struct FieldDesks : ThreeDesks {
  FieldDesks() {
    add_supervisor(a);
    tenancy =
        a.add({"tenancy", "premises_id=FW002", std::string("tenant_name=") + kName,
               std::string("tenant_phone=") + kPhone, "landlord_name=李房东", "start=2024-01-01"});
    sync_all();
  }
  void approve(const std::string& erasure) {
    a.run({"erase", "approve", erasure, "--yes"});
    sync_all();
    b.run({"erase", "approve", erasure, "--yes"});
    sync_all();
    sync_all();
  }
  std::string tenancy;
};

}  // namespace

TEST_CASE("A telephone number is erased at once, and the tenancy stays", "[erase]") {
  FieldDesks desks;
  const auto shown = desks.a.json(ask(desks.tenancy, "承租人联系方式")).front();
  CHECK(shown.at("erasure").is_null());
  CHECK(Desk::text_of(shown, "field") == "tenant_phone");
  CHECK(Desk::text_of(shown, "outcome") == "erase");
  CHECK(Desk::number_of(shown, "parts") == 1);
  CHECK(shown.at("others").as_array().empty());
  CHECK(desks.a.field("tenancy", desks.tenancy, "tenant_phone") == kPhone);

  const auto asked = desks.a.json(ask(desks.tenancy, "tenant_phone", {"--yes"})).front();
  CHECK(desks.a.field("tenancy", desks.tenancy, "tenant_phone").empty());
  desks.approve(Desk::text_of(asked, "erasure"));
  for (const Desk* desk : {&desks.a, &desks.b}) {
    CHECK(desk->field("tenancy", desks.tenancy, "tenant_phone").empty());
    CHECK(desk->field("tenancy", desks.tenancy, "tenant_name") == kName);
    CHECK(desk->run({"history", "tenancy", desks.tenancy}).out.find(kPhone) == std::string::npos);
    const auto known = desk->json({"erase", "status"}).front();
    CHECK(Desk::text_of(known, "state") == "erased");
  }
  desks.a.run(ask(desks.tenancy, "tenant_phone", {"--yes"}), 3);
  desks.a.run(ask(desks.tenancy, "no_such_field", {"--yes"}), 3);
  desks.a.run({"erase", "field", "tenancy", desks.tenancy}, 2);
  // Another number is a new fact.
  desks.a.run({"set", "tenancy", desks.tenancy, "tenant_phone=13900000002"});
  CHECK(desks.a.field("tenancy", desks.tenancy, "tenant_phone") == "13900000002");
}

TEST_CASE("Why an erased person was entered again is hidden on nobody's word", "[erase]") {
  FieldDesks desks;
  const std::string before = desks.a.state_hash();
  for (const Words& more : {Words{}, Words{"--carry", "--yes"}, Words{"--against-retention"}})
    desks.a.run(ask(desks.tenancy, "readmitted", more), 2);
  CHECK(desks.a.state_hash() == before);
}

TEST_CASE("A field that shares its change goes with --carry alone, and its neighbours stay",
          "[erase]") {
  FieldDesks desks;
  const auto shown = desks.a.json(ask(desks.tenancy, "tenant_name")).front();
  CHECK(shown.at("others").as_array().size() == 1);
  desks.a.run(ask(desks.tenancy, "tenant_name", {"--yes"}), 2);
  CHECK(desks.a.field("tenancy", desks.tenancy, "tenant_name") == kName);
  const auto asked = desks.a.json(ask(desks.tenancy, "tenant_name", {"--carry", "--yes"})).front();
  desks.approve(Desk::text_of(asked, "erasure"));
  for (const Desk* desk : {&desks.a, &desks.b}) {
    CHECK(desk->field("tenancy", desks.tenancy, "tenant_name").empty());
    CHECK(desk->field("tenancy", desks.tenancy, "landlord_name") == "李房东");
    CHECK(desk->field("tenancy", desks.tenancy, "tenant_phone") == kPhone);
    CHECK(desk->run({"history", "tenancy", desks.tenancy}).out.find(kName) == std::string::npos);
  }
}

}  // namespace cunju::test
