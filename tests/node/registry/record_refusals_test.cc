// SPDX-License-Identifier: Apache-2.0
// A person who was erased is not typed in again unawares, and what proves something is not removed.
#include "node/council/erasure_acts.h"
#include "node/registry/erased_persons.h"
#include "node/registry/import.h"
#include "tests/node/registry/rental_office.h"

using namespace cunju;
using namespace cunju::registry;
using namespace cunju::registry::testing;
using test::require;

namespace {

/// A village in which a person was erased, and a record in which she stays.
struct Erased : RentalOffice {
  RecordId erasure, left, other;
  explicit Erased(std::uint64_t seed) : RentalOffice(seed) {
    test::open_epoch(*replica, village, replica.random(), "subject_requests");
    reload();
    left = add_to("rental", {put("premises_id", "1"), put("owner_identity_number", kIdentity),
                             put("owner_name", kName), put("owner_phone", kPhone)});
    const RecordId gone =
        add_to("rental", {put("premises_id", "2"), put("owner_identity_number", kIdentity)});
    other = add_to("rental", {put("premises_id", "3"), put("owner_name", kName)});
    erasure = erase(gone);
  }
  Readmission ground() const { return {.erasures = {erasure}, .basis = "新租约"}; }
  /// "": it was saved; else the code of the refusal.
  std::string add_code(std::string_view registry, std::vector<Edit> edits,
                       EditOptions options = {}) {
    RecordBook at = book();
    return code_of(at, at.add(act(), registry, edits, std::move(options)));
  }
  std::string set_code(const RecordId& id, std::vector<Edit> edits, EditOptions options = {}) {
    RecordBook at = book();
    return code_of(at, at.set(act(), "rental", id, edits, std::move(options)));
  }
  static std::string code_of(const RecordBook& at, const Result<Saved>& saved) {
    if (saved.has_value()) return {};
    REQUIRE(at.refusal().size() == 1);
    CHECK(at.refusal().front().text.zh.find(kIdentity) == std::string::npos);
    return std::string(at.refusal().front().code);
  }
  std::vector<std::string> readmitted(const RecordId& id) {
    std::vector<std::string> out;
    for (const auto& [field, value] : row(id).values)
      if (field == kReadmittedField) out.push_back(std::get<std::string>(value));
    return out;
  }
};

}  // namespace

TEST_CASE("who types an erased person's number, or name and telephone, is refused and told which") {
  Erased all(1);
  const std::uint64_t changes = all.changes();
  CHECK(all.add_code("rental", {put("premises_id", "9"),
                                put("owner_identity_number", kIdentity)}) == kErasedPerson);
  CHECK(all.add_code("rental", {put("premises_id", "9"), put("owner_name", kName),
                                put("owner_phone", "138 0000 0000")}) == kErasedPerson);
  CHECK(all.add_code("rental",
                     {put("premises_id", "9"), put("remarks", "业主 " + std::string(kIdentity))}) ==
        kErasedPerson);
  RecordBook at = all.book();
  const Result<Saved> refused =
      at.add(all.act(), "rental", std::vector<Edit>{put("owner_identity_number", kIdentity)});
  CHECK(refused.error().code == Errc::kConflict);
  CHECK(at.refusal().front().text.zh.find(all.erasure.hex().substr(0, 8)) != std::string::npos);
  CHECK(all.changes() == changes);
  CHECK(all.add_code("rental", {put("premises_id", "9"), put("owner_name", kName)}).empty());
}

TEST_CASE(
    "an edit is refused when it completes an erased person, and not for what was there before") {
  Erased all(2);
  CHECK(all.set_code(all.other, {put("owner_identity_number", kIdentity)}) == kErasedPerson);
  // The name stands there; the telephone makes it the person.
  CHECK(all.set_code(all.other, {put("owner_phone", kPhone)}) == kErasedPerson);
  CHECK(all.set_code(all.other, {put("owner_phone", "13900000000")}).empty());
  CHECK(all.set_code(all.other, {put("owner_phone", "")}).empty());
  // She is in the record that was left alone, and may be corrected there.
  CHECK(all.set_code(all.left, {put("address", "八巷")}).empty());
  CHECK(all.set_code(all.left, {put("owner_phone", "")}).empty());
  CHECK(all.set_code(all.left, {put("owner_phone", kPhone)}) == kErasedPerson);
}

