// SPDX-License-Identifier: Apache-2.0
//
// What a person confirms and edits of a text is what they were shown, whatever arrives.
#include <algorithm>

#include "crdt/types/text/text_edits_codec.h"
#include "node/council/roster_acts.h"
#include "node/registry/text_operations.h"
#include "tests/node/registry/minutes_desks.h"

using namespace cunju;
using namespace cunju::registry;
using namespace cunju::registry::testing;
using test::require;

namespace {

bool has_warning(const Saved& saved, std::string_view code) {
  return std::ranges::find(saved.findings, code, &Finding::code) != saved.findings.end();
}

}  // namespace

TEST_CASE("what arrives between showing a merged text and confirming it does not count as read") {
  TwoDesks world;
  world.meet();
  world.write_a("议题一：修路灯。先修三盏。甲又写。");
  const Seen shown = seen_in(world.a, world.id);
  world.write_b("乙又写。议题一：修路灯。先修三盏。");
  test::pull(*world.a.replica, *world.b.replica, world.a.space);
  Saved saved = require(world.a.book().confirm_text(world.a.act(), world.name(), shown));
  CHECK(has_warning(saved, "still_merged"));
  CHECK(text_in(world.a, world.id).is_merged);
  world.exchange();
  CHECK(text_in(world.b, world.id).is_merged);
  saved =
      require(world.a.book().confirm_text(world.a.act(), world.name(), seen_in(world.a, world.id)));
  CHECK_FALSE(has_warning(saved, "still_merged"));
  world.exchange();
  for (Office* office : {static_cast<Office*>(&world.a), &world.b}) {
    CHECK_FALSE(text_in(*office, world.id).is_merged);
    CHECK(text_in(*office, world.id).text == "乙又写。议题一：修路灯。先修三盏。甲又写。");
  }
}

TEST_CASE("who writes on with a merge in view makes nothing that has to be confirmed") {
  TwoDesks world;
  world.meet();
  const Seen shown = seen_in(world.a, world.id);
  world.write_b("议题一：修路灯。先修三盏。接着写。");
  // The mark stays for the merge, and goes with its confirmation: the edit was read by its author.
  CHECK(text_in(world.b, world.id).is_merged);
  test::pull(*world.a.replica, *world.b.replica, world.a.space);
  require(world.a.book().confirm_text(world.a.act(), world.name(), shown));
  CHECK_FALSE(text_in(world.a, world.id).is_merged);
}

TEST_CASE("who wrote after the version that they were shown has to look again") {
  TwoDesks world;
  world.meet();
  const Seen shown = seen_in(world.a, world.id);
  world.write_b("议题一：修路灯。先修三盏。没人读过。");
  test::pull(*world.a.replica, *world.b.replica, world.a.space);
  // This act sees what has just arrived, and an author has seen all of their own acts.
  require(
      world.a.book().set(world.a.act(), kRegistry, world.id, std::vector{put("place", "村部")}));
  RecordBook book = world.a.book();
  CHECK(book.confirm_text(world.a.act(), world.name(), shown).error().code == Errc::kConflict);
  REQUIRE(book.refusal().size() == 1);
  CHECK(book.refusal()[0].code == "wrote_since");
  CHECK(text_in(world.a, world.id).is_merged);
}

TEST_CASE("an edit that met another's is not saved on top of what its author signed meanwhile") {
  TwoDesks desks;
  const TextDraft draft = require(desks.a.book().open_text(desks.id, kRegistry, kText, {}));
  desks.write_b("修五盏路灯。");
  desks.exchange();
  // In another window, while the editor is open.
  require(
      desks.a.book().set(desks.a.act(), kRegistry, desks.id, std::vector{put("place", "村部")}));
  const Result<Saved> saved = desks.a.book().save_text(desks.a.act(), draft, "修七盏路灯。");
  REQUIRE_FALSE(saved);
  CHECK(saved.error().code == Errc::kConflict);
  CHECK(text_in(desks.a, desks.id).text == "修五盏路灯。");
  CHECK_FALSE(text_in(desks.a, desks.id).is_merged);
}

TEST_CASE("an edit is merged with what the same key wrote in another window") {
  TwoDesks desks;
  const TextDraft draft = require(desks.a.book().open_text(desks.id, kRegistry, kText, {}));
  desks.write_a("今天修路灯。");
  require(desks.a.book().save_text(desks.a.act(), draft, "修路灯。明天验收。"));
  CHECK(text_in(desks.a, desks.id).text == "今天修路灯。明天验收。");
}

