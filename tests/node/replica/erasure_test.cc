// SPDX-License-Identifier: Apache-2.0
// Erasing in replicas: acts that hide, confirmations that destroy, keys, nodes that were away.
#include <algorithm>
#include <fstream>
#include <iterator>

#include "crdt/replay/replay.h"
#include "tests/node/replica/erasing_village.h"

using namespace cunju;
using namespace cunju::test;

namespace {

/// What of an older copy of a store still opens with the keys that a home has now, by record.
std::map<RecordId, bool> what_opens(const std::filesystem::path& old_data, StoredKeys& keys) {
  store::EnvironmentOptions options;
  options.folder = old_data;
  options.tables = replica::Tables::names();
  const auto data = require(store::Environment::open(std::move(options)));
  const auto tables = require(replica::Tables::of(*data));
  std::map<RecordId, bool> out;
  require(data->read([&](store::ReadTransaction& txn) -> Result<void> {
    for (const auto& [table, name] : {std::pair(tables.views, "views"), {tables.graph, "graph"}}) {
      CUNJU_TRYV(txn.scan(table, {}, [&](ByteView key, ByteView sealed) {
        Bytes scratch;
        const bool opens =
            keys.sealer().open(replica::place_of(name, key), sealed, scratch).has_value();
        const RecordId record = *RecordId::from(key.subspan(4, RecordId::kSize));
        out[record] = out[record] || opens;
        return true;
      }));
    }
    return ok();
  }));
  return out;
}

/// How many changes of an older copy of a store don't open any more.
std::size_t closed_changes(const std::filesystem::path& old_data, StoredKeys& keys) {
  store::EnvironmentOptions options;
  options.folder = old_data;
  options.tables = replica::Tables::names();
  const auto data = require(store::Environment::open(std::move(options)));
  const auto tables = require(replica::Tables::of(*data));
  std::size_t out = 0;
  require(data->read([&](store::ReadTransaction& txn) -> Result<void> {
    return txn.scan(tables.changes, {}, [&](ByteView key, ByteView sealed) {
      Bytes scratch;
      if (keys.sealer().open(replica::place_of("changes", key), sealed, scratch).has_error()) ++out;
      return true;
    });
  }));
  return out;
}

}  // namespace

TEST_CASE("an act hides at once, two approvals destroy, and every log still verifies") {
  Erasing all;
  const Hash state = require(all.office->state_hash(all.space));
  const ChangeId act = all.act(all.office, all.clerk);
  CHECK(require(all.office->state_hash(all.space)) != state);
  CHECK(all.name(all.office, all.record).empty());
  CHECK_FALSE(all.is_in_history(all.office));
  CHECK(all.name(all.office, all.other) == "留");
  CHECK(all.entry(all.office).fate == Fate::kHidden);
  CHECK(all.entry(all.office).here == 2);
  CHECK(all.is_in_logs(all.office));
  check_against_replay(*all.office, all.space);

  const ChangeId first = all.approve(all.office, all.village.founder, act);
  CHECK(all.entry(all.office).fate == Fate::kHidden);
  CHECK(all.entry(all.office).approvers == std::set<MemberId>{all.village.founder.member});
  CHECK(all.is_in_logs(all.office));
  all.approve(all.office, all.supervisor, act, {first});
  CHECK(all.entry(all.office).fate == Fate::kDestroyed);
  CHECK(all.entry(all.office).here == 0);
  CHECK(all.entry(all.office).erased == 2);
  CHECK_FALSE(all.is_in_logs(all.office));
  CHECK(all.name(all.office, all.record).empty());
  CHECK(all.name(all.office, all.other) == "留");
  for (const Change& change : all_changes(*all.office, all.space))
    CHECK(has_valid_signature(change));
  check_against_replay(*all.office, all.space);
  CHECK(require(all.office->parts_of(all.space, all.record)).targets.empty());
  const Hash views = require(all.office->view_hash(all.space));
  require(all.office->rebuild_views());
  CHECK(require(all.office->view_hash(all.space)) == views);
  all.office.reopen();
  CHECK(require(all.office->erasures(all.space)).doomed == 0);
  CHECK(all.name(all.office, all.other) == "留");
}