TEST_CASE("of a record with more words than are looked at the new ones are looked at first") {
  Erased all(9);
  std::string many;
  for (char a = 'a'; a < 'g'; ++a)
    for (char b = 'a'; b <= 'z'; ++b) many += std::string{a, b, ' '};
  CHECK(all.set_code(all.other, {put("address", many), put("owner_name", "")}).empty());
  CHECK(all.set_code(all.other, {put("owner_name", kName), put("owner_phone", kPhone)}) ==
        kErasedPerson);
}

TEST_CASE("marks beside no act in force keep nobody from being typed in") {
  Erased all(10);
  const PersonQuery who = require(parse_person(kOtherIdentity, "", "", kToday));
  const auto parts = require(mark_person(*all.replica, all.space, all.replica->new_record_id(), who,
                                         all.replica.random()));
  REQUIRE_FALSE(parts.empty());
  const replica::ChangeDraft draft{.parts = parts};
  require(all.replica->append(all.space, all.founder().device, {&draft, 1}, 7000));
  CHECK(all.add_code("rental", {put("owner_identity_number", kOtherIdentity)}).empty());
}

TEST_CASE("a record is brought back with its edit or not at all, in one change") {
  Erased all(11);
  require(all.book().remove(all.act(), "rental", all.other));
  const std::uint64_t changes = all.changes();
  CHECK(all.set_code(all.other, {put("owner_identity_number", kIdentity)}, {.restores = true}) ==
        kErasedPerson);
  CHECK(all.set_code(all.other, {put("no_such", "x")}, {.restores = true}) == "unknown_field");
  CHECK(all.set_code(all.other, {put("address", "九巷")}) == "deleted");
  CHECK(all.row(all.other).is_deleted);
  CHECK(all.changes() == changes);
  CHECK(all.set_code(all.other, {put("address", "九巷")}, {.restores = true}).empty());
  CHECK_FALSE(all.row(all.other).is_deleted);
  CHECK(all.text(all.other, "address") == "九巷");
  CHECK(all.text(all.other, "premises_id") == "3");
  CHECK(all.changes() == changes + 1);
  // Also where the edit is in another scope, or says what stands there already.
  for (const Edit& edit : {put("owner_name", "李四"), put("address", "九巷")}) {
    require(all.book().remove(all.act(), "rental", all.other));
    const std::uint64_t before = all.changes();
    CHECK(all.set_code(all.other, {edit}, {.restores = true}).empty());
    CHECK_FALSE(all.row(all.other).is_deleted);
    CHECK(all.changes() == before + 1);
  }
}

TEST_CASE("a conflict is not settled with an erased person's number") {
  Erased all(3);
  const test::Person second =
      test::admit_person(*all.replica, all.village, all.replica.random(), "赵强", {"clerk"});
  Office desk(4);
  require(desk.replica->add_own_device(second.device));
  test::pull(*desk.replica, *all.replica, all.space);
  desk.open(all.space);
  require(
      all.book().set(all.act(), "rental", all.other, std::vector<Edit>{put("premises_id", "a")}));
  require(desk.book().set(desk.act(second), "rental", all.other,
                          std::vector<Edit>{put("premises_id", "b")}));
  test::pull(*all.replica, *desk.replica, all.space);
  RecordBook at = all.book();
  CHECK(Erased::code_of(at, at.settle(all.act(), "rental", all.other, "premises_id",
                                      Choice(std::string(kIdentity)))) == kErasedPerson);
  CHECK(Erased::code_of(at, at.settle(all.act(), "rental", all.other, "premises_id",
                                      Choice(std::string("d")), all.ground()))
            .empty());
  CHECK(all.readmitted(all.other).empty());
  require(desk.book().set(desk.act(second), "rental", all.other,
                          std::vector<Edit>{put("premises_id", "e")}));
  test::pull(*all.replica, *desk.replica, all.space);
  const std::uint64_t changes = all.changes();
  CHECK(Erased::code_of(at, at.settle(all.act(), "rental", all.other, "premises_id",
                                      Choice(std::string(kIdentity)), all.ground()))
            .empty());
  CHECK(all.changes() == changes + 1);
  CHECK(all.text(all.other, "premises_id") == kIdentity);
  CHECK(all.readmitted(all.other).size() == 1);
  require(desk.book().set(desk.act(second), "rental", all.other,
                          std::vector<Edit>{put("premises_id", "f")}));
  test::pull(*all.replica, *desk.replica, all.space);
  CHECK(Erased::code_of(
            at, at.settle(all.act(), "rental", all.other, "premises_id", Choice(std::string("c"))))
            .empty());
}

