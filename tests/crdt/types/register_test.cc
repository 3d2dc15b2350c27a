// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "tests/crdt/types/history.h"

namespace cunju::test {
namespace {

std::vector<Value> candidates(const RecordView& view, std::string_view name) {
  std::vector<Value> out;
  for (const Entry& entry : view.state.find(name, FieldKind::kRegister)->entries)
    out.push_back(entry.value);
  return out;
}

}  // namespace

TEST_CASE("a later write takes the place of what it has seen") {
  History history;
  const std::size_t a = history.add(0, {}, {set_register("name", text("old"))});
  history.add(1, {a}, {set_register("name", text("new"))});
  const RecordView view = view_of(history);
  CHECK(candidates(view, "name") == std::vector<Value>{text("new")});
  CHECK_FALSE(view.state.has_conflict());
  CHECK(view.state.origins().size() == 1);
}

TEST_CASE("of concurrent writes the deeper wins, then the greater id, and all are kept") {
  History history;
  const std::size_t root = history.add(0, {}, {});
  history.add(1, {root}, {set_register("name", text("shallow"))});
  const std::size_t step = history.add(2, {root}, {});
  history.add(2, {step}, {set_register("name", text("deep"))});
  history.add(3, {step}, {set_register("name", text("deep, greater id"))});
  const RecordView view = view_of(history);
  CHECK(candidates(view, "name") ==
        std::vector<Value>{text("deep, greater id"), text("deep"), text("shallow")});
  const Field* field = view.state.find("name");
  CHECK(field->has_conflict());
  CHECK(view.state.origin(field->entries[0]).id == history.changes()[4].id);
  CHECK(view.state.origin(field->entries[0]).depth == 3);
  CHECK(view.state.origin(field->entries[2]).dot == history.changes()[1].dot);
}

TEST_CASE("equal values written concurrently are no conflict, both authors stay named") {
  History history;
  history.add(0, {}, {set_register("name", text("same"))});
  history.add(1, {}, {set_register("name", text("same"))});
  const RecordView view = view_of(history);
  CHECK(candidates(view, "name").size() == 2);
  CHECK_FALSE(view.state.find("name")->has_conflict());
}

TEST_CASE("clearing a field competes like any value") {
  History history;
  const std::size_t root = history.add(0, {}, {set_register("name", text("x"))});
  history.add(0, {root}, {set_register("name", text("y"))});
  history.add(1, {root}, {set_register("name", NoValue{})});
  const RecordView view = view_of(history);
  CHECK(candidates(view, "name") == std::vector<Value>{NoValue{}, text("y")});
  CHECK(view.state.find("name")->has_conflict());
}

TEST_CASE("a write that has seen both sides settles the conflict") {
  History history;
  const std::size_t a = history.add(0, {}, {set_register("name", text("a"))});
  const std::size_t b = history.add(1, {}, {set_register("name", text("b"))});
  CHECK(view_of(history).state.has_conflict());
  history.add(0, {a, b}, {set_register("name", text("b"))});
  const RecordView view = view_of(history);
  CHECK(candidates(view, "name") == std::vector<Value>{text("b")});
  CHECK_FALSE(view.state.has_conflict());
}

TEST_CASE("operations of one change on one field apply in the order of its list") {
  History history;
  history.add(0, {}, {set_register("name", text("first")), set_register("name", text("second"))});
  CHECK(candidates(view_of(history), "name") == std::vector<Value>{text("second")});
}

}  // namespace cunju::test
