// SPDX-License-Identifier: Apache-2.0
#include "crdt/replay/replay.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "tests/support/forged_logs.h"

namespace cunju::replay {
namespace {

using test::ForgedLogs;
using test::LogRecord;

void require_equal(const Replay& a, const Replay& b) {
  REQUIRE(a.admitted == b.admitted);
  REQUIRE(a.heads == b.heads);
  REQUIRE(a.refused == b.refused);
  REQUIRE(a.parts == b.parts);
  REQUIRE(a.roster_heads == b.roster_heads);
  REQUIRE(a.views.size() == b.views.size());
  for (const auto& [place, view] : a.views) {
    REQUIRE(b.views.contains(place));
    REQUIRE(view.encode() == b.views.at(place).encode());
  }
}

const PartVerdict& verdict(const Replay& replay, const ChangeId& change, std::uint16_t part = 0) {
  auto found = std::ranges::find_if(replay.parts, [&](const PartVerdict& one) {
    return one.change == change && one.part == part;
  });
  REQUIRE(found != replay.parts.end());
  return *found;
}

std::string refusal(const Replay& replay, const ChangeId& change) {
  auto found = std::ranges::find(replay.refused, change, &Refusal::change);
  return found == replay.refused.end() ? std::string() : found->reason;
}

LogRecord make_record(std::uint8_t number, std::string registry = "rental") {
  LogRecord out{.id = {}, .registry = std::move(registry), .scope = kOpenScope, .changes = {}};
  out.id.value.fill(number);
  return out;
}

std::string shown(const Replay& replay, const LogRecord& record) {
  const RecordView& view = replay.views.at({record.id, record.scope});
  const Field* field = view.state.find("name");
  return field == nullptr ? "" : std::get<std::string>(field->winner());
}

TEST_CASE("A replay does not depend on the order of the changes") {
  for (std::uint64_t seed = 1; seed <= 25; ++seed) {
    CAPTURE(seed);
    ForgedLogs logs(seed);
    for (int i = 0; i < 60; ++i) logs.draw(seed % 3 != 0);
    std::vector<Change> changes = logs.changes();
    const Replay first = replay(logs.space(), changes);
    REQUIRE(first.admitted.size() + first.refused.size() == changes.size());
    for (int round = 0; round < 4; ++round) {
      logs.shuffle(changes);
      require_equal(first, replay(logs.space(), changes));
    }
    // Changes that come twice change nothing.
    changes.insert(changes.end(), logs.changes().begin(), logs.changes().end());
    require_equal(first, replay(logs.space(), changes));
  }
}

TEST_CASE("Every change of honest authors is admitted and none of their parts is held") {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    CAPTURE(seed);
    ForgedLogs logs(seed);
    for (int i = 0; i < 60; ++i) logs.draw(false);
    const Replay out = replay(logs.space(), logs.changes());
    REQUIRE(out.refused.empty());
    REQUIRE(out.admitted.size() == logs.changes().size());
    for (const PartVerdict& one : out.parts) REQUIRE(one.state != PartState::kHeld);
  }
}

TEST_CASE("Without one change whatever builds on it is refused or held, and nothing else") {
  ForgedLogs logs(7);
  const LogRecord one = make_record(1), two = make_record(2);
  Change a0 =
      logs.sign(logs.author(1), {logs.part(one, {}, std::string("a0"))}, logs.roster_heads());
  Change b0 =
      logs.sign(logs.author(2),
                {logs.part(one, {a0.id}, std::string("b0")), logs.part(two, {}, std::string("b0"))},
                logs.roster_heads());
  Change a1 =
      logs.sign(logs.author(1), {logs.part(two, {}, std::string("a1"))}, logs.roster_heads());
  std::vector<Change> changes = logs.changes();
  std::erase_if(changes, [&](const Change& change) { return change.id == a0.id; });
  const Replay out = replay(logs.space(), changes);
  CHECK(refusal(out, a1.id) == "needs change " + a0.id.hex());
  CHECK(verdict(out, b0.id, 0).state == PartState::kHeld);
  CHECK(verdict(out, b0.id, 1).state == PartState::kEffective);
  CHECK(shown(out, two) == "b0");
}

TEST_CASE("A part whose parent is of another record is void and keeps its place") {
  ForgedLogs logs(3);
  const LogRecord one = make_record(1), two = make_record(2);
  Change a = logs.sign(logs.author(1), {logs.part(one, {}, std::string("a"))}, logs.roster_heads());
  Change b =
      logs.sign(logs.author(2), {logs.part(two, {a.id}, std::string("b"))}, logs.roster_heads());
  const Replay out = replay(logs.space(), logs.changes());
  CHECK(verdict(out, b.id).state == PartState::kVoid);
  const RecordView& view = out.views.at({two.id, kOpenScope});
  CHECK(view.state.is_empty());
  REQUIRE(view.heads.size() == 1);
  CHECK(view.heads[0].id == b.id);
}

TEST_CASE("Pins that go back, name no roster change or are missing keep a change out") {
  ForgedLogs logs(4);
  const std::vector<ChangeId> old = logs.roster_heads();
  Change newer = logs.add_member(logs.author(0), old);
  Change b = logs.sign(logs.author(1), {}, {newer.id});
  Change back = logs.sign(logs.author(1), {}, old);
  Change wrong = logs.sign(logs.author(2), {}, {b.id});
  Change unpinned = logs.sign(logs.author(3), {}, {ChangeId{crypto::hash({}).value}});
  const Replay out = replay(logs.space(), logs.changes());
  CHECK(refusal(out, b.id).empty());
  CHECK(refusal(out, back.id) == "pins go backwards");
  CHECK(refusal(out, wrong.id) == "pins a change that is not of the roster, or void");
  CHECK(refusal(out, unpinned.id).starts_with("needs change "));
}

TEST_CASE("A founder's second change must name the roster") {
  ForgedLogs logs(4);
  Change second = logs.sign(logs.author(0), {}, {});
  CHECK(refusal(replay(logs.space(), logs.changes()), second.id) == "pins nothing");
}

TEST_CASE("An author outside the roster is refused, one without the right is void") {
  ForgedLogs logs(5);
  const LogRecord minutes = make_record(1, "minutes");
  Change stranger =
      logs.sign(logs.author(5), {logs.part(minutes, {}, std::string("x"))}, logs.roster_heads());
  Change grid =
      logs.sign(logs.author(3), {logs.part(minutes, {}, std::string("y"))}, logs.roster_heads());
  const Replay out = replay(logs.space(), logs.changes());
  CHECK(refusal(out, stranger.id) == "the author is not in the roster it pins");
  CHECK(verdict(out, grid.id).state == PartState::kVoid);
  CHECK(verdict(out, grid.id).reason == "the author may not write the registry");
}

TEST_CASE("A clerk's roster change is admitted and changes no roster") {
  ForgedLogs logs(6);
  Change change = logs.add_member(logs.author(1), logs.roster_heads());
  const Replay out = replay(logs.space(), logs.changes());
  CHECK(refusal(out, change.id).empty());
  CHECK(std::ranges::find(out.roster_heads, change.id) == out.roster_heads.end());
  CHECK(out.roster->members.size() == 5);
}

TEST_CASE("A body that does not decode is void, a second word about a record has no place") {
  ForgedLogs logs(8);
  const LogRecord one = make_record(1), two = make_record(2);
  Part broken = logs.part(one, {}, std::string("a"));
  broken = make_part(kOpenScope, broken.links, {9, 9, 9});
  Change change = logs.sign(
      logs.author(1),
      {broken, logs.part(two, {}, std::string("first")), logs.part(two, {}, std::string("second"))},
      logs.roster_heads());
  const Replay out = replay(logs.space(), logs.changes());
  CHECK(verdict(out, change.id, 0).state == PartState::kVoid);
  CHECK(verdict(out, change.id, 2).state == PartState::kNoPlace);
  CHECK(shown(out, two) == "first");
}

TEST_CASE("A part with pins older than its parent's is void") {
  ForgedLogs logs(9);
  const LogRecord one = make_record(1);
  const std::vector<ChangeId> old = logs.roster_heads();
  Change newer = logs.add_member(logs.author(0), old);
  Change a = logs.sign(logs.author(1), {logs.part(one, {}, std::string("a"))}, {newer.id});
  Change b = logs.sign(logs.author(2), {logs.part(one, {a.id}, std::string("b"))}, old);
  const Replay out = replay(logs.space(), logs.changes());
  CHECK(verdict(out, b.id).reason == "its pins do not dominate a parent's");
  CHECK(shown(out, one) == "a");
}

TEST_CASE("Of a fork neither side is admitted, and nothing that follows") {
  ForgedLogs logs(10);
  test::LogAuthor& by = logs.author(1);
  Change common = logs.sign(by, {}, logs.roster_heads());
  const std::uint64_t seq = by.next_seq;
  Change left =
      logs.sign(by, {logs.part(make_record(1), {}, std::string("l"))}, logs.roster_heads());
  Change after = logs.sign(by, {}, logs.roster_heads());
  by.next_seq = seq;
  by.prev = common.id;
  Change right =
      logs.sign(by, {logs.part(make_record(2), {}, std::string("r"))}, logs.roster_heads());
  std::vector<Change> changes = logs.changes();
  for (int round = 0; round < 2; ++round) {
    const Replay out = replay(logs.space(), changes);
    CHECK(refusal(out, common.id).empty());
    CHECK(refusal(out, left.id).starts_with("fork"));
    CHECK(refusal(out, right.id).starts_with("fork"));
    CHECK(refusal(out, after.id) == "needs change " + left.id.hex());
    std::ranges::reverse(changes);
  }
}

TEST_CASE("A founding change that says nothing about the roster founds nothing") {
  ForgedLogs logs(11);
  Change founding = logs.found_without_roster(make_record(1));
  const Replay out = replay(founding.space(), std::vector{founding});
  CHECK(out.admitted.size() == 1);
  CHECK(out.roster == nullptr);
  CHECK(verdict(out, founding.id).state == PartState::kVoid);
}

TEST_CASE("Replaying ten thousand changes is quick", "[.long]") {
  ForgedLogs logs(12);
  for (int i = 0; i < 10'000; ++i) logs.draw(false);
  CHECK(replay(logs.space(), logs.changes()).admitted.size() == 10'001);
}

}  // namespace
}  // namespace cunju::replay
