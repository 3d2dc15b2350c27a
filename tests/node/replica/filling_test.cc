// SPDX-License-Identifier: Apache-2.0
// Parts that come after their change: through relays, after a promotion, in any order, from liars.
#include <algorithm>
#include <random>

#include "tests/node/replica/scoped_nodes.h"
#include "tests/support/fail_nth.h"

using namespace cunju;
using namespace cunju::test;

namespace {

constexpr std::string_view kSecret = "李某自认打了王某一拳";

/// What a full node would ask for, whole, as another one would bring it.
std::vector<wire::ChangeParts> lacked_parts(ScopedNodes& all, TestReplica& of, TestReplica& from) {
  std::vector<wire::ChangeParts> out;
  sync::PartsCursor cursor;
  for (;;) {
    const auto asked = require(of->next_lacked(all.space, cursor));
    if (!asked) return out;
    const auto found =
        require(from->find_parts(all.space, all.person_at(of).wire.wire(), *asked, 1 << 20));
    std::ranges::copy(found.changes, std::back_inserter(out));
  }
}

}  // namespace

TEST_CASE("what came through a relay without its confidential parts is completed by a full node") {
  ScopedNodes all;
  const RecordId record = all.office.random().make<RecordId>();
  all.write(all.desk, all.zhang, record, "1", kSecret);
  all.write(all.desk, all.zhang, record, "2", "第二稿");
  CHECK(all.meet(all.desk, all.relay).is_clean());
  CHECK(all.confidential_bodies(all.relay) == 0);
  CHECK(all.meet(all.relay, all.office).is_clean());
  CHECK(all.standing(all.office).lacking == 2);
  CHECK(all.facts(all.office, record) == "(none)");
  CHECK(require(all.office->state_hash(all.space)) == require(all.desk->state_hash(all.space)));

  // The heads are equal: nothing but the gap makes these two talk.
  const Meeting meeting = all.meet(all.office, all.desk);
  CHECK(meeting.is_clean());
  CHECK(meeting.a.filled.parts == 2);
  CHECK(meeting.a.received.changes == 0);
  CHECK(all.standing(all.office).lacking == 0);
  CHECK(all.facts(all.office, record) == all.facts(all.desk, record));
  CHECK(all.views(all.office) == all.views(all.desk));
  check_against_replay(*all.office, all.space, {&all.village.founder});
  require(all.office->rebuild_views());
  CHECK(all.views(all.office) == all.views(all.desk));
}

TEST_CASE("two nodes that both lack a part ask once each and end, and are asked by the next") {
  ScopedNodes all;
  const RecordId record = all.office.random().make<RecordId>();
  for (int i = 0; i < 40; ++i) all.write(all.desk, all.zhang, record, "", std::to_string(i));
  all.meet(all.desk, all.relay);
  all.meet(all.relay, all.office);
  REQUIRE(all.standing(all.office).lacking == 40);
  const Meeting vain = all.meet(all.office, all.relay);
  CHECK(vain.is_clean());
  CHECK(vain.a.filled.parts == 0);
  CHECK(all.standing(all.office).lacking == 40);
  // Two hellos, one question with its answer, what ends it: bits and not names of changes.
  CHECK(vain.messages < 10);
  CHECK(vain.bytes < 500);
  CHECK(all.meet(all.office, all.desk).a.filled.parts == 40);
}

TEST_CASE("a shell that becomes full fetches what it lacked with its next full node") {
  ScopedNodes all;
  const RecordId record = all.office.random().make<RecordId>();
  all.write(all.desk, all.zhang, record, "1", kSecret);
  all.meet(all.desk, all.office);
  all.meet(all.office, all.relay);
  CHECK(all.standing(all.relay).lacking == 0);
  CHECK(all.standing(all.relay).withheld == 1);
  all.set_replication(all.office, all.li, Replication::kFull);

  // It hears of it and gets everything in the same session.
  const Meeting meeting = all.meet(all.relay, all.office);
  CHECK(meeting.is_clean());
  CHECK(meeting.a.filled.parts == 1);
  CHECK(all.standing(all.relay).scope == Replication::kFull);
  CHECK(all.standing(all.relay).withheld == 0);
  CHECK(all.confidential_bodies(all.relay) == all.confidential_bodies(all.office));
  // Li reads no mediation: the node keeps it sealed, like one that had it from the start.
  TestReplica fresh(9);
  require(fresh->add_own_device(all.li.device));
  pull(*fresh, *all.office, all.space);
  CHECK(all.views(all.relay) == all.views(fresh));
}

