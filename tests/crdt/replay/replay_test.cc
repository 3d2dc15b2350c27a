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
    const Replay first = replay(logs.space(), changes, logs.keys());
    REQUIRE(first.admitted.size() + first.refused.size() == changes.size());
    for (int round = 0; round < 4; ++round) {
      logs.shuffle(changes);
      require_equal(first, replay(logs.space(), changes, logs.keys()));
    }
    // Changes that come twice change nothing.
    changes.insert(changes.end(), logs.changes().begin(), logs.changes().end());
    require_equal(first, replay(logs.space(), changes, logs.keys()));
  }
}

TEST_CASE("Every change of honest authors is admitted and none of their parts is held") {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    CAPTURE(seed);
    ForgedLogs logs(seed);
    for (int i = 0; i < 60; ++i) logs.draw(false);
    const Replay out = replay(logs.space(), logs.changes(), logs.keys());
    REQUIRE(out.refused.empty());
    REQUIRE(out.admitted.size() == logs.changes().size());
    std::size_t sealed = 0;
    for (const PartVerdict& one : out.parts) REQUIRE(one.state != PartState::kHeld);
    // Without the key the sealed ones are said to be, and all others are as they are.
    const Replay without_key = replay(logs.space(), logs.changes());
    REQUIRE(without_key.parts.size() == out.parts.size());
    for (std::size_t i = 0; i < out.parts.size(); ++i) {
      const bool is_sealed = without_key.parts[i].state == PartState::kSealed;
      sealed += is_sealed ? 1 : 0;
      if (!is_sealed) REQUIRE(without_key.parts[i] == out.parts[i]);
    }
    REQUIRE(sealed > 0);
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

/// A clerk's log with two branches after `common`; each writes a record of its own and one of both.
struct ForkedLogs {
  explicit ForkedLogs(std::uint64_t seed) : logs(seed) {
    test::LogAuthor& by = logs.author(1);
    common = logs.sign(by, {logs.part(both, {}, std::string("common"))}, logs.roster_heads());
    left = logs.sign(by,
                     {logs.part(one, {}, std::string("left")),
                      logs.part(both, {common.id}, std::string("left"))},
                     logs.roster_heads());
    after = logs.sign(by, {logs.part(one, {left.id}, std::string("after"))}, logs.roster_heads());
    go_back_to(by, common);
    right = logs.sign(by,
                      {logs.part(two, {}, std::string("right")),
                       logs.part(both, {common.id}, std::string("right"))},
                      logs.roster_heads());
  }
  static void go_back_to(test::LogAuthor& by, const Change& change) {
    by.next_seq = change.header.seq.value + 1;
    by.prev = change.id;
  }
  /// A chair says so in the roster: the founder, or the one with the junior entry.
  Change retire(const Change& last, std::uint64_t end, std::size_t chair = 0) {
    const std::vector<ChangeId> pins = logs.roster_heads();
    return logs.sign(
        logs.author(chair),
        {logs.roster_part({RetireDevice{{logs.author(1).key.author(), end, last.id}}}, pins)},
        pins);
  }
  Replay replayed() {
    std::vector<Change> changes = logs.changes();
    Replay out = replay(logs.space(), changes);
    for (int round = 0; round < 4; ++round) {
      logs.shuffle(changes);
      require_equal(out, replay(logs.space(), changes));
    }
    return out;
  }
  ForgedLogs logs;
  const LogRecord one = make_record(1), two = make_record(2), both = make_record(3);
  Change common, left, after, right;
};

TEST_CASE("Of a fork both sides are admitted, and nothing of it stands until somebody covers it") {
  ForkedLogs forked(10);
  const Replay out = forked.replayed();
  CHECK(out.refused.empty());
  const std::vector<Head>& tips = out.heads.at(forked.logs.author(1).key.author());
  REQUIRE(tips.size() == 2);
  CHECK(std::ranges::is_sorted(tips));
  for (const Head& tip : tips) CHECK((tip.id == forked.after.id || tip.id == forked.right.id));
  CHECK(verdict(out, forked.common.id).state == PartState::kEffective);
  for (const Change* change : {&forked.left, &forked.after, &forked.right}) {
    CHECK(verdict(out, change->id).state == PartState::kLate);
    CHECK(verdict(out, change->id).reason.starts_with("forked: "));
  }
  CHECK(shown(out, forked.both) == "common");
}

TEST_CASE(
    "The branch that a cut names stands as far as it names it, and an admission brings back more") {
  ForkedLogs forked(11);
  Change retired = forked.retire(forked.left, 2);
  const Replay out = forked.replayed();
  CHECK(verdict(out, forked.left.id).state == PartState::kEffective);
  CHECK(verdict(out, forked.after.id).reason.starts_with("forked: "));
  CHECK(verdict(out, forked.right.id).reason.starts_with("forked: "));
  CHECK(shown(out, forked.both) == "left");
  const std::vector<ChangeId> pins{retired.id};
  forked.logs.sign(forked.logs.author(0),
                   {forked.logs.roster_part({AdmitLate{{forked.right.id}}}, pins)}, pins);
  const Replay later = forked.replayed();
  CHECK(verdict(later, forked.right.id, 0).state == PartState::kEffective);
  CHECK(verdict(later, forked.after.id).state == PartState::kLate);
  CHECK(shown(later, forked.two) == "right");
}

TEST_CASE("What a junior names goes on along the branch that the senior named, and no other") {
  ForkedLogs forked(16);
  forked.retire(forked.left, 2);
  Change next = forked.logs.sign(forked.logs.author(1), {}, forked.logs.roster_heads());
  const std::vector<ChangeId> pins = forked.logs.roster_heads();
  const AuthorKey clerk = forked.logs.author(1).key.author();
  Change other = forked.logs.sign(
      forked.logs.author(4),
      {forked.logs.roster_part({RetireDevice{{clerk, 3, next.id}}, RetireDevice{{clerk, 2, {}}}},
                               pins)},
      pins);
  const Replay first = forked.replayed();
  CHECK(refusal(first, other.id).empty());
  CHECK(verdict(first, forked.left.id).state == PartState::kEffective);
  CHECK(verdict(first, forked.right.id).state == PartState::kLate);
  CHECK(verdict(first, forked.after.id).reason.starts_with("forked: "));
  const std::vector<ChangeId> again{other.id};
  forked.logs.sign(
      forked.logs.author(4),
      {forked.logs.roster_part(
          {EndRole{forked.logs.author(1).member, "teller", {{clerk, 3, forked.after.id}}}}, again)},
      again);
  const Replay out = forked.replayed();
  CHECK(verdict(out, forked.right.id).state == PartState::kLate);
  // On the standing path now; it is beyond the cuts of those who retire the key.
  CHECK(verdict(out, forked.after.id).reason == "beside an act that took the right away");
}

TEST_CASE("Of names that are not of the log the next one counts") {
  ForkedLogs forked(17);
  forked.logs.sign(forked.logs.author(2), {}, forked.logs.roster_heads());
  Change stranger = forked.logs.sign(forked.logs.author(2), {}, forked.logs.roster_heads());
  forked.retire(stranger, 2);
  forked.retire(forked.left, 2, 4);
  const Replay out = forked.replayed();
  CHECK(verdict(out, forked.left.id).state == PartState::kEffective);
  CHECK(verdict(out, forked.right.id).state == PartState::kLate);
}

TEST_CASE("A fork that only records show takes from the roster as well") {
  ForgedLogs logs(18);
  test::LogAuthor& founder = logs.author(0);
  logs.sign(founder, {}, logs.roster_heads());
  logs.add_member(founder, logs.roster_heads());
  ForkedLogs::go_back_to(founder, logs.changes().front());
  founder.pins.clear();
  logs.sign(founder, {logs.part(make_record(1), {}, std::string("a"))}, logs.roster_heads());
  const Replay out = replay(logs.space(), logs.changes());
  CHECK(out.refused.empty());
  CHECK(out.roster->members.size() == 5);
  CHECK(out.roster_heads.size() == 1);
}

TEST_CASE("A cut that names nothing that is here leaves nothing of a fork") {
  ForkedLogs forked(12);
  Change stranger = forked.logs.sign(forked.logs.author(2), {}, forked.logs.roster_heads());
  forked.retire(stranger, 3);
  const Replay out = forked.replayed();
  for (const Change* change : {&forked.left, &forked.after, &forked.right})
    CHECK(verdict(out, change->id).state == PartState::kLate);
}

TEST_CASE("Each branch of a log is a line of its own in the graph of a record") {
  ForkedLogs forked(13);
  test::LogAuthor& by = forked.logs.author(1);
  // It names no parent: its own word before on this branch is one, and the other branch's is not.
  Change next = forked.logs.sign(by, {forked.logs.part(forked.both, {}, std::string("next"))},
                                 forked.logs.roster_heads());
  const Replay out = forked.replayed();
  const RecordView& view = out.views.at({forked.both.id, kOpenScope});
  // No branch stands, so nobody is to build on one of them.
  CHECK(std::ranges::none_of(view.heads, [&](const Head& head) {
    return head.id == forked.left.id || head.id == next.id;
  }));
  const std::vector<Dot> ends{{AuthorKey{forked.left.id.value}, Seq{1}},
                              {AuthorKey{forked.right.id.value}, next.header.seq}};
  for (const Dot& end : ends)
    CHECK(std::ranges::find(view.left_out, end, &Head::dot) != view.left_out.end());
  std::vector<Dot> clock(view.clock.begin(), view.clock.end());
  std::vector<Dot> expected{{by.key.author(), Seq{0}},
                            {AuthorKey{forked.left.id.value}, Seq{1}},
                            {AuthorKey{forked.right.id.value}, Seq{2}}};
  std::ranges::sort(expected);
  CHECK(clock == expected);
}

TEST_CASE("A fork of a fork begins lines again, and who builds on one has seen no other") {
  ForkedLogs forked(14);
  test::LogAuthor& by = forked.logs.author(1);
  ForkedLogs::go_back_to(by, forked.left);
  Change third = forked.logs.sign(by, {forked.logs.part(forked.both, {}, std::string("third"))},
                                  forked.logs.roster_heads());
  forked.retire(third, 3);
  const Replay out = forked.replayed();
  CHECK(out.heads.at(by.key.author()).size() == 3);
  // The path of what stands goes through the fork before.
  CHECK(verdict(out, forked.left.id).state == PartState::kEffective);
  CHECK(verdict(out, third.id).state == PartState::kEffective);
  CHECK(verdict(out, forked.after.id).state == PartState::kLate);
  CHECK(shown(out, forked.both) == "third");
  const RecordView& view = out.views.at({forked.both.id, kOpenScope});
  REQUIRE(view.heads.size() == 1);
  CHECK(view.heads.front().id == third.id);
  CHECK_FALSE(view.left_out.empty());
}

TEST_CASE("A second root of the founder's log is a fork, and the founding change stands") {
  ForgedLogs logs(15);
  test::LogAuthor& founder = logs.author(0);
  const std::vector<ChangeId> founding = logs.roster_heads();
  Change second = logs.add_member(founder, founding);
  Change covering = logs.add_member(logs.author(4), {second.id});
  founder.next_seq = 0;
  founder.prev = {};
  founder.pins.clear();
  Change rogue = logs.add_member(founder, founding);
  const Replay out = replay(logs.space(), logs.changes());
  CHECK(out.refused.empty());
  CHECK(out.heads.at(founder.key.author()).size() == 2);
  // Five of the founding, and the two that the other chair has seen or said.
  CHECK(out.roster->members.size() == 7);
  CHECK(out.roster_heads.size() == 2);
  CHECK(std::ranges::count(out.roster_heads, rogue.id) == 1);
  CHECK(std::ranges::count(out.roster_heads, covering.id) == 1);
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