TEST_CASE("one member who approves twice, and a clerk who approves, destroy nothing") {
  Erasing all;
  const ChangeId act = all.act(all.office, all.clerk);
  const ChangeId first = all.approve(all.office, all.village.founder, act);
  const ChangeId second = all.approve(all.office, all.village.founder, act, {first});
  all.approve(all.office, all.clerk, act, {first, second});
  CHECK(all.entry(all.office).fate == Fate::kHidden);
  CHECK(all.is_in_logs(all.office));
  check_against_replay(*all.office, all.space);
}

TEST_CASE("keys of what was erased open nothing of an older copy of the store") {
  Erasing all;
  TempFolder copies;
  all.office.close();
  const std::filesystem::path old = copies / "old",
                              keys_folder = all.office.folder().string() + ".keys";
  std::filesystem::copy(all.office.folder(), old, std::filesystem::copy_options::recursive);
  std::ifstream in(keys_folder / "wrapping-1", std::ios::binary);
  const std::string wrapping{std::istreambuf_iterator<char>(in), {}};
  REQUIRE(wrapping.size() == 72);
  all.office.reopen();
  const std::size_t targets = require(all.office->parts_of(all.space, all.record)).targets.size();
  all.erase(all.office);
  const auto folder = all.office.folder();
  all.office.close();

  StoredKeys keys;
  require(keys.open(keys_folder));
  const std::map<RecordId, bool> opens = what_opens(old, keys);
  CHECK_FALSE(opens.at(all.record));
  CHECK(opens.at(all.other));
  CHECK(closed_changes(old, keys) == targets);
  CHECK(closed_changes(folder, keys) == 0);
  keys.close();
  // The old wrapping key is in no byte of the folder, whatever LMDB's free pages hold.
  for (const auto& file : std::filesystem::directory_iterator(keys_folder)) {
    std::ifstream raw(file.path(), std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(raw), {}};
    CHECK(bytes.find(wrapping) == std::string::npos);
  }
}

TEST_CASE("of a change of several records only what is named goes, with its record's key") {
  Erasing all;
  const auto pair = all.office.random().make<RecordId>();
  replica::ChangeDraft draft = draft_of(pair, {set_field("name", std::string(kName))}, "rental");
  draft.parts.push_back({.record = all.other,
                         .registry = "rental",
                         .scope = kOpenScope,
                         .operations = {set_field("name", std::string("还留"))}});
  require(all.office->append(all.space, all.clerk.device, {&draft, 1}, 0));
  TempFolder copies;
  all.office.close();
  std::filesystem::copy(all.office.folder(), copies / "old",
                        std::filesystem::copy_options::recursive);
  all.office.reopen();
  CHECK(require(all.office->parts_of(all.space, pair)).targets.size() == 1);
  all.erase(all.office, pair);
  CHECK(all.name(all.office, pair).empty());
  CHECK(all.name(all.office, all.other) == "还留");
  CHECK(all.name(all.office, all.record) == kName);
  check_against_replay(*all.office, all.space);
  const auto folder = all.office.folder();
  all.office.close();
  StoredKeys keys;
  require(keys.open(folder.string() + ".keys"));
  const std::map<RecordId, bool> opens = what_opens(copies / "old", keys);
  CHECK_FALSE(opens.at(pair));
  CHECK(opens.at(all.other));
  CHECK(opens.at(all.record));
  CHECK(closed_changes(copies / "old", keys) == 1);
}

TEST_CASE("a node that was away erases before it shows anything") {
  Erasing all;
  TestReplica away(2), late(3);
  pull(*away, *all.office, all.space);
  CHECK(all.name(away, all.record) == kName);
  all.erase(all.office);
  pull(*away, *all.office, all.space);
  CHECK(all.name(away, all.record).empty());
  CHECK_FALSE(all.is_in_logs(away));
  CHECK(all.entry(away).here == 0);
  // Who joins now never gets a body, whatever the batches.
  for (const std::size_t batch : {std::size_t{1}, std::size_t{512 * 1024}}) {
    TestReplica fresh(batch == 1 ? 4 : 5);
    pull(*fresh, *away, all.space, batch);
    CHECK_FALSE(all.is_in_logs(fresh));
    CHECK(require(fresh->erasures(all.space)).gaps == 0);
    CHECK(require(fresh->view_hash(all.space)) == require(all.office->view_hash(all.space)));
    check_against_replay(*fresh, all.space);
  }
}