TEST_CASE("a witness that becomes full gets records, scopes and keys as if it had always been") {
  ScopedNodes all(Replication::kWitness);
  const RecordId record = all.office.random().make<RecordId>();
  all.write(all.desk, all.zhang, record, "1", kSecret);
  write_record(*all.desk, all.space, all.zhang, all.office.random().make<RecordId>(),
               {set_field("title", std::string("例会"))});
  all.meet(all.desk, all.office);
  CHECK(all.meet(all.office, all.relay).is_clean());
  CHECK_FALSE(require(all.relay->view(all.space, record)));
  all.set_replication(all.office, all.li, Replication::kFull);
  CHECK(all.meet(all.office, all.relay).is_clean());
  CHECK(all.standing(all.relay).withheld == 0);
  TestReplica fresh(9);
  require(fresh->add_own_device(all.li.device));
  pull(*fresh, *all.office, all.space);
  CHECK(all.views(all.relay) == all.views(fresh));
  check_against_replay(*all.relay, all.space, {&all.li});
}

TEST_CASE("a node that becomes a witness takes what comes, and passes on only what it has whole") {
  ScopedNodes all;
  const RecordId record = all.office.random().make<RecordId>();
  all.write(all.desk, all.zhang, record, "1", kSecret);
  all.meet(all.desk, all.office);
  all.set_replication(all.office, all.li, Replication::kWitness);
  all.write(all.office, all.village.founder, record, "2", "");
  // It learns of its scope behind changes that it may not have any more.
  CHECK(all.meet(all.office, all.relay).is_clean());
  CHECK(all.standing(all.relay).scope == Replication::kWitness);
  all.write(all.office, all.village.founder, record, "3", "");
  CHECK(all.meet(all.office, all.relay).is_clean());
  // The desk gets nothing broken from it, and the rest from the office.
  CHECK(all.meet(all.relay, all.desk).is_clean());
  CHECK(all.meet(all.office, all.desk).is_clean());
  CHECK(all.views(all.office) == all.views(all.desk));
  CHECK(all.standing(all.desk).lacking == 0);
}

TEST_CASE("who has not heard that a node is no witness any more does it no harm") {
  ScopedNodes all(Replication::kWitness);
  const RecordId record = all.office.random().make<RecordId>();
  all.meet(all.office, all.desk);
  all.set_replication(all.office, all.li, Replication::kFull);
  pull(*all.relay, *all.office, all.space, 512 * 1024, all.li.wire.wire());
  REQUIRE(all.standing(all.relay).scope == Replication::kFull);
  all.write(all.desk, all.zhang, record, "1", kSecret);
  // The desk still takes it for a witness and leaves the record out: nothing of that is taken.
  const Meeting meeting = all.meet(all.relay, all.desk);
  CHECK(meeting.is_clean());
  CHECK(meeting.a.accepted.refused == 1);
  CHECK(meeting.a.accepted.admitted == 0);
  CHECK_FALSE(require(all.relay->view(all.space, record)));
  // It has heard of it by that, and the next time it brings it whole.
  CHECK(all.meet(all.relay, all.desk).is_clean());
  CHECK(require(all.relay->view(all.space, record)));
  CHECK(all.standing(all.relay).lacking == 0);
  CHECK(require(all.relay->state_hash(all.space)) == require(all.desk->state_hash(all.space)));
}