TEST_CASE(
    "who is readmitted is entered, and the record keeps by which erasure and on what ground") {
  Erased all(4);
  const std::vector<Edit> edits{put("premises_id", "9"), put("owner_identity_number", kIdentity)};
  Readmission wrong = all.ground();
  wrong.erasures = {all.replica->new_record_id()};
  CHECK(all.add_code("rental", edits, {.readmission = wrong}) == kErasedPerson);
  const RecordId id =
      require(all.book().add(all.act(), "rental", edits, {.readmission = all.ground()})).record;
  const std::string kept = all.erasure.hex() + " 新租约";
  CHECK(all.readmitted(id) == std::vector<std::string>{kept});
  CHECK(
      all.set_code(all.other, {put("owner_phone", kPhone)}, {.readmission = all.ground()}).empty());
  CHECK(all.readmitted(all.other) == std::vector<std::string>{kept});
  // Where nobody is brought in, nothing is kept.
  CHECK(all.set_code(all.left, {put("address", "八巷")}, {.readmission = all.ground()}).empty());
  CHECK(all.readmitted(all.left).empty());
}

TEST_CASE("why somebody was readmitted is neither taken out nor written by hand") {
  Erased all(12);
  CHECK(
      all.set_code(all.other, {put("owner_phone", kPhone)}, {.readmission = all.ground()}).empty());
  const std::vector<std::string> kept = all.readmitted(all.other);
  REQUIRE(kept.size() == 1);
  const std::string field(kReadmittedField);
  const EditOptions extra{.allow_extra = true};
  for (const Edit& edit : {minus(field, kept.front()), put(field, ""), plus(field, "x")})
    CHECK(all.set_code(all.other, {edit}, extra) == kReadmissionNote);
  CHECK(all.add_code("rental", {put("premises_id", "9"), put(field, "0123")}, extra) ==
        kReadmissionNote);
  CHECK(all.readmitted(all.other) == kept);
}

TEST_CASE("a record and why its person was readmitted are one change: no fault parts them") {
  Erased all(5);
  const std::uint64_t changes = all.changes();
  const RecordId id =
      require(all.book().add(all.act(), "rental",
                             std::vector<Edit>{put("premises_id", "9"),
                                               put("owner_identity_number", kIdentity)},
                             {.readmission = all.ground()}))
          .record;
  CHECK(all.changes() == changes + 1);
  CHECK(all.readmitted(id).size() == 1);
}

TEST_CASE("somebody who was erased may ask again, and the register of requests has it") {
  Erased all(6);
  CHECK(all.add_code("requests", {put("received_on", "2026-01-20"), plus("kinds", "access"),
                                  put("applicant", kName), put("applicant_phone", kPhone)})
            .empty());
}

TEST_CASE("what proves that something was done is not removed, nor settled away") {
  Erased all(7);
  for (const char* registry : {"requests", "disclosures"}) {
    const RecordId id =
        all.add_to(registry, {put(registry[0] == 'r' ? "received_on" : "on", "2026-01-20")});
    RecordBook at = all.book();
    CHECK(Erased::code_of(at, at.remove(all.act(), registry, id)) == kLedgerEntry);
    CHECK_FALSE(all.row(id).is_deleted);
  }
  const RecordId rental = all.add_to("rental", {put("premises_id", "11")});
  CHECK(all.book().remove(all.act(), "rental", rental).has_value());

  // A program that knows no ledgers removes an entry beside an edit of it.
  const RecordId entry = all.add_to("disclosures", {put("on", "2026-01-20")});
  const test::Person second =
      test::admit_person(*all.replica, all.village, all.replica.random(), "赵强", {"clerk"});
  Office older(8);
  test::pull(*older.replica, *all.replica, all.space);
  test::write_record(*older.replica, all.space, second, entry, {delete_operation()}, "disclosures");
  require(
      all.book().set(all.act(), "disclosures", entry, std::vector<Edit>{put("purpose", "检查")}));
  test::pull(*all.replica, *older.replica, all.space);
  const std::vector<ConflictRow> rows = require(all.book().conflicts(entry));
  REQUIRE(rows.size() == 1);
  REQUIRE(rows.front().candidates.size() == 2);
  const std::size_t deletion = rows.front().candidates[0].is_deletion ? 1 : 2;
  RecordBook at = all.book();
  CHECK(Erased::code_of(at, at.settle(all.act(), "disclosures", entry, "", Choice(deletion))) ==
        kLedgerEntry);
  CHECK(Erased::code_of(at, at.settle(all.act(), "disclosures", entry, "", Choice(3 - deletion)))
            .empty());
  CHECK_FALSE(all.row(entry).is_deleted);
}
