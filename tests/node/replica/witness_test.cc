// SPDX-License-Identifier: Apache-2.0
// Supervisors' and office nodes state what they hold and when; what a village gets from that.
#include <algorithm>

#include "crdt/base/limits.h"
#include "crdt/replay/replay.h"
#include "node/council/roster_acts.h"
#include "tests/support/replica_fixture.h"

using namespace cunju;
using namespace cunju::test;

namespace {

constexpr std::uint64_t kMinute = 60'000;
constexpr std::uint64_t kNoon = 1'800'000'000'000;

/// A village, its clerk's node, and the office's; they meet when the test says so.
struct Witnessed {
  TestReplica village{1}, home{2}, office{3};
  Village there{found_village(*village, village.random())};
  Person li{admit_person(*village, there, village.random(), "李")};
  Person town{admit_person(*village, there, village.random(), "街道办", {"office"})};
  Person sun{admit_person(*village, there, village.random(), "监督委", {"supervisor"})};
  const SpaceId& space{there.space};
  RecordId record{village.random().make<RecordId>()};

  Witnessed() { meet(); }
  void meet() {
    for (int round = 0; round < 2; ++round) {
      for (TestReplica* other : {&home, &office}) {
        pull(**other, *village, space);
        pull(*village, **other, space);
      }
    }
  }
  ChangeId write(TestReplica& at, const Person& by, std::uint64_t claimed_ms) {
    replica::ChangeDraft draft = draft_of(record, {set_field("n", std::int64_t{1})});
    return require(at->append(space, by.device, std::span(&draft, 1), claimed_ms)).ids.front();
  }
  std::size_t witness(TestReplica& at, const Person& by, std::uint64_t claimed_ms) {
    return require(at->append_statements(space, by.node, claimed_ms)).ids.size();
  }
  replica::HistoryEntry entry(TestReplica& at, const ChangeId& id) {
    for (const replica::HistoryEntry& one : require(at->history(space, record)))
      if (one.id == id) return one;
    FAIL("no such change");
    return {};
  }
  replica::WitnessedInterval interval(TestReplica& at, const ChangeId& id) {
    const replica::HistoryEntry found = entry(at, id);
    return replica::interval_of(found.witnessed, found.claimed_ms);
  }
  void check_against_replay(TestReplica& at) {
    test::check_against_replay(*at, space);
    const Hash views = require(at->view_hash(space));
    const auto history = require(at->history(space, record));
    require(at->rebuild_views());
    CHECK(require(at->view_hash(space)) == views);
    const auto again = require(at->history(space, record));
    for (std::size_t i = 0; i < history.size(); ++i)
      CHECK(history[i].witnessed == again[i].witnessed);
  }
};

bool is_member(replica::Replica& replica, const SpaceId& space, const Person& person) {
  return require(replica.roster(space))->members.contains(person.member);
}

}  // namespace

TEST_CASE("an office's node states what it holds once, and a clerk's node states nothing") {
  Witnessed w;
  CHECK(w.witness(w.home, w.li, kNoon) == 0);
  CHECK(w.witness(w.office, w.town, kNoon) == 1);
  CHECK(w.witness(w.office, w.town, kNoon) == 0);
  w.meet();
  // Its own statement is nothing to state, and neither are those of others.
  CHECK(w.witness(w.office, w.town, kNoon) == 0);
  CHECK(w.witness(w.village, w.sun, kNoon) == 1);
  w.meet();
  CHECK(w.witness(w.office, w.town, kNoon) == 0);
  w.write(w.home, w.li, kNoon);
  w.meet();
  CHECK(w.witness(w.office, w.town, kNoon) == 1);
  w.check_against_replay(w.office);
  // A statement names what is new only.
  const Change last = head_change(*w.office, w.space, w.town.node.author());
  REQUIRE(read_statement(last));
  REQUIRE(read_statement(last)->size() == 1);
  CHECK(read_statement(last)->front().author == w.li.author());
  CHECK(last.header.claimed_ms == kNoon);
}

TEST_CASE("a node whose log of statements a peer knows better states nothing until it is back") {
  Witnessed w;
  w.office->set_own_authors({w.town.node.author()});
  const sync::AuthorHead ahead{w.town.node.author(), Seq{4}, w.village.random().make<ChangeId>()};
  require(w.office->note_claims(w.space, w.li.wire.wire(), std::span(&ahead, 1)));
  const Result<replica::Appended> made = w.office->append_statements(w.space, w.town.node, kNoon);
  REQUIRE(made.has_error());
  CHECK(made.error().code == Errc::kMissing);
}