TEST_CASE("a live session fetches what another session brought without its parts") {
  ScopedNodes all;
  const RecordId record = all.office.random().make<RecordId>();
  all.meet(all.office, all.desk);
  testing::SessionPair live(*all.office, *all.desk, {}, {}, testing::test_handshake_hash(),
                            all.village.founder.wire.wire(), all.zhang.wire.wire());
  live.start();
  REQUIRE(live.pump());
  all.write(all.desk, all.zhang, record, "1", kSecret);
  // The desk's push is still on its way while the relay has the change already.
  all.meet(all.desk, all.relay);
  all.meet(all.relay, all.office);
  REQUIRE(all.standing(all.office).lacking == 1);
  live.apply(0, live.session(0).on_changes_committed(all.space));
  REQUIRE(live.pump());
  CHECK(all.standing(all.office).lacking == 0);
  CHECK(all.facts(all.office, record) == kSecret);
  // With nothing new nothing is asked again.
  const std::size_t before = live.side(0).sent.size();
  live.apply(0, live.session(0).on_changes_committed(all.space));
  live.tick(std::chrono::seconds(1));
  REQUIRE(live.pump());
  CHECK(live.side(0).sent.size() == before);
}

TEST_CASE("a shell that becomes full in a live session fetches in it what it had looked past") {
  ScopedNodes all;
  all.write(all.desk, all.zhang, all.office.random().make<RecordId>(), "1", kSecret);
  all.meet(all.desk, all.office);
  all.meet(all.office, all.relay);
  testing::SessionPair live(*all.office, *all.relay, {}, {}, testing::test_handshake_hash(),
                            all.village.founder.wire.wire(), all.li.wire.wire());
  live.start();
  REQUIRE(live.pump());
  REQUIRE(all.confidential_bodies(all.relay) == 0);
  // And narrowed again in it, it lets go and signs; as often as somebody likes.
  for (int round = 0; round < 3; ++round) {
    CAPTURE(round);
    all.set_replication(all.office, all.li, Replication::kFull);
    live.apply(0, live.session(0).on_changes_committed(all.space));
    REQUIRE(live.pump());
    CHECK(all.confidential_bodies(all.relay) == 1);
    all.set_replication(all.office, all.li, Replication::kShell);
    live.apply(0, live.session(0).on_changes_committed(all.space));
    REQUIRE(live.pump());
    CHECK(all.confidential_bodies(all.relay) == 0);
    CHECK(require(all.office->node_scopes(all.space)).at(all.li.node.node()).is_confirmed);
  }
}

TEST_CASE("a log that comes again whole fills what was lacking of it") {
  ScopedNodes all;
  const RecordId record = all.office.random().make<RecordId>();
  all.write(all.desk, all.zhang, record, "1", kSecret);
  all.meet(all.desk, all.relay);
  all.meet(all.relay, all.office);
  REQUIRE(all.standing(all.office).lacking == 1);
  // As a first bundle on a stick would bring it.
  const auto runs = all_runs(*all.desk, all.space, all.village.founder.wire.wire());
  CHECK(require(all.office->accept(all.space, runs)).admitted == 0);
  CHECK(all.standing(all.office).lacking == 0);
  CHECK(all.views(all.office) == all.views(all.desk));
}

TEST_CASE("what nobody here had is asked for again after a while, and not before") {
  ScopedNodes all;
  all.write(all.desk, all.zhang, all.office.random().make<RecordId>(), "1", kSecret);
  all.meet(all.desk, all.relay);
  all.meet(all.relay, all.office);
  testing::SessionPair live(*all.office, *all.relay, {}, {}, testing::test_handshake_hash(),
                            all.village.founder.wire.wire(), all.li.wire.wire());
  live.start();
  REQUIRE(live.pump());
  auto asked = [&] {
    return std::ranges::count_if(live.side(0).sent, [](const Bytes& message) {
      return std::holds_alternative<wire::AskParts>(wire::decode_message(message).value());
    });
  };
  CHECK(asked() == 1);
  // Something else is new, and what is asked about is what is new.
  all.write(all.office, all.village.founder, all.office.random().make<RecordId>(), "2", "");
  live.apply(0, live.session(0).on_changes_committed(all.space));
  REQUIRE(live.pump());
  CHECK(asked() == 1);
  for (int i = 0; i < 9; ++i) live.tick(std::chrono::minutes(1));
  REQUIRE(live.pump());
  CHECK(asked() == 1);
  for (int i = 0; i < 2; ++i) live.tick(std::chrono::minutes(1));
  REQUIRE(live.pump());
  CHECK(asked() == 2);
}

