// SPDX-License-Identifier: Apache-2.0
// Which acts on the roster open new epochs of which scopes, and for whom.
#include "node/council/scope_acts.h"

#include <algorithm>

#include "node/council/roster_outlook.h"
#include "tests/support/replica_fixture.h"

using namespace cunju;
using namespace cunju::test;
using namespace cunju::council;

namespace {

struct Office {
  TestReplica replica{1};
  test::Village village{found_village(*replica, replica.random())};
  Person zhang{admit_person(*replica, village, replica.random(), "张", {"mediator"})};
  Person wu{admit_person(*replica, village, replica.random(), "吴", {"mediator", "grid"})};
  crypto::EpochId first{open_epoch(*replica, village, replica.random(), "mediation")};

  std::shared_ptr<const Roster> roster() { return require(replica->roster(village.space)); }
  /// The epochs that the act opens, by scope, each with its recipients.
  std::map<std::string, std::vector<AuthorKey>> opened(std::vector<RosterOperation> operations) {
    const auto turns = require(add_epochs(*replica, village.space, village.founder.author(),
                                          replica.random(), operations));
    std::map<std::string, std::vector<AuthorKey>> out;
    for (const RosterOperation& operation : operations) {
      const auto* opening = std::get_if<OpenEpoch>(&operation);
      if (opening == nullptr) continue;
      std::vector<AuthorKey>& devices = out[opening->name];
      for (const EpochWrap& wrap : opening->wraps) devices.push_back(wrap.recipient);
    }
    CHECK(turns.size() == out.size());
    return out;
  }
  std::vector<AuthorKey> keys(std::vector<const Person*> people) const {
    std::vector<AuthorKey> out;
    for (const Person* person : people) out.push_back(person->author());
    std::ranges::sort(out);
    return out;
  }
};

using Opened = std::map<std::string, std::vector<AuthorKey>>;

}  // namespace

TEST_CASE("whoever is taken out of a scope is not among those who get its new key") {
  Office office;
  const SpaceId& space = office.village.space;
  const Person& chair = office.village.founder;
  CHECK(office.opened(require(plan_removal(*office.replica, space, office.wu.member)).operations) ==
        Opened{{"mediation", office.keys({&office.zhang})},
               {"rental_persons", office.keys({&chair})}});
  CHECK(office.opened(require(plan_role_end(*office.replica, space, office.wu.member, "mediator"))
                          .operations) == Opened{{"mediation", office.keys({&office.zhang})}});
  CHECK(office.opened(
            require(plan_retirement(*office.replica, space, office.wu.author(), std::nullopt))
                .operations) == Opened{{"mediation", office.keys({&office.zhang})},
                                       {"rental_persons", office.keys({&chair})}});
  CHECK(
      office.opened(require(plan_policy(*office.replica, space, "grid", "scope:rental_persons", 0))
                        .operations) == Opened{{"rental_persons", office.keys({&chair})}});
}

TEST_CASE("whoever comes to a scope is among them, and acts that touch no scope open nothing") {
  Office office;
  const Person& chair = office.village.founder;
  CHECK(office.opened({GrantRole{chair.member, "mediator", {}, {}}}) ==
        Opened{{"mediation", office.keys({&office.zhang, &office.wu, &chair})}});
  const crypto::SigningKey second = crypto::SigningKey::generate(office.replica.random());
  std::vector<AuthorKey> all = office.keys({&office.zhang, &office.wu});
  all.push_back(second.author());
  std::ranges::sort(all);
  CHECK(office.opened({device_entry(second, office.village.space, office.zhang.member)}) ==
        Opened{{"mediation", all}});
  CHECK(office.opened({GrantRole{office.wu.member, "teller", {}, {}}}).empty());
  // Who may read it by another role has the key already; a clerk's own scope is new to her.
  CHECK(office.opened({GrantRole{office.wu.member, "clerk", {}, {}}}) ==
        Opened{{"subject_requests", office.keys({&office.wu, &chair})}});
}

TEST_CASE("a scope that nobody may read any more gets no key, nor do acts of the quorum open one") {
  Office office;
  std::vector<RosterOperation> both =
      require(plan_removal(*office.replica, office.village.space, office.wu.member)).operations;
  for (RosterOperation& operation :
       require(plan_removal(*office.replica, office.village.space, office.zhang.member)).operations)
    both.push_back(std::move(operation));
  CHECK_FALSE(office.opened(both).contains("mediation"));
  both.emplace_back(Epoch{});
  CHECK(office.opened(both).empty());
}

TEST_CASE("the keys of an act open at their recipients, and the act counts") {
  Office office;
  std::vector<RosterOperation> operations =
      require(plan_removal(*office.replica, office.village.space, office.wu.member)).operations;
  require(add_epochs(*office.replica, office.village.space, office.village.founder.author(),
                     office.replica.random(), operations));
  const replica::Appended done = require(office.replica->append_roster(
      office.village.space, office.village.founder.device, operations, 0));
  CHECK(done.ids.size() == 1);
  const auto roster = office.roster();
  const NamedScope& scope = roster->scopes.at(*roster->find_scope("mediation"));
  REQUIRE(scope.epochs.size() == 2);
  CHECK(scope.epochs.front() == office.first);
  const std::vector<Change> all = all_changes(*office.replica, office.village.space);
  const Scope number = *roster->find_scope("mediation");
  CHECK(keys_in(all, office.village.space, {&office.zhang}).find(number, scope.current()) !=
        nullptr);
  CHECK(keys_in(all, office.village.space, {&office.wu}).find(number, scope.current()) == nullptr);
}
