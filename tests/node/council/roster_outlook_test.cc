// SPDX-License-Identifier: Apache-2.0
// Before an act on the roster is signed: who could still change it, who may carry it out, and what
// only the recovery quorum can do.
#include "node/council/roster_outlook.h"

#include "node/council/fork_outlook.h"
#include "tests/support/parted.h"

using namespace cunju;
using namespace cunju::council;
using namespace cunju::test;

namespace {

/// The founder, a lone chair, and 李, who is a clerk.
struct Lone : Parted {
  Lone() { act(require(plan_role_end(*office, space, li.member, "chair"))); }
  ActOutlook outlook(const RosterAct& act, const Person& acting) {
    return require(read_outlook(*office, space, act, acting.author()));
  }
  ActOutlook outlook(const RosterAct& act) { return outlook(act, village.founder); }
  MemberId chair() const { return village.founder.member; }
};

}  // namespace

TEST_CASE(
    "Every way to take the last officer away locks the space, and is told from one that does not") {
  Lone lone;
  CHECK(lone.outlook(require(plan_role_end(*lone.office, lone.space, lone.chair(), "chair")))
            .locks_out());
  CHECK(lone.outlook(require(plan_removal(*lone.office, lone.space, lone.chair()))).locks_out());
  CHECK(lone.outlook(require(plan_retirement(*lone.office, lone.space,
                                             lone.village.founder.author(), std::nullopt)))
            .locks_out());
  CHECK(lone.outlook(require(plan_policy(*lone.office, lone.space, "chair", "roster", kRead)))
            .locks_out());
  CHECK_FALSE(
      lone.outlook(require(plan_removal(*lone.office, lone.space, lone.li.member))).locks_out());
  CHECK_FALSE(lone.outlook(require(plan_role_end(*lone.office, lone.space, lone.chair(), "clerk")))
                  .locks_out());
  // The same act that makes somebody else chair.
  RosterAct passing = require(plan_role_end(*lone.office, lone.space, lone.chair(), "chair"));
  passing.operations.emplace_back(
      GrantRole{.member = lone.li.member, .role = "chair", .term_from = {}, .term_until = {}});
  CHECK_FALSE(lone.outlook(passing).locks_out());
}

TEST_CASE("A recovery quorum keeps a space from being locked while enough of its keys are in use") {
  Lone lone;
  const Person zhao =
      admit_person(*lone.office, lone.village, lone.office.random(), "赵", {"supervisor"});
  lone.act({.operations = {SetQuorum{
                .threshold = 2,
                .keys = {lone.village.founder.author(), lone.li.author(), zhao.author()}}},
            .devices = {}});
  const RosterAct removal = require(plan_removal(*lone.office, lone.space, lone.chair()));
  const ActOutlook allowed = lone.outlook(removal);
  CHECK_FALSE(allowed.locks_out());
  CHECK(allowed.after.officers.empty());
  CHECK(allowed.after.quorum_keys == 2);
  CHECK(allowed.quorum_keys == std::vector{lone.village.founder.author()});
  lone.act(require(plan_removal(*lone.office, lone.space, zhao.member)));
  CHECK(lone.outlook(removal).locks_out());
}

TEST_CASE("Who may carry an act out is said before anybody signs") {
  Lone lone;
  const RosterAct removal = require(plan_removal(*lone.office, lone.space, lone.li.member));
  CHECK(lone.outlook(removal).may_act);
  CHECK_FALSE(lone.outlook(removal, lone.li).may_act);
  CHECK(lone.outlook(removal, lone.li).able == std::vector{lone.chair()});
  const RosterAct naming{.operations = {SetQuorum{.threshold = 1, .keys = {lone.li.author()}}},
                         .devices = {}};
  const ActOutlook first = lone.outlook(naming);
  CHECK(first.authority == Authority::kFounder);
  CHECK(first.may_act);
  CHECK_FALSE(lone.outlook(naming, lone.li).may_act);
  lone.act(naming);
  // From then on only the quorum itself.
  const ActOutlook second = lone.outlook(naming);
  CHECK(second.authority == Authority::kQuorum);
  CHECK_FALSE(second.may_act);
  CHECK(second.able == std::vector{lone.li.member});
}

