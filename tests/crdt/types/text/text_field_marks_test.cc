// SPDX-License-Identifier: Apache-2.0
//
// What was merged in a text is marked until somebody who saw the merge confirms, and each meeting
// keeps both of its sides until then.
#include <catch2/catch.hpp>
#include <set>

#include "crdt/types/text/text_field.h"
#include "crdt/types/text/text_merge.h"
#include "crdt/types/text/text_passed.h"
#include "tests/crdt/types/text/text_field_history.h"

namespace cunju::test::text_views {

TEST_CASE("a confirmation that passed something over has not read it, whatever fork is known") {
  const auto is_merged = [](bool is_late, bool is_forked) {
    History history;
    const std::size_t first = history.add(0, {}, {edit_text(kField, 0, 0, "同意。")});
    const std::size_t own = history.add(1, {first}, {edit_text(kField, 3, 0, "记录。")});
    const std::size_t late = history.add(1, {own}, {edit_text(kField, 0, 0, "不")});
    const std::size_t resting = history.add(2, {late}, {edit_text(kField, 7, 0, "完。")});
    const TextPassed passed{.ranges = {{history.at(late).id, history.at(late).id}}};
    const std::size_t on =
        history.add(0, {resting}, {edit_text(kField, 0, 1, "赞"), passed_operation(passed)});
    history.add(0, {on}, {confirm_text(kField), passed_operation(passed)});
    history.at(late).is_late = is_late;
    if (is_forked) fork_later(history, late);
    const RecordView view = settled_view(history);
    CHECK(text_in(view).text == (is_late ? "赞意。记录。完。" : "赞不意。记录。完。"));
    return text_in(view).is_merged;
  };
  for (bool is_forked : {false, true}) {
    CAPTURE(is_forked);
    CHECK_FALSE(is_merged(true, is_forked));
    CHECK(is_merged(false, is_forked));
  }
}

TEST_CASE("what a confirmation has read is the same when a fork of anybody's log is known later") {
  History history;
  const std::size_t first = history.add(0, {}, {edit_text(kField, 0, 0, "修路灯。")});
  const std::size_t below = history.add(1, {first}, {edit_text(kField, 4, 0, "三盏。")});
  const std::size_t a = history.add(1, {below}, {edit_text(kField, 7, 0, "先修。")});
  const std::size_t b = history.add(2, {below}, {edit_text(kField, 0, 0, "议题一：")});
  const auto pass = [&](std::size_t from) {
    return passed_operation({.ranges = {{history.at(from).id, history.at(from).id}}});
  };
  SECTION("an author's last one counts, on whatever line the one before is") {
    const std::size_t earlier = history.add(0, {a, b}, {confirm_text(kField)});
    CHECK_FALSE(text_in(settled_view(history)).is_merged);
    const std::size_t last = history.add(0, {earlier}, {confirm_text(kField), pass(a)});
    CHECK(text_in(settled_view(history)).is_merged);
    fork_later(history, last);
    CHECK(text_in(settled_view(history)).is_merged);
  }
  SECTION("what an author wrote above what it passed over, on whatever line") {
    history.add(0, {a, b}, {confirm_text(kField), pass(below)});
    CHECK(text_in(settled_view(history)).is_merged);
    fork_later(history, a);
    CHECK(text_in(settled_view(history)).is_merged);
  }
}

TEST_CASE("what was merged stays marked until somebody who has seen all of it confirms") {
  History history;
  const std::size_t first = history.add(0, {}, {edit_text(kField, 0, 0, "修路灯。")});
  CHECK_FALSE(text_in(settled_view(history)).is_merged);
  const std::size_t a = history.add(0, {first}, {edit_text(kField, 4, 0, "三盏。")});
  const std::size_t b = history.add(1, {first}, {edit_text(kField, 0, 0, "议题一：")});
  CHECK(text_in(settled_view(history)).is_merged);
  CHECK(text_in(settled_view(history)).text == "议题一：修路灯。三盏。");
  const std::size_t half = history.add(0, {a}, {confirm_text(kField)});
  CHECK(text_in(settled_view(history)).is_merged);
  const std::size_t later = history.add(1, {half, b}, {edit_text(kField, 0, 0, "一、")});
  CHECK(text_in(settled_view(history)).is_merged);
  CHECK(settled_view(history).state.has_conflict());
  const std::size_t done = history.add(0, {later}, {confirm_text(kField)});
  CHECK_FALSE(text_in(settled_view(history)).is_merged);
  CHECK_FALSE(settled_view(history).state.has_conflict());
  history.add(1, {done}, {edit_text(kField, 0, 2, "")});
  CHECK_FALSE(text_in(settled_view(history)).is_merged);
  CHECK(text_in(settled_view(history)).text == "议题一：修路灯。三盏。");
}

TEST_CASE("two people who confirm one merge apart have read it, and so has whoever goes on") {
  History history;
  const std::size_t first = history.add(0, {}, {edit_text(kField, 0, 0, "修路灯。")});
  const std::size_t a = history.add(0, {first}, {edit_text(kField, 4, 0, "三盏。")});
  const std::size_t b = history.add(1, {first}, {edit_text(kField, 0, 0, "议题一：")});
  const std::size_t mine = history.add(0, {a, b}, {confirm_text(kField)});
  const std::size_t yours = history.add(1, {a, b}, {confirm_text(kField)});
  CHECK_FALSE(text_in(settled_view(history)).is_merged);
  const std::size_t on = history.add(2, {mine, yours}, {edit_text(kField, 0, 0, "一、")});
  CHECK_FALSE(text_in(settled_view(history)).is_merged);
  // Who wrote on beside a confirmation had seen the same.
  history.add(1, {yours}, {edit_text(kField, 0, 0, "（二）")});
  CHECK(text_in(settled_view(history)).is_merged);
  // Two confirmations that have seen one side each are none of the pair.
  history.add(0, {on}, {confirm_text(kField)});
  history.add(1, {}, {confirm_text(kField)});
  CHECK(text_in(settled_view(history)).is_merged);
}

TEST_CASE("every meeting that nobody read keeps both of its sides, also when the next one comes") {
  History history;
  const std::size_t first = history.add(0, {}, {edit_text(kField, 0, 0, "修路灯。")});
  const std::size_t a = history.add(0, {first}, {edit_text(kField, 4, 0, "三盏。")});
  const std::size_t b = history.add(1, {first}, {edit_text(kField, 0, 0, "议题一：")});
  // Each goes on with both, again apart: no change stands between the meetings.
  const std::size_t c = history.add(0, {a, b}, {edit_text(kField, 0, 0, "甲")});
  const std::size_t d = history.add(1, {a, b}, {edit_text(kField, 0, 0, "乙")});
  const auto sides = [&] {
    Replica replica(history);
    for (std::size_t i = 0; i < history.size(); ++i) replica.deliver(i);
    std::set<ChangeId> out;
    const std::vector<TextChange> changes = replica.text_changes();
    for (const TextChange* side : RecordTexts("minutes", changes).now().sides(kField))
      out.insert(side->id);
    return out;
  };
  const auto ids = [&](std::vector<std::size_t> indices) {
    std::set<ChangeId> out;
    for (std::size_t i : indices) out.insert(history.changes()[i].id);
    return out;
  };
  CHECK(sides() == ids({a, b, c, d}));
  // Who goes on alone moves a side on.
  const std::size_t more = history.add(1, {d}, {edit_text(kField, 0, 0, "又")});
  CHECK(sides() == ids({a, b, c, more}));
  history.add(2, {a, b}, {confirm_text(kField)});
  CHECK(sides() == ids({c, more}));
  history.add(2, {c, more}, {confirm_text(kField)});
  CHECK(sides().empty());
  CHECK_FALSE(text_in(settled_view(history)).is_merged);
}

TEST_CASE("a version is told as it was, whatever became late beside it") {
  History history;
  const std::size_t first = history.add(0, {}, {edit_text(kField, 0, 0, "定稿文字")});
  const std::size_t freezing = history.add(0, {first}, {freeze()});
  const std::size_t apart = history.add(1, {first}, {edit_text(kField, 0, 0, "晚到的")});
  const std::size_t defiant = history.add(2, {freezing}, {edit_text(kField, 0, 4, "改了")});
  Replica replica(history);
  for (std::size_t i = 0; i < history.size(); ++i) replica.deliver(i);
  const std::vector<TextChange> changes = replica.text_changes();
  const auto text_at = [&](std::vector<std::size_t> version) {
    std::vector<ChangeId> ids;
    for (std::size_t i : version) ids.push_back(history.changes()[i].id);
    const auto story = tell_text_at(kField, "minutes", changes, {.heads = ids});
    REQUIRE(story.has_value());
    return replay_text(story.value().history).text.str();
  };
  CHECK(text_at({apart}) == "晚到的定稿文字");
  CHECK(text_at({freezing}) == "定稿文字");
  // Both together are what everybody has, and who wrote although it was final wrote in vain.
  CHECK(text_at({freezing, apart}) == "定稿文字");
  CHECK(text_at({defiant}) == "定稿文字");
  const ChangeId unknown;
  CHECK(tell_text_at(kField, "minutes", changes, {.heads = {&unknown, 1}}).error().code ==
        Errc::kNotFound);
}

}  // namespace cunju::test::text_views
