// SPDX-License-Identifier: Apache-2.0
// What an act does to a forked log of which two witnesses have acknowledged different branches:
// which statement it names, where it cuts, and which branch stands before and after.
#include "node/council/fork_outlook.h"

#include <algorithm>

#include "node/council/epoch_draft.h"
#include "node/council/roster_acts.h"
#include "node/council/roster_outlook.h"
#include "tests/support/replica_fixture.h"

using namespace cunju;
using namespace cunju::council;
using namespace cunju::test;

namespace {

/// A founder, a clerk whose log is forked, and two witnesses of whom the senior has one branch and
/// the junior the other. What the junior states gets to the founder last.
struct TwoWitnesses {
  TestReplica office{1}, town_node{2}, sun_node{3};
  Village village{found_village(*office, office.random())};
  const SpaceId& space{village.space};
  Person zhou{admit_person(*office, village, office.random(), "周", {"chair"})};
  Person town{admit_person(*office, village, office.random(), "街道办", {"office"})};
  Person sun{admit_person(*office, village, office.random(), "监督委", {"supervisor"})};
  Person li{admit_person(*office, village, office.random(), "李")};
  std::vector<Change> branches;

  TwoWitnesses() {
    const std::vector<ChangeId> pins = require(office->roster_heads(space));
    for (const char* value : {"left", "right"})
      branches.push_back(forge_change(li.device, space, nullptr, pins,
                                      {forge_part(office.random().make<RecordId>(), {},
                                                  {set_field("n", std::string(value))})}));
    pull(*town_node, *office, space);
    pull(*sun_node, *office, space);
    give(town_node, branches[0]);
    give(sun_node, branches[1]);
    REQUIRE(state(town_node, town) == 1);
    REQUIRE(state(sun_node, sun) == 1);
  }
  void give(TestReplica& node, const Change& change) {
    require(node->accept(space, std::vector<sync::Run>{{{change}}}));
  }
  std::size_t state(TestReplica& node, const Person& witness) {
    return require(node->append_statements(space, witness.node, 7)).ids.size();
  }
  Hash newest(TestReplica& node, const Person& witness) {
    return Hash{head_change(*node, space, witness.node.author()).id.value};
  }
  void hear_both() {
    pull(*office, *town_node, space);
    pull(*office, *sun_node, space);
  }
  ChangeId sign(const RosterAct& act) {
    return require(office->append_roster(space, village.founder.device, act.operations, 8))
        .ids.front();
  }
  ForkOutlook outlook(std::span<const RosterOperation> operations) {
    const auto all =
        require(read_fork_outlook(*office, space, operations, village.founder.author()));
    REQUIRE(all.size() == 1);
    return all.front();
  }
  /// The head of the branch of which something stands.
  std::optional<ChangeId> standing() {
    for (const replica::Branch& branch : require(office->branches(space, li.author())))
      if (branch.standing > branch.from.value) return branch.head;
    return std::nullopt;
  }
};

}  // namespace

TEST_CASE(
    "Of two witnesses with different branches an act names the one that the law hears first") {
  TwoWitnesses two;
  two.hear_both();
  REQUIRE(two.standing() == two.branches[0].id);
  const Hash senior = two.newest(two.town_node, two.town);
  const RosterAct removal = require(plan_removal(*two.office, two.space, two.li.member));
  const RosterAct end = require(plan_role_end(*two.office, two.space, two.li.member, "clerk"));
  for (const RosterAct* act : {&removal, &end}) {
    REQUIRE(act->devices.size() == 1);
    CHECK(act->devices.front().cut.last == two.branches[0].id);
    CHECK(require(two.office->statement_for(two.space, two.village.founder.author(),
                                            act->operations)) == senior);
    const ForkOutlook fork = two.outlook(act->operations);
    CHECK(fork.branch_now == two.branches[0].id);
    CHECK(fork.branch_after == two.branches[0].id);
    CHECK_FALSE(fork.leaves_branch);
    CHECK(fork.cut_stands);
    CHECK(fork.leaves.empty());
  }
  two.sign(removal);
  CHECK(head_change(*two.office, two.space, two.village.founder.author()).header.seen == senior);
  CHECK_FALSE(require(two.office->roster(two.space))->members.contains(two.li.member));
  CHECK(two.standing() == two.branches[0].id);
}

