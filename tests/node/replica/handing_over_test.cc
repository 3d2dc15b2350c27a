// SPDX-License-Identifier: Apache-2.0
// Keys that were handed over and do not open, and keys of acts that are not in force: who entitled
// is gets what opens, and hears of what does not.
#include "node/replica/handing_over.h"

#include <algorithm>

#include "node/council/roster_outlook.h"
#include "node/council/scope_acts.h"
#include "tests/support/fail_nth.h"
#include "tests/support/replica_fixture.h"

using namespace cunju;
using namespace cunju::test;

namespace {

/// The founder keeps the office and reads nothing. Zhang and Wu mediate; Zhang has the keys, and
/// Wu's come from whoever hands them over. Li is a clerk, who may write what opens nothing.
struct Handing {
  TestReplica office{1}, desk{2}, second, third{4};
  Village village{found_village(*office, office.random())};
  SpaceId space{village.space};
  Person zhang{admit_person(*office, village, office.random(), "张", {"mediator", "clerk"})};
  Person li{admit_person(*office, village, office.random(), "李", {"clerk"})};
  RecordId record{office.random().make<RecordId>()};
  Scope scope;
  Person wu;

  explicit Handing(store::FaultInjector* faults = nullptr)
      : second(3, faults), wu(admit_before(*this)) {
    require(second->add_own_device(wu.device));
    require(third->add_own_device(li.device));
    pull_all();
  }
  /// Wu comes when the epoch is there, so nothing is wrapped to Wu.
  static Person admit_before(Handing& all) {
    require(all.desk->add_own_device(all.zhang.device));
    open_epoch(*all.office, all.village, all.office.random(), "mediation");
    all.scope = *require(all.office->roster(all.space))->find_scope("mediation");
    pull(*all.desk, *all.office, all.space);
    const replica::ChangeDraft draft{
        .parts = {{.record = all.record,
                   .registry = "mediation",
                   .scope = all.scope,
                   .operations = {set_field("facts", std::string("甲"))}}}};
    require(all.desk->append(all.space, all.zhang.device, {&draft, 1}, 0));
    pull(*all.office, *all.desk, all.space);
    return admit_person(*all.office, all.village, all.office.random(), "吴", {"mediator", "clerk"});
  }
  void pull_all() {
    for (TestReplica* at : {&desk, &second, &third}) {
      pull(**at, *office, space);
      pull(*office, **at, space);
    }
    for (TestReplica* at : {&desk, &second, &third}) pull(**at, *office, space);
  }
  crypto::EpochId epoch() { return require(office->roster(space))->scopes.at(scope).current(); }
  std::string facts(TestReplica& at) const {
    const auto view = require(at->view(space, record, scope));
    const Field* field = view ? view->state.find("facts", FieldKind::kRegister) : nullptr;
    return field == nullptr ? "(none)" : std::get<std::string>(field->winner());
  }
  replica::ScopeStatus status(TestReplica& at) const {
    for (const replica::ScopeStatus& each : require(at->scopes(space)))
      if (each.scope == scope) return each;
    return {};
  }
  /// What is no wrap, or one of another context, in a change of that author's.
  void write_bad_wrap(TestReplica& at, const Person& author, const AuthorKey& recipient) {
    Bytes junk(crypto::kWrapBytes);
    at.random().fill(junk);
    junk[0] = 1;
    append_handed(at, author, {scope, epoch(), recipient, junk});
  }
  void append_handed(TestReplica& at, const Person& author, const HandedEpoch& handed) {
    append_operation(at, author, hand_over_operation(handed));
  }
  void append_operation(TestReplica& at, const Person& author, Operation operation) {
    const replica::ChangeDraft draft{.parts = {{.record = at.random().make<RecordId>(),
                                                .registry = std::string(kScopesRegistry),
                                                .scope = kOpenScope,
                                                .operations = {std::move(operation)}}}};
    require(at->append(space, author.device, {&draft, 1}, 0));
  }
  std::size_t hand_over(TestReplica& at, const Person& author,
                        const std::set<AuthorKey>& again = {}) {
    return require(at->hand_over_epochs(space, author.device, 0, again)).ids.size();
  }
  std::size_t wraps_to(TestReplica& at, const Person& person) {
    std::size_t out = 0;
    for (const Change& change : all_changes(*at, space))
      for (const HandedEpoch& handed : handed_epochs(change))
        out += handed.recipient == person.author() && handed.epoch == epoch() ? 1 : 0;
    return out;
  }
};

}  // namespace

