// SPDX-License-Identifier: Apache-2.0
// Texts of a registry that has become confidential since they were written: readers see them where
// they are, and write on in the registry's scope.
#include <algorithm>
#include <catch2/catch.hpp>

#include "node/registry/record_book.h"
#include "node/registry/text_operations.h"
#include "tests/node/registry/moved_desks.h"

using namespace cunju;
using namespace cunju::registry;
using namespace cunju::registry::testing;
using test::require;

namespace {

struct MovedTexts : MovedDesks {
  using MovedDesks::MovedDesks;

  TextDraft opened(Office& at, const Seen& version = {}) {
    return require(at.book().open_text(record, "fam", "body", version));
  }
  Result<Saved> save(Office& at, const TextDraft& draft, const std::string& after) {
    return at.book().save_text(at.act(clerk(at)), draft, after);
  }
  Saved write(Office& at, const std::string& after) { return require(save(at, opened(at), after)); }
  PlacedText place(Office& at) {
    return require(at.book().text_places(record, "fam", "body")).front();
  }
};

bool has_code(const Findings& findings, std::string_view code) {
  return std::ranges::find(findings, code, &Finding::code) != findings.end();
}

const std::string kOld = "走访记录：三口人，漏水。\n";

}  // namespace

TEST_CASE(
    "a text from before its registry's scope is opened as it is shown, and begun whole there") {
  MovedTexts all({put("no", "1"), put("body", kOld)});
  all.move_registry();
  // Something else that is written there first takes nothing of it away.
  all.edit(all.office, {put("no", "2")});
  all.meet();
  CHECK(all.shown(all.desk, "body") == kOld);
  const TextDraft draft = all.opened(all.desk);
  CHECK(draft.before == kOld);
  CHECK_FALSE(all.place(all.desk).is_home);
  const Saved same = require(all.save(all.desk, draft, kOld));
  CHECK_FALSE(same.change);
  const Saved saved = require(all.save(all.desk, draft, kOld + "已修。\n"));
  REQUIRE(saved.change);
  CHECK(has_code(saved.findings, kTextBegun));
  all.meet();
  CHECK(all.shown(all.office, "body") == kOld + "已修。\n");
  CHECK(all.place(all.office).is_home);
  CHECK_FALSE(all.is_open("已修"));
  // From there on it is a text like others.
  const Saved next = all.write(all.office, kOld + "已修，已复查。\n");
  CHECK(next.findings.empty());
  CHECK(all.shown(all.office, "body") == kOld + "已修，已复查。\n");
  // The old one stays to be read.
  CHECK(require(all.office.book().text_places(all.record, "fam", "body")).size() == 2);
}

TEST_CASE("a text that two begin in its scope apart loses no word and waits for a reader") {
  MovedTexts all({put("no", "1"), put("body", kOld)});
  all.move_registry();
  all.write(all.office, kOld + "已修。\n");
  all.write(all.desk, kOld + "已报。\n");
  all.meet();
  for (Office* at : {&all.office, &all.desk}) {
    const std::string shown = all.shown(*at, "body");
    CHECK(shown.find("已修") != std::string::npos);
    CHECK(shown.find("已报") != std::string::npos);
    CHECK(at->row(all.record).has_conflict);
  }
  const std::vector<ConflictRow> rows = require(all.desk.book().conflicts());
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].field == "body");
  // The whole, and what each of them wrote; one is taken.
  REQUIRE(rows[0].candidates.size() == 3);
  const auto sides = rows[0].candidates;
  const Seen shown = seen_of(all.place(all.desk).view);
  const auto mine = std::ranges::find(sides, Value(kOld + "已修。\n"), &Candidate::value);
  REQUIRE(mine != sides.end());
  require(all.desk.book().confirm_text(all.desk.act(all.li),
                                       {.record = all.record, .registry = "fam", .field = "body"},
                                       shown, {.heads = {mine->change}, .left_out = {}}));
  all.meet();
  CHECK(all.shown(all.office, "body") == kOld + "已修。\n");
  CHECK(require(all.office.book().conflicts()).empty());
}