TEST_CASE(
    "what says of erasing is sent before the rest, so that a node which was away hides first") {
  Erasing all;
  const Person second =
      admit_person(*all.office, all.village, all.office.random(), "副", {"chair"});
  TestReplica away(2);
  pull(*away, *all.office, all.space);
  const Person busy = admit_person(*all.office, all.village, all.office.random(), "忙", {"clerk"});
  for (int i = 0; i < 40; ++i)
    write_record(*all.office, all.space, busy, all.office.random().make<RecordId>(),
                 {set_field("title", std::string(2000, 'x'))});
  // By somebody who says nothing of erasing; whoever asks for it has it among the pins.
  const Person fresh = make_person(all.office.random(), "新");
  require(all.office->append_roster(all.space, second.device,
                                    admit_operations(fresh, all.space, {"clerk"}), 0));
  all.erase(all.office);
  // One batch after the other, as a session brings them.
  sync::Have have = have_of(*away, all.space);
  std::size_t batches = 0, shown = 0;
  for (;;) {
    const auto runs = require(all.office->next_runs(all.space, {}, have, 4096));
    if (runs.empty()) break;
    require(away->accept(all.space, runs));
    ++batches;
    if (all.name(away, all.record) == kName) ++shown;
  }
  CHECK(batches > 10);
  CHECK(shown <= 1);
  CHECK_FALSE(all.is_in_logs(away));
  CHECK(require(away->view_hash(all.space)) == require(all.office->view_hash(all.space)));
  CHECK(require(away->counts()).pooled == 0);
}

TEST_CASE("what a peer still has of something erased is not stored readable") {
  Erasing all;
  TestReplica ignorant(2), knowing(3);
  pull(*ignorant, *all.office, all.space);
  const ChangeId record_change =
      write_record(*ignorant, all.space, all.clerk, all.record,
                   {set_field("name", std::string(kName) + "二")}, "rental");
  pull(*all.office, *ignorant, all.space);
  TestReplica erasing(4);
  pull(*erasing, *all.office, all.space);
  all.erase(erasing);
  // Only the act and approvals, then the changes with their bodies from somebody who knows nothing.
  std::vector<Change> acts, rest;
  for (const Change& change : all_changes(*erasing, all.space)) {
    const bool has_target = std::ranges::any_of(
        change.parts, [](const Part& part) { return part.presence == Presence::kErased; });
    if (!has_target) acts.push_back(change);
  }
  require(knowing->join(all.space, WireKey{}));
  for (const Change& change : acts)
    require(knowing->accept(all.space, std::vector<sync::Run>{{{change}}}));
  pull(*knowing, *ignorant, all.space);
  CHECK(require(knowing->find_change(all.space, all.clerk.author(), Seq{2})) == record_change);
  CHECK_FALSE(all.is_in_logs(knowing));
  CHECK(require(knowing->counts()).pooled == 0);
  CHECK(require(knowing->view_hash(all.space)) == require(erasing->view_hash(all.space)));
  check_against_replay(*knowing, all.space);
}

TEST_CASE("a row that was wiped stays so however often its body is brought, alone and in a batch") {
  Erasing all;
  TestReplica ignorant(2), knowing(3);
  pull(*ignorant, *all.office, all.space);
  all.erase(all.office);
  pull(*knowing, *all.office, all.space);
  const Hash views = require(knowing->view_hash(all.space));
  const std::uint64_t changes = require(knowing->counts()).changes;
  std::vector<Change> whole;
  for (const Change& change : all_changes(*ignorant, all.space))
    if (change.header.author == all.clerk.author()) whole.push_back(change);
  REQUIRE(whole.size() >= 2);
  // Twice in one batch, then again by itself, as two peers would who know of no erasure.
  require(knowing->accept(all.space, std::vector<sync::Run>{{{whole}}, {{whole}}}));
  for (const Change& change : whole)
    require(knowing->accept(all.space, std::vector<sync::Run>{{{change}}}));
  CHECK_FALSE(all.is_in_logs(knowing));
  CHECK_FALSE(all.is_in_history(knowing));
  CHECK(all.entry(knowing).here == 0);
  CHECK(all.entry(knowing).erased == all.entry(all.office).erased);
  CHECK(require(knowing->erasures(all.space)).gaps == 0);
  CHECK(require(knowing->counts()).changes == changes);
  CHECK(require(knowing->view_hash(all.space)) == views);
  check_against_replay(*knowing, all.space);
}

