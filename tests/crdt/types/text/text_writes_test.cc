// SPDX-License-Identifier: Apache-2.0
#include "crdt/types/text/text_writes.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "crdt/base/limits.h"
#include "crdt/types/text/text_edits_codec.h"
#include "tests/crdt/types/history.h"

using namespace cunju;
using namespace cunju::test;

namespace {

Operation insertion(std::string field, std::size_t position, const std::string& text) {
  TextEdits edits;
  REQUIRE(edits.insert(position, text));
  return make_operation(OperationKind::kTextEdit, std::move(field), encode_text_edits(edits));
}

/// Operations that fit a list of edits each and no list together.
std::vector<Operation> too_much(const std::string& field) {
  const std::string half(limits::kMaxTextInsertBytes / 2 + 1, 'a');
  return {insertion(field, 0, "at first"), insertion(field, 0, half), insertion(field, 0, half)};
}

/// Edits of many texts, none of them beyond a list: too many bytes, or too many runs.
std::vector<Operation> too_large(bool by_runs) {
  std::vector<Operation> out;
  for (int text = 0; text < 5; ++text) {
    TextEdits edits;
    if (by_runs) {
      for (std::size_t run = 0; run < limits::kMaxTextRuns / 4; ++run)
        REQUIRE(edits.insert(2 * run, "x"));
    } else {
      REQUIRE(edits.insert(0, std::string(limits::kMaxTextChangeBytes / 5 + 1, 'a')));
    }
    out.push_back(
        make_operation(OperationKind::kTextEdit, std::to_string(text), encode_text_edits(edits)));
  }
  return out;
}

}  // namespace

TEST_CASE("edits of many texts that are beyond a change together have no effect, nor a load") {
  const bool by_runs = GENERATE(false, true);
  CAPTURE(by_runs);
  std::vector<Operation> operations = too_large(by_runs);
  operations.push_back(make_operation(OperationKind::kTextConfirm, "0", NoValue{}));
  const TextWrites writes = read_text_writes(operations);
  CHECK(writes.is_too_large);
  REQUIRE(writes.by_name.size() == 1);
  CHECK(writes.by_name.begin()->second.confirms);
  CHECK(writes.by_name.begin()->second.edits.empty());
  CHECK(std::ranges::none_of(writes.edits_at, [](bool edits) { return edits; }));
  CHECK(writes.load == 0);
  operations.resize(4);
  CHECK_FALSE(read_text_writes(operations).is_too_large);
  CHECK(read_text_writes(operations).by_name.size() == 4);

  for (const bool is_replayed : {false, true}) {
    History history;
    const std::size_t first = history.add(0, {}, too_large(by_runs));
    const std::size_t next = history.add(0, {first}, {insertion("short", 0, "x")});
    if (is_replayed) history.at(history.add(2, {next}, {insertion("late", 0, "x")})).is_late = true;
    Replica replica(history);
    for (std::size_t i = 0; i < history.size(); ++i) replica.deliver(i);
    replica.settle_texts();
    const RecordState& state = replica.view().state;
    REQUIRE(state.texts().size() == 1);
    CHECK(state.texts()[0].text == "x");
    // However the state was made.
    CHECK(state.text_load_of(history.at(first).author) ==
          1 + limits::kTextRunLoad + limits::kEditedTextLoad);
  }
}

TEST_CASE("edits of one text that are beyond a list together have no effect, others have") {
  std::vector<Operation> operations = too_much("long");
  operations.push_back(insertion("short", 0, "x"));
  const TextWrites writes = read_text_writes(operations);
  CHECK(writes.by_name.size() == 1);
  CHECK(writes.by_name.contains("short"));
  // They are paid for all the same.
  CHECK(writes.load > limits::kMaxTextInsertBytes);
  operations.push_back(make_operation(OperationKind::kTextConfirm, "long", NoValue{}));
  const TextWrite confirming = read_text_write("long", operations);
  CHECK(confirming.confirms);
  CHECK_FALSE(confirming.edits_text);
  CHECK(confirming.edits.empty());
}

TEST_CASE("a text that is edited beyond a list keeps its words, and a new one is not made") {
  for (const bool is_replayed : {false, true}) {
    History history;
    const std::size_t first = history.add(0, {}, {insertion("long", 0, "words")});
    std::vector<Operation> operations = too_much("long");
    for (Operation& operation : too_much("other")) operations.push_back(std::move(operation));
    history.add(1, {first}, operations);
    // Somebody's left-out change makes the store compute all texts from the history.
    if (is_replayed)
      history.at(history.add(2, {first}, {insertion("late", 0, "x")})).is_late = true;
    Replica replica(history);
    for (std::size_t i = 0; i < history.size(); ++i) replica.deliver(i);
    replica.settle_texts();
    const RecordState& state = replica.view().state;
    REQUIRE(state.texts().size() == 1);
    CHECK(state.texts()[0].text == "words");
  }
}