TEST_CASE("That a branch nobody acknowledged takes the quorum is said before anybody signs") {
  Lone lone;
  const Person town =
      admit_person(*lone.office, lone.village, lone.office.random(), "街道办", {"office"});
  const Change head = head_change(*lone.office, lone.space, lone.li.author());
  std::vector<Change> branches;
  for (const char* value : {"left", "right"})
    branches.push_back(forge_change(lone.li.device, lone.space, &head, {},
                                    {forge_part(lone.office.random().make<RecordId>(), {},
                                                {set_field("n", std::string(value))})}));
  TestReplica witness(9);
  pull(*witness, *lone.office, lone.space);
  require(witness->accept(lone.space, std::vector<sync::Run>{{{branches[0]}}}));
  REQUIRE(require(witness->append_statements(lone.space, town.node, 7)).ids.size() == 1);
  for (const Change& branch : branches)
    require(lone.office->accept(lone.space, std::vector<sync::Run>{{{branch}}}));
  auto plan = [&](std::size_t branch) {
    return require(plan_retirement(*lone.office, lone.space, lone.li.author(), std::nullopt,
                                   branches[branch].id));
  };
  // Nobody here knows yet that the one is acknowledged.
  CHECK_FALSE(lone.outlook(plan(0)).needs_quorum);
  CHECK_FALSE(lone.outlook(plan(1)).needs_quorum);
  SECTION("and a removal is cut on the acknowledged branch, though the other one stands already") {
    lone.act(plan(1));
    pull(*lone.office, *witness, lone.space);
    const RosterAct removal = require(plan_removal(*lone.office, lone.space, lone.li.member));
    REQUIRE(removal.devices.size() == 1);
    CHECK(removal.devices.front().cut.last == branches[0].id);
    CHECK_FALSE(lone.outlook(removal).needs_quorum);
    lone.act(removal);
    CHECK_FALSE(require(lone.office->roster(lone.space))->members.contains(lone.li.member));
  }
  SECTION("and an officer may retire the key on the acknowledged one only") {
    pull(*lone.office, *witness, lone.space);
    CHECK_FALSE(lone.outlook(plan(0)).needs_quorum);
    CHECK(lone.outlook(plan(1)).needs_quorum);
    // The copy on which acts are tried out knows it as well.
    for (const std::size_t branch : {0u, 1u}) {
      const auto forks = require(read_fork_outlook(
          *lone.office, lone.space, plan(branch).operations, lone.village.founder.author()));
      REQUIRE(forks.size() == 1);
      CHECK(forks.front().after.tip == std::optional(branches[0].id));
      CHECK(forks.front().cut_stands == (branch == 0));
    }
    const Result<replica::Appended> refused =
        lone.office->append_roster(lone.space, lone.village.founder.device, plan(1).operations, 8);
    REQUIRE(refused.has_error());
    CHECK(refused.error().code == Errc::kPermission);
    lone.act(plan(0));
    CHECK_FALSE(require(lone.office->roster(lone.space))->devices.contains(lone.li.author()));
  }
}

TEST_CASE("Whoever is made supervisor and is of the committee is noted, either way round") {
  Lone lone;
  auto grant = [&](const MemberId& member, const char* role) {
    return RosterAct{.operations = {GrantRole{
                         .member = member, .role = role, .term_from = {}, .term_until = {}}},
                     .devices = {}};
  };
  const auto both = lone.outlook(grant(lone.chair(), "supervisor")).both_sides;
  REQUIRE_FALSE(both.empty());
  CHECK(both.front().member == lone.chair());
  CHECK(both.front().supervised == "chair");
  const Person zhao =
      admit_person(*lone.office, lone.village, lone.office.random(), "赵", {"supervisor"});
  CHECK(lone.outlook(grant(zhao.member, "chair")).both_sides.size() == 1);
  CHECK(lone.outlook(grant(zhao.member, "auditor")).both_sides.empty());
}

TEST_CASE("A draft of somebody who holds less shows what would go late here") {
  Parted parted;
  const RosterAct planned = require(plan_removal(*parted.office, parted.space, parted.li.member));
  write_record(*parted.home, parted.space, parted.li, parted.record,
               {set_field("n", std::string("later"))});
  const auto devices = require(devices_of(*parted.home, parted.space, planned.operations));
  REQUIRE(devices.size() == 1);
  CHECK(devices[0].cut == planned.devices[0].cut);
  CHECK(devices[0].late() == 1);
  CHECK(devices[0].is_here);
  // And the other way round: a cut that is not here yet.
  const RosterAct more = require(plan_removal(*parted.home, parted.space, parted.li.member));
  const auto ahead = require(devices_of(*parted.office, parted.space, more.operations));
  REQUIRE(ahead.size() == 1);
  CHECK(ahead[0].late() == 0);
  CHECK_FALSE(ahead[0].is_here);
}

TEST_CASE("A key is named by four digits or more, and late changes by as many acts as it takes") {
  Parted parted;
  const auto roster = require(parted.office->roster(parted.space));
  const std::string key = parted.li.author().hex();
  CHECK(require(find_device(*roster, key.substr(0, 8))) == parted.li.author());
  for (std::size_t digits : {0U, 3U}) {
    const auto refused = find_device(*roster, key.substr(0, digits));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Errc::kInvalidArgument);
  }
  std::vector<ChangeId> many;
  for (int i = 0; i < 2500; ++i) many.push_back(parted.office.random().make<ChangeId>());
  many.push_back(many.front());
  const std::vector<RosterAct> acts = plan_late_admission(many);
  REQUIRE(acts.size() == 3);
  std::size_t count = 0;
  for (const RosterAct& act : acts)
    count += std::get<AdmitLate>(act.operations.front()).changes.size();
  CHECK(count == 2500);
}
