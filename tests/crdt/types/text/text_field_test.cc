// SPDX-License-Identifier: Apache-2.0
//
// A text as a view keeps it: the same from every order and however often it is settled; marked
// until somebody who saw the merge confirms; final after a freeze.
#include "crdt/types/text/text_field.h"

#include <catch2/catch.hpp>
#include <functional>

#include "crdt/types/text/text_edits_codec.h"
#include "tests/crdt/types/history.h"

namespace cunju::test {
namespace {

const std::string kField = "item.0001.ab";

Operation edit_text(std::string field, std::size_t position, std::size_t erased,
                    std::string_view inserted) {
  TextEdits edits;
  if (erased > 0) REQUIRE(edits.erase(position, erased));
  if (!inserted.empty()) REQUIRE(edits.insert(position, inserted));
  return make_operation(OperationKind::kTextEdit, std::move(field), encode_text_edits(edits));
}
Operation confirm_text(std::string field) {
  return make_operation(OperationKind::kTextConfirm, std::move(field), NoValue{});
}
Operation freeze() {
  return make_operation(OperationKind::kFreeze, std::string(kFreezeField), NoValue{});
}
Operation thaw() {
  return make_operation(OperationKind::kThaw, std::string(kFreezeField), NoValue{});
}

RecordView settled_view(const History& history) {
  Replica replica(history);
  for (std::size_t i = 0; i < history.size(); ++i) replica.deliver(i);
  replica.settle_texts();
  return replica.view();
}
const TextField& text_in(const RecordView& view) {
  const TextField* text = view.state.find_text(kField);
  REQUIRE(text != nullptr);
  return *text;
}

void add_random_texts(Random& random, History& history) {
  for (std::size_t i = 0; i < history.size(); ++i) {
    std::vector<Operation>& operations = history.at(i).operations;
    for (std::size_t n = below(random, 3); n > 0; --n) {
      const std::string field = below(random, 3) == 0 ? "discussion" : kField;
      switch (below(random, 12)) {
        case 0:
        case 1:
          operations.push_back(confirm_text(field));
          break;
        case 2:
          operations.push_back(below(random, 2) == 0 ? freeze() : thaw());
          break;
        case 3:
          // What no honest program writes has no effect, on every node alike.
          operations.push_back(make_operation(OperationKind::kTextEdit, field, Bytes{9, 9, 9}));
          break;
        default:
          operations.push_back(edit_text(field, below(random, 30), below(random, 4),
                                         below(random, 4) == 0 ? "" : "路灯𠀀x"));
      }
    }
  }
}

// --- the laws, from explicit sets of ancestors ----------------------------------------------

using Set = std::vector<bool>;

bool has_kind(const TestChange& change, OperationKind kind, const std::string& field) {
  for (const Operation& operation : change.operations) {
    if (operation.kind == static_cast<std::uint16_t>(kind) && operation.field == field &&
        has_effect(operation))
      return true;
  }
  return false;
}

struct Oracle {
  const History& history;
  std::string registry;

  bool counts(std::size_t i) const {
    const TestChange& change = history.changes()[i];
    return !change.is_void && change.registry == registry;
  }
  Set heads(const Set& set) const {
    Set out = set;
    for (std::size_t a = 0; a < set.size(); ++a)
      for (std::size_t b = 0; b < set.size(); ++b)
        if (set[a] && set[b] && history.is_ancestor(a, b)) out[a] = false;
    return out;
  }
  /// 1 freezes, -1 thaws, 0 neither.
  int act(std::size_t i) const {
    int out = 0;
    if (!counts(i)) return out;
    for (const Operation& operation : history.changes()[i].operations) {
      if (operation.field != kFreezeField) continue;
      if (operation.kind == static_cast<std::uint16_t>(OperationKind::kFreeze)) out = 1;
      if (operation.kind == static_cast<std::uint16_t>(OperationKind::kThaw)) out = -1;
    }
    return out;
  }
  bool is_late(std::size_t edit) const {
    Set all(history.size()), seen(history.size());
    for (std::size_t i = 0; i < history.size(); ++i) {
      all[i] = act(i) != 0;
      seen[i] = all[i] && history.is_ancestor(i, edit);
    }
    const Set candidates_seen = heads(seen), candidates = heads(all);
    bool in_force = false, saw_it = false;
    for (std::size_t i = 0; i < history.size(); ++i) {
      if (candidates_seen[i] && act(i) == 1) return true;
      if (!candidates[i] || act(i) != 1) continue;
      in_force = true;
      if (i == edit || history.is_ancestor(edit, i)) saw_it = true;
    }
    return in_force && !saw_it;
  }
  bool is_merged(Set t, const std::string& field) const {
    for (;;) {
      const Set top = heads(t);
      const auto count = std::count(top.begin(), top.end(), true);
      if (count != 1) return count > 1;
      const auto m =
          static_cast<std::size_t>(std::find(top.begin(), top.end(), true) - top.begin());
      if (has_kind(history.changes()[m], OperationKind::kTextConfirm, field)) return false;
      t[m] = false;
    }
  }
  void check(const TextField& text) const {
    Set t(history.size());
    std::vector<Dot> late, top;
    for (std::size_t i = 0; i < history.size(); ++i) {
      if (!counts(i)) continue;
      const TestChange& change = history.changes()[i];
      const bool edits = has_kind(change, OperationKind::kTextEdit, text.name);
      const bool is_too_late = edits && is_late(i);
      if (is_too_late) late.push_back(change.dot);
      t[i] = (edits && !is_too_late) || has_kind(change, OperationKind::kTextConfirm, text.name);
    }
    const Set set = heads(t);
    for (std::size_t i = 0; i < set.size(); ++i)
      if (set[i]) top.push_back(history.changes()[i].dot);
    std::ranges::sort(late);
    std::ranges::sort(top);
    CHECK(text.late == late);
    CHECK(text.heads == top);
    CHECK(text.is_merged == is_merged(t, text.name));
  }
};

}  // namespace

TEST_CASE("texts are the same in every order of arrival and however often they are settled") {
  std::size_t merged = 0, late = 0;
  for (std::uint64_t seed = 1; seed <= 150; ++seed) {
    CAPTURE(seed);
    Random random(seed);
    History history = random_history(random, {.authors = 4, .steps = 50});
    add_random_texts(random, history);
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
    for (const TextField& text : expected.state.texts()) {
      Oracle{history, expected.registry}.check(text);
      merged += text.is_merged;
      late += text.late.size();
    }
  }
  CHECK(merged > 50);
  CHECK(late > 50);
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
  history.add(0, {freezing, apart}, {thaw()});
  view = settled_view(history);
  CHECK_FALSE(view.state.is_frozen());
  CHECK(text_in(view).text == "晚到的定稿文字");
  CHECK(text_in(view).late == std::vector<Dot>{history.changes()[defiant].dot});
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

}  // namespace cunju::test
