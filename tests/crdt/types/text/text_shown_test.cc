// SPDX-License-Identifier: Apache-2.0
// Honest programs at several machines that hear of changes and of the roster at different times.
// What each author had before their eyes is compared with what everybody tells of that version
// afterwards, whatever is left out then.
#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <optional>
#include <set>

#include "crdt/types/text/text_edits_codec.h"
#include "crdt/types/text/text_field.h"
#include "crdt/types/text/text_merge.h"
#include "crdt/types/text/text_passed.h"
#include "crdt/types/text/text_places.h"
#include "tests/crdt/types/history.h"
#include "tests/support/number_from.h"

namespace cunju::test {
namespace {

using Texts = std::map<std::string, std::string>;

bool touches_texts(std::span<const Operation> operations) {
  return std::ranges::any_of(operations, [](const Operation& operation) {
    return is_of_texts(operation) &&
           operation.kind != static_cast<std::uint16_t>(OperationKind::kStateMove);
  });
}

Operation act(OperationKind kind) {
  return make_operation(kind, std::string(kFreezeField), NoValue{});
}

Operation move(std::string to, std::string from) {
  return make_operation(OperationKind::kStateMove, "state", std::move(to), std::move(from));
}

/// What somebody sees.
struct Screen {
  std::vector<ChangeId> heads, left_out;
  Texts texts;
};

struct Machine {
  std::set<std::size_t> known;
  std::set<std::size_t> late;
  std::optional<Screen> editor;  ///< One that is open.
};

struct Loaded {
  RecordView view;
  std::vector<TextChange> changes;

  Screen screen() const {
    Screen out{.heads = {}, .left_out = view.left_out_ids(), .texts = {}};
    for (const Head& head : view.heads) out.heads.push_back(head.id);
    for (const TextField& text : view.state.texts()) out.texts[text.name] = text.text;
    return out;
  }
};

/// An edit, and the text of its field as its author had it then.
struct Signed {
  std::size_t index;
  std::string field, text;
  std::set<std::size_t> passed;
  TextEdits edits;
};

class Offices {
 public:
  explicit Offices(std::uint64_t seed)
      : random_(seed), machines_(2 + at(3)), acts_(at(3)), roster_(2 + at(6)) {}

  void run() {
    for (std::size_t step = 10 + at(25); step > 0; --step) take_step(step);
  }
  void check_versions();

  std::size_t passes = 0, from_editors = 0, edits = 0;

 private:
  std::size_t at(std::size_t bound) { return below(random_, bound); }
  Loaded load(const Machine& machine, bool shuffles = false);
  void take_step(std::size_t step);
  void hear(Machine& machine);
  std::vector<Operation> write(Screen& screen, bool is_frozen, bool in_editor, std::size_t step);
  std::vector<Operation> edit(Screen& screen, std::size_t step);
  void sign(std::size_t who, const Loaded& now, const Screen& screen,
            std::vector<Operation> operations, bool in_editor);
  void check_own_view(const Machine& machine, const Texts& expected);
  void check_today(const TextField& text, const Loaded& loaded);