TEST_CASE("many heads make several statements, each within its limit") {
  Witnessed w;
  std::vector<RosterOperation> operations;
  std::vector<Person> crowd;
  for (std::size_t i = 0; i < limits::kMaxWitnessedHeads; ++i)
    crowd.push_back(make_person(w.village.random(), std::to_string(i)));
  constexpr std::size_t kAtOnce = 64;
  for (std::size_t i = 0; i < crowd.size(); ++i) {
    for (RosterOperation& one : admit_operations(crowd[i], w.space, {"clerk"}))
      operations.push_back(std::move(one));
    if ((i + 1) % kAtOnce != 0) continue;
    require(w.village->append_roster(w.space, w.there.founder.device, operations, 0));
    operations.clear();
  }
  for (const Person& person : crowd) w.write(w.village, person, kNoon);
  w.meet();
  CHECK(w.witness(w.office, w.town, kNoon) == 2);
  CHECK(w.witness(w.office, w.town, kNoon) == 0);
}

TEST_CASE("an office's receipt proves how long ago a change was there, and flags a wrong clock") {
  Witnessed w;
  w.witness(w.office, w.town, kNoon);
  w.meet();
  const ChangeId right = w.write(w.home, w.li, kNoon + 5 * kMinute);
  const ChangeId early = w.write(w.home, w.li, kNoon - 20 * kMinute);
  const ChangeId late = w.write(w.home, w.li, kNoon + 60 * kMinute);
  CHECK(w.interval(w.home, right).not_before_ms == kNoon);
  CHECK_FALSE(w.interval(w.home, right).not_after_ms);
  w.meet();
  w.witness(w.office, w.town, kNoon + 30 * kMinute);
  w.meet();
  for (TestReplica* node : {&w.home, &w.village, &w.office}) {
    for (const ChangeId& id : {right, early, late}) {
      const replica::WitnessedInterval interval = w.interval(*node, id);
      CHECK(interval.not_before_ms == kNoon);
      CHECK(interval.not_after_ms == kNoon + 30 * kMinute);
      CHECK_FALSE(interval.is_contradictory);
      CHECK(interval.is_claim_early == (id == early));
      CHECK(interval.is_claim_late == (id == late));
    }
    const auto receipts = require((*node)->acknowledged(w.space, w.li.author()));
    REQUIRE(receipts.size() == 1);
    CHECK(receipts[0].witness == w.town.node.author());
    CHECK(receipts[0].count == 3);
    CHECK(receipts[0].claimed_ms == kNoon + 30 * kMinute);
  }
  w.check_against_replay(w.home);
}

TEST_CASE("of two witnesses each says its own, and what does not go together is said") {
  Witnessed w;
  w.witness(w.office, w.town, kNoon);
  w.meet();
  const ChangeId id = w.write(w.home, w.li, kNoon);
  w.meet();
  // The supervisor's clock is an hour slow.
  w.witness(w.village, w.sun, kNoon - 60 * kMinute);
  w.meet();
  const replica::HistoryEntry found = w.entry(w.home, id);
  REQUIRE(found.witnessed.size() == 2);
  CHECK(w.interval(w.home, id).is_contradictory);
  w.witness(w.office, w.town, kNoon + kMinute);
  w.meet();
  CHECK(w.interval(w.home, id).not_after_ms == kNoon - 60 * kMinute);
  CHECK(w.interval(w.home, id).is_contradictory);
}

TEST_CASE("a tolerance is left for clocks that nobody sets, and no claim overflows") {
  const auto tolerance = static_cast<std::uint64_t>(replica::kClockTolerance.count());
  const std::uint64_t most = ~std::uint64_t{0};
  std::vector<replica::WitnessedTime> times{{{}, kNoon, kNoon, false}};
  CHECK_FALSE(replica::interval_of(times, kNoon - tolerance).is_claim_early);
  CHECK(replica::interval_of(times, kNoon - tolerance - 1).is_claim_early);
  CHECK_FALSE(replica::interval_of(times, kNoon + tolerance).is_claim_late);
  CHECK(replica::interval_of(times, kNoon + tolerance + 1).is_claim_late);
  CHECK(replica::interval_of(times, most).is_claim_late);
  times = {{{}, most, std::nullopt, false}, {{}, std::nullopt, most, false}};
  CHECK_FALSE(replica::interval_of(times, most).is_contradictory);
  times[1].not_after_ms = 5;
  CHECK(replica::interval_of(times, 5).is_contradictory);
}

