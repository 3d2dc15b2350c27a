// SPDX-License-Identifier: Apache-2.0
// Parts that go because a node may not hold them any more, and those that have to stay.
#include <algorithm>

#include "crdt/attachment/reference.h"
#include "node/council/erasure_acts.h"
#include "node/council/roster_acts.h"
#include "tests/node/replica/scoped_nodes.h"
#include "tests/support/fail_nth.h"

using namespace cunju;
using namespace cunju::test;

namespace {

constexpr std::string_view kSecret = "李某自认打了王某一拳";

replica::NodeScope scope_at(ScopedNodes& all, TestReplica& at, const Person& of) {
  return require(at->node_scopes(all.space)).at(of.node.node());
}

/// How many values of an older copy of a store the home's keys still open.
std::size_t count_open(const std::filesystem::path& old_data, StoredKeys& keys,
                       store::Table replica::Tables::*which, std::string_view name) {
  store::EnvironmentOptions options;
  options.folder = old_data;
  options.tables = replica::Tables::names();
  const auto data = require(store::Environment::open(std::move(options)));
  const auto tables = require(replica::Tables::of(*data));
  std::size_t out = 0;
  require(data->read([&](store::ReadTransaction& txn) -> Result<void> {
    return txn.scan(tables.*which, {}, [&](ByteView key, ByteView sealed) {
      Bytes scratch;
      if (keys.sealer().open(replica::place_of(name, key), sealed, scratch).has_value()) ++out;
      return true;
    });
  }));
  return out;
}

}  // namespace

TEST_CASE("a node that becomes a shell destroys what a full node holds, and signs for it") {
  ScopedNodes all;
  const RecordId record = all.office.random().make<RecordId>();
  all.write(all.desk, all.zhang, record, "1", kSecret);
  all.write(all.office, all.village.founder, record, "2", "主任补记");
  all.meet(all.desk, all.office);
  CHECK(all.confidential_bodies(all.desk) == 2);
  const ChangeId act = all.set_replication(all.office, all.zhang, Replication::kShell);
  CHECK_FALSE(scope_at(all, all.office, all.zhang).is_confirmed);

  // One session brings the act, the destruction and the receipt.
  const Meeting meeting = all.meet(all.desk, all.office);
  CHECK(meeting.is_clean());
  CHECK(meeting.a.let_go == 2);
  CHECK(all.confidential_bodies(all.desk) == 0);
  CHECK(all.facts(all.desk, record) == "(none)");
  CHECK(require(all.desk->view(all.space, record)));
  CHECK(all.standing(all.desk).excess == 0);
  CHECK(all.standing(all.desk).withheld == 2);
  const replica::NodeScope heard = scope_at(all, all.office, all.zhang);
  CHECK(heard.is_confirmed);
  CHECK(heard.act == act);
  CHECK(heard.replication == Replication::kShell);
  CHECK(all.confidential_bodies(all.office) == 2);
  CHECK(all.facts(all.office, record) != "(none)");
  for (const Change& change : all_changes(*all.desk, all.space)) CHECK(has_valid_signature(change));
  CHECK(require(all.desk->state_hash(all.space)) == require(all.office->state_hash(all.space)));
  check_against_replay(*all.desk, all.space, {&all.zhang});

  // Once is enough, and what it writes itself goes as well when it is safe elsewhere.
  all.sign_receipts(all.desk, all.zhang);
  CHECK(all.meet(all.desk, all.office).a.sent.changes == 0);
  all.write(all.desk, all.zhang, record, "", "又一条");
  CHECK(all.confidential_bodies(all.desk) == 1);
  CHECK(all.meet(all.desk, all.office).is_clean());
  CHECK(all.confidential_bodies(all.desk) == 0);
  CHECK(all.confidential_bodies(all.office) == 3);
}

