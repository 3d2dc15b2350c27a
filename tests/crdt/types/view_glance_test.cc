// SPDX-License-Identifier: Apache-2.0
#include "crdt/types/view_glance.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "tests/crdt/types/history.h"

namespace cunju::test {
namespace {

using Values = std::vector<std::pair<std::string, Value>>;

/// What a glance has to give, from the view itself.
ViewGlance glance_of(const RecordView& view, std::string_view registry,
                     const GlancedFields& fields) {
  ViewGlance out;
  const RecordState* state = view.find(registry);
  if (state == nullptr) return out;
  out.is_there = !state->is_empty();
  out.is_deleted = state->is_deleted();
  for (const Field& field : state->fields()) {
    if (field.kind == FieldKind::kFreeze || !fields.has(field.name)) continue;
    for (std::size_t i = 0; i < field.entries.size(); ++i) {
      if (i > 0 && field.kind != FieldKind::kSet) break;
      if (i > 0 && field.entries[i].value == field.entries[i - 1].value) continue;
      out.values.emplace_back(field.name, field.entries[i].value);
    }
  }
  for (const TextField& text : state->texts()) {
    if (fields.has(text.name))
      out.values.emplace_back(text.name, text.text.empty() ? Value(NoValue{}) : Value(text.text));
  }
  return out;
}

bool same(const ViewGlance& a, const ViewGlance& b) {
  return a.is_there == b.is_there && a.is_deleted == b.is_deleted && a.values == b.values;
}

}  // namespace

TEST_CASE("a glance at a view gives what the view says of the fields that are asked for") {
  const auto seed = GENERATE(range<std::uint64_t>(1, 120));
  CAPTURE(seed);
  Random random(seed);
  const History history = random_history(random, {});
  const RecordView view = view_of(history);
  const Bytes bytes = view.encode();
  std::vector<std::string> names{"nobody's"}, registries{"nobody's", ""};
  for (const TestChange& change : history.changes()) {
    registries.push_back(change.registry);
    for (const Operation& operation : change.operations) names.push_back(operation.field);
  }
  for (const std::string& registry : registries) {
    for (const bool all : {false, true}) {
      GlancedFields fields{.names = {}, .all = all};
      for (const std::string& name : names)
        if (below(random, 2) == 0) fields.names.push_back(name);
      const Result<ViewGlance> glance = glance_view(bytes, registry, fields);
      REQUIRE(glance);
      CHECK(same(glance.value(), glance_of(view, registry, fields)));
    }
  }
}

TEST_CASE("a glance sees that a record is deleted, and that a conflict leaves it shown") {
  History history;
  const std::size_t a = history.add(0, {}, {set_register("name", text("x"))});
  const std::size_t b = history.add(1, {a}, {delete_record()});
  const GlancedFields fields{.names = {"name"}};
  const auto glance = [&] {
    return glance_view(view_of(history).encode(), "minutes", fields).value();
  };
  CHECK(glance().is_deleted);
  CHECK(glance().values == Values{{"name", text("x")}});
  history.add(0, {a}, {set_register("name", text("y"))});
  CHECK_FALSE(glance().is_deleted);
  CHECK(glance().values == Values{{"name", text("y")}});
  history.add(1, {b, 2}, {delete_record(), set_register("name", NoValue{})});
  CHECK(glance().values == Values{{"name", NoValue{}}});
}

TEST_CASE("a glance at anything that is no view is an error, and never a crash") {
  const std::uint64_t seed = 77;
  CAPTURE(seed);
  Random random(seed);
  const Bytes good = view_of(random_history(random, {})).encode();
  const GlancedFields all{.names = {}, .all = true};
  for (std::size_t size = 0; size < good.size(); ++size)
    CHECK(glance_view(ByteView(good).first(size), "minutes", all).has_error());
  for (int i = 0; i < 20'000; ++i) {
    Bytes bytes = good;
    for (std::size_t n = 1 + below(random, 4); n > 0; --n)
      bytes[below(random, bytes.size())] = static_cast<std::uint8_t>(random());
    (void)glance_view(bytes, "minutes", all);
  }
}

}  // namespace cunju::test
