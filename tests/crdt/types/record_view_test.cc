// SPDX-License-Identifier: Apache-2.0
#include "crdt/types/record_view.h"

#include <catch2/catch.hpp>

#include "crdt/base/limits.h"
#include "tests/crdt/types/history.h"

namespace cunju::test {
namespace {

TestChange naming(std::string registry, std::uint8_t id, std::vector<Operation> operations) {
  TestChange out;
  out.id = id_of<ChangeId>(id);
  out.registry = std::move(registry);
  out.operations = std::move(operations);
  return out;
}

}  // namespace

TEST_CASE("a void change takes its place among the heads and contributes nothing") {
  History history;
  const std::size_t a = history.add(0, {}, {set_register("name", text("x"))});
  const std::size_t b = history.add(1, {a}, {set_register("name", text("forged"))});
  history.at(b).is_void = true;
  RecordView view = view_of(history);
  CHECK(view.state.find("name")->winner() == text("x"));
  REQUIRE(view.heads.size() == 1);
  CHECK(view.heads[0].id == history.changes()[b].id);
  CHECK(view.max_depth == 2);
  // An honest change after it has seen `a` through it.
  history.add(2, {b}, {set_register("name", text("y"))});
  view = view_of(history);
  CHECK(view.state.find("name")->entries.size() == 1);
  CHECK(view.state.find("name")->winner() == text("y"));
}

TEST_CASE("a later part that names another registry contributes nothing to the record") {
  History history;
  const std::size_t a = history.add(0, {}, {set_register("name", text("x"))});
  TestChange lie = naming("patrol", 200, {set_register("name", text("lie")), delete_record()});
  lie.parents = {a};
  history.add_change(1, lie);
  const RecordView view = view_of(history);
  CHECK(view.registry == "minutes");
  CHECK(view.state.find("name")->winner() == text("x"));
  CHECK_FALSE(view.state.has_conflict());
  CHECK(view.is_contested());
  CHECK(view.heads.size() == 1);
}

TEST_CASE(
    "the smallest first change names the registry in any order and the other stays readable") {
  History history;
  history.add_change(0, naming("minutes", 90, {set_register("name", text("honest"))}));
  history.add_change(1, naming("patrol", 10, {set_register("name", text("ground id"))}));
  Replica one(history);
  one.deliver(0);
  CHECK(one.view().registry == "minutes");
  one.deliver(1);
  Replica other(history);
  other.deliver(1);
  other.deliver(0);
  CHECK(one.view().encode() == other.view().encode());
  CHECK(one.view().registry == "patrol");
  REQUIRE(one.view().find("minutes") != nullptr);
  CHECK(one.view().find("minutes")->find("name")->winner() == text("honest"));
  CHECK(one.view().find("patrol") == &one.view().state);
  CHECK(one.view().find("rental") == nullptr);
}

TEST_CASE("a part without a usable registry name only takes its place in the graph") {
  History history;
  history.add_change(0, naming("", 1, {set_register("name", text("x"))}));
  history.add_change(1, naming(std::string(limits::kMaxNameBytes + 1, 'r'), 2, {delete_record()}));
  const RecordView view = view_of(history);
  CHECK(view.registry.empty());
  CHECK(view.state.is_empty());
  CHECK(view.heads.size() == 2);
  CHECK(view.find("") == nullptr);
  CHECK(RecordView::decode(view.encode()).value() == view);
}

TEST_CASE("damaged or random bytes of a view are an error and never a crash") {
  const std::uint64_t seed = 7;
  CAPTURE(seed);
  Random random(seed);
  const History history = random_history(random, {.authors = 4, .steps = 60});
  const Bytes bytes = view_of(history).encode();
  CHECK(RecordView::decode({}).error().code == Errc::kMalformed);
  for (std::size_t length = 0; length < bytes.size(); ++length)
    REQUIRE_FALSE(RecordView::decode(ByteView(bytes).first(length)).has_value());
  for (int round = 0; round < 4000; ++round) {
    Bytes damaged = bytes;
    for (std::size_t i = 1 + below(random, 3); i > 0; --i)
      damaged[below(random, damaged.size())] = static_cast<std::uint8_t>(random());
    const Result<RecordView> read = RecordView::decode(damaged);
    // What passes is a view that could have been: it keeps its invariants through the codec.
    if (read) REQUIRE(RecordView::decode(read.value().encode()).value() == read.value());
  }
  for (int round = 0; round < 4000; ++round) {
    Bytes noise(below(random, 200));
    for (std::uint8_t& byte : noise) byte = static_cast<std::uint8_t>(random() & random());
    static_cast<void>(RecordView::decode(noise));
    static_cast<void>(RecordState::decode(noise));
  }
}

TEST_CASE("a few bytes that claim a huge view are refused before memory is taken") {
  // Segment table packed by hand: one segment of 2^24 words, then a run of zero words.
  const Bytes bomb{0x80, 0x01, 0x00, 0xFF, 0x00, 0xFF, 0x00, 0xFF};
  CHECK(RecordView::decode(bomb).error().code == Errc::kLimit);
}

}  // namespace cunju::test