TEST_CASE("what is erased for good keeps no narrowed node from being done") {
  ScopedNodes all;
  const RecordId record = all.office.random().make<RecordId>();
  all.write(all.desk, all.zhang, record, "1", kSecret);
  Person boss = admit_person(*all.office, all.village, all.office.random(), "监", {"supervisor"});
  all.meet(all.desk, all.office);
  const auto parts = require(all.office->parts_of(all.space, record));
  CHECK(parts.targets.size() == 2);
  const auto acts = require(council::plan_erasure(
      all.office.random().make<RecordId>(), {.reason = "本人要求"}, {.erase = parts.targets}));
  require(all.office->append(all.space, all.village.founder.device, acts, 5000));
  for (const Person* who : {&all.village.founder, &boss}) {
    const auto report = require(all.office->erasures(all.space));
    const auto approval = require(council::plan_erasure_approval(report.acts));
    require(all.office->append(all.space, who->device, {&approval, 1}, 6000));
  }
  all.meet(all.desk, all.office);
  CHECK(all.confidential_bodies(all.desk) == 0);
  all.set_replication(all.office, all.zhang, Replication::kShell);
  CHECK(all.meet(all.desk, all.office).is_clean());
  CHECK(all.standing(all.desk).excess == 0);
  CHECK(scope_at(all, all.office, all.zhang).is_confirmed);
}

TEST_CASE("keys of what was let go open nothing of an older copy of the store, and others do") {
  ScopedNodes all;
  const RecordId record = all.office.random().make<RecordId>();
  all.write(all.desk, all.zhang, record, "1", kSecret);
  const RecordId open = all.office.random().make<RecordId>();
  all.write(all.desk, all.zhang, open, "留", "");
  all.meet(all.desk, all.office);
  all.set_replication(all.office, all.zhang, Replication::kShell);
  TempFolder copies;
  all.desk.close();
  const std::filesystem::path old = copies / "old",
                              keys_of_old = all.desk.folder().string() + ".keys";
  std::filesystem::copy(all.desk.folder(), old, std::filesystem::copy_options::recursive);
  all.desk.reopen();
  all.settle(all.desk, all.zhang);
  REQUIRE(all.meet(all.desk, all.office).a.let_go == 1);
  all.desk.close();
  StoredKeys keys;
  require(keys.open(keys_of_old));
  // Of the three views before (two open ones, one confidential) that of the other record is left.
  CHECK(count_open(old, keys, &replica::Tables::views, "views") <
        count_open(old, keys, &replica::Tables::changes, "changes"));
  CHECK(count_open(old, keys, &replica::Tables::views, "views") == 1);
  keys.close();
  all.desk.reopen();
  CHECK(require(all.desk->view(all.space, open)));
  CHECK(require(all.desk->view(all.space, record)));
}

TEST_CASE("what only this node has stays until a full node has fetched it") {
  ScopedNodes all;
  const RecordId record = all.office.random().make<RecordId>();
  all.set_replication(all.office, all.zhang, Replication::kShell);
  all.meet(all.desk, all.office);
  all.write(all.desk, all.zhang, record, "1", kSecret);
  // Another shell is nobody to count on, and gets nothing of it.
  CHECK(all.meet(all.desk, all.relay).is_clean());
  CHECK(all.confidential_bodies(all.desk) == 1);
  CHECK(all.standing(all.desk).excess == 1);
  CHECK(all.meet(all.relay, all.office).is_clean());
  CHECK(all.standing(all.office).lacking == 1);
  // The office lacks it: first it fetches, then the desk lets it go, in one session.
  const Meeting meeting = all.meet(all.desk, all.office);
  CHECK(meeting.is_clean());
  CHECK(meeting.b.filled.parts == 1);
  CHECK(meeting.a.let_go == 1);
  CHECK(all.facts(all.office, record) == kSecret);
  CHECK(all.confidential_bodies(all.desk) == 0);
}

TEST_CASE("two nodes that are narrowed apart never let go what only they hold") {
  ScopedNodes all;
  const RecordId record = all.office.random().make<RecordId>();
  all.write(all.desk, all.zhang, record, "1", kSecret);
  all.meet(all.desk, all.office);
  // Each of the two hears of its own first: nobody is left who keeps everything.
  all.set_replication(all.office, all.village.founder, Replication::kShell);
  all.set_replication(all.office, all.zhang, Replication::kShell);
  CHECK(all.meet(all.desk, all.office).is_clean());
  CHECK(all.meet(all.office, all.desk).is_clean());
  CHECK(all.confidential_bodies(all.desk) == 1);
  CHECK(all.confidential_bodies(all.office) == 1);
  CHECK(all.standing(all.office).excess == 1);
  CHECK_FALSE(scope_at(all, all.office, all.zhang).is_confirmed);
}

