// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "tests/crdt/types/history.h"

namespace cunju::test {

TEST_CASE("concurrent moves to different states conflict until somebody moves on from both") {
  History history;
  const std::size_t open = history.add(0, {}, {move_state("case", NoValue{}, text("open"))});
  const std::size_t a = history.add(1, {open}, {move_state("case", text("open"), text("closed"))});
  const std::size_t b = history.add(2, {open}, {move_state("case", text("open"), text("court"))});
  const RecordView view = view_of(history);
  const Field* field = view.state.find("case", FieldKind::kState);
  REQUIRE(field->entries.size() == 2);
  CHECK(field->has_conflict());
  CHECK(field->winner() == text("court"));
  CHECK(field->entries[1].previous == text("open"));
  history.add(1, {a, b}, {move_state("case", text("court"), text("closed"))});
  CHECK_FALSE(view_of(history).state.has_conflict());
  CHECK(view_of(history).state.find("case")->winner() == text("closed"));
}

TEST_CASE("two clerks who make the same move agree, from wherever they came") {
  History history;
  history.add(0, {}, {move_state("case", NoValue{}, text("closed"))});
  history.add(1, {}, {move_state("case", text("open"), text("closed"))});
  CHECK_FALSE(view_of(history).state.has_conflict());
  CHECK(view_of(history).state.find("case")->entries.size() == 2);
}

TEST_CASE("a move that is not between texts has no effect") {
  CHECK(has_effect(move_state("case", text("a"), text("b"))));
  CHECK(has_effect(move_state("case", NoValue{}, text("b"))));
  CHECK_FALSE(has_effect(move_state("case", NoValue{}, NoValue{})));
  CHECK_FALSE(has_effect(move_state("case", std::int64_t{1}, text("b"))));
}

}  // namespace cunju::test