TEST_CASE("a wrap that does not open is named, counts as not given, and is given again") {
  Handing all;
  all.write_bad_wrap(all.third, all.li, all.wu.author());
  all.pull_all();
  CHECK(all.facts(all.second) == "(none)");
  // At her computer it is known at once; at others it counts until she says so.
  const replica::EpochStatus here = all.status(all.second).epochs.back();
  CHECK_FALSE(here.has_key);
  CHECK_FALSE(here.wrapped.contains(all.wu.author()));
  CHECK(here.unopened.at(all.wu.author()) == std::set<AuthorKey>{all.li.author()});
  const auto troubles = require(council::find_scope_troubles(*all.second, all.space));
  REQUIRE(troubles.size() == 1);
  CHECK(troubles[0].unopened_from == std::set<AuthorKey>{all.li.author()});
  CHECK(all.status(all.desk).epochs.back().wrapped.contains(all.wu.author()));
  CHECK(all.hand_over(all.desk, all.zhang) == 0);

  CHECK(all.hand_over(all.second, all.wu) == 1);
  CHECK(all.hand_over(all.second, all.wu) == 0);
  all.pull_all();
  const replica::EpochStatus told = all.status(all.desk).epochs.back();
  CHECK_FALSE(told.wrapped.contains(all.wu.author()));
  CHECK(told.unopened.at(all.wu.author()) == std::set<AuthorKey>{all.li.author()});
  CHECK(require(council::find_scope_troubles(*all.desk, all.space)).at(0).unopened_at ==
        std::set<AuthorKey>{all.wu.author()});
  CHECK(all.hand_over(all.desk, all.zhang) == 1);
  all.pull_all();
  CHECK(all.facts(all.second) == "甲");
  for (TestReplica* at : {&all.desk, &all.second, &all.office}) {
    CHECK(all.status(*at).epochs.back().wrapped.contains(all.wu.author()));
    CHECK(all.status(*at).epochs.back().unopened.empty());
    CHECK(require(council::find_scope_troubles(**at, all.space)).empty());
  }
  check_against_replay(*all.second, all.space, {&all.wu});
  // A rebuild of the tables knows as much.
  require(all.desk->rebuild_views());
  CHECK(all.status(all.desk).epochs.back().wrapped.contains(all.wu.author()));
  CHECK(all.hand_over(all.desk, all.zhang) == 0);
}

TEST_CASE("a wrap of an author who wrote a bad one before is taken, and then nothing is missing") {
  Handing all;
  // Zhang's program was at fault.
  all.write_bad_wrap(all.desk, all.zhang, all.wu.author());
  all.pull_all();
  CHECK(all.hand_over(all.second, all.wu) == 1);
  all.pull_all();
  // What it has given it takes for good, whatever is said of it, until somebody asks.
  CHECK(all.hand_over(all.desk, all.zhang) == 0);
  CHECK(all.hand_over(all.desk, all.zhang, {all.wu.author()}) == 1);
  all.pull_all();
  CHECK(all.facts(all.second) == "甲");
  // Her own word that she has it: she wraps it to herself, once.
  CHECK(all.hand_over(all.second, all.wu) == 1);
  CHECK(all.hand_over(all.second, all.wu) == 0);
  all.pull_all();
  CHECK(all.status(all.desk).epochs.back().wrapped.contains(all.wu.author()));
  CHECK(all.status(all.desk).epochs.back().unopened.empty());
}

TEST_CASE("nobody but the device itself can say that what it was given does not open") {
  Handing all;
  CHECK(all.hand_over(all.desk, all.zhang) == 1);
  all.pull_all();
  // Li says so of her own, to which nobody wrapped anything, and means Wu's.
  all.append_operation(all.third, all.li,
                       unopened_wrap_operation({all.scope, all.epoch(), all.zhang.author()}));
  all.pull_all();
  CHECK(all.status(all.desk).epochs.back().wrapped.contains(all.wu.author()));
  CHECK(all.hand_over(all.desk, all.zhang) == 0);
}

TEST_CASE("who goes on saying that nothing opens gets one wrap from each who has the key") {
  Handing all;
  for (int round = 0; round < 4; ++round) {
    all.hand_over(all.desk, all.zhang);
    all.pull_all();
    all.append_operation(all.second, all.wu,
                         unopened_wrap_operation({all.scope, all.epoch(), all.zhang.author()}));
    all.pull_all();
  }
  CHECK(all.wraps_to(all.desk, all.wu) == 1);
}