TEST_CASE("what was let go comes back when the scope is widened, and a receipt is for one act") {
  ScopedNodes all;
  const RecordId record = all.office.random().make<RecordId>();
  all.write(all.desk, all.zhang, record, "1", kSecret);
  all.meet(all.desk, all.office);
  all.set_replication(all.office, all.zhang, Replication::kShell);
  all.meet(all.desk, all.office);
  REQUIRE(all.confidential_bodies(all.desk) == 0);
  all.set_replication(all.office, all.zhang, Replication::kFull);
  CHECK(all.meet(all.desk, all.office).a.filled.parts == 1);
  CHECK(all.facts(all.desk, record) == kSecret);
  CHECK(all.views(all.desk) == all.views(all.office));
  CHECK_FALSE(scope_at(all, all.office, all.zhang).is_confirmed);
  all.set_replication(all.office, all.zhang, Replication::kShell);
  CHECK_FALSE(scope_at(all, all.office, all.zhang).is_confirmed);
  CHECK(all.meet(all.desk, all.office).a.let_go == 1);
  CHECK(scope_at(all, all.office, all.zhang).is_confirmed);
}

TEST_CASE("an act that proves void has destroyed nothing that nobody else holds") {
  ScopedNodes all;
  TestReplica of_wang(8), of_zhao(9);
  const Person wang = admit_person(*all.office, all.village, all.office.random(), "王", {"chair"});
  const Person zhao = admit_person(*all.office, all.village, all.office.random(), "赵", {"chair"});
  pull(*of_wang, *all.office, all.space);
  pull(*of_zhao, *all.office, all.space);
  const RecordId record = all.office.random().make<RecordId>();
  all.write(all.desk, all.zhang, record, "1", kSecret);
  all.meet(all.desk, all.office);
  // Wang narrows the desk, and it obeys.
  const RosterOperation said =
      SetReplication{.node = all.zhang.node.node(), .replication = Replication::kShell};
  require(of_wang->append_roster(all.space, wang.device, {&said, 1}, 0));
  pull(*all.office, *of_wang, all.space);
  REQUIRE(all.meet(all.desk, all.office).a.let_go == 1);
  // Zhao had removed Wang beside that: it never counted.
  const council::RosterAct removal =
      require(council::plan_removal(*of_zhao, all.space, wang.member));
  require(of_zhao->append_roster(all.space, zhao.device, removal.operations, 0));
  pull(*all.office, *of_zhao, all.space);
  CHECK(scope_at(all, all.office, all.zhang).replication == Replication::kFull);
  CHECK(all.facts(all.office, record) == kSecret);
  CHECK(all.meet(all.desk, all.office).a.filled.parts == 1);
  CHECK(all.facts(all.desk, record) == kSecret);
  CHECK(all.views(all.desk) == all.views(all.office));
}

TEST_CASE("attachments of what is let go stay, and no look takes them for orphans") {
  ScopedNodes all;
  const RecordId record = all.office.random().make<RecordId>();
  const attachment::Reference scan{.address = all.desk.random().make<attachment::Address>(),
                                   .key = {},
                                   .content = {},
                                   .size = 10,
                                   .media = "image/png",
                                   .name = "scan.png"};
  replica::ChangeDraft draft;
  draft.parts.push_back(
      {.record = record,
       .registry = "mediation",
       .scope = all.scope,
       .operations = {set_field("agreement_scan.1", attachment::encode_reference(scan))}});
  require(all.desk->append(all.space, all.zhang.device, {&draft, 1}, 0));
  all.meet(all.desk, all.office);
  std::set<attachment::Address> destroyed;
  require(all.desk->set_attachment_destroyer([&](const attachment::Address& address) {
    destroyed.insert(address);
    return Result<void>(ok());
  }));
  const auto look = [&] {
    std::set<attachment::Address> here{scan.address};
    const std::uint64_t unreadable = require(all.desk->spare_referred(here));
    return std::pair(here.size(), unreadable);
  };
  all.set_replication(all.office, all.zhang, Replication::kShell);
  REQUIRE(all.meet(all.desk, all.office).a.let_go == 1);
  CHECK(all.confidential_bodies(all.desk) == 0);
  // The office holds the part and not the bytes: nobody has said that somebody does.
  CHECK(destroyed.empty());
  CHECK(look() == std::pair(std::size_t{1}, std::uint64_t{1}));
  all.set_replication(all.office, all.zhang, Replication::kFull);
  REQUIRE(all.meet(all.desk, all.office).a.filled.parts == 1);
  CHECK(look().first == 0);
  CHECK(destroyed.empty());
}

