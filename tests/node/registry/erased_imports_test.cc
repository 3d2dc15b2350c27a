// SPDX-License-Identifier: Apache-2.0
// A person who was erased comes back neither by taking an import back nor by a row that completes
// what a record has of her.
#include "node/registry/erased_persons.h"
#include "node/registry/import.h"
#include "tests/node/registry/rental_office.h"

using namespace cunju;
using namespace cunju::registry;
using namespace cunju::registry::testing;
using test::require;

namespace {

struct Rental : RentalOffice {
  using RentalOffice::RentalOffice;

  RecordId add_house(std::vector<Edit> edits) { return add_to("rental", std::move(edits)); }
  ImportPlan plan(const std::string& columns, const std::string& csv) {
    ImportPlan out =
        plan_import(*catalog.find("rental"),
                    require(parse_mapping("key = [\"premises_id\"]\n[columns]\n" + columns)),
                    as_bytes(csv), {.today = kToday});
    REQUIRE(out.usable());
    return out;
  }
  ImportOutcome update(const ImportPlan& rows) {
    return require(run_import(*replica, catalog, space, founder().device, rows,
                              {.update = true, .claimed_ms = ++clock}));
  }
  UndoOutcome undo(const RecordId& import) {
    return require(undo_import(*replica, space, founder().device, import, ++clock));
  }
};

constexpr const char* kOwner =
    "\"号\" = \"premises_id\"\n\"名\" = \"owner_name\"\n"
    "\"证\" = \"owner_identity_number\"\n\"址\" = \"address\"\n";

}  // namespace

TEST_CASE("taking an import back brings no erased person back, and says by which erasure") {
  Rental all(1);
  const RecordId house = all.add_house(
      {put("premises_id", "1"), put("owner_name", kName), put("owner_identity_number", kIdentity)});
  const RecordId other = all.add_house({put("premises_id", "2"), put("owner_name", "李四")});
  const RecordId gone =
      all.add_house({put("premises_id", "9"), put("owner_identity_number", kIdentity)});
  const ImportOutcome update =
      all.update(all.plan(kOwner, "号,名,证,址\n1,赵六,110105194912310038,七巷\n2,孙七,,八巷\n"));
  REQUIRE(update.updated == 2);
  SECTION("erased since") {
    const RecordId erasure = all.erase(gone);
    const UndoOutcome undone = all.undo(*update.import);
    CHECK(undone.reset == 1);
    REQUIRE(undone.kept.size() == 1);
    CHECK(undone.kept[0].record == house);
    CHECK(undone.kept[0].reason.zh.find(erasure.hex().substr(0, 8)) != std::string::npos);
    CHECK(undone.kept[0].reason.zh.find(kName) == std::string::npos);
    // Nothing of the record is set back, or it would be half one and half the other.
    CHECK(all.text(house, "owner_name") == "赵六");
    CHECK(all.text(house, "address") == "七巷");
    CHECK(all.text(other, "owner_name") == "李四");
  }
  SECTION("and without an erasure all is set back") {
    CHECK(all.undo(*update.import).reset == 2);
    CHECK(all.text(house, "owner_identity_number") == kIdentity);
  }
}

TEST_CASE("an updating row is held against marks together with the record that it changes") {
  Rental all(2);
  const RecordId house = all.add_house({put("premises_id", "1"), put("owner_name", kName)});
  const RecordId gone =
      all.add_house({put("premises_id", "9"), put("owner_identity_number", kIdentity)});
  const RecordId erasure = all.erase(gone);
  const std::vector<ErasedPerson> erased = require(read_erased_persons(*all.replica, all.space));
  REQUIRE_FALSE(erased.empty());
  const auto refused = [&](const char* phone, const std::set<RecordId>& readmitted) {
    ImportPlan rows = all.plan("\"号\" = \"premises_id\"\n\"话\" = \"owner_phone\"\n",
                               "号,话\n1," + std::string(phone) + "\n2," + phone + "\n");
    refuse_erased_rows(rows, erased, readmitted, kToday);
    CHECK(rows.refused.empty());
    require(refuse_erased_updates(*all.replica, all.catalog, all.space, rows, erased, readmitted,
                                  kToday));
    CHECK(rows.rows.size() + rows.refused.size() == 2);
    std::vector<std::size_t> out;
    for (const RefusedRow& row : rows.refused) {
      CHECK(row.findings.front().code == kErasedPerson);
      out.push_back(row.number);
    }
    return out;
  };
  CHECK(refused(kPhone, {}) == std::vector<std::size_t>{2});
  CHECK(refused(kPhone, {erasure}).empty());
  CHECK(refused("13911112222", {}).empty());
  // She is in the record already: the row brings nobody in.
  require(all.book().set(all.act(), "rental", house, std::vector<Edit>{put("owner_phone", kPhone)},
                         {.readmission = {.erasures = {erasure}, .basis = "新租约"}}));
  CHECK(refused(kPhone, {}).empty());
}

TEST_CASE("a number behind other letters brings an erased person in as well") {
  Rental all(3);
  all.erase(all.add_house({put("premises_id", "9"), put("owner_identity_number", kIdentity)}));
  for (const char* text : {"证11010519491231002X", "证号1101051949-12-31-002X"}) {
    RecordBook at = all.book();
    const Result<Saved> saved = at.add(
        all.act(), "rental", std::vector<Edit>{put("premises_id", "3"), put("remarks", text)});
    REQUIRE(saved.has_error());
    CHECK(at.refusal().front().code == kErasedPerson);
  }
  CHECK(all.book()
            .add(all.act(), "rental",
                 std::vector<Edit>{put("premises_id", "3"), put("remarks", "证110105194912310038")})
            .has_value());
}