TEST_CASE("a confirmation names a version that is here, and something that was merged") {
  TwoDesks world;
  CHECK(world.a.book()
            .confirm_text(world.a.act(), world.name(), seen_in(world.a, world.id))
            .error()
            .code == Errc::kNotFound);
  world.meet();
  CHECK(world.a.book().confirm_text(world.a.act(), world.name(), Seen{}).error().code ==
        Errc::kInvalidArgument);
  const ChangeId unknown;
  CHECK(
      world.a.book().confirm_text(world.a.act(), world.name(), {.heads = {unknown}}).error().code ==
      Errc::kNotFound);
  CHECK(text_in(world.a, world.id).is_merged);
}

TEST_CASE("a merged text is not settled by a number, and one side of it can be taken") {
  TwoDesks world;
  world.meet();
  RecordBook book = world.a.book();
  const std::vector<ConflictRow> rows = require(book.conflicts(world.id));
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].version == heads_of(world.a, world.id));
  CHECK(book.settle(world.a.act(), kRegistry, world.id, kText, std::size_t{1}).error().code ==
        Errc::kInvalidArgument);
  CHECK(book.refusal().at(0).code == "is_text");
  REQUIRE(rows[0].candidates.size() == 3);
  const Candidate& taken = rows[0].candidates[2];
  require(book.confirm_text(world.a.act(), world.name(), {.heads = rows[0].version},
                            {.heads = {taken.change}}));
  world.exchange();
  for (Office* office : {static_cast<Office*>(&world.a), &world.b}) {
    CHECK(Value{text_in(*office, world.id).text} == taken.value);
    CHECK_FALSE(text_in(*office, world.id).is_merged);
  }
}

TEST_CASE("a text that is taken is the one that was shown, without words that are left out of it") {
  TwoDesks world;
  const test::Person third =
      test::admit_person(*world.a.replica, world.a.village, world.a.replica.random(), "王强");
  world.exchange();
  // Somebody goes on below a note, and its author is removed by an office that lacks both.
  require(world.b.book().set(world.b.act(third), kRegistry, world.id,
                             std::vector{put(kText, "附注。修路灯。")}));
  world.write_b("附注。修路灯。乙又写。");
  world.write_a("甲写。修路灯。");
  const auto removal =
      require(council::plan_removal(*world.a.replica, world.a.space, third.member));
  require(world.a.replica->append_roster(world.a.space, world.a.founder().device,
                                         removal.operations, 0));
  world.exchange();
  const std::string shown = text_in(world.a, world.id).text;
  CHECK(shown == "甲写。修路灯。乙又写。");
  const Seen version = seen_in(world.a, world.id);
  require(world.a.book().confirm_text(world.a.act(), world.name(), version, version));
  CHECK(text_in(world.a, world.id).text == shown);
}

TEST_CASE("what was made from words that fell meanwhile is refused in words for people") {
  SampleOffice office(41);
  test::TestReplica laptop(42), restored(43);
  const test::Person wang = test::admit_person(*office.replica, office.village,
                                               office.replica.random(), "王", {"chair", "clerk"});
  const RecordId id = add_minutes(office, "修路灯。");
  for (test::TestReplica* node : {&laptop, &restored})
    test::pull(**node, *office.replica, office.space);
  const auto grant = [&](test::TestReplica& where, const char* role) {
    const RosterOperation act = GrantRole{
        .member = office.founder().member, .role = role, .term_from = {}, .term_until = {}};
    require(where->append_roster(office.space, wang.device, {&act, 1}, 0));
  };
  // The officer writes behind an act, and acts again on a computer that was set back.
  grant(laptop, "grid");
  test::write_record(*laptop, office.space, wang, id, plan_text(kText, "", "王写。"));
  grant(restored, "teller");
  test::pull(*office.replica, *laptop, office.space);
  const TextDraft draft = require(office.book().open_text(id, kRegistry, kText));
  REQUIRE(draft.before == "王写。修路灯。");
  require(office.replica->accept(office.space, test::all_runs(*restored, office.space)));
  REQUIRE(text_in(office, id).text == "修路灯。");
  RecordBook book = office.book();
  CHECK(book.save_text(office.act(), draft, "王写。先修路灯。").error().code == Errc::kConflict);
  REQUIRE(book.refusal().size() == 1);
  CHECK(book.refusal()[0].code == kFallenSince);
  CHECK(text_in(office, id).text == "修路灯。");
  // Whoever goes on with the typing can tell, and finds what was shown.
  const auto changes = require(office.replica->text_changes(office.space, id));
  CHECK(require(has_lost_since(changes, draft.seen.heads, draft.seen.left_out)));
  CHECK(require(text_at_version(kText, kRegistry, changes, draft.seen.heads,
                                &draft.seen.left_out)) == draft.before);
  const Seen now = seen_in(office, id);
  CHECK_FALSE(require(has_lost_since(changes, now.heads, now.left_out)));
}

