// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <limits>

#include "crdt/base/limits.h"
#include "tests/crdt/types/history.h"

namespace cunju::test {

TEST_CASE("a deletion that has seen every edit hides the record and keeps its values") {
  History history;
  const std::size_t edit = history.add(0, {}, {set_register("name", text("x"))});
  history.add(1, {edit}, {delete_record()});
  const RecordState state = view_of(history).state;
  CHECK(state.is_deleted());
  CHECK_FALSE(state.has_delete_conflict());
  REQUIRE(state.deletions().size() == 1);
  CHECK(state.deletions()[0].id == history.changes()[1].id);
  CHECK(state.find("name")->winner() == text("x"));
}

TEST_CASE("an edit that has seen the deletion brings the record back with its values") {
  History history;
  const std::size_t edit = history.add(0, {}, {set_register("name", text("x"))});
  const std::size_t gone = history.add(1, {edit}, {delete_record()});
  history.add(0, {gone}, {set_register("phone", text("1"))});
  const RecordState state = view_of(history).state;
  CHECK_FALSE(state.is_deleted());
  CHECK_FALSE(state.has_delete_conflict());
  CHECK(state.deletions().empty());
  CHECK(state.find("name")->winner() == text("x"));
}

TEST_CASE("a deletion does not beat a concurrent edit: the record stays and the conflict shows") {
  for (bool settles_by_deleting : {true, false}) {
    History history;
    const std::size_t root = history.add(0, {}, {set_register("name", text("x"))});
    const std::size_t gone = history.add(1, {root}, {delete_record()});
    const std::size_t edit = history.add(2, {root}, {set_add("roll", text("y"))});
    RecordState state = view_of(history).state;
    CHECK_FALSE(state.is_deleted());
    CHECK(state.has_delete_conflict());
    CHECK(state.has_conflict());
    CHECK(state.deletions().size() == 1);
    history.add(0, {gone, edit},
                {settles_by_deleting ? delete_record() : set_register("name", text("x"))});
    state = view_of(history).state;
    CHECK(state.is_deleted() == settles_by_deleting);
    CHECK_FALSE(state.has_delete_conflict());
  }
}

TEST_CASE("a second deletion, blind to the edit, does not settle the conflict") {
  History history;
  const std::size_t root = history.add(0, {}, {set_register("name", text("x"))});
  const std::size_t gone = history.add(1, {root}, {delete_record()});
  history.add(2, {root}, {set_register("name", text("y"))});
  history.add(1, {gone}, {delete_record()});
  CHECK(view_of(history).state.has_delete_conflict());
  CHECK_FALSE(view_of(history).state.is_deleted());
}

TEST_CASE("the last operation with effect decides whether a change deletes or edits") {
  History history;
  history.add(0, {}, {delete_record(), set_register("name", text("x"))});
  CHECK_FALSE(view_of(history).state.is_deleted());
  History other;
  other.add(0, {},
            {set_register("name", text("x")), delete_record(),
             make_operation(OperationKind::kRoster, "f", text("y"))});
  CHECK(view_of(other).state.is_deleted());
}

TEST_CASE("several kinds under one field id live side by side") {
  History history;
  const std::size_t a = history.add(0, {}, {set_register("f", text("r")), set_add("f", text("e"))});
  history.add(1, {a}, {move_state("f", NoValue{}, text("s")), set_register("f", text("r2"))});
  const RecordState state = view_of(history).state;
  REQUIRE(state.fields().size() == 3);
  CHECK(state.find("f", FieldKind::kRegister)->winner() == text("r2"));
  CHECK(state.find("f", FieldKind::kSet)->entries[0].value == text("e"));
  CHECK(state.find("f", FieldKind::kState)->winner() == text("s"));
  CHECK(state.find("f")->kind == FieldKind::kRegister);
  CHECK(state.find("g") == nullptr);
}

TEST_CASE("unknown kinds and operations over a limit have no effect, not even on a deletion") {
  const std::vector<Operation> without_effect{
      {.kind = 6, .field = "f", .value = text("x"), .previous = {}},
      {.kind = 0, .field = "f", .value = text("x"), .previous = {}},
      make_operation(OperationKind::kRoster, "f", Bytes{1}),
      make_operation(OperationKind::kDelete, "f", NoValue{}),
      set_register("", text("x")),
      set_register(std::string(limits::kMaxNameBytes + 1, 'n'), text("x")),
      set_register("f", text(std::string(limits::kMaxValueBytes + 1, 'v'))),
      set_register("f", Bytes(limits::kMaxValueBytes + 1)),
      set_add("f", NoValue{}),
      set_remove("f", NoValue{})};
  for (const Operation& operation : without_effect) {
    CAPTURE(operation.kind, operation.field.size());
    CHECK_FALSE(has_effect(operation));
  }
  History history;
  const std::size_t gone = history.add(0, {}, {delete_record()});
  history.add(1, {gone}, without_effect);
  CHECK(view_of(history).state.is_deleted());
  CHECK(view_of(history).heads.size() == 1);
}

TEST_CASE("values at the limits survive encoding") {
  History history;
  history.add(
      0, {},
      {set_register(std::string(limits::kMaxNameBytes, 'n'), Bytes(limits::kMaxValueBytes, 0xFF)),
       set_register("empty text", text("")), set_register("empty bytes", Bytes{}),
       set_register("least", std::numeric_limits<std::int64_t>::min()),
       set_register("nul", text(std::string("a\0b", 3))), move_state("s", text(""), text(""))});
  const RecordState state = view_of(history).state;
  CHECK(state.fields().size() == 6);
  CHECK(RecordState::decode(state.encode()).value() == state);
}

}  // namespace cunju::test
