// SPDX-License-Identifier: Apache-2.0
//
// A text as a view keeps it: the same from every order and however often it is settled, and each
// author's share of it.
#include "crdt/types/text/text_field.h"

#include <catch2/catch.hpp>
#include <set>

#include "crdt/base/limits.h"
#include "tests/crdt/types/text/text_field_history.h"
#include "tests/crdt/types/text/text_field_oracle.h"
#include "tests/support/number_from.h"

namespace cunju::test::text_views {
namespace {

void check_random_texts(bool with_late) {
  std::size_t merged = 0, late = 0;
  const std::uint64_t first = number_from("CUNJU_FIRST_SEED", 1);
  for (std::uint64_t seed = first; seed < first + number_from("CUNJU_SEEDS", 150); ++seed) {
    CAPTURE(seed);
    Random random(seed);
    History history = random_history(random, {.authors = 4, .steps = 50});
    add_random_texts(random, history);
    if (with_late) add_late_texts(random, history);
    const RecordView expected = settled_view(history);
    for (int order = 0; order < 3; ++order) {
      CAPTURE(order);
      Replica replica(history);
      for (std::size_t index : random_causal_order(random, history)) {
        replica.deliver(index);
        if (order == 0 || (order == 1 && below(random, 5) == 0)) replica.settle_texts();
      }
      replica.settle_texts();
      REQUIRE(replica.view() == expected);
      REQUIRE(replica.view().encode() == expected.encode());
    }
    REQUIRE(RecordView::decode(expected.encode()).value() == expected);
    check_text_heads(history, expected);
    for (const TextField& text : expected.state.texts()) {
      check_text_laws(history, expected.registry, text);
      merged += text.is_merged;
      late += text.late.size();
    }
  }
  CHECK(merged > 50);
  CHECK(late > 50);
}

}  // namespace

TEST_CASE("texts are the same in every order of arrival and however often they are settled") {
  check_random_texts(false);
}

TEST_CASE("texts and heads keep their laws in every order when changes are left out") {
  check_random_texts(true);
}

TEST_CASE("a fork that becomes known later changes no text, no mark and nothing that is late") {
  std::size_t compared = 0;
  const std::uint64_t first = number_from("CUNJU_FIRST_SEED", 1);
  for (std::uint64_t seed = first; seed < first + number_from("CUNJU_SEEDS", 150); ++seed) {
    CAPTURE(seed);
    Random random(seed);
    History history = random_history(random, {.authors = 4, .steps = 50});
    add_random_texts(random, history);
    add_late_texts(random, history);
    const RecordView before = settled_view(history);
    const auto ids_of = [&](const std::vector<Dot>& dots) {
      std::set<ChangeId> out;
      for (const TestChange& change : history.changes())
        if (std::ranges::find(dots, change.dot) != dots.end()) out.insert(change.id);
      return out;
    };
    std::vector<std::set<ChangeId>> late, heads;
    for (const TextField& text : before.state.texts()) {
      late.push_back(ids_of(text.late));
      heads.push_back(ids_of(text.heads));
    }
    for (int fork = 0; fork < 3; ++fork) {
      fork_later(history, below(random, history.size()));
      const RecordView after = settled_view(history);
      REQUIRE(after.state.texts().size() == before.state.texts().size());
      CHECK(after.left_out_ids() == before.left_out_ids());
      for (std::size_t i = 0; i < before.state.texts().size(); ++i) {
        const TextField &was = before.state.texts()[i], &is = after.state.texts()[i];
        CHECK(is.text == was.text);
        CHECK(is.is_merged == was.is_merged);
        CHECK(ids_of(is.late) == late[i]);
        CHECK(ids_of(is.heads) == heads[i]);
        check_text_laws(history, after.registry, is);
        ++compared;
      }
    }
  }
  CHECK(compared > 500);
}

TEST_CASE("several text operations of one change apply one after another") {
  History history;
  history.add(0, {},
              {edit_text(kField, 0, 0, "一二三"), edit_text(kField, 1, 1, "贰"),
               edit_text("discussion", 0, 0, "别的")});
  const RecordView view = settled_view(history);
  CHECK(text_in(view).text == "一贰三");
  CHECK(view.state.find_text("discussion")->text == "别的");
  CHECK_FALSE(view.state.is_empty());
}

TEST_CASE("many crossing edits lose nobody's words, whatever arrives one by one or at once") {
  History history;
  std::vector<std::size_t> heads;
  for (std::size_t author = 0; author < 2; ++author) {
    TextEdits edits;
    for (std::size_t i = 0; i < 1000; ++i) {
      REQUIRE(edits.insert(0, "x"));
      REQUIRE(edits.insert(2, "y"));
    }
    heads.push_back(history.add(
        author, {}, {make_operation(OperationKind::kTextEdit, kField, encode_text_edits(edits))}));
  }
  history.add(2, heads, {edit_text(kField, 4000, 0, "老实人写的")});
  history.add(3, {}, {set_register("title", text("别的栏目"))});
  Replica replica(history);
  for (std::size_t i = 0; i < history.size(); ++i) {
    replica.deliver(i);
    replica.settle_texts();
  }
  CHECK(text_in(replica.view()).text.ends_with("老实人写的"));
  CHECK(replica.view().encode() == settled_view(history).encode());
}

TEST_CASE("an author's share of a record's texts ends for that author alone") {
  History history;
  std::size_t last = history.add(0, {}, {edit_text(kField, 0, 0, "甲写的")});
  const std::string megabyte(1024 * 1024 - 1, 'a');
  std::size_t greedy = 0;
  for (int i = 0; i < 18; ++i)
    greedy = history.add(
        1, {last},
        {edit_text("discussion", 0, 0, megabyte), edit_text("discussion", 0, 1024 * 1024 - 1, "")});
  last = history.add(1, {greedy}, {edit_text(kField, 0, 0, "贪心的")});
  history.add(0, {last}, {edit_text(kField, 0, 0, "还能写：")});
  const RecordView view = settled_view(history);
  CHECK(text_in(view).text == "还能写：甲写的");
  CHECK(view.state.text_load_of(history.changes()[greedy].dot.author) > limits::kMaxAuthorTextLoad);
  CHECK(RecordView::decode(view.encode()).value() == view);
  // The same when the text is computed from its history.
  history.add(2, {0}, {edit_text(kField, 3, 0, "，不知道的")});
  CHECK(text_in(settled_view(history)).text == "还能写：甲写的，不知道的");
}

}  // namespace cunju::test::text_views