TEST_CASE("a statement about what nobody has blocks nothing, and counts when it arrives") {
  Witnessed w;
  const ChangeId id = w.write(w.home, w.li, kNoon);
  // The office heard of it by some other way, and the village has only the statement.
  pull(*w.office, *w.home, w.space);
  w.witness(w.office, w.town, kNoon + kMinute);
  const Change statement = head_change(*w.office, w.space, w.town.node.author());
  const std::vector<sync::Run> run{{{statement}}};
  require(w.village->accept(w.space, run));
  CHECK(require(w.village->counts()).pooled == 0);
  w.write(w.village, w.there.founder, kNoon);
  // Nor is it named by an act on the roster, which would then be held everywhere.
  require(w.village->append_roster(w.space, w.there.founder.device,
                                   std::vector<RosterOperation>{AdmitMember{{}, "钱"}}, kNoon));
  CHECK(head_change(*w.village, w.space, w.there.founder.author()).header.seen.is_zero());
  CHECK(require(w.village->acknowledged(w.space, w.li.author())).front().count == 0);
  w.meet();
  CHECK(w.interval(w.village, id).not_after_ms == kNoon + kMinute);
  w.check_against_replay(w.village);
}

TEST_CASE("a roster change waits for the statement it names and for all that this speaks of") {
  Witnessed w;
  w.write(w.home, w.li, kNoon);
  pull(*w.village, *w.home, w.space);
  w.witness(w.village, w.sun, kNoon);
  require(w.village->append_roster(
      w.space, w.there.founder.device,
      require(council::plan_removal(*w.village, w.space, w.li.member)).operations, kNoon));
  const Change removal = head_change(*w.village, w.space, w.there.founder.author());
  const Change statement = head_change(*w.village, w.space, w.sun.node.author());
  CHECK(removal.header.seen == Hash{statement.id.value});
  const std::vector<sync::Run> only_removal{{{removal}}}, only_statement{{{statement}}};
  CHECK(require(w.office->accept(w.space, only_removal)).held == 1);
  CHECK(is_member(*w.office, w.space, w.li));
  require(w.office->accept(w.space, only_statement));
  // What Li wrote is not here yet.
  CHECK(require(w.office->counts()).pooled == 1);
  CHECK(is_member(*w.office, w.space, w.li));
  pull(*w.office, *w.home, w.space);
  CHECK(require(w.office->counts()).pooled == 0);
  CHECK_FALSE(is_member(*w.office, w.space, w.li));
  w.meet();
  w.check_against_replay(w.office);
  CHECK(require(w.office->state_hash(w.space)) == require(w.village->state_hash(w.space)));
}

TEST_CASE("a removal waits for what it keeps of a log beyond what was acknowledged") {
  Witnessed w;
  w.write(w.home, w.li, kNoon);
  const Change first = head_change(*w.home, w.space, w.li.author());
  pull(*w.village, *w.home, w.space);
  w.witness(w.village, w.sun, kNoon);
  w.write(w.home, w.li, kNoon);
  const Change second = head_change(*w.home, w.space, w.li.author());
  pull(*w.village, *w.home, w.space);
  require(w.village->append_roster(
      w.space, w.there.founder.device,
      require(council::plan_removal(*w.village, w.space, w.li.member)).operations, kNoon));
  std::vector<Change> changes{first, second, head_change(*w.village, w.space, w.sun.node.author()),
                              head_change(*w.village, w.space, w.there.founder.author())};
  std::ranges::sort(changes, {}, &Change::id);
  do {
    TestReplica other(4);
    pull(*other, *w.office, w.space);
    for (const Change& change : changes) {
      CHECK(is_member(*other, w.space, w.li));
      require(other->accept(w.space, std::vector<sync::Run>{{{change}}}));
    }
    CHECK(require(other->counts()).pooled == 0);
    CHECK_FALSE(is_member(*other, w.space, w.li));
    CHECK(require(other->state_hash(w.space)) == require(w.village->state_hash(w.space)));
    CHECK(require(other->view_hash(w.space)) == require(w.village->view_hash(w.space)));
    // The second opinion waits as well.
    std::vector<Change> all;
    for (const sync::Run& run : all_runs(*w.office, w.space))
      all.insert(all.end(), run.changes.begin(), run.changes.end());
    all.insert(all.end(), changes.begin(), changes.end());
    CHECK_FALSE(replay::replay(w.space, all).roster->members.contains(w.li.member));
    // Without what the cut names nobody has the act.
    std::erase_if(all, [&](const Change& change) { return change.id == second.id; });
    const replay::Replay without = replay::replay(w.space, all);
    CHECK(without.roster->members.contains(w.li.member));
    REQUIRE(without.refused.size() == 1);
    CHECK(without.refused.front().author == w.there.founder.author());
  } while (std::next_permutation(changes.begin(), changes.end(),
                                 [](const auto& x, const auto& y) { return x.id < y.id; }));
  w.meet();
  w.check_against_replay(w.office);
}