TEST_CASE("minutes that became final without a freeze take no edits of their texts here") {
  SampleOffice office(33);
  const RecordId id = add_minutes(office, "定稿文字");
  // As a program wrote it that knew no texts.
  for (const char* state : {"checked", "final"}) {
    test::write_record(*office.replica, office.space, office.founder(), id,
                       {make_operation(OperationKind::kStateMove, "state", std::string(state),
                                       std::string("draft"))},
                       kRegistry);
  }
  REQUIRE_FALSE(require(office.replica->view(office.space, id))->state.is_frozen());
  RecordBook book = office.book();
  CHECK(book.open_text(id, kRegistry, kText).error().code == Errc::kConflict);
  CHECK(book.refusal().at(0).code == "frozen");
  CHECK(book.open_text(id, kRegistry, "item.0001.abcdef").error().code == Errc::kConflict);
  CHECK(book.set(office.act(), kRegistry, id, std::vector{put(kText, "改了")}).error().code ==
        Errc::kInvalidArgument);
  CHECK(book.refusal().at(0).code == "frozen");
  // Whoever moves it on adds the freeze.
  require(book.set(office.act(), kRegistry, id, std::vector{put("state", "signed")}));
  CHECK(require(office.replica->view(office.space, id))->state.is_frozen());
}

TEST_CASE("an edit of a record with more heads than a change can name acts on what was seen") {
  SampleOffice office(34);
  const RecordId id = add_minutes(office, "一");
  const std::vector<ChangeId> root = heads_of(office, id);
  constexpr std::size_t kWriters = limits::kMaxParents + 10;
  for (std::size_t i = 0; i < kWriters; ++i) {
    const test::Person person = test::admit_person(
        *office.replica, office.village, office.replica.random(), "人" + std::to_string(i));
    replica::ChangeDraft draft =
        test::draft_of(id, plan_text(kText, "一", "一（" + std::to_string(i) + "）"), kRegistry);
    draft.parts[0].seen = root;
    require(office.replica->append(office.space, person.device, {&draft, 1}, 0));
  }
  REQUIRE(heads_of(office, id).size() == kWriters);
  TextDraft draft = require(office.book().open_text(id, kRegistry, kText));
  const std::string after = draft.before + "完";
  require(office.book().save_text(office.act(), draft, after));
  CHECK(heads_of(office, id).size() == 1);
  CHECK(text_in(office, id).text == after);
  // And so is a confirmation.
  require(office.book().confirm_text(
      office.act(), {.record = id, .registry = kRegistry, .field = kText}, seen_in(office, id)));
  CHECK_FALSE(text_in(office, id).is_merged);
  Office other(35);
  test::pull(*other.replica, *office.replica, office.space);
  CHECK(require(other.replica->view_hash(office.space)) ==
        require(office.replica->view_hash(office.space)));
}

TEST_CASE("a confirmation of many heads has seen all of them") {
  SampleOffice office(36);
  const RecordId id = add_minutes(office, "一");
  const std::vector<ChangeId> root = heads_of(office, id);
  for (std::size_t i = 0; i < limits::kMaxParents + 10; ++i) {
    const test::Person person = test::admit_person(
        *office.replica, office.village, office.replica.random(), "人" + std::to_string(i));
    replica::ChangeDraft draft = test::draft_of(id, plan_text(kText, "一", "一二"), kRegistry);
    draft.parts[0].seen = root;
    require(office.replica->append(office.space, person.device, {&draft, 1}, 0));
  }
  const Saved saved = require(office.book().confirm_text(
      office.act(), {.record = id, .registry = kRegistry, .field = kText}, seen_in(office, id)));
  CHECK(saved.findings.empty());
  CHECK_FALSE(text_in(office, id).is_merged);
}

