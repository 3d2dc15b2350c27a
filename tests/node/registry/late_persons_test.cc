// SPDX-License-Identifier: Apache-2.0
// An erased person does not come back by what a removed clerk had written, unless that is said.
#include "node/registry/late_persons.h"

#include <catch2/catch.hpp>

#include "tests/node/registry/rental_office.h"

using namespace cunju;
using namespace cunju::registry;
using namespace cunju::registry::testing;
using test::require;

namespace {

/// The office that erased the person, and Li's desk, which is away and has not heard of it.
struct LateOffice : RentalOffice {
  explicit LateOffice(std::uint64_t seed)
      : RentalOffice(seed),
        desk(seed + 500),
        li(test::admit_person(*replica, village, replica.random(), "李", {"clerk"})) {
    test::pull(*desk.replica, *replica, space);
    require(desk.replica->add_own_device(li.device));
    require(replica->hand_over_epochs(space, founder().device, 0));
    test::pull(*desk.replica, *replica, space);
    desk.open(space);
    erasure =
        erase(add_to("rental", {put("premises_id", "9"), put("owner_identity_number", kIdentity)}));
  }
  RecordId add_at_desk(std::string_view registry, std::vector<Edit> edits) {
    return require(desk.book().add(desk.act(li), registry, edits)).record;
  }
  void remove_li() {
    const RosterOperation removal = RemoveMember{
        .member = li.member, .cuts = {require(replica->cut_of(space, li.device.author(), {}))}};
    require(replica->append_roster(space, founder().device, {&removal, 1}, 1));
    for (int round = 0; round < 2; ++round) test::pull(*replica, *desk.replica, space);
    reload();
  }
  std::vector<replica::LatePart> late() { return require(replica->late_parts(space)); }
  std::vector<PersonsOfLate> persons() {
    return require(find_persons_of_late(*replica, space, catalog, late(), kToday));
  }
  Office desk;
  test::Person li;
  RecordId erasure;
};

}  // namespace

TEST_CASE("what a removed clerk wrote is held against marks, and what names nobody is not") {
  LateOffice all(1);
  const RecordId house =
      all.add_at_desk("rental", {put("premises_id", "1"), put("owner_identity_number", kIdentity)});
  all.add_at_desk("rental", {put("premises_id", "2"), put("owner_name", "李四")});
  all.remove_li();
  REQUIRE_FALSE(all.late().empty());
  const auto persons = all.persons();
  REQUIRE(persons.size() == 1);
  CHECK(persons[0].record == house);
  CHECK(persons[0].registry == "rental");
  CHECK(persons[0].erasures == std::set<RecordId>{all.erasure});
}

TEST_CASE("a late telephone number is held against marks together with the name that is shown") {
  LateOffice all(2);
  const RecordId house = all.add_to("rental", {put("premises_id", "3"), put("owner_name", kName)});
  test::pull(*all.desk.replica, *all.replica, all.space);
  all.desk.reload();
  const auto refused = all.desk.book().set(all.desk.act(all.li), "rental", house,
                                           std::vector<Edit>{put("owner_phone", kPhone)});
  REQUIRE(refused.has_error());
  // By the desk's leave, which is not the office's.
  require(all.desk.book().set(all.desk.act(all.li), "rental", house,
                              std::vector<Edit>{put("owner_phone", kPhone)},
                              {.readmission = {.erasures = {all.erasure}, .basis = "县里同意"}}));
  all.remove_li();
  REQUIRE_FALSE(all.late().empty());
  const auto persons = all.persons();
  REQUIRE(persons.size() == 1);
  CHECK(persons[0].record == house);
}

TEST_CASE("who is readmitted is noted in the record before the change is admitted, and once") {
  LateOffice all(3);
  const RecordId house =
      all.add_at_desk("rental", {put("premises_id", "1"), put("owner_identity_number", kIdentity)});
  all.remove_li();
  const auto persons = all.persons();
  const auto note = [&] {
    require(note_readmissions(*all.replica, all.space, all.catalog, all.founder().device, persons,
                              "租赁合同续签", ++all.clock));
  };
  const std::uint64_t before = all.changes();
  note();
  CHECK(all.changes() == before + 1);
  note();
  CHECK(all.changes() == before + 1);
  CHECK(all.text(house, kReadmittedField) == all.erasure.hex() + " 租赁合同续签");
  std::vector<ChangeId> changes;
  for (const auto& part : all.late()) changes.push_back(part.change);
  const RosterOperation admit = AdmitLate{.changes = changes};
  require(all.replica->append_roster(all.space, all.founder().device, {&admit, 1}, 1));
  all.reload();
  CHECK(all.text(house, "owner_identity_number") == kIdentity);
  CHECK(all.persons().empty());
}

TEST_CASE("a register that proves what was done is not held against marks when it is late") {
  LateOffice all(4);
  test::write_record(*all.desk.replica, all.space, all.li, all.replica->new_record_id(),
                     {test::set_field("applicant", std::string(kIdentity))}, "requests");
  all.remove_li();
  REQUIRE_FALSE(all.late().empty());
  CHECK(all.persons().empty());
}