TEST_CASE(
    "a cut below what the office acknowledged is refused where it is made, and void if forged") {
  Witnessed w;
  w.write(w.home, w.li, kNoon);
  const ChangeId second = w.write(w.home, w.li, kNoon);
  w.meet();
  w.witness(w.office, w.town, kNoon);
  w.meet();
  const auto act =
      require(council::plan_retirement(*w.village, w.space, w.li.author(), std::uint64_t{1}));
  const Result<replica::Appended> done =
      w.village->append_roster(w.space, w.there.founder.device, act.operations, kNoon);
  REQUIRE(done.has_error());
  CHECK(done.error().code == Errc::kPermission);
  // The same at what was acknowledged is any officer's to do.
  const auto higher =
      require(council::plan_retirement(*w.village, w.space, w.li.author(), std::uint64_t{2}));
  SECTION("and at it, it is done") {
    require(w.village->append_roster(w.space, w.there.founder.device, higher.operations, kNoon));
    CHECK_FALSE(require(w.village->roster(w.space))->devices.contains(w.li.author()));
  }
  SECTION("whoever signs it all the same has said nothing") {
    const Change before = head_change(*w.village, w.space, w.there.founder.author());
    const std::vector<ChangeId> pins = require(w.village->roster_heads(w.space));
    Change forged =
        sign_change(w.there.founder.device,
                    {.space = w.space,
                     .author = w.there.founder.author(),
                     .seq = before.header.seq.next(),
                     .prev = before.id,
                     .pins = pins,
                     .seen = Hash{head_change(*w.village, w.space, w.town.node.author()).id.value}},
                    {forge_part(kRosterRecord, pins,
                                {make_operation(OperationKind::kRoster, "",
                                                encode_roster_operation(act.operations.front()))},
                                std::string(kRosterRegistry))});
    const std::vector<sync::Run> run{{{forged}}};
    require(w.village->accept(w.space, run));
    w.meet();
    for (TestReplica* node : {&w.home, &w.village, &w.office}) {
      CHECK(require((*node)->find_change(w.space, forged.header.author, forged.header.seq)) ==
            forged.id);
      CHECK(require((*node)->roster(w.space))->devices.contains(w.li.author()));
      CHECK_FALSE(w.entry(*node, second).is_late);
    }
    w.check_against_replay(w.office);
  }
}

TEST_CASE("a removed office's statements stand up to the cut, and later ones count for nothing") {
  Witnessed w;
  const ChangeId first = w.write(w.home, w.li, kNoon);
  w.meet();
  w.witness(w.office, w.town, kNoon);
  w.meet();
  const ChangeId second = w.write(w.home, w.li, kNoon);
  pull(*w.office, *w.home, w.space);
  w.witness(w.office, w.town, kNoon + kMinute);
  require(w.village->append_roster(
      w.space, w.there.founder.device,
      require(council::plan_removal(*w.village, w.space, w.town.member)).operations, kNoon));
  w.meet();
  for (TestReplica* node : {&w.home, &w.village, &w.office}) {
    CHECK(w.interval(*node, first).not_after_ms == kNoon);
    CHECK_FALSE(w.interval(*node, second).not_after_ms);
    CHECK(require((*node)->acknowledged(w.space, w.li.author())).front().count == 1);
  }
  CHECK(w.witness(w.office, w.town, kNoon) == 0);
  w.check_against_replay(w.office);
}

TEST_CASE("a person's device can't pose as a witness, nor can a clerk's node") {
  Witnessed w;
  const ChangeId id = w.write(w.home, w.li, kNoon);
  w.meet();
  const std::vector<WitnessedHead> heads{{w.li.author(), Seq{0}, id}};
  const std::vector<ChangeId> pins = require(w.village->roster_heads(w.space));
  for (const crypto::SigningKey* key : {&w.li.node, &w.there.founder.node}) {
    const Change forged =
        forge_change(*key, w.space, nullptr, pins,
                     {forge_part(witness_record(w.space, key->author()), {},
                                 {make_statement(heads)}, std::string(kWitnessRegistry))});
    REQUIRE(read_statement(forged));
    const std::vector<sync::Run> run{{{forged}}};
    CHECK(require(w.village->accept(w.space, run)).admitted == 1);
  }
  replica::ChangeDraft draft{{{witness_record(w.space, w.li.author()),
                               std::string(kWitnessRegistry),
                               kOpenScope,
                               {make_statement(heads)}}}};
  CHECK(w.village->append(w.space, w.li.device, std::span(&draft, 1), kNoon).error().code ==
        Errc::kPermission);
  w.meet();
  CHECK(w.entry(w.home, id).witnessed.empty());
  CHECK(require(w.home->acknowledged(w.space, w.li.author())).empty());
  w.check_against_replay(w.home);
}