TEST_CASE("An act that cuts nothing names what got here last, as ever") {
  TwoWitnesses two;
  two.hear_both();
  two.sign(
      {.operations = {AdmitMember{two.office.random().make<MemberId>(), "钱"}}, .devices = {}});
  CHECK(head_change(*two.office, two.space, two.village.founder.author()).header.seen ==
        two.newest(two.sun_node, two.sun));
}

TEST_CASE("That another branch would stand afterwards is told before anybody signs") {
  TwoWitnesses two;
  // The senior's newest statement speaks of something that is not here, so no act can name it.
  const Person qian = admit_person(*two.office, two.village, two.office.random(), "钱");
  pull(*two.town_node, *two.office, two.space);
  write_record(*two.town_node, two.space, qian, two.office.random().make<RecordId>(),
               {set_field("n", std::string("apart"))});
  REQUIRE(two.state(two.town_node, two.town) == 1);
  const Change second = head_change(*two.town_node, two.space, two.town.node.author());
  const Change first = [&] {
    std::optional<Change> out;
    require(two.town_node->scan_log(two.space, two.town.node.author(), Seq{0},
                                    [&](const Change& change) {
                                      if (!out) out = change;
                                      return false;
                                    }));
    return *out;
  }();
  two.give(two.office, two.branches[0]);
  two.give(two.office, first);
  two.give(two.office, second);
  pull(*two.office, *two.sun_node, two.space);
  REQUIRE(two.standing() == two.branches[0].id);
  const RosterAct removal = require(plan_removal(*two.office, two.space, two.li.member));
  // The junior's is all that it could name, and an officer may name the junior's branch only.
  CHECK(require(two.office->statement_for(two.space, two.village.founder.author(),
                                          removal.operations)) ==
        two.newest(two.sun_node, two.sun));
  CHECK(removal.devices.front().cut.last == two.branches[1].id);
  // The quorum may keep what stands.
  const RosterAct kept =
      require(plan_removal(*two.office, two.space, two.li.member, {.is_of_quorum = true}));
  CHECK(kept.devices.front().cut.last == two.branches[0].id);
  const ForkOutlook fork = two.outlook(removal.operations);
  CHECK(fork.leaves_branch);
  CHECK(fork.branch_now == two.branches[0].id);
  CHECK(fork.branch_after == two.branches[1].id);
  CHECK(fork.enters == std::vector{two.branches[1].id});
  CHECK(fork.leaves == std::vector{two.branches[0].id});
  // It is as told.
  two.sign(removal);
  CHECK(two.standing() == two.branches[1].id);
}

TEST_CASE("A statement that speaks of a log is named rather than a newer one that does not") {
  TestReplica office{1}, town_node{2}, sun_node{3};
  Village village = found_village(*office, office.random());
  const SpaceId& space = village.space;
  const Person town = admit_person(*office, village, office.random(), "街道办", {"office"});
  const Person sun = admit_person(*office, village, office.random(), "监督委", {"supervisor"});
  const Person li = admit_person(*office, village, office.random(), "李");
  pull(*sun_node, *office, space);
  REQUIRE(require(sun_node->append_statements(space, sun.node, 7)).ids.size() == 1);
  for (const char* value : {"one", "two"})
    write_record(*office, space, li, office.random().make<RecordId>(),
                 {set_field("n", std::string(value))});
  pull(*town_node, *office, space);
  REQUIRE(require(town_node->append_statements(space, town.node, 7)).ids.size() == 1);
  pull(*office, *town_node, space);
  pull(*office, *sun_node, space);
  // What the office has acknowledged can't be cut off by naming the supervisor's.
  const RosterAct act = require(plan_retirement(*office, space, li.author(), std::uint64_t{1}));
  CHECK(require(office->statement_for(space, village.founder.author(), act.operations)) ==
        Hash{head_change(*town_node, space, town.node.author()).id.value});
  CHECK(require(office->needs_quorum(space, village.founder.author(), act.operations)));
  CHECK_FALSE(office->append_roster(space, village.founder.device, act.operations, 8));
}

