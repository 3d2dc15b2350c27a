// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "tests/crdt/types/history.h"

namespace cunju::test {
namespace {

std::vector<Value> elements(const RecordView& view) {
  std::vector<Value> out;
  if (const Field* field = view.state.find("roll", FieldKind::kSet))
    for (const Entry& entry : field->entries) out.push_back(entry.value);
  return out;
}

}  // namespace

TEST_CASE("an addition concurrent with a removal of the same element stays") {
  History history;
  const std::size_t add = history.add(0, {}, {set_add("roll", text("王"))});
  history.add(1, {add}, {set_remove("roll", text("王"))});
  CHECK(elements(view_of(history)).empty());
  history.add(2, {add}, {set_add("roll", text("王"))});
  const RecordView view = view_of(history);
  CHECK(elements(view) == std::vector<Value>{text("王")});
  CHECK(view.state.origin(view.state.find("roll")->entries[0]).id == history.changes()[2].id);
}

TEST_CASE("an element added again keeps the name of who added it first") {
  History history;
  const std::size_t first = history.add(0, {}, {set_add("roll", text("王"))});
  history.add(1, {first}, {set_add("roll", text("王"))});
  const RecordView view = view_of(history);
  REQUIRE(view.state.find("roll")->entries.size() == 2);
  CHECK(view.state.origin(view.state.find("roll")->entries[0]).id == history.changes()[0].id);
  CHECK_FALSE(view.state.has_conflict());
}

TEST_CASE("elements are sorted by value whatever the order of arrival") {
  History history;
  history.add(0, {}, {set_add("roll", text("b")), set_add("roll", std::int64_t{9})});
  history.add(1, {}, {set_add("roll", text("a")), set_add("roll", Bytes{1})});
  CHECK(elements(view_of(history)) ==
        std::vector<Value>{std::int64_t{9}, text("a"), text("b"), Bytes{1}});
}

TEST_CASE("inside one change the later operation on an element decides") {
  History history;
  history.add(0, {},
              {set_add("roll", text("gone")), set_remove("roll", text("gone")),
               set_remove("roll", text("here")), set_add("roll", text("here")),
               set_add("roll", text("here"))});
  CHECK(elements(view_of(history)) == std::vector<Value>{text("here")});
}

TEST_CASE("a set without elements leaves no field behind") {
  History history;
  const std::size_t add = history.add(0, {}, {set_add("roll", text("x"))});
  history.add(0, {add}, {set_remove("roll", text("x"))});
  CHECK(view_of(history).state.fields().empty());
  CHECK_FALSE(view_of(history).state.is_empty());
}

}  // namespace cunju::test
