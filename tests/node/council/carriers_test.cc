// SPDX-License-Identifier: Apache-2.0
// Who can put a draft of the recovery quorum into a log, and why somebody can't.
#include "node/council/carriers.h"

#include <algorithm>

#include "crdt/base/limits.h"
#include "node/council/roster_acts.h"
#include "tests/support/parted.h"

using namespace cunju;
using namespace cunju::council;
using namespace cunju::test;

namespace {

std::vector<AuthorKey> able(replica::Replica& replica, const SpaceId& space,
                            std::span<const ChangeId> pins) {
  std::vector<AuthorKey> out;
  for (const Carrier& carrier : require(read_carriers(replica, space, pins)))
    if (carrier.carrying == replica::Carrying::kCan) out.push_back(carrier.key);
  std::ranges::sort(out);
  return out;
}

std::vector<AuthorKey> sorted(std::vector<AuthorKey> keys) {
  std::ranges::sort(keys);
  return keys;
}

}  // namespace

TEST_CASE("Whoever was removed or retired can't carry a draft, and the others can") {
  Parted parted;
  const Person zhao = admit_person(*parted.office, parted.village, parted.office.random(), "赵");
  const std::vector<ChangeId> before = require(parted.office->roster_heads(parted.space));
  CHECK(able(*parted.office, parted.space, before) ==
        sorted({parted.village.founder.author(), parted.li.author(), zhao.author()}));
  CHECK(require(parted.office->pinned_roster(parted.space, before)) ==
        replica::PinnedRoster::kCurrent);
  parted.remove_li();
  const std::vector<ChangeId> pins = require(parted.office->roster_heads(parted.space));
  CHECK(able(*parted.office, parted.space, pins) ==
        sorted({parted.village.founder.author(), zhao.author()}));
  CHECK(require(parted.office->carrying(parted.space, parted.li.author(), pins)) ==
        replica::Carrying::kNotInRoster);
  // The old draft is older than the roster, and the new one has not come to the other node.
  CHECK(require(parted.office->pinned_roster(parted.space, before)) ==
        replica::PinnedRoster::kBeside);
  // Who has written nothing since can still carry it; the founder has removed somebody.
  CHECK(able(*parted.office, parted.space, before) == std::vector{zhao.author()});
  CHECK(require(parted.home->pinned_roster(parted.space, pins)) == replica::PinnedRoster::kNotHere);
  CHECK(parted.home->carrying(parted.space, parted.li.author(), pins).error().code ==
        Errc::kMissing);
}

TEST_CASE("Whoever has pinned a branch that fell can't carry a draft, and is told so") {
  Parted parted;
  const Person zhou =
      admit_person(*parted.office, parted.village, parted.office.random(), "周", {"chair"});
  const Person zhao = admit_person(*parted.office, parted.village, parted.office.random(), "赵");
  parted.meet();
  const std::vector<ChangeId> pins = require(parted.office->roster_heads(parted.space));
  std::vector<Change> branches;
  for (const char* name : {"左", "右"})
    branches.push_back(forge_change(
        zhou.device, parted.space, nullptr, pins,
        {forge_part(kRosterRecord, pins,
                    {make_operation(OperationKind::kRoster, "",
                                    encode_roster_operation(AdmitMember{
                                        parted.office.random().make<MemberId>(), name}))},
                    std::string(kRosterRegistry))}));
  // 赵 has heard of the one branch only, and writes.
  require(parted.home->accept(parted.space, std::vector<sync::Run>{{{branches[0]}}}));
  write_record(*parted.home, parted.space, zhao, parted.record, {set_field("n", std::string("x"))});
  const std::vector<ChangeId> fallen = require(parted.home->roster_heads(parted.space));
  CHECK(fallen == std::vector{branches[0].id});
  parted.meet();
  CHECK(require(parted.office->carrying(parted.space, zhao.author(), fallen)) ==
        replica::Carrying::kCan);
  require(parted.office->accept(parted.space, std::vector<sync::Run>{{{branches[1]}}}));
  parted.act(require(
      plan_retirement(*parted.office, parted.space, zhou.author(), std::nullopt, branches[1].id)));
  const std::vector<ChangeId> now = require(parted.office->roster_heads(parted.space));
  CHECK(require(parted.office->carrying(parted.space, zhao.author(), now)) ==
        replica::Carrying::kPinsMore);
  CHECK(able(*parted.office, parted.space, now) ==
        sorted({parted.village.founder.author(), parted.li.author()}));
  CHECK(require(parted.office->pinned_roster(parted.space, fallen)) ==
        replica::PinnedRoster::kFallen);
}