TEST_CASE("what was begun, or edited where it was, since it was shown is not written over") {
  MovedTexts all({put("no", "1"), put("body", kOld)});
  const TextDraft before = all.opened(all.desk);
  all.move_registry();
  // It was opened when the registry was open.
  CHECK(all.save(all.desk, before, "别的").error().code == Errc::kConflict);
  const TextDraft draft = all.opened(all.desk);
  SECTION("somebody began it") {
    all.write(all.office, kOld + "已修。\n");
    all.meet();
    CHECK(all.save(all.desk, draft, kOld + "已报。\n").error().code == Errc::kConflict);
    CHECK(all.shown(all.desk, "body") == kOld + "已修。\n");
  }
  SECTION("somebody without the definition edited it in the open") {
    const Seen version = seen_of(all.place(all.desk).view);
    test::write_record(*all.office.replica, all.village.space, all.village.founder, all.record,
                       plan_text("body", kOld, kOld + "又漏。\n"), "fam");
    all.meet();
    CHECK(all.shown(all.desk, "body") == kOld + "又漏。\n");
    CHECK(all.save(all.desk, draft, kOld + "已报。\n").error().code == Errc::kConflict);
    // Nor is a file that was made from the version before.
    RecordBook book = all.desk.book();
    CHECK(book.open_text(all.record, "fam", "body", version).error().code == Errc::kConflict);
    CHECK(book.refusal().front().code == "met_meanwhile");
    all.write(all.desk, kOld + "又漏，已报。\n");
    CHECK(all.shown(all.desk, "body") == kOld + "又漏，已报。\n");
  }
  SECTION("a file that was made from the version that is shown is saved") {
    const Seen version = seen_of(all.place(all.desk).view);
    require(all.save(all.desk, all.opened(all.desk, version), kOld + "已报。\n"));
    CHECK(all.shown(all.desk, "body") == kOld + "已报。\n");
  }
}

TEST_CASE("a text that is emptied in its scope is not shown from before it") {
  MovedTexts all({put("no", "1"), put("body", kOld)});
  all.move_registry();
  SECTION("as a text") { all.write(all.office, ""); }
  SECTION("as a field") { all.edit(all.office, {put("body", "")}); }
  all.meet();
  CHECK(all.shown(all.desk, "body").empty());
  CHECK(all.listed(all.desk, "body", "漏水") == "0");
  CHECK(all.opened(all.desk).before.empty());
  all.write(all.desk, "新的\n");
  CHECK(all.shown(all.desk, "body") == "新的\n");
}

TEST_CASE(
    "texts that were final before their registry's scope stay final until the state moves on") {
  MovedTexts all({put("no", "1"), put("body", kOld), put("st", "a")});
  all.edit(all.office, {put("st", "b")});
  all.meet();
  all.move_registry();
  RecordBook book = all.desk.book();
  CHECK(book.open_text(all.record, "fam", "body").error().code == Errc::kConflict);
  CHECK(book.refusal().front().code == "frozen");
  const Edit put_body = put("body", "别的");
  CHECK(book.set(all.desk.act(all.li), "fam", all.record, {&put_body, 1}).has_error());
  CHECK(book.refusal().front().code == "frozen");
  all.edit(all.desk, {put("st", "c")});
  all.write(all.desk, kOld + "补。\n");
  all.meet();
  CHECK(all.shown(all.office, "body") == kOld + "补。\n");
}

TEST_CASE("a merge from before its registry's scope is confirmed where it is") {
  MovedTexts all({put("no", "1"), put("body", kOld)});
  all.write(all.office, "甲，" + kOld);
  all.write(all.desk, kOld + "乙。\n");
  all.meet();
  REQUIRE(all.office.row(all.record).has_conflict);
  all.move_registry();
  REQUIRE(require(all.office.book().conflicts()).size() == 1);
  SECTION("while it is shown from there") {}
  SECTION("when it has been begun in its scope") {
    all.write(all.office, "甲，" + kOld + "乙。丙。\n");
    CHECK(require(all.office.book().conflicts()).size() == 1);
  }
  const auto places = require(all.office.book().text_places(all.record, "fam", "body"));
  const auto old = std::ranges::find(places, kOpenScope, &PlacedText::scope);
  REQUIRE(old != places.end());
  require(all.office.book().confirm_text(all.office.act(all.village.founder),
                                         {.record = all.record, .registry = "fam", .field = "body"},
                                         seen_of(old->view)));
  all.meet();
  CHECK(require(all.desk.book().conflicts()).empty());
}

TEST_CASE(
    "edits that came too late for a text stay listed when its registry becomes confidential") {
  MovedTexts all({put("no", "1"), put("body", kOld), put("st", "a")});
  all.edit(all.office, {put("st", "b")});
  all.write(all.desk, kOld + "迟来的。\n");
  all.meet();
  REQUIRE(require(all.office.book().late_texts()).size() == 1);
  all.move_registry();
  const std::vector<LateText> late = require(all.office.book().late_texts());
  REQUIRE(late.size() == 1);
  CHECK(late[0].edit.inserted.find("迟来的") != std::string::npos);
  CHECK(require(all.office.book().count_late_texts()) == 1);
}