TEST_CASE("what is said to be erased without an act is a gap, and closes when the body comes") {
  Erasing all;
  TestReplica victim(2);
  require(victim->join(all.space, WireKey{}));
  std::vector<Change> whole = all_changes(*all.office, all.space);
  std::vector<Change> given = whole;
  for (Change& change : given) {
    for (Part& part : change.parts)
      if (may_be_erased(part)) part = erased_form(part);
    require(victim->accept(all.space, std::vector<sync::Run>{{{change}}}));
  }
  CHECK(all.name(victim, all.record) == "(none)");
  CHECK(require(victim->erasures(all.space)).gaps == 3);
  const WireKey peer = all.village.founder.wire.wire();
  CHECK(require(victim->shared_sum(peer)).has_gaps);
  CHECK_FALSE(require(victim->shared_sum(WireKey{{9}})).has_gaps);
  CHECK(replay::replay(all.space, given).views.empty());
  // It asks for these logs again, and an honest peer fills them.
  CHECK(require(victim->heads_of(all.space, all.clerk.author())).empty());
  pull(*victim, *all.office, all.space);
  CHECK(require(victim->erasures(all.space)).gaps == 0);
  CHECK_FALSE(require(victim->shared_sum(peer)).has_gaps);
  CHECK(all.name(victim, all.record) == kName);
  CHECK(require(victim->view_hash(all.space)) == require(all.office->view_hash(all.space)));
  CHECK_FALSE(require(victim->heads_of(all.space, all.clerk.author())).empty());
  CHECK(require(victim->shared_heads(all.village.founder.wire.wire())).spaces.front().digest ==
        require(all.office->shared_heads(all.village.founder.wire.wire())).spaces.front().digest);
}

TEST_CASE("an approval that a removed member dates back hides and destroys nothing") {
  Erasing all;
  TestReplica offline(2);
  pull(*offline, *all.office, all.space);
  const Cut cut{.author = all.supervisor.author(), .end = 0, .last = {}};
  const RosterOperation removal = RemoveMember{.member = all.supervisor.member, .cuts = {cut}};
  require(all.office->append_roster(all.space, all.village.founder.device, {&removal, 1}, 0));
  // The supervisor and the clerk's act, beside the removal.
  const ChangeId act = all.act(offline, all.clerk);
  const ChangeId first = all.approve(offline, all.supervisor, act);
  pull(*all.office, *offline, all.space);
  all.approve(all.office, all.village.founder, act, {first});
  CHECK(all.entry(all.office).fate == Fate::kConfirmed);
  CHECK(all.entry(all.office).here == 2);
  CHECK(all.name(all.office, all.record).empty());
  check_against_replay(*all.office, all.space);
  // It goes to nobody all the same.
  TestReplica fresh(3);
  pull(*fresh, *all.office, all.space);
  CHECK_FALSE(all.is_in_logs(fresh));
}

TEST_CASE("an act of a clerk whose right was taken beside it shows again what it hid") {
  Erasing all;
  TestReplica offline(2);
  pull(*offline, *all.office, all.space);
  all.act(offline, all.clerk);
  CHECK(all.name(offline, all.record).empty());
  const Cut cut = require(all.office->cut_of(all.space, all.clerk.author(), std::nullopt));
  const RosterOperation removal = RemoveMember{.member = all.clerk.member, .cuts = {cut}};
  require(all.office->append_roster(all.space, all.village.founder.device, {&removal, 1}, 0));
  pull(*offline, *all.office, all.space);
  CHECK(all.name(offline, all.record) == kName);
  check_against_replay(*offline, all.space);
  pull(*all.office, *offline, all.space);
  CHECK(all.name(all.office, all.record) == kName);
  CHECK(require(all.office->view_hash(all.space)) == require(offline->view_hash(all.space)));
}