TEST_CASE("A key whose log is forked carries nothing") {
  Parted parted;
  const Change head = head_change(*parted.office, parted.space, parted.li.author());
  for (const char* value : {"left", "right"}) {
    const Change change = forge_change(parted.li.device, parted.space, &head, {},
                                       {forge_part(parted.office.random().make<RecordId>(), {},
                                                   {set_field("n", std::string(value))})});
    require(parted.office->accept(parted.space, std::vector<sync::Run>{{{change}}}));
  }
  CHECK(require(parted.office->carrying(parted.space, parted.li.author(),
                                        require(parted.office->roster_heads(parted.space)))) ==
        replica::Carrying::kForked);
}

TEST_CASE("An act of the quorum stands beside what came to the roster since it was signed") {
  Parted parted;
  const SpaceId& space = parted.space;
  const Person office =
      admit_person(*parted.office, parted.village, parted.office.random(), "街道");
  const Person supervisor =
      admit_person(*parted.office, parted.village, parted.office.random(), "监督");
  parted.act({.operations = {SetQuorum{2, {office.author(), supervisor.author()}}}, .devices = {}});
  const std::vector<ChangeId> pins = require(parted.office->roster_heads(space));
  std::vector<RosterOperation> act =
      require(plan_removal(*parted.office, space, parted.li.member, {.is_of_quorum = true}))
          .operations;
  act.emplace_back(Epoch{});
  const Hash hash = epoch_hash(space, office.author(), pins, act);
  std::get<Epoch>(act.back()).signatures = {cosign_epoch(supervisor.device, hash)};
  // Whoever may change the roster goes on, and 李 enters a friend.
  parted.meet();
  const Person clerk = admit_person(*parted.office, parted.village, parted.office.random(), "周");
  const MemberId li_friend = parted.office.random().make<MemberId>();
  require(parted.home->append_roster(
      space, parted.li.device, std::vector<RosterOperation>{AdmitMember{li_friend, "友"}}, 0));
  parted.meet();
  CHECK(require(parted.office->pinned_roster(space, pins)) == replica::PinnedRoster::kBeside);
  CHECK(able(*parted.office, space, pins) == sorted({office.author(), supervisor.author()}));
  const auto by_founder =
      parted.office->append_roster(space, parted.village.founder.device, act, 0, pins);
  REQUIRE(by_founder.has_error());
  CHECK(by_founder.error().code == Errc::kConflict);

  require(parted.office->append_roster(space, office.device, act, 0, pins));
  parted.meet();
  for (TestReplica* node : {&parted.office, &parted.home}) {
    const auto roster = require((*node)->roster(space));
    CHECK_FALSE(roster->members.contains(parted.li.member));
    CHECK_FALSE(roster->members.contains(li_friend));
    CHECK(roster->members.contains(clerk.member));
  }
  SECTION("but not once another quorum speaks") {
    std::vector<RosterOperation> naming{SetQuorum{1, {supervisor.author()}}, Epoch{}};
    const Hash named =
        epoch_hash(space, office.author(), require(parted.office->roster_heads(space)), naming);
    std::get<Epoch>(naming.back()).signatures = {cosign_epoch(supervisor.device, named)};
    require(parted.office->append_roster(space, office.device, naming, 0));
    CHECK(require(parted.office->pinned_roster(space, pins)) == replica::PinnedRoster::kOlder);
  }
}

TEST_CASE("A draft that can't name all heads of the roster is not for all of it") {
  Parted parted;
  const SpaceId& space = parted.space;
  std::vector<Person> officers;
  for (std::size_t i = 0; i <= limits::kMaxPins; ++i)
    officers.push_back(
        admit_person(*parted.office, parted.village, parted.office.random(), "官", {"chair"}));
  const std::vector<ChangeId> pins = require(parted.office->roster_heads(space));
  CHECK(require(parted.office->pinned_roster(space, pins)) == replica::PinnedRoster::kCurrent);
  for (const Person& officer : officers) {
    const Change act = forge_change(
        officer.device, space, nullptr, pins,
        {forge_part(kRosterRecord, pins,
                    {make_operation(OperationKind::kRoster, "",
                                    encode_roster_operation(AdmitMember{
                                        parted.office.random().make<MemberId>(), "友"}))},
                    std::string(kRosterRegistry))});
    require(parted.office->accept(space, std::vector<sync::Run>{{{act}}}));
  }
  const std::vector<ChangeId> some = require(parted.office->roster_heads(space));
  CHECK(some.size() == limits::kMaxPins);
  CHECK(require(parted.office->pinned_roster(space, some)) == replica::PinnedRoster::kBeside);
  // Whatever comes next joins them.
  admit_person(*parted.office, parted.village, parted.office.random(), "周");
  const std::vector<ChangeId> joined = require(parted.office->roster_heads(space));
  CHECK(require(parted.office->pinned_roster(space, joined)) == replica::PinnedRoster::kCurrent);
}