TEST_CASE("two people who confirm one merge apart do not mark it anew") {
  TwoDesks world;
  world.meet();
  require(world.a.book().confirm_text(world.a.act(), world.name(), seen_in(world.a, world.id)));
  require(world.b.book().confirm_text(world.b.act(world.clerk), world.name(),
                                      seen_in(world.b, world.id)));
  world.exchange();
  for (Office* office : {static_cast<Office*>(&world.a), &world.b}) {
    CHECK_FALSE(text_in(*office, world.id).is_merged);
    CHECK(require(office->book().conflicts(world.id)).empty());
  }
}

TEST_CASE("who makes final what nobody has read is told so, and may") {
  TwoDesks world;
  world.meet();
  require(
      world.a.book().set(world.a.act(), kRegistry, world.id, std::vector{put("state", "checked")}));
  const Saved saved = require(
      world.a.book().set(world.a.act(), kRegistry, world.id, std::vector{put("state", "final")}));
  CHECK(has_warning(saved, kUnreadMerge));
  CHECK(require(world.a.replica->view(world.a.space, world.id))->state.is_frozen());
  // It can be read and confirmed still, and then there is nothing to be told.
  require(world.a.book().confirm_text(world.a.act(), world.name(), seen_in(world.a, world.id)));
  CHECK_FALSE(has_warning(require(world.a.book().set(world.a.act(), kRegistry, world.id,
                                                     std::vector{put("state", "signed")})),
                          kUnreadMerge));
}

TEST_CASE("a clerk whose share of the texts is used up makes them final all the same") {
  SampleOffice office(38);
  const RecordId id = add_minutes(office, "定稿文字");
  const auto use_runs = [&](std::size_t runs) {
    TextEdits edits;
    for (std::size_t i = 0; i < runs / 2; ++i) {
      REQUIRE(edits.insert(0, "x"));
      REQUIRE(edits.insert(2, "y"));
    }
    replica::ChangeDraft draft = test::draft_of(
        id, {make_operation(OperationKind::kTextEdit, kText, encode_text_edits(edits))}, kRegistry);
    return office.replica->append(office.space, office.founder().device, {&draft, 1}, 0)
        .has_value();
  };
  static_assert(limits::kMaxAuthorTextLoad / limits::kTextRunLoad == 32'768);
  for (const std::size_t runs : {16'000, 16'000}) CHECK(use_runs(runs));
  CHECK_FALSE(use_runs(1'000));
  const TextDraft draft = require(office.book().open_text(id, kRegistry, kText));
  RecordBook book = office.book();
  const Result<Saved> saved =
      book.save_text(office.act(), draft, draft.before + std::string(512 * 1024, 'z'));
  REQUIRE(saved.has_error());
  CHECK(saved.error().code == Errc::kLimit);
  CHECK(book.refusal().at(0).code == "text_share");
  for (const char* state : {"checked", "final"})
    require(office.book().set(office.act(), kRegistry, id, std::vector{put("state", state)}));
  CHECK(require(office.replica->view(office.space, id))->state.is_frozen());
}

TEST_CASE("a text given on a command line has no byte order mark and no carriage returns") {
  SampleOffice office(39);
  const RecordId id = add_minutes(office, "\xEF\xBB\xBF第一行\r\n第二行\r\n");
  CHECK(text_in(office, id).text == "第一行\n第二行\n");
  const std::uint64_t before = office.changes();
  const Saved saved = require(office.book().set(office.act(), kRegistry, id,
                                                std::vector{put(kText, "第一行\r\n第二行\n")}));
  CHECK_FALSE(saved.change.has_value());
  CHECK(office.changes() == before);
}

TEST_CASE("a text longer than a field's value is no reason for a warning") {
  SampleOffice office(40);
  std::string text;
  while (text.size() < 2 * limits::kMaxValueBytes) text += "村民代表会议纪要。";
  const RecordId id = add_minutes(office, text);
  const Saved saved =
      require(office.book().set(office.act(), kRegistry, id, std::vector{put("place", "村部")}));
  CHECK_FALSE(has_warning(saved, "too_long"));
  CHECK(text_in(office, id).text == text);
}