TEST_CASE("a node that keeps headers only witnesses, and gets the statements of others whole") {
  Witnessed w;
  TestReplica headers{9};
  const Person zhao = admit_person(*w.village, w.there, w.village.random(), "上级", {"office"},
                                   Replication::kWitness);
  headers->set_own_node(zhao.node.node());
  const ChangeId id = w.write(w.home, w.li, kNoon);
  w.meet();
  w.witness(w.office, w.town, kNoon);
  w.meet();
  pull(*headers, *w.village, w.space, 512 * 1024, zhao.wire.wire());
  CHECK(w.witness(headers, zhao, kNoon + kMinute) == 1);
  const Change others = head_change(*headers, w.space, w.town.node.author());
  CHECK(read_statement(others));
  const Change kept = head_change(*headers, w.space, w.li.author());
  CHECK(kept.parts.front().presence == Presence::kWithheld);
  pull(*w.village, *headers, w.space);
  const auto found = w.entry(w.village, id).witnessed;
  CHECK(found.size() == 2);
}

TEST_CASE("what a peer has of this node's own log is known after each exchange") {
  Witnessed w;
  w.home->set_own_authors({w.li.author()});
  const WireKey peer = w.town.wire.wire();
  const ChangeId first = w.write(w.home, w.li, kNoon);
  const ChangeId second = w.write(w.home, w.li, kNoon);
  const sync::AuthorHead behind{w.li.author(), Seq{0}, first};
  require(w.home->note_heads(w.space, peer, std::span(&behind, 1)));
  auto told = require(w.home->told(w.space, w.li.author()));
  REQUIRE(told.size() == 1);
  CHECK(told[0].is_here);
  CHECK(told[0].seq == Seq{0});
  require(w.home->note_caught_up(w.space, peer, UINT64_MAX));
  told = require(w.home->told(w.space, w.li.author()));
  CHECK(told[0].id == second);
  const sync::AuthorHead another{w.li.author(), Seq{1}, w.village.random().make<ChangeId>()};
  require(w.home->note_heads(w.space, peer, std::span(&another, 1)));
  require(w.home->note_caught_up(w.space, peer, UINT64_MAX));
  told = require(w.home->told(w.space, w.li.author()));
  CHECK(told[0].is_different);
  // Nobody else's log is remembered.
  const sync::AuthorHead foreign{w.sun.author(), Seq{1}, second};
  require(w.home->note_heads(w.space, peer, std::span(&foreign, 1)));
  CHECK(require(w.home->told(w.space, w.sun.author())).empty());
}

TEST_CASE("a member's removal keeps what was written with a laptop that had been retired before") {
  Witnessed w;
  const ChangeId id = w.write(w.home, w.li, kNoon);
  w.meet();
  const auto act = [&](const council::RosterAct& planned) {
    require(w.village->append_roster(w.space, w.there.founder.device, planned.operations, kNoon));
  };
  act(require(council::plan_retirement(*w.village, w.space, w.li.author(), std::nullopt)));
  act(require(council::plan_removal(*w.village, w.space, w.li.member)));
  CHECK_FALSE(w.entry(w.village, id).is_late);
  CHECK(require(w.village->late_parts(w.space)).empty());
}

TEST_CASE("a roster change is not written anew without what its cut names") {
  Witnessed w;
  w.write(w.home, w.li, kNoon);
  pull(*w.village, *w.home, w.space);
  w.witness(w.village, w.sun, kNoon);
  const ChangeId second = w.write(w.home, w.li, kNoon);
  pull(*w.village, *w.home, w.space);
  require(w.village->append_roster(
      w.space, w.there.founder.device,
      require(council::plan_removal(*w.village, w.space, w.li.member)).operations, kNoon));
  require(w.village->rebuild_views());
  const replica::Tables tables = require(replica::Tables::of(w.village.store()));
  require(w.village.store().write([&](store::WriteTransaction& txn) -> Result<void> {
    CUNJU_TRYV(txn.erase(tables.ids, second.view()));
    return ok();
  }));
  w.village.reopen();
  const Result<void> rebuilt = w.village->rebuild_views();
  REQUIRE(rebuilt.has_error());
  CHECK(rebuilt.error().code == Errc::kCorrupt);
  CHECK(rebuilt.error().context == "a roster change without what it names");
}