TEST_CASE("parts in any order make the views that they make in theirs") {
  for (std::uint64_t seed = 1; seed <= 24; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 dice(seed);
    ScopedNodes all(seed % 3 == 0 ? Replication::kWitness : Replication::kShell);
    std::vector<RecordId> records;
    for (int i = 0; i < 4; ++i) records.push_back(all.office.random().make<RecordId>());
    TestReplica* homes[] = {&all.office, &all.desk};
    for (int i = 0; i < 30; ++i) {
      TestReplica& at = *homes[dice() % 2];
      const bool has_open = dice() % 2 == 0;
      all.write(at, all.person_at(at), records[dice() % records.size()],
                has_open ? std::to_string(i) : "",
                dice() % 3 != 0 || !has_open ? "密" + std::to_string(i) : "");
      if (dice() % 8 == 0) all.meet(all.office, all.desk);
    }
    all.meet(all.office, all.desk);
    // Gets the changes from a node that has none of it, and the parts in an order of chance.
    TestReplica late(40 + seed);
    all.meet(all.office, all.relay);
    require(late->add_own_device(all.zhang.device));
    pull(*late, *all.relay, all.space, 512 * 1024);
    if (seed % 3 == 0) {
      // A witness passes no records on; of them it gives what it would, in one go.
      pull(*late, *all.office, all.space, 512 * 1024);
    }
    std::vector<wire::ChangeParts> parts;
    sync::PartsCursor cursor;
    while (const auto asked = require(late->next_lacked(all.space, cursor))) {
      const auto found =
          require(all.office->find_parts(all.space, all.zhang.wire.wire(), *asked, 1 << 20));
      std::ranges::copy(found.changes, std::back_inserter(parts));
    }
    std::ranges::shuffle(parts, dice);
    for (std::size_t at = 0; at < parts.size();) {
      const std::size_t count = std::min<std::size_t>(1 + dice() % 5, parts.size() - at);
      require(late->take_parts(all.space, std::span(parts).subspan(at, count)));
      at += count;
    }
    CHECK(all.standing(late).lacking == 0);
    CHECK(all.views(late) == all.views(all.desk));
    check_against_replay(*late, all.space, {&all.zhang});
  }
}

TEST_CASE("a part that is another one, or of a change that is not here, is tampered with") {
  ScopedNodes all;
  const RecordId record = all.office.random().make<RecordId>();
  all.write(all.desk, all.zhang, record, "1", kSecret);
  all.write(all.desk, all.zhang, record, "2", "第二稿");
  all.meet(all.desk, all.relay);
  all.meet(all.relay, all.office);
  const std::vector<wire::ChangeParts> good = lacked_parts(all, all.office, all.desk);
  REQUIRE(good.size() == 2);
  auto refuses = [&](const std::vector<wire::ChangeParts>& parts) {
    const auto taken = all.office->take_parts(all.space, parts);
    return taken.has_error() && taken.error().code == Errc::kTampered;
  };
  auto altered = [&](auto&& change) {
    std::vector<wire::ChangeParts> out = good;
    change(out[1].parts[0], out[1]);
    return out;
  };
  CHECK(refuses(altered([](auto& part, auto&) { part.body.back() ^= 1; })));
  CHECK(refuses(altered([](auto& part, auto&) { part.links.back() ^= 1; })));
  CHECK(refuses(altered([](auto& part, auto&) { part.index = 200; })));
  CHECK(refuses(altered([](auto&, auto& change) { change.id.value[0] ^= 1; })));
  CHECK(refuses(altered([&](auto& part, auto&) { part.body = good[0].parts[0].body; })));
  // Of the batch that has one such part, nothing is kept.
  CHECK(all.standing(all.office).lacking == 2);
  CHECK(require(all.office->take_parts(all.space, good)).parts == 2);
  // A second time it is known.
  CHECK(require(all.office->take_parts(all.space, good)).parts == 0);
}