TEST_CASE("a good wrap wins over bad ones, in whatever order they come") {
  const std::uint64_t seed = GENERATE(range<std::uint64_t>(1, 25));
  CAPTURE(seed);
  crypto::SeededRandom random(seed);
  auto dice = [&](std::uint8_t below) {
    std::array<std::uint8_t, 1> byte{};
    random.fill(byte);
    return byte[0] % below;
  };
  Handing all;
  const std::pair<TestReplica*, const Person*> writers[] = {{&all.third, &all.li},
                                                            {&all.desk, &all.zhang}};
  const int good_at = dice(5);
  for (int step = 0; step < 5; ++step) {
    const auto& [at, author] = writers[dice(2)];
    if (step == good_at) {
      all.hand_over(all.desk, all.zhang, {all.wu.author()});
    } else {
      all.write_bad_wrap(*at, *author, all.wu.author());
    }
    // She hears of some of them, and may say so at any time.
    if (dice(3) == 0) pull(*all.second, **at, all.space);
    if (dice(3) == 0) all.hand_over(all.second, all.wu);
    if (dice(3) == 0) pull(*all.desk, *all.second, all.space);
  }
  all.pull_all();
  all.pull_all();
  CHECK(all.facts(all.second) == "甲");
  check_against_replay(*all.second, all.space, {&all.wu});
  // And from any batch size, on a computer that comes later.
  TestReplica later(100 + seed);
  require(later->add_own_device(all.wu.device));
  pull(*later, *all.office, all.space, 1 + 400 * static_cast<std::size_t>(dice(4)));
  CHECK(all.facts(later) == "甲");
  // Whoever is told by all that was said comes to the same.
  for (int round = 0; round < 3; ++round) {
    all.hand_over(all.second, all.wu);
    all.hand_over(all.desk, all.zhang);
    all.pull_all();
  }
  CHECK(all.hand_over(all.second, all.wu) + all.hand_over(all.desk, all.zhang) == 0);
  for (TestReplica* at : {&all.desk, &all.second, &all.office, &all.third})
    CHECK(all.status(*at).epochs.back().wrapped.contains(all.wu.author()));
}

TEST_CASE("who sent a wrap is read from its change where a program of before noted it") {
  Handing all;
  all.write_bad_wrap(all.third, all.li, all.wu.author());
  all.pull_all();
  const replica::Tables tables = require(replica::Tables::of(all.second.store()));
  require(all.second.store().write([&](store::WriteTransaction& txn) -> Result<void> {
    std::vector<Bytes> keys;
    CUNJU_TRYV(txn.scan_prefix(tables.wraps, {}, [&](ByteView key, ByteView) {
      keys.push_back(to_bytes(key));
      return true;
    }));
    for (const Bytes& key : keys) {
      CUNJU_TRYV(txn.put(tables.wraps, key, replica::marker()));
    }
    return ok();
  }));
  CHECK(all.status(all.second).epochs.back().unopened.at(all.wu.author()) ==
        std::set<AuthorKey>{all.li.author()});
  CHECK(all.hand_over(all.second, all.wu) == 1);
}

TEST_CASE("saying that a wrap does not open fails at any step and changes nothing") {
  FailNth faults;
  std::uint64_t failures = 0;
  Handing all(&faults);
  all.write_bad_wrap(all.third, all.li, all.wu.author());
  all.pull_all();
  for (std::uint64_t n = 1;; ++n) {
    const Hash before = require(all.second->state_hash(all.space));
    faults.arm(n);
    const Result<replica::Appended> done =
        all.second->hand_over_epochs(all.space, all.wu.device, 0);
    const bool fired = faults.fired();
    faults.arm(0);
    if (!fired) {
      REQUIRE(done.has_value());
      REQUIRE(done.value().ids.size() == 1);
      break;
    }
    ++failures;
    REQUIRE(done.has_error());
    REQUIRE(done.error().code == Errc::kDiskFull);
    REQUIRE(require(all.second->state_hash(all.space)) == before);
  }
  CHECK(failures >= 5);
  all.second.reopen();
  CHECK(all.hand_over(all.second, all.wu) == 0);
}

namespace {

/// Chen was an officer, opened an epoch beside the act that removed Chen, and Zhang wrote under it.
struct Fallen : Handing {
  Person chen{admit_person(*office, village, office.random(), "陈", {"chair"})};
  TestReplica away{5};
  crypto::EpochId opened;

  Fallen() {
    pull(*away, *office, space);
    OpenEpoch opening = require(council::plan_epoch(*require(away->roster(space)), space,
                                                    "mediation", chen.author(), away.random()));
    std::erase_if(opening.wraps,
                  [&](const EpochWrap& wrap) { return wrap.recipient != zhang.author(); });
    opened = opening.epoch;
    const RosterOperation said = std::move(opening);
    require(away->append_roster(space, chen.device, {&said, 1}, 0));
    pull(*desk, *away, space);
    write("乙");
    const std::vector<RosterOperation> removal =
        require(council::plan_removal(*office, space, chen.member)).operations;
    require(office->append_roster(space, village.founder.device, removal, 0));
    pull_all();
  }
  void write(const std::string& facts) {
    const replica::ChangeDraft draft{.parts = {{.record = record,
                                                .registry = "mediation",
                                                .scope = scope,
                                                .operations = {set_field("facts", facts)}}}};
    require(desk->append(space, zhang.device, {&draft, 1}, 0));
  }
};

}  // namespace