TEST_CASE("a sealed part is erased by a relay that can't read it as well") {
  Erasing all;
  TestReplica desk(2), relay(3);
  const Person zhang =
      admit_person(*all.office, all.village, all.office.random(), "张", {"mediator", "clerk"});
  require(desk->add_own_device(zhang.device));
  open_epoch(*all.office, all.village, all.office.random(), "mediation");
  const Scope scope = *require(all.office->roster(all.space))->find_scope("mediation");
  pull(*desk, *all.office, all.space);
  replica::ChangeDraft draft =
      draft_of(all.record, {set_field("facts", std::string(kName))}, "mediation");
  draft.parts.front().scope = scope;
  const ChangeId sealed = require(desk->append(all.space, zhang.device, {&draft, 1}, 0)).ids.at(0);
  pull(*all.office, *desk, all.space);
  pull(*relay, *all.office, all.space);
  const auto parts = require(desk->parts_of(all.space, all.record));
  CHECK(std::ranges::count(parts.targets, ErasureTarget{sealed, 0}) == 1);
  all.erase(desk);
  CHECK(require(desk->views(all.space, all.record)).back().view.state.fields().empty());
  pull(*relay, *desk, all.space);
  for (const Change& change : all_changes(*relay, all.space))
    if (change.id == sealed) CHECK(change.parts[0].presence == Presence::kErased);
  CHECK(all.entry(relay).here == 0);
  check_against_replay(*desk, all.space, {&zhang});
  check_against_replay(*relay, all.space);
}

TEST_CASE("receipts of all nodes name the act, and nobody can give another's") {
  Erasing all;
  CHECK(
      require(all.office->append_receipts(all.space, all.clerk.device, all.village.founder.node, 7))
          .ids.empty());
  all.erase(all.office);
  REQUIRE(
      require(all.office->append_receipts(all.space, all.clerk.device, all.village.founder.node, 7))
          .ids.size() == 1);
  CHECK(
      require(all.office->append_receipts(all.space, all.clerk.device, all.village.founder.node, 7))
          .ids.empty());
  TestReplica away(2);
  pull(*away, *all.office, all.space);
  REQUIRE(require(away->append_receipts(all.space, all.supervisor.device, all.supervisor.node, 8))
              .ids.size() == 1);
  pull(*all.office, *away, all.space);
  const replica::ErasureEntry entry = all.entry(all.office);
  REQUIRE(entry.receipts.size() == 2);
  CHECK(entry.receipts[0].node == all.village.founder.node.node());
  CHECK(entry.receipts[1].node == all.supervisor.node.node());
  CHECK(entry.receipts[1].claimed_ms == 8);
  // A receipt under the clerk's node that somebody else signed.
  ErasureReceipt forged = sign_erasure_receipt(all.supervisor.node, all.space, {entry.act});
  forged.node = all.clerk.node.node();
  write_record(*all.office, all.space, all.clerk, all.office.random().make<RecordId>(),
               {erasure_receipt_operation(forged)}, std::string(kReceiptsRegistry));
  CHECK(all.entry(all.office).receipts.size() == 2);
}

TEST_CASE("an erasure that fails at any step changes nothing, and can be repeated") {
  for (std::uint64_t n = 1;; ++n) {
    CAPTURE(n);
    FailingOffice office;
    TestReplica& at = office.at;
    const Village& village = office.village;
    const auto erasure = at.random().make<RecordId>();
    const auto parts = require(at->parts_of(village.space, office.record));
    const ChangeId act =
        write_record(*at, village.space, village.founder, erasure,
                     {erasure_act_operation(
                         {.reason = "r", .basis = {}, .asked_by = {}, .targets = parts.targets})},
                     std::string(kErasuresRegistry));
    const ChangeId first =
        write_record(*at, village.space, village.founder, erasure,
                     {erasure_approval_operation({.acts = {act}, .earlier = {}})},
                     std::string(kErasuresRegistry));
    const replica::ChangeDraft confirmation =
        draft_of(erasure, {erasure_approval_operation({.acts = {act}, .earlier = {first}})},
                 std::string(kErasuresRegistry));
    // What was done is on the disk, and the rest is done when it is opened.
    const FailingOffice::Attempt tried = office.confirm(n, confirmation);
    if (!tried.is_said) office.confirm_again(confirmation);
    const auto report = require(at->erasures(village.space));
    REQUIRE(report.acts.size() == 1);
    CHECK(report.acts[0].fate == Fate::kDestroyed);
    CHECK(report.acts[0].here == 0);
    CHECK(report.doomed == 0);
    check_against_replay(*at, village.space);
    if (!tried.has_fired) break;
    REQUIRE(n < 200);
  }
}
