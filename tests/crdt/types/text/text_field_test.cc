// SPDX-License-Identifier: Apache-2.0
//
// A text as a view keeps it: the same from every order and however often it is settled; marked
// until somebody who saw the merge confirms; final after a freeze.
#include "crdt/types/text/text_field.h"

#include <catch2/catch.hpp>
#include <functional>
#include <set>

#include "crdt/base/limits.h"
#include "crdt/types/text/text_edits_codec.h"
#include "crdt/types/text/text_merge.h"
#include "crdt/types/text/text_passed.h"
#include "tests/crdt/types/history.h"
#include "tests/support/number_from.h"

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
Operation reopen() {
  return make_operation(OperationKind::kStateMove, "state", std::string("draft"),
                        std::string("final"));
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
      switch (below(random, 14)) {
        case 0:
        case 1:
          operations.push_back(confirm_text(field));
          break;
        case 2:
          operations.push_back(freeze());
          break;
        case 3:
          // Also one that counts for nothing, because no state move is beside it.
          operations.push_back(thaw());
          if (below(random, 3) != 0) operations.push_back(reopen());
          break;
        case 4:
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

  const TestChange& change(std::size_t i) const { return history.changes()[i]; }
  bool counts(std::size_t i) const { return !change(i).is_void && change(i).registry == registry; }
  bool stands(std::size_t i) const { return counts(i) && !change(i).is_late; }
  bool is_below(std::size_t what, std::size_t of) const {
    return of == what || history.is_ancestor(what, of);
  }
  bool passes(std::size_t by, std::size_t what) const {
    if (!counts(by) || !history.is_ancestor(what, by)) return false;
    for (const TextPassedRange& range : read_text_passed(change(by).operations).ranges) {
      const std::size_t first = history.find(range.first), last = history.find(range.last);
      if (first == history.size() || last == history.size()) continue;
      const bool is_of_one =
          change(first).author == change(what).author && change(last).author == change(what).author;
      if (is_of_one && history.is_ancestor(last, by) && is_below(first, what) &&
          is_below(what, last))
        return true;
    }
    return false;
  }
  bool saw(std::size_t of, std::size_t what) const {
    return of == what || (history.is_ancestor(what, of) && !passes(of, what));
  }
  /// Of a set the changes that no other of it saw.
  Set heads(const Set& set) const {
    Set out = set;
    for (std::size_t a = 0; a < set.size(); ++a)
      for (std::size_t b = 0; b < set.size(); ++b)
        if (a != b && set[a] && set[b] && saw(b, a)) out[a] = false;
    return out;
  }
  /// Of a set each author's last change.
  Set last(const Set& set) const {
    Set out = set;
    for (std::size_t a = 0; a < set.size(); ++a)
      for (std::size_t b = a + 1; b < set.size(); ++b)
        if (set[b] && change(a).author == change(b).author) out[a] = false;
    return out;
  }
  /// 1 freezes, -1 thaws, 0 neither.
  int act(std::size_t i) const {
    int out = 0;
    if (!counts(i)) return out;
    bool moves_state = false;
    for (const Operation& operation : change(i).operations)
      moves_state = moves_state || (operation.kind == 4 && has_effect(operation));
    for (const Operation& operation : change(i).operations) {
      if (operation.field != kFreezeField) continue;
      if (operation.kind == static_cast<std::uint16_t>(OperationKind::kFreeze)) out = 1;
      if (operation.kind == static_cast<std::uint16_t>(OperationKind::kThaw) && moves_state)
        out = -1;
    }
    return out;
  }
  Set filter(const std::function<bool(std::size_t)>& is_in) const {
    Set out(history.size());
    for (std::size_t i = 0; i < history.size(); ++i) out[i] = is_in(i);
    return out;
  }
  /// Those that no other of them answers: to have it among one's ancestors is enough for that.
  std::vector<std::size_t> freezing(const Set& acts) const {
    std::vector<std::size_t> out;
    for (std::size_t i = 0; i < history.size(); ++i) {
      bool is_open = acts[i] && act(i) == 1;
      for (std::size_t j = 0; j < history.size(); ++j)
        if (acts[j] && history.is_ancestor(i, j)) is_open = false;
      if (is_open) out.push_back(i);
    }
    return out;
  }
  std::vector<std::size_t> in_force() const {
    return freezing(filter([&](std::size_t i) { return stands(i) && act(i) != 0; }));
  }
  bool is_vain(std::size_t edit) const {
    return !freezing(filter([&](std::size_t i) {
              return i != edit && act(i) != 0 && saw(edit, i);
            })).empty();
  }
  /// How many of the freezes in force saw the edit, and how many there are.
  std::pair<std::size_t, std::size_t> seers(std::size_t edit) const {
    std::pair<std::size_t, std::size_t> out;
    for (std::size_t freeze : in_force()) {
      ++out.second;
      out.first += saw(freeze, edit) ? 1 : 0;
    }
    return out;
  }
  bool is_edit(std::size_t i, const std::string& field) const {
    return counts(i) && has_kind(change(i), OperationKind::kTextEdit, field);
  }
  Set confirmations(const std::string& field) const {
    return filter([&](std::size_t i) {
      return stands(i) && has_kind(change(i), OperationKind::kTextConfirm, field);
    });
  }
  /// An edit that is final for one and late for another, until a confirmation saw it all.
  bool is_disputed(std::size_t edit, const std::string& field) const {
    const auto [some, all] = seers(edit);
    if (some == 0 || some == all) return false;
    const Set confirming = last(confirmations(field));
    for (std::size_t c = 0; c < history.size(); ++c) {
      bool knows_all = confirming[c] && saw(c, edit);
      for (std::size_t freeze : in_force()) knows_all = knows_all && saw(c, freeze);
      if (knows_all) return false;
    }
    return true;
  }
  bool reads(std::size_t confirmation, std::size_t edit, const Set& edits) const {
    if (!is_below(edit, confirmation)) return false;
    for (std::size_t i = 0; i <= edit; ++i)
      if (edits[i] && change(i).author == change(edit).author && passes(confirmation, i))
        return false;
    return true;
  }
  bool is_unread(std::size_t a, std::size_t b, const std::string& field, const Set& edits) const {
    if (saw(a, b) || saw(b, a)) return false;
    const Set confirming = last(confirmations(field));
    for (std::size_t c = 0; c < history.size(); ++c)
      if (confirming[c] && reads(c, a, edits) && reads(c, b, edits)) return false;
    return true;
  }
  /// Somebody's words rest on a left-out edit, and nobody read the text without it.
  bool rests(std::size_t edit, std::size_t left_out, const std::string& field,
             const Set& edits) const {
    if (!saw(edit, left_out)) return false;
    const Set confirming = last(confirmations(field));
    for (std::size_t c = 0; c < history.size(); ++c)
      if (confirming[c] && reads(c, edit, edits) && passes(c, left_out)) return false;
    return true;
  }
  /// Every edit above `edit` is above `other`.
  bool all_know(const Set& edits, std::size_t edit, std::size_t other) const {
    for (std::size_t i = 0; i < edits.size(); ++i)
      if (edits[i] && i != edit && is_below(edit, i) && !is_below(other, i)) return false;
    return true;
  }
  void check(const TextField& text) const {
    Set edits(history.size()), sides(history.size()), left_out(history.size());
    std::vector<Dot> late, top;
    bool disputed = false, merged = false, plain = true;
    for (std::size_t i = 0; i < history.size(); ++i) {
      plain = plain && !change(i).is_late && read_text_passed(change(i).operations).empty();
      if (!is_edit(i, text.name)) continue;
      const auto [some, all] = seers(i);
      if (change(i).is_late) {
        left_out[i] = !is_vain(i);
      } else if (is_vain(i) || some < all) {
        late.push_back(change(i).dot);
        disputed = disputed || is_disputed(i, text.name);
      } else {
        edits[i] = true;
      }
    }
    for (std::size_t a = 0; a < history.size(); ++a) {
      for (std::size_t b = 0; b < history.size(); ++b) {
        if (edits[a] && left_out[b] && rests(a, b, text.name, edits)) merged = true;
        if (!edits[a] || !edits[b] || !is_unread(a, b, text.name, edits)) continue;
        merged = true;
        if (all_know(edits, a, b) && all_know(edits, b, a)) sides[a] = sides[b] = true;
      }
    }
    if (std::ranges::none_of(sides, [](bool is_side) { return is_side; }))
      mark_last_unread(text.name, edits, sides);
    const Set set = heads(edits);
    for (std::size_t i = 0; i < set.size(); ++i)
      if (set[i]) top.push_back(change(i).dot);
    std::ranges::sort(late);
    std::ranges::sort(top);
    CHECK(text.late == late);
    CHECK(text.heads == top);
    CHECK(text.is_merged == (disputed || merged));
    check_sides(text, sides, disputed, plain);
  }
  /// The last unread pair of each two lines, of those that meet without passing over each other.
  void mark_last_unread(const std::string& field, const Set& edits, Set& sides) const {
    std::map<std::pair<AuthorKey, AuthorKey>, std::pair<std::size_t, std::size_t>> last;
    for (std::size_t a = 0; a < history.size(); ++a) {
      for (std::size_t b = 0; b < history.size(); ++b) {
        const Dot &dot = change(a).dot, &other = change(b).dot;
        if (!edits[a] || !edits[b] || !(dot.author < other.author)) continue;
        if (history.is_ancestor(a, b) || history.is_ancestor(b, a)) continue;
        if (!is_unread(a, b, field, edits)) continue;
        auto& pair = last.try_emplace({dot.author, other.author}, a, b).first->second;
        if (change(pair.first).dot.seq < dot.seq) pair.first = a;
        if (change(pair.second).dot.seq < other.seq) pair.second = b;
      }
    }
    for (const auto& [lines, pair] : last) sides[pair.first] = sides[pair.second] = true;
  }
  void check_sides(const TextField& text, Set sides, bool disputed, bool plain) const {
    if (disputed)
      for (std::size_t freeze : in_force()) sides[freeze] = true;
    Replica replica(history);
    for (std::size_t i = 0; i < history.size(); ++i) replica.deliver(i);
    const std::vector<TextChange> changes = replica.text_changes();
    std::set<ChangeId> expected, found;
    for (std::size_t i = 0; i < history.size(); ++i)
      if (sides[i]) expected.insert(change(i).id);
    for (const TextChange* side : RecordTexts(registry, changes).now().sides(text.name))
      found.insert(side->id);
    // Where something is left out or passed over, there is something to show at least.
    if (plain) CHECK(found == expected);
    CHECK(found.empty() == !text.is_merged);
  }
  void check_heads(const RecordView& view) const {
    std::vector<Head> expected;
    for (std::size_t i = 0; i < history.size(); ++i) {
      bool is_head = !change(i).is_late || change(i).is_void;
      for (std::size_t d = 0; d < history.size(); ++d)
        if ((!change(d).is_late || change(d).is_void) && history.is_ancestor(i, d)) is_head = false;
      if (is_head) expected.push_back({change(i).id, change(i).dot});
    }
    std::ranges::sort(expected);
    CHECK(view.heads == expected);
  }
};

/// Some changes late by the roster, and some that pass over what they like.
void add_late(Random& random, History& history) {
  for (std::size_t i = 0; i < history.size(); ++i) {
    history.at(i).is_late = below(random, 6) == 0;
    if (below(random, 4) != 0) continue;
    // Also itself, what is no ancestor, two authors' and from behind.
    TextPassed passed;
    for (std::size_t n = 1 + below(random, 4); n > 0; --n) {
      const std::size_t first = below(random, i + 1);
      std::size_t last = first + below(random, i + 1 - first);
      while (last > first && below(random, 8) != 0 &&
             history.at(last).author != history.at(first).author)
        --last;
      passed.ranges.push_back({history.at(first).id, history.at(last).id});
    }
    std::ranges::sort(passed.ranges, {}, &TextPassedRange::first);
    const auto begins_alike = [](const TextPassedRange& a, const TextPassedRange& b) {
      return a.first == b.first;
    };
    passed.ranges.erase(std::unique(passed.ranges.begin(), passed.ranges.end(), begins_alike),
                        passed.ranges.end());
    history.at(i).operations.push_back(passed_operation(passed));
  }
}

}  // namespace

void check_random_texts(bool with_late) {
  std::size_t merged = 0, late = 0;
  const std::uint64_t first = number_from("CUNJU_FIRST_SEED", 1);
  for (std::uint64_t seed = first; seed < first + number_from("CUNJU_SEEDS", 150); ++seed) {
    CAPTURE(seed);
    Random random(seed);
    History history = random_history(random, {.authors = 4, .steps = 50});
    add_random_texts(random, history);
    if (with_late) add_late(random, history);
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
    Oracle{history, expected.registry}.check_heads(expected);
    for (const TextField& text : expected.state.texts()) {
      Oracle{history, expected.registry}.check(text);
      merged += text.is_merged;
      late += text.late.size();
    }
  }
  CHECK(merged > 50);
  CHECK(late > 50);
}

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
    add_late(random, history);
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
        Oracle{history, after.registry}.check(is);
        ++compared;
      }
    }
  }
  CHECK(compared > 500);
}

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

}  // namespace cunju::test