TEST_CASE("a node that says it is full to nobody's roster is not believed") {
  ScopedNodes all;
  const RecordId record = all.office.random().make<RecordId>();
  const ChangeId id = all.write(all.desk, all.zhang, record, "1", kSecret);
  all.meet(all.desk, all.office);
  all.set_replication(all.office, all.zhang, Replication::kShell);
  pull(*all.desk, *all.office, all.space);
  const std::vector<ChangeId> held{id};
  CHECK(require(all.desk->let_go(all.space, all.li.wire.wire(), held)) == 0);
  CHECK(require(all.desk->let_go(all.space, make_person(all.office.random(), "外").wire.wire(),
                                 held)) == 0);
  CHECK(require(all.desk->let_go(all.space, WireKey{}, held)) == 0);
  CHECK(all.confidential_bodies(all.desk) == 1);
  // It has the change whole, and does not vouch for what it is to let go itself.
  CHECK(require(all.desk->find_held(all.space, held)) == std::vector<bool>{false});
  CHECK(require(all.desk->let_go(all.space, all.village.founder.wire.wire(), held)) == 1);
  // A full node lets nothing go, whatever it is told.
  CHECK(require(all.office->let_go(all.space, all.zhang.wire.wire(), held)) == 0);
  CHECK(all.confidential_bodies(all.office) == 1);
  // And says that it holds what it has whole, and nothing else.
  CHECK(require(all.office->find_held(all.space, held)) == std::vector<bool>{true});
  CHECK(require(all.desk->find_held(all.space, held)) == std::vector<bool>{false});
  CHECK(require(all.relay->find_held(all.space, held)) == std::vector<bool>{false});
}

TEST_CASE("a look that was through begins again when the scope has changed") {
  ScopedNodes all;
  all.write(all.desk, all.zhang, all.office.random().make<RecordId>(), "1", kSecret);
  all.meet(all.desk, all.office);
  all.meet(all.office, all.relay);
  sync::PartsCursor lacked, excess;
  const WireKey& founder = all.village.founder.wire.wire();
  CHECK_FALSE(require(all.relay->next_lacked(all.space, lacked)));
  CHECK(require(all.relay->next_excess(all.space, founder, excess)).empty());
  auto become = [&](Replication scope) {
    all.set_replication(all.office, all.li, scope);
    pull(*all.relay, *all.office, all.space, 512 * 1024, all.li.wire.wire());
  };
  become(Replication::kWitness);
  CHECK(require(all.relay->next_excess(all.space, founder, excess)).size() == 1);
  CHECK(require(all.relay->next_excess(all.space, founder, excess)).empty());
  become(Replication::kFull);
  CHECK(require(all.relay->next_lacked(all.space, lacked)));
  CHECK_FALSE(require(all.relay->next_lacked(all.space, lacked)));
  CHECK_FALSE(require(all.relay->next_lacked(all.space, lacked)));
}

TEST_CASE("a witness lets records go and keeps the roster, definitions and receipts") {
  ScopedNodes all;
  const RecordId record = all.office.random().make<RecordId>();
  all.write(all.desk, all.zhang, record, "1", kSecret);
  all.meet(all.desk, all.office);
  all.meet(all.office, all.relay);
  REQUIRE(require(all.relay->view(all.space, record)));
  all.set_replication(all.office, all.li, Replication::kWitness);
  const Meeting meeting = all.meet(all.relay, all.office);
  CHECK(meeting.is_clean());
  CHECK(meeting.a.let_go == 1);
  CHECK_FALSE(require(all.relay->view(all.space, record)));
  CHECK(all.standing(all.relay).excess == 0);
  CHECK(scope_at(all, all.office, all.li).is_confirmed);
  CHECK(scope_at(all, all.relay, all.li).is_confirmed);
  CHECK(require(all.relay->roster(all.space))->members.size() == 3);
  // It signs once.
  CHECK(require(all.relay->append_receipts(all.space, all.li.device, all.li.node, 8)).ids.empty());
}