  Random random_;
  History history_;
  std::vector<Machine> machines_;
  std::size_t acts_, roster_;  ///< How seldom each is.
  std::vector<Signed> all_;
};

Loaded Offices::load(const Machine& machine, bool shuffles) {
  for (std::size_t i = 0; i < history_.size(); ++i)
    history_.at(i).is_late = machine.late.contains(i);
  Replica replica(history_);
  std::vector<std::size_t> order(machine.known.begin(), machine.known.end());
  if (shuffles) order = random_causal_order(random_, history_);
  for (std::size_t i : order) {
    if (!machine.known.contains(i)) continue;
    replica.deliver(i);
    if (shuffles && at(3) == 0) replica.settle_texts();
  }
  replica.settle_texts();
  return {.view = replica.view(), .changes = replica.text_changes()};
}

/// Of others, and of the roster.
void Offices::hear(Machine& machine) {
  if (at(3) == 0) {
    const Machine other = machines_[at(machines_.size())];
    machine.known.insert(other.known.begin(), other.known.end());
    machine.late = other.late;
  }
  if (at(roster_) != 0 || machine.known.empty()) return;
  auto which = machine.known.begin();
  std::advance(which, static_cast<std::ptrdiff_t>(at(machine.known.size())));
  if (machine.late.erase(*which) == 0) machine.late.insert(*which);
}

std::vector<Operation> Offices::edit(Screen& screen, std::size_t step) {
  const std::string field = at(2) == 0 ? "item.a" : "item.b";
  std::string& text = screen.texts[field];
  const std::size_t position = at(text.size() + 1);
  const std::size_t gone =
      at(3) == 0 ? at(std::min<std::size_t>(4, text.size() - position) + 1) : 0;
  std::string word(1 + at(3), static_cast<char>('a' + step % 26));
  if (gone > 0 && at(2) == 0) word.clear();
  TextEdits typed;
  REQUIRE(typed.add({.position = position, .erased = gone, .inserted = word}));
  text.erase(position, gone).insert(position, word);
  return {make_operation(OperationKind::kTextEdit, field, encode_text_edits(typed))};
}

std::vector<Operation> Offices::write(Screen& screen, bool is_frozen, bool in_editor,
                                      std::size_t step) {
  const std::size_t dice = at(12);
  if (dice < acts_) {
    if (in_editor) return {};
    return {act(OperationKind::kFreeze), move("final", "draft")};
  }
  if (is_frozen) {
    if (in_editor || at(2) == 0) return {};
    return {act(OperationKind::kThaw), move("draft", "final")};
  }
  if (dice == 11) return {make_operation(OperationKind::kTextConfirm, "item.a", NoValue{})};
  if (dice == 10) return {set_register("other", Value(std::int64_t{1}))};
  return edit(screen, step);
}

void Offices::take_step(std::size_t step) {
  const std::size_t who = at(machines_.size());
  Machine& machine = machines_[who];
  hear(machine);
  const Loaded now = load(machine);
  Screen screen = now.screen();
  if (!machine.editor && at(3) == 0) {
    machine.editor = screen;
    return;
  }
  const bool in_editor = machine.editor && !machine.editor->heads.empty() && at(2) == 0;
  if (in_editor) screen = *machine.editor;
  const std::vector<Operation> operations =
      write(screen, now.view.state.is_frozen(), in_editor, step);
  if (!operations.empty()) sign(who, now, screen, operations, in_editor);
}

/// As node/replica/passing.cc does.
void Offices::sign(std::size_t who, const Loaded& now, const Screen& screen,
                   std::vector<Operation> operations, bool in_editor) {
  const AuthorKey author = id_of<AuthorKey>(static_cast<std::uint8_t>(who + 1), 7);
  std::vector<std::size_t> parents;
  VersionVector named, own;
  for (const TextChange& change : now.changes) {
    if (std::ranges::find(screen.heads, change.id) != screen.heads.end()) {
      named.merge(change.node.clock);
      parents.push_back(history_.find(change.id));
    }
    if (change.author == author) own.merge(change.node.clock);
  }
  // What the author's own log would bring in, a program refuses to build on.
  for (const TextChange& change : now.changes)
    if (!change.is_left_out && own.covers(change.dot) && !named.covers(change.dot)) return;
  VersionVector ancestors = named;
  ancestors.merge(own);
  std::vector<TextPlace> passed, kept;
  for (const TextChange& change : now.changes) {
    if (!ancestors.covers(change.dot)) continue;
    const TextPlace place{
        .id = change.id, .author = change.author, .dot = change.dot, .clock = &change.node.clock};
    const bool is_passed = std::ranges::binary_search(screen.left_out, change.id) ||
                           (change.is_left_out && !named.covers(change.dot));
    if (!is_passed) {
      kept.push_back(place);
    } else if (touches_texts(change.operations)) {
      passed.push_back(place);
    }
  }
  TextPassed ranges;
  if (touches_texts(operations) && !passed.empty()) {
    ranges = make_text_passed(passed, kept);
    operations.push_back(passed_operation(ranges));
    ++passes;
  }
  const TextWrites writes = read_text_writes(operations);
  const auto edited = std::ranges::find_if(
      writes.by_name, [](const auto& write) { return write.second.edits_text; });
  const bool edits_text = edited != writes.by_name.end();
  if (edits_text && foresee_text_edit("minutes", now.changes, ancestors, ranges).is_vain) return;
  machines_[who].editor.reset();
  const std::size_t index = history_.add(who, parents, operations);
  machines_[who].known.insert(index);
  if (!edits_text) return;
  ++edits;
  from_editors += in_editor;
  Signed made{.index = index,
              .field = edited->first,
              .text = screen.texts.at(edited->first),
              .passed = {},
              .edits = edited->second.edits};
  for (const TextPlace& place : passed) made.passed.insert(history_.find(place.id));
  all_.push_back(std::move(made));
  if (!in_editor) check_own_view(machines_[who], screen.texts);
}

/// Nothing changed under the author's eyes but what was typed.
void Offices::check_own_view(const Machine& machine, const Texts& expected) {
  Texts after = load(machine).screen().texts;
  for (const auto& [name, text] : expected) REQUIRE(after[name] == text);
}

/// From explicit sets: every edit is there for positions, those that are late by whatever law do
/// not stand. So no words are lost but by those who erased them.
void Offices::check_today(const TextField& text, const Loaded& loaded) {
  TextHistory expected;
  std::map<std::size_t, TextNodeIndex> nodes;
  const TextStory story = tell_text(text.name, "minutes", loaded.changes);
  for (const Signed& edit : all_) {
    if (edit.field != text.name) continue;
    const TestChange& change = history_.at(edit.index);
    std::vector<TextNodeIndex> parents, passed;
    for (const auto& [index, node] : nodes) {
      if (history_.is_ancestor(index, edit.index)) parents.push_back(node);
      if (edit.passed.contains(index)) passed.push_back(node);
    }
    const bool stands = !change.is_late && !std::ranges::binary_search(text.late, change.dot);
    const Result<TextNodeIndex> added = expected.add(change.id, change.author, parents, edit.edits,
                                                     {.stands = stands, .passed = passed});
    REQUIRE(added.has_value());
    nodes.emplace(edit.index, added.value());
    const std::optional<TextNodeIndex> told = story.history.find(change.id);
    REQUIRE((told && story.history.stands(*told)) == stands);
  }
  REQUIRE(text.text == replay_text(expected).text.str());
}

void Offices::check_versions() {
  for (std::size_t n = 0; n < 4; ++n) {
    Machine everything;
    for (std::size_t i = 0; i < history_.size(); ++i) {
      everything.known.insert(i);
      if (n > 0 && at(4) == 0) everything.late.insert(i);
    }
    if (n == 3 && history_.size() > 0) fork_later(history_, at(history_.size()));
    const Loaded loaded = load(everything), other = load(everything, true);
    REQUIRE(loaded.view.encode() == other.view.encode());
    const RecordTexts record("minutes", loaded.changes);
    for (const Signed& edit : all_) {
      CAPTURE(n, edit.index, edit.field);
      const ChangeId id = history_.at(edit.index).id;
      const Result<TextsAt> version = record.at({.heads = {&id, 1}});
      REQUIRE(version.has_value());
      const TextStory story = version.value().tell(edit.field);
      REQUIRE(replay_text(story.history).text.str() == edit.text);
      std::size_t blamed = 0;
      for (const BlameSpan& span : blame(story.history)) blamed += span.length;
      REQUIRE(blamed == edit.text.size());
    }
    for (const TextField& text : loaded.view.state.texts()) check_today(text, loaded);
  }
}

}  // namespace

TEST_CASE("what an author saw and typed is what everybody tells of that version") {
  const std::uint64_t first = number_from("CUNJU_FIRST_SEED", 1);
  std::size_t edits = 0, passes = 0, from_editors = 0;
  for (std::uint64_t seed = first; seed < first + number_from("CUNJU_SEEDS", 120); ++seed) {
    CAPTURE(seed);
    Offices offices(seed);
    offices.run();
    offices.check_versions();
    edits += offices.edits;
    passes += offices.passes;
    from_editors += offices.from_editors;
  }
  if (number_from("CUNJU_SEEDS", 120) < 120) return;
  CHECK(edits > 500);
  CHECK(passes > 50);
  CHECK(from_editors > 50);
}

}  // namespace cunju::test
