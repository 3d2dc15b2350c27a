// SPDX-License-Identifier: Apache-2.0
//
// A text that was made final: what the freeze had not seen is late, and only a thaw beside a state
// move opens it again.
#include <catch2/catch.hpp>

#include "crdt/types/text/text_field.h"
#include "crdt/types/text/text_passed.h"
#include "tests/crdt/types/text/text_field_history.h"

namespace cunju::test::text_views {

TEST_CASE("a freeze that was answered stays so, whatever passed over it afterwards") {
  History history;
  const std::size_t first = history.add(0, {}, {edit_text(kField, 0, 0, "定稿文字")});
  const std::size_t freezing = history.add(1, {first}, {freeze()});
  const std::size_t thawing = history.add(2, {freezing}, {reopen(), thaw()});
  std::size_t last = history.add(2, {thawing}, {edit_text(kField, 0, 0, "又写的")});
  const Operation passed =
      passed_operation({.ranges = {{history.at(freezing).id, history.at(freezing).id}}});
  // It was late while these were signed, and is not any more.
  last = history.add(2, {last}, {freeze(), passed});
  RecordView view = settled_view(history);
  CHECK(view.state.is_frozen());
  CHECK(text_in(view).text == "又写的定稿文字");
  last = history.add(2, {last}, {reopen(), thaw(), passed});
  history.add(2, {last}, {edit_text(kField, 0, 0, "再写的"), passed});
  view = settled_view(history);
  CHECK_FALSE(view.state.is_frozen());
  CHECK(text_in(view).text == "再写的又写的定稿文字");
  CHECK(text_in(view).late.empty());
  history.at(freezing).is_late = true;
  CHECK(text_in(settled_view(history)).text == "再写的又写的定稿文字");
}

TEST_CASE("an edit that the freeze had not seen is late, and comes back when it is undone") {
  History history;
  const std::size_t first = history.add(0, {}, {edit_text(kField, 0, 0, "定稿文字")});
  const std::size_t freezing = history.add(0, {first}, {freeze()});
  CHECK(settled_view(history).state.is_frozen());
  const std::size_t apart = history.add(1, {first}, {edit_text(kField, 0, 0, "晚到的")});
  RecordView view = settled_view(history);
  CHECK(text_in(view).text == "定稿文字");
  CHECK(text_in(view).late == std::vector<Dot>{history.changes()[apart].dot});
  CHECK_FALSE(text_in(view).is_merged);
  // Who writes on although it is final, writes in vain, also after a thaw that it had not seen.
  const std::size_t defiant = history.add(2, {freezing}, {edit_text(kField, 0, 4, "改了")});
  CHECK(text_in(settled_view(history)).text == "定稿文字");
  history.add(0, {freezing, apart}, {reopen(), thaw()});
  view = settled_view(history);
  CHECK_FALSE(view.state.is_frozen());
  CHECK(text_in(view).text == "晚到的定稿文字");
  CHECK(text_in(view).late == std::vector<Dot>{history.changes()[defiant].dot});
}

TEST_CASE("a thaw without a state move beside it opens nothing") {
  History history;
  const std::size_t first = history.add(0, {}, {edit_text(kField, 0, 0, "定稿文字")});
  const std::size_t freezing = history.add(0, {first}, {freeze()});
  const std::size_t apart = history.add(1, {first}, {edit_text(kField, 0, 0, "晚到的")});
  // Neither alone, nor with a state move of another change, nor with one that has no effect.
  std::size_t last = history.add(2, {freezing}, {thaw()});
  last = history.add(2, {last}, {reopen()});
  last = history.add(2, {last},
                     {thaw(), make_operation(OperationKind::kStateMove, "state", std::int64_t{1})});
  last = history.add(2, {last}, {edit_text(kField, 0, 0, "改了")});
  RecordView view = settled_view(history);
  CHECK(view.state.is_frozen());
  CHECK(text_in(view).text == "定稿文字");
  CHECK(text_in(view).late.size() == 2);
  Replica one_by_one(history);
  for (std::size_t i = 0; i < history.size(); ++i) {
    one_by_one.deliver(i);
    one_by_one.settle_texts();
  }
  CHECK(one_by_one.view().encode() == view.encode());
  history.add(2, {last, apart}, {thaw(), reopen()});
  view = settled_view(history);
  CHECK_FALSE(view.state.is_frozen());
  CHECK(text_in(view).text == "晚到的定稿文字");
}

TEST_CASE("two people who make a text final apart have what both had seen, and a mark") {
  History history;
  const std::size_t first = history.add(0, {}, {edit_text(kField, 0, 0, "修路。")});
  const std::size_t mine = history.add(0, {first}, {freeze()});
  const std::size_t more = history.add(1, {first}, {edit_text(kField, 3, 0, "由丙施工。")});
  const std::size_t yours = history.add(1, {more}, {freeze()});
  RecordView view = settled_view(history);
  CHECK(text_in(view).text == "修路。");
  CHECK(text_in(view).late == std::vector<Dot>{history.changes()[more].dot});
  CHECK(text_in(view).is_merged);
  history.add(0, {mine, yours}, {confirm_text(kField)});
  view = settled_view(history);
  CHECK_FALSE(text_in(view).is_merged);
  CHECK(text_in(view).text == "修路。");
}

TEST_CASE("who has used up the share of texts can still make them final and open them again") {
  History history;
  std::size_t last = history.add(0, {}, {edit_text(kField, 0, 0, "定稿")});
  const std::string megabyte(1024 * 1024 - 1, 'a');
  for (int i = 0; i < 17; ++i)
    last = history.add(
        0, {last},
        {edit_text("discussion", 0, 0, megabyte), edit_text("discussion", 0, 1024 * 1024 - 1, "")});
  const std::size_t freezing = history.add(0, {last}, {freeze()});
  const std::size_t apart = history.add(1, {last}, {edit_text(kField, 0, 0, "晚到的")});
  CHECK(settled_view(history).state.is_frozen());
  CHECK(text_in(settled_view(history)).text == "定稿");
  history.add(0, {freezing, apart}, {reopen(), thaw()});
  CHECK_FALSE(settled_view(history).state.is_frozen());
  CHECK(text_in(settled_view(history)).text == "晚到的定稿");
}

TEST_CASE("one author's acts change nothing about another's freeze that they had not seen") {
  History history;
  std::size_t last = history.add(0, {}, {edit_text(kField, 0, 0, "定稿")});
  const std::size_t first = last;
  for (int i = 0; i < 70; ++i) last = history.add(0, {last}, {edit_text(kField, 0, 1, "定")});
  history.add(0, {last}, {freeze()});
  history.add(2, {first}, {edit_text(kField, 0, 0, "晚到")});
  std::vector<std::size_t> parents;
  for (int i = 0; i < 70; ++i) parents = {history.add(1, parents, {thaw(), reopen()})};
  const RecordView view = settled_view(history);
  CHECK(view.state.is_frozen());
  CHECK(text_in(view).text == "定稿");
  CHECK(text_in(view).late.size() == 1);
}

}  // namespace cunju::test::text_views