TEST_CASE("a shell gets no confidential part, whoever brings it and however it asks") {
  ScopedNodes all;
  const RecordId record = all.office.random().make<RecordId>();
  all.write(all.desk, all.zhang, record, "1", kSecret);
  all.meet(all.desk, all.office);
  all.meet(all.office, all.relay);
  const Change change = head_change(*all.desk, all.space, all.zhang.author());
  sync::LackedParts asked{
      .span = {.author = all.zhang.author(), .first = change.header.seq, .bits = {1}},
      .is_open = false};
  CHECK(require(all.office->find_parts(all.space, all.li.wire.wire(), asked, 1 << 20))
            .changes.empty());
  const auto found =
      require(all.office->find_parts(all.space, all.zhang.wire.wire(), asked, 1 << 20));
  REQUIRE(found.changes.size() == 1);
  CHECK(require(all.relay->take_parts(all.space, found.changes)).parts == 0);
  CHECK(all.confidential_bodies(all.relay) == 0);
  // A stranger gets nothing at all.
  const Person stranger = make_person(all.office.random(), "外人");
  CHECK(require(all.office->find_parts(all.space, stranger.wire.wire(), asked, 1 << 20))
            .changes.empty());
}

TEST_CASE("answers are cut where they were asked to be and go on from there") {
  ScopedNodes all;
  const RecordId record = all.office.random().make<RecordId>();
  for (int i = 0; i < 30; ++i)
    all.write(all.desk, all.zhang, record, "", std::string(2000, static_cast<char>('a' + i % 26)));
  all.meet(all.desk, all.relay);
  all.meet(all.relay, all.office);
  sync::PartsCursor cursor;
  auto asked = require(all.office->next_lacked(all.space, cursor));
  REQUIRE(asked);
  const auto found =
      require(all.desk->find_parts(all.space, all.village.founder.wire.wire(), *asked, 5000));
  CHECK(found.changes.size() == 3);
  CHECK(found.next > asked->span.first.value);
  CHECK(found.next < asked->span.end());
  // A session asks until it has them all.
  CHECK(all.meet(all.office, all.desk).a.filled.parts == 30);
}

TEST_CASE("filling is all or nothing, whichever write fails") {
  for (std::uint64_t n = 1;; ++n) {
    CAPTURE(n);
    ScopedNodes all;
    const RecordId record = all.office.random().make<RecordId>();
    all.write(all.desk, all.zhang, record, "1", kSecret);
    all.write(all.desk, all.zhang, record, "2", "第二稿");
    all.meet(all.desk, all.relay);
    FailNth faults;
    TestReplica late(7, &faults);
    require(late->add_own_device(all.zhang.device));
    pull(*late, *all.relay, all.space);
    std::vector<wire::ChangeParts> parts;
    sync::PartsCursor cursor;
    while (const auto asked = require(late->next_lacked(all.space, cursor))) {
      const auto found =
          require(all.desk->find_parts(all.space, all.zhang.wire.wire(), *asked, 1 << 20));
      std::ranges::copy(found.changes, std::back_inserter(parts));
    }
    REQUIRE(parts.size() == 2);
    const auto before = all.views(late);
    faults.arm(n);
    const auto taken = late->take_parts(all.space, parts);
    const bool fired = faults.fired();
    faults.arm(0);
    if (taken.has_error()) {
      CHECK(all.standing(late).lacking == 2);
      CHECK(all.views(late) == before);
      require(late->take_parts(all.space, parts));
    }
    late.reopen();
    CHECK(all.views(late) == all.views(all.desk));
    if (!fired) break;
  }
}