TEST_CASE("letting go is all or nothing, whichever write fails, and the keys go in the end") {
  for (std::uint64_t n = 1;; ++n) {
    CAPTURE(n);
    ScopedNodes all;
    const RecordId record = all.office.random().make<RecordId>();
    FailNth faults;
    TestReplica home(7, &faults);
    home->set_own_node(all.zhang.node.node());
    require(home->add_own_device(all.zhang.device));
    const ChangeId id = all.write(all.desk, all.zhang, record, "1", kSecret);
    all.meet(all.desk, all.office);
    pull(*home, *all.office, all.space);
    all.set_replication(all.office, all.zhang, Replication::kShell);
    pull(*home, *all.office, all.space);
    REQUIRE(all.confidential_bodies(home) == 1);
    faults.arm(n);
    const std::vector<ChangeId> held{id};
    const auto gone = home->let_go(all.space, all.village.founder.wire.wire(), held);
    const bool fired = faults.fired();
    faults.arm(0);
    CHECK(all.confidential_bodies(home) == (gone.has_error() ? 1 : 0));
    home.reopen();
    home->set_own_node(all.zhang.node.node());
    if (gone.has_error()) {
      CHECK(require(home->let_go(all.space, all.village.founder.wire.wire(), held)) == 1);
    }
    CHECK(all.confidential_bodies(home) == 0);
    CHECK(require(home->erasures(all.space)).doomed == 0);
    if (!fired) break;
  }
}

TEST_CASE("over a metered link nothing confidential moves, and the next session brings it") {
  ScopedNodes all;
  const RecordId record = all.office.random().make<RecordId>();
  all.write(all.desk, all.zhang, record, "1", kSecret);
  all.write(all.office, all.village.founder, record, "", "主任补记");
  const bool is_desks = GENERATE(true, false);
  CAPTURE(is_desks);
  const Meeting metered = all.meet(all.desk, all.office, is_desks ? kMeetMetered : kMeetOnce,
                                   is_desks ? kMeetOnce : kMeetMetered);
  CHECK(metered.is_clean());
  CHECK(metered.a.is_metered);
  CHECK(metered.b.is_metered);
  CHECK(metered.a.held_back.changes == 1);
  CHECK(metered.b.held_back.changes == 1);
  CHECK(metered.a.came_without == 1);
  CHECK(metered.a.held_back.bytes > kSecret.size());
  CHECK(require(all.desk->state_hash(all.space)) == require(all.office->state_hash(all.space)));
  CHECK(all.confidential_bodies(all.office) == 1);
  CHECK(all.standing(all.office).lacking == 1);
  CHECK(all.standing(all.desk).lacking == 1);
  // Nor does another metered one.
  CHECK(all.meet(all.desk, all.office, kMeetMetered).a.filled.parts == 0);
  const Meeting ordinary = all.meet(all.desk, all.office);
  CHECK(ordinary.is_clean());
  CHECK(ordinary.a.filled.parts == 1);
  CHECK(ordinary.b.filled.parts == 1);
  CHECK(all.views(all.desk) == all.views(all.office));
  check_against_replay(*all.desk, all.space, {&all.zhang});
}

TEST_CASE("over a metered link nothing is let go") {
  ScopedNodes all;
  const RecordId record = all.office.random().make<RecordId>();
  all.write(all.desk, all.zhang, record, "1", kSecret);
  all.meet(all.desk, all.office);
  all.set_replication(all.office, all.zhang, Replication::kShell);
  CHECK(all.meet(all.desk, all.office, kMeetMetered).a.let_go == 0);
  CHECK(all.confidential_bodies(all.desk) == 1);
  CHECK(all.meet(all.desk, all.office).a.let_go == 1);
}
