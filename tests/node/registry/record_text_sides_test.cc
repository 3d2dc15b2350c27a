// SPDX-License-Identifier: Apache-2.0
//
// What a person is shown of a text: the versions that it had, what came when it was final, and the
// sides of a merge that nobody has read.
#include <algorithm>
#include <map>
#include <set>

#include "node/registry/text_operations.h"
#include "tests/node/registry/minutes_desks.h"

using namespace cunju;
using namespace cunju::registry;
using namespace cunju::registry::testing;
using test::require;

TEST_CASE("a text reads as it did at each version, whatever is written after it") {
  TwoDesks world;
  std::vector<std::pair<std::vector<ChangeId>, std::string>> versions;
  auto note = [&] {
    versions.emplace_back(heads_of(world.a, world.id), text_in(world.a, world.id).text);
  };
  note();
  for (const char* text :
       {"修路灯。三盏。", "修三盏。", "", "重写：𠀀👨‍👩‍👧é。"}) {
    world.write_a(text);
    note();
  }
  world.exchange();
  world.write_a("重写：𠀀👨‍👩‍👧é。甲加");
  world.write_b("乙加：重写：𠀀👨‍👩‍👧é。");
  note();
  world.exchange();
  note();
  require(world.a.book().confirm_text(world.a.act(), world.name(), seen_in(world.a, world.id)));
  note();
  for (const char* state : {"checked", "final"})
    require(
        world.a.book().set(world.a.act(), kRegistry, world.id, std::vector{put("state", state)}));
  note();
  world.exchange();
  for (Office* office : {static_cast<Office*>(&world.a), &world.b}) {
    const auto changes = require(office->replica->text_changes(office->space, world.id));
    for (const auto& [version, text] : versions) {
      CHECK(require(text_at_version(kText, kRegistry, changes, version)) == text);
      const RecordTexts record(kRegistry, changes);
      const auto texts = texts_of(require(record.at({.heads = version})));
      CHECK(texts.contains(kText) == !text.empty());
    }
  }
}

TEST_CASE("an edit that came after the freeze is listed and reads as its author left it") {
  TwoDesks world;
  for (const char* state : {"checked", "final"})
    require(
        world.a.book().set(world.a.act(), kRegistry, world.id, std::vector{put("state", state)}));
  world.write_b("修路灯。乙又写了一句。");
  const std::vector<ChangeId> written = heads_of(world.b, world.id);
  REQUIRE(written.size() == 1);
  CHECK(require(world.b.book().late_texts()).empty());
  world.exchange();
  for (Office* office : {static_cast<Office*>(&world.a), &world.b}) {
    CHECK(text_in(*office, world.id).text == "修路灯。");
    CHECK(require(office->book().count_late_texts()) == 1);
    const std::vector<LateText> late = require(office->book().late_texts());
    REQUIRE(late.size() == 1);
    CHECK(late[0].name.record == world.id);
    CHECK(late[0].name.field == kText);
    CHECK(late[0].edit.change == written[0]);
    CHECK(late[0].edit.author == world.clerk.device.author());
    CHECK(late[0].edit.inserted == "乙又写了一句。");
    CHECK(late[0].edit.added == 7);
    CHECK(late[0].edit.erased == 0);
    const auto changes = require(office->replica->text_changes(office->space, world.id));
    CHECK(require(text_at_version(kText, kRegistry, changes, written)) == "修路灯。乙又写了一句。");
    std::string blamed;
    const RecordTexts record(kRegistry, changes);
    const TextsAt then = require(record.at({.heads = written}));
    for (const WrittenText& span : blame_of(kText, then)) blamed += span.text;
    CHECK(blamed == "修路灯。乙又写了一句。");
    // Together with the freeze it is what everybody has.
    CHECK(require(text_at_version(kText, kRegistry, changes, heads_of(*office, world.id))) ==
          "修路灯。");
  }
}

TEST_CASE("of minutes that two people made final apart both sides are shown") {
  TwoDesks world;
  world.write_b("修路灯。由丙施工。");
  for (const char* state : {"checked", "final"}) {
    require(
        world.a.book().set(world.a.act(), kRegistry, world.id, std::vector{put("state", state)}));
    require(world.b.book().set(world.b.act(world.clerk), kRegistry, world.id,
                               std::vector{put("state", state)}));
  }
  world.exchange();
  const std::vector<ConflictRow> rows = require(world.a.book().conflicts(world.id));
  const auto row = std::ranges::find(rows, kText, &ConflictRow::field);
  REQUIRE(row != rows.end());
  CHECK(row->is_final);
  REQUIRE(row->candidates.size() == 3);
  std::map<AuthorKey, Value> sides;
  for (const Candidate& candidate : std::span(row->candidates).subspan(1))
    sides[candidate.author] = candidate.value;
  CHECK(sides[world.a.founder().device.author()] == Value{std::string("修路灯。")});
  CHECK(sides[world.clerk.device.author()] == Value{std::string("修路灯。由丙施工。")});
  require(world.a.book().confirm_text(world.a.act(), world.name(), seen_in(world.a, world.id)));
  CHECK_FALSE(text_in(world.a, world.id).is_merged);
}

TEST_CASE("a second meeting that nobody read takes the first one from no list") {
  TwoDesks world;
  world.meet();
  const std::string met = text_in(world.a, world.id).text;
  world.write_a("甲：" + met);
  world.write_b(met + "乙。");
  world.exchange();
  std::set<std::string> sides;
  const std::vector<ConflictRow> rows = require(world.a.book().conflicts(world.id));
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].more == 0);
  for (const Candidate& candidate : std::span(rows[0].candidates).subspan(1))
    sides.insert(std::get<std::string>(candidate.value));
  CHECK(sides == std::set<std::string>{"修路灯。先修三盏。", "议题一：修路灯。", "甲：" + met,
                                       met + "乙。"});
}

TEST_CASE("of more sides than a person is shown the newest stand there and the rest is counted") {
  SampleOffice office(37);
  const RecordId id = add_minutes(office, "一");
  const std::vector<ChangeId> root = heads_of(office, id);
  constexpr std::size_t kWriters = kMostMergedVersions + 5;
  for (std::size_t i = 0; i < kWriters; ++i) {
    const test::Person person = test::admit_person(
        *office.replica, office.village, office.replica.random(), "人" + std::to_string(i));
    replica::ChangeDraft draft =
        test::draft_of(id, plan_text(kText, "一", "一（" + std::to_string(i) + "）"), kRegistry);
    draft.parts[0].seen = root;
    require(office.replica->append(office.space, person.device, {&draft, 1}, 0));
  }
  const std::vector<ConflictRow> rows = require(office.book().conflicts(id));
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].candidates.size() == 1 + kMostMergedVersions);
  CHECK(rows[0].more == 5);
}

TEST_CASE("a merged text of a deleted record waits until the record is back") {
  TwoDesks world;
  world.meet();
  require(world.a.book().remove(world.a.act(), kRegistry, world.id));
  const std::vector<ConflictRow> rows = require(world.a.book().conflicts());
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].is_deleted);
  require(world.a.book().restore(world.a.act(), kRegistry, world.id));
  CHECK_FALSE(require(world.a.book().conflicts())[0].is_deleted);
}