TEST_CASE("what was sealed under an act that is void now is read by who comes later") {
  Fallen all;
  CHECK(all.epoch() != all.opened);
  CHECK(all.facts(all.desk) == "乙");
  // Wu had neither key.
  const replica::ScopeStatus before = all.status(all.second);
  REQUIRE(before.fallen.size() == 1);
  CHECK(before.fallen[0].epoch == all.opened);
  CHECK(before.fallen[0].name == "mediation");
  CHECK(before.fallen[0].parts == 1);
  CHECK_FALSE(before.fallen[0].wrapped.contains(all.wu.author()));
  CHECK(all.hand_over(all.desk, all.zhang) == 1);
  CHECK(all.hand_over(all.desk, all.zhang) == 0);
  all.pull_all();
  CHECK(all.facts(all.second) == "乙");
  CHECK(all.status(all.second).sealed == 0);
  CHECK(all.status(all.second).fallen.at(0).has_key);
  CHECK(require(all.second->view_hash(all.space, all.scope)) ==
        require(all.desk->view_hash(all.space, all.scope)));
  check_against_replay(*all.second, all.space, {&all.wu});
  // Nobody seals anything new with it.
  all.write("丙");
  CHECK(all.status(all.desk).fallen.at(0).parts == 1);
}

TEST_CASE("parts under a void epoch that cannot be read here are told of to who may read them") {
  Fallen all;
  const auto troubles = require(council::find_scope_troubles(*all.second, all.space));
  REQUIRE(troubles.size() == 1);
  CHECK(troubles[0].scope == "mediation");
  CHECK(troubles[0].fallen_parts == 1);
  // Li may not read the scope, and the office neither: nothing is to be done there.
  CHECK(require(council::find_scope_troubles(*all.third, all.space)).empty());
  CHECK(require(council::find_scope_troubles(*all.desk, all.space)).empty());
}

TEST_CASE("an epoch of a void act without a part that names it is handed to nobody") {
  Handing all;
  const Person chen = admit_person(*all.office, all.village, all.office.random(), "陈", {"chair"});
  TestReplica away(5);
  pull(*away, *all.office, all.space);
  const RosterOperation said = require(council::plan_epoch(
      *require(away->roster(all.space)), all.space, "mediation", chen.author(), away.random()));
  require(away->append_roster(all.space, chen.device, {&said, 1}, 0));
  pull(*all.desk, *away, all.space);
  require(all.office->append_roster(
      all.space, all.village.founder.device,
      require(council::plan_removal(*all.office, all.space, chen.member)).operations, 0));
  all.pull_all();
  CHECK(all.status(all.desk).fallen.empty());
  all.hand_over(all.desk, all.zhang);
  all.pull_all();
  CHECK(all.status(all.second).epochs.size() == 1);
  CHECK(all.facts(all.second) == "甲");
}

TEST_CASE("who was given the current key and may not read the scope is named until a new one") {
  Handing all;
  CHECK(require(council::find_scope_troubles(*all.office, all.space)).empty());
  // An act that does not open an epoch by itself, as one of the quorum that voids another.
  const std::vector<RosterOperation> removal =
      require(council::plan_removal(*all.office, all.space, all.zhang.member)).operations;
  require(all.office->append_roster(all.space, all.village.founder.device, removal, 0));
  const auto troubles = require(council::find_scope_troubles(*all.office, all.space));
  REQUIRE(troubles.size() == 1);
  CHECK(troubles[0].outsiders == std::set<AuthorKey>{all.zhang.author()});
  open_epoch(*all.office, all.village, all.office.random(), "mediation");
  CHECK(require(council::find_scope_troubles(*all.office, all.space)).empty());
}

TEST_CASE("an epoch that a void act opened for another scope under the number is not handed over") {
  const replica::KeyTraffic traffic{.wraps = {},
                                    .unopened = {},
                                    .parts = {},
                                    .fallen = {{{Scope{7}, crypto::EpochId{}}, "other"},
                                               {{Scope{8}, crypto::EpochId{}}, "same"},
                                               {{Scope{9}, crypto::EpochId{}}, "gone"}}};
  Roster roster;
  roster.scopes[Scope{7}].name = "mediation";
  roster.scopes[Scope{8}].name = "same";
  const std::vector<replica::NeededEpoch> needed = replica::needed_epochs(roster, traffic);
  REQUIRE(needed.size() == 1);
  CHECK(needed[0].name == "same");
}