TEST_CASE("What the quorum's act makes of a forked log is told before enough have signed") {
  TwoWitnesses two;
  two.sign({.operations = {SetQuorum{.threshold = 2,
                                     .keys = {two.village.founder.author(), two.town.author()}}},
            .devices = {}});
  // One act of theirs is in the log already, and one that changes who they are.
  for (const RosterOperation& said :
       {RosterOperation{AdmitMember{two.office.random().make<MemberId>(), "钱"}},
        RosterOperation{SetQuorum{.threshold = 2,
        .keys = {two.village.founder.author(), two.town.author(), two.sun.author()}}}}) {
    EpochDraft draft{.space = two.space,
                     .carrier = two.village.founder.author(),
                     .pins = require(two.office->roster_heads(two.space)),
                     .operations = {said, Epoch{}},
                     .signatures = {}};
    sign_draft(draft, two.town.device);
    two.sign({.operations = draft.signed_operations(), .devices = {}});
  }
  two.hear_both();
  auto plan = [&](const CutChoice& choice) {
    return require(plan_removal(*two.office, two.space, two.li.member, choice)).operations;
  };
  // Without a choice what stands, and the other branch if that is named.
  for (const std::size_t branch : {0u, 1u}) {
    CutChoice choice{.branches = {}, .is_of_quorum = true};
    if (branch == 1) choice.branches.emplace(two.li.author(), two.branches[1].id);
    EpochDraft draft{.space = two.space,
                     .carrier = two.village.founder.author(),
                     .pins = require(two.office->roster_heads(two.space)),
                     .operations = plan(choice),
                     .signatures = {}};
    CHECK(cuts_of(draft.operations.front()).front().last == two.branches[branch].id);
    // An officer alone can't name the other one.
    CHECK(require(two.office->needs_quorum(two.space, two.village.founder.author(),
                                           draft.operations)) == (branch == 1));
    if (branch == 1) CHECK_FALSE(two.outlook(draft.operations).cut_stands);
    draft.operations.emplace_back(Epoch{});
    const ForkOutlook fork = two.outlook(draft.operations);
    CHECK(fork.branch_now == two.branches[0].id);
    CHECK(fork.branch_after == two.branches[branch].id);
    CHECK(fork.cut_stands);
    CHECK(fork.leaves_branch == (branch == 1));
    if (branch == 0) continue;
    sign_draft(draft, two.town.device);
    two.sign({.operations = draft.signed_operations(), .devices = {}});
    CHECK(two.standing() == two.branches[1].id);
  }
}

TEST_CASE("What the quorum has done already counts where another act of its is tried out") {
  TwoWitnesses two;
  two.sign({.operations = {SetQuorum{.threshold = 2,
                                     .keys = {two.village.founder.author(), two.town.author()}}},
            .devices = {}});
  // An officer senior to both witnesses says that the junior's branch stands, and is overruled.
  two.give(two.office, two.branches[1]);
  const RosterAct retirement =
      require(plan_retirement(*two.office, two.space, two.li.author(), std::nullopt));
  const ChangeId act =
      require(two.office->append_roster(two.space, two.zhou.device, retirement.operations, 8))
          .ids.front();
  two.hear_both();
  REQUIRE(two.standing() == two.branches[1].id);
  EpochDraft draft{.space = two.space,
                   .carrier = two.village.founder.author(),
                   .pins = require(two.office->roster_heads(two.space)),
                   .operations = {Epoch{.voided = {act}, .signatures = {}}},
                   .signatures = {}};
  sign_draft(draft, two.town.device);
  two.sign({.operations = draft.signed_operations(), .devices = {}});
  REQUIRE(two.standing() == two.branches[0].id);
  RosterAct removal =
      require(plan_removal(*two.office, two.space, two.li.member, {.is_of_quorum = true}));
  removal.operations.emplace_back(Epoch{});
  const ForkOutlook fork = two.outlook(removal.operations);
  CHECK(fork.branch_now == two.branches[0].id);
  CHECK(fork.branch_after == two.branches[0].id);
  CHECK(fork.cut_stands);
}
