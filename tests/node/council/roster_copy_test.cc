// SPDX-License-Identifier: Apache-2.0
// The acts on a roster as a list, and a planned act judged without signing it: it has to say the
// same as the replica does when it is signed.
#include "node/council/roster_copy.h"

#include "node/council/fork_outlook.h"
#include "tests/support/parted.h"

using namespace cunju;
using namespace cunju::council;
using namespace cunju::test;

TEST_CASE("Every act on the roster is listed, and what a removal made void is marked") {
  Parted parted;
  const Person puppet = make_person(parted.home.random(), "友");
  const ChangeId beside =
      require(parted.home->append_roster(parted.space, parted.li.device,
                                         admit_operations(puppet, parted.space, {"clerk"}), 0))
          .ids.at(0);
  parted.remove_li();
  parted.meet();
  for (TestReplica* node : {&parted.office, &parted.home}) {
    const RosterCopy copy = require(RosterCopy::read(**node, parted.space));
    REQUIRE(copy.entries().size() >= 4);
    CHECK(copy.entries().front().id == ChangeId{parted.space.value});
    for (const RosterEntry& entry : copy.entries())
      CHECK(entry.is_in_force == (entry.id != beside));
    CHECK(require(copy.find(beside.hex().substr(0, 12))) == beside);
    CHECK(copy.find("").error().code == Errc::kInvalidArgument);
    CHECK(copy.find(beside.hex().substr(0, 3)).error().code == Errc::kInvalidArgument);
    CHECK(copy.find(parted.office.random().make<ChangeId>().hex()).error().code == Errc::kNotFound);
  }
}

TEST_CASE("What a planned act makes of a forked log is what it makes of it when it is signed") {
  Parted parted;
  const Change head = head_change(*parted.office, parted.space, parted.li.author());
  std::vector<ChangeId> heads;
  for (const char* value : {"left", "right"}) {
    const Change change = forge_change(parted.li.device, parted.space, &head, {},
                                       {forge_part(parted.office.random().make<RecordId>(), {},
                                                   {set_field("n", std::string(value))})});
    require(parted.office->accept(parted.space, std::vector<sync::Run>{{{change}}}));
    heads.push_back(change.id);
  }
  const AuthorKey li = parted.li.author(), founder = parted.village.founder.author();
  auto plan = [&](const ChangeId& branch) {
    return require(plan_retirement(*parted.office, parted.space, li, std::nullopt, branch));
  };
  auto standing_after = [&](const RosterAct& act) {
    const auto forks =
        require(read_fork_outlook(*parted.office, parted.space, act.operations, founder));
    REQUIRE(forks.size() == 1);
    CHECK_FALSE(forks.front().now.tip == std::optional(heads[1]));
    return forks.front().after;
  };
  for (const ChangeId& wanted : heads) {
    const Standing after = standing_after(plan(wanted));
    CHECK(after.tip == std::optional(wanted));
    CHECK(after.changes == std::vector{wanted});
  }
  // The other branch stands once it is signed, and a later word of the same key changes nothing.
  const RosterAct second = plan(heads[1]);
  parted.act(plan(heads[0]));
  for (const replica::Branch& branch : require(parted.office->branches(parted.space, li)))
    CHECK(branch.standing == branch.end - (branch.head == heads[0] ? 0 : 1));
  const Standing kept = standing_after(second);
  CHECK(kept.tip == std::optional(heads[0]));
}
