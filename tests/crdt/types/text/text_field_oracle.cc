// SPDX-License-Identifier: Apache-2.0
#include "tests/crdt/types/text/text_field_oracle.h"

#include <functional>
#include <map>
#include <set>

#include "crdt/types/text/text_merge.h"
#include "crdt/types/text/text_passed.h"
#include "tests/crdt/types/text/text_field_history.h"

namespace cunju::test::text_views {
namespace {

using Set = std::vector<bool>;

bool has_kind(const TestChange& change, OperationKind kind, const std::string& field) {
  for (const Operation& operation : change.operations) {
    if (operation.kind == static_cast<std::uint16_t>(kind) && operation.field == field &&
        has_effect(operation))
      return true;
  }
  return false;
}

/// From explicit sets of ancestors.
struct FieldLaws {
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

}  // namespace

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

void add_late_texts(Random& random, History& history) {
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

void check_text_laws(const History& history, const std::string& registry, const TextField& text) {
  FieldLaws{history, registry}.check(text);
}

void check_text_heads(const History& history, const RecordView& view) {
  FieldLaws{history, view.registry}.check_heads(view);
}

}  // namespace cunju::test::text_views
