// SPDX-License-Identifier: Apache-2.0
//
// Shares of a record's texts: what counts, that no fork changes it, and how many texts one author
// can make.
#include "crdt/types/text/text_loads.h"

#include <catch2/catch.hpp>

#include "crdt/base/limits.h"
#include "crdt/types/text/text_edits_codec.h"
#include "crdt/types/text/text_field.h"
#include "crdt/types/text/text_merge.h"
#include "tests/crdt/types/history.h"
#include "tests/crdt/types/text/text_steps.h"

namespace cunju::test {
namespace {

const std::string kField = "discussion";

Operation edit_text(std::string field, std::size_t position, std::size_t erased,
                    std::string_view inserted) {
  TextEdits edits;
  if (!inserted.empty()) REQUIRE(edits.insert(position, inserted));
  if (erased > 0) REQUIRE(edits.erase(position + 1'000'000, erased));
  return make_operation(OperationKind::kTextEdit, std::move(field), encode_text_edits(edits));
}

RecordView settled_view(const History& history) {
  Replica replica(history);
  for (std::size_t i = 0; i < history.size(); ++i) replica.deliver(i);
  replica.settle_texts();
  return replica.view();
}

}  // namespace

TEST_CASE("passing over a change costs its runs, its characters and what it can have erased") {
  History history;
  const std::size_t first =
      history.add(0, {}, {edit_text(kField, 0, 0, "二十個字二十個字二十個字二十個字二十個字")});
  // Half of its text is of three bytes; it claims to erase more than there can be.
  const std::size_t late = history.add(1, {first}, {edit_text(kField, 0, 1000, "abcde")});
  const std::size_t resting = history.add(2, {late}, {edit_text(kField, 0, 0, "x")});
  history.at(late).is_late = true;
  const TextPassed passed{.ranges = {{history.at(late).id, history.at(late).id}}};
  history.add(0, {resting}, {edit_text(kField, 0, 0, "y"), passed_operation(passed)});
  const RecordView view = settled_view(history);
  const std::uint64_t plain = limits::kTextRunLoad + limits::kEditedTextLoad;
  const std::uint64_t toggled = 2 * limits::kTextPassedRunLoad + 5 + 25;
  CHECK(view.state.text_load_of(history.at(first).author) == (60 + plain) + (1 + plain + toggled));
  CHECK(view.state.text_load_of(history.at(resting).author) == 1 + plain);
  CHECK(view.state.text_load_of(history.at(late).author) == 5 + plain + limits::kTextRunLoad);
}

TEST_CASE("a confirmation and what has no edits cost nothing, whatever they pass over") {
  History history;
  const std::size_t first = history.add(0, {}, {edit_text(kField, 0, 0, "x")});
  const TextPassed passed{.ranges = {{history.at(first).id, history.at(first).id}}};
  history.add(
      1, {first},
      {make_operation(OperationKind::kTextConfirm, kField, NoValue{}), passed_operation(passed)});
  CHECK(settled_view(history).state.text_load_of(history.at(1).author) == 0);
}

TEST_CASE("a confirmation makes no text") {
  History history;
  history.add(0, {}, {make_operation(OperationKind::kTextConfirm, "nothing", NoValue{})});
  CHECK(settled_view(history).state.texts().empty());
  history.add(0, {0}, {edit_text(kField, 0, 0, "x")});
  history.at(0).is_late = true;
  CHECK(settled_view(history).state.texts().size() == 1);
}

TEST_CASE("an author's share goes on over the branches of a forked log") {
  const std::string megabyte(1024 * 1024 - 3072, 'a');
  const auto text_of = [&](bool is_forked) {
    History history;
    std::size_t last = history.add(0, {}, {edit_text(kField, 0, 0, "甲写的")});
    const std::size_t from = history.add(1, {last}, {edit_text(kField, 0, 0, "乙写的")});
    last = from;
    std::size_t middle = 0;
    for (int i = 0; i < 17; ++i) {
      last = history.add(1, {last},
                         {edit_text("other", 0, 0, megabyte), edit_text("other", 0, 1, "")});
      if (i == 8) middle = last;
    }
    history.add(1, {last}, {edit_text(kField, 0, 0, "乙超出的")});
    if (is_forked) fork_later(history, middle);
    const RecordView view = settled_view(history);
    CHECK(RecordView::decode(view.encode()).value() == view);
    return view.state.find_text(kField)->text;
  };
  CHECK(text_of(false) == "乙写的甲写的");
  CHECK(text_of(true) == text_of(false));
}

TEST_CASE("one author makes no more texts in a record than a share has room for") {
  History history;
  std::size_t made = 0;
  for (int change = 0; change < 4; ++change) {
    std::vector<Operation> operations;
    for (int i = 0; i < 4000; ++i)
      operations.push_back(edit_text("item." + std::to_string(made++), 0, 0, "x"));
    history.add(0, change == 0 ? std::vector<std::size_t>() : std::vector{history.size() - 1},
                operations);
  }
  const std::uint64_t room =
      limits::kMaxAuthorTextLoad / (1 + limits::kTextRunLoad + limits::kEditedTextLoad);
  const RecordView view = settled_view(history);
  CHECK(view.state.texts().size() <= room);
  CHECK(view.state.texts().size() == 8000);
  // The same when all are told from their histories, at once and one by one.
  Replica replica(history);
  for (std::size_t i = 0; i < history.size(); ++i) replica.deliver(i);
  const std::vector<TextChange> changes = replica.text_changes();
  CHECK(derive_all_texts("minutes", changes).texts ==
        std::vector<TextField>(view.state.texts().begin(), view.state.texts().end()));
  const ChangeId second = history.at(1).id;
  const RecordTexts record("minutes", changes);
  const Result<TextsAt> version = record.at({.heads = {&second, 1}});
  REQUIRE(version.has_value());
  CHECK(version.value().names().size() == 8000);
  for (std::string_view name : version.value().names())
    REQUIRE(replay_text(version.value().tell(name).history).text.str() == "x");
  CHECK(record.now().names().size() == 16'000);
}

TEST_CASE("a whole share of passing over a text that was torn to characters is soon replayed",
          "[.hostile]") {
  // Half of the share tears the text apart, the other half takes it out and puts it back.
  const std::size_t torn = 16'000;
  History history;
  history.add(0, {}, {edit_text(kField, 0, 0, std::string(torn, 'a'))});
  for (std::size_t from = 0; from < torn; from += 4000) {
    TextEdits edits;
    for (std::size_t i = from; i < from + 4000; ++i) REQUIRE(edits.insert(1 + 2 * i, "b"));
    history.add(0, {history.size() - 1},
                {make_operation(OperationKind::kTextEdit, kField, encode_text_edits(edits))});
  }
  const TextPassed passed{.ranges = {{history.at(0).id, history.at(0).id}}};
  for (int i = 0; i < 600; ++i) {
    TestChange change;
    change.parents = {history.size() - 1};
    change.id = id_of<ChangeId>(static_cast<std::uint8_t>(i % 256),
                                static_cast<std::uint8_t>(100 + i / 256));
    change.operations = {edit_text(kField, i % 2 == 0 ? 0 : 7, 0, "c"), passed_operation(passed)};
    history.add_change(0, std::move(change));
  }
  Replica replica(history);
  for (std::size_t i = 0; i < history.size(); ++i) replica.deliver(i);
  const std::vector<TextChange> changes = replica.text_changes();
  const TextStory story = tell_text(kField, "minutes", changes);
  // The share ends before the changes do.
  CHECK(story.history.size() < 520);
  CHECK(story.history.size() > 400);
  const std::size_t steps = steps_of(story.history);
  CAPTURE(steps);
  // Out and back are two steps for each byte of the share, and a few for what is torn.
  CHECK(steps < 2 * limits::kMaxAuthorTextLoad);
}

}  // namespace cunju::test
