// SPDX-License-Identifier: Apache-2.0
// What a removal does to records: up to the cut everything stays, what was written beside it waits
// in the late tray, and both on every node alike, whatever arrived first.
#include <algorithm>

#include "tests/support/fail_nth.h"
#include "tests/support/parted.h"

using namespace cunju;
using namespace cunju::test;

TEST_CASE("what a removed clerk wrote offline beside the removal is late on every node") {
  const bool removal_first = GENERATE(true, false);
  CAPTURE(removal_first);
  Parted two;
  const ChangeId late = write_record(*two.home, two.space, two.li, two.record,
                                     {set_field("n", std::string("offline"))});
  two.remove_li();
  if (removal_first) {
    pull(*two.home, *two.office, two.space);
    CHECK(two.shown(*two.home) == "before the cut");
  } else {
    CHECK(two.shown(*two.home) == "offline");
  }
  two.meet();
  two.check_same("before the cut", 1);
  const replica::LatePart part = require(two.office->late_parts(two.space)).front();
  CHECK(part.change == late);
  CHECK(part.author == two.li.author());
  CHECK(part.record == two.record);
  CHECK(part.registry == "minutes");
  CHECK(part.operations.size() == 1);
  // It is in the history, marked, and its author is still named.
  const auto history = require(two.home->history(two.space, two.record));
  CHECK(std::ranges::count_if(history, &replica::HistoryEntry::is_late) == 1);
  CHECK(require(two.office->roster(two.space))->name_of(two.li.author()) == "李");
}

TEST_CASE("a late change that somebody admits comes into force on every node") {
  Parted two;
  const ChangeId late = write_record(*two.home, two.space, two.li, two.record,
                                     {set_field("n", std::string("offline"))});
  two.remove_li();
  two.meet();
  two.admit_late({late});
  two.meet();
  two.check_same("offline", 0);
}

TEST_CASE("what is written on top of a late change stays, and is a conflict when it is admitted") {
  Parted two;
  const ChangeId late = write_record(*two.home, two.space, two.li, two.record,
                                     {set_field("n", std::string("offline"))});
  two.remove_li();
  write_record(*two.office, two.space, two.village.founder, two.record,
               {set_field("n", std::string("office"))});
  two.meet();
  two.check_same("office", 1);
  two.admit_late({late});
  two.meet();
  two.check_same("office | offline", 0);
}

TEST_CASE("a member whom a removed officer let in beside the removal never was one") {
  Parted two;
  const Person friend_of_li = make_person(two.home.random(), "友");
  require(two.home->append_roster(two.space, two.li.device,
                                  admit_operations(friend_of_li, two.space, {"clerk"}), 0));
  write_record(*two.home, two.space, friend_of_li, two.record,
               {set_field("n", std::string("by a friend"))});
  CHECK(two.shown(*two.home) == "by a friend");
  two.remove_li();
  two.meet();
  two.check_same("before the cut", 1);
  const auto roster = require(two.office->roster(two.space));
  CHECK_FALSE(roster->members.contains(friend_of_li.member));
  CHECK_FALSE(require(two.home->roster(two.space))->members.contains(friend_of_li.member));
}

TEST_CASE("who invited a node gets nothing more from it once he is removed") {
  TestReplica office(1), home(2);
  Village village = found_village(*office, office.random());
  const Person zhou = admit_person(*office, village, office.random(), "周", {"chair"});
  const WireKey inviter = village.founder.wire.wire();
  require(home->join(village.space, inviter));
  // Until a roster tells of him nobody else could be asked.
  CHECK(require(home->shared_spaces(inviter)) == std::vector{village.space});
  pull(*home, *office, village.space);
  CHECK(require(home->shared_spaces(inviter)) == std::vector{village.space});
  const council::RosterAct removal =
      require(council::plan_removal(*home, village.space, village.founder.member));
  require(home->append_roster(village.space, zhou.device, removal.operations, 0));
  CHECK(require(home->shared_spaces(inviter)).empty());
  CHECK_FALSE(require(home->inviter(village.space)));
  sync::Have nothing;
  CHECK(require(home->next_runs(village.space, inviter, nothing, 1 << 20)).empty());
}

TEST_CASE("a removed member can write nothing that counts, and learns so at once") {
  Parted two;
  two.remove_li();
  two.meet();
  replica::ChangeDraft draft = draft_of(two.record, {set_field("n", std::string("still here"))});
  const auto appended = two.home->append(two.space, two.li.device, std::span(&draft, 1), 0);
  REQUIRE_FALSE(appended);
  CHECK(appended.error().code == Errc::kPermission);
}

TEST_CASE("a stolen key is cut back to what its owner still vouches for") {
  Parted two;
  write_record(*two.home, two.space, two.li, two.record,
               {set_field("n", std::string("by a thief"))});
  two.meet();
  CHECK(two.shown(*two.office) == "by a thief");
  two.act(require(council::plan_retirement(*two.office, two.space, two.li.author(), 1)));
  two.meet();
  two.check_same("before the cut", 1);
  // The person is still a member, and goes on with another key.
  const Person other = make_person(two.office.random(), "李");
  two.act({.operations = {device_entry(other.device, two.space, two.li.member)}, .devices = {}});
  two.meet();
  write_record(*two.home, two.space, other, two.record, {set_field("n", std::string("again"))});
  two.meet();
  two.check_same("again", 1);
}

TEST_CASE("an ended role takes what needed it and leaves the other") {
  Parted two;
  two.act(require(council::plan_role_end(*two.office, two.space, two.li.member, "chair")));
  write_record(*two.home, two.space, two.li, two.record, {set_field("n", std::string("as clerk"))});
  two.meet();
  two.check_same("as clerk", 0);
  two.act(require(council::plan_role_end(*two.office, two.space, two.li.member, "clerk")));
  write_record(*two.home, two.space, two.li, two.record, {set_field("n", std::string("too late"))});
  two.meet();
  two.check_same("as clerk", 1);
}

TEST_CASE("a narrowed policy makes late what its registry did not allow any more") {
  Parted two;
  const Person wang = admit_person(*two.office, two.village, two.office.random(), "王", {"grid"});
  two.meet();
  const RecordId house = two.office.random().make<RecordId>();
  write_record(*two.home, two.space, wang, house, {set_field("n", std::string("house"))}, "rental");
  two.meet();
  two.act(require(council::plan_policy(*two.office, two.space, "grid", "rental", kRead)));
  write_record(*two.home, two.space, wang, house, {set_field("n", std::string("later"))}, "rental");
  two.meet();
  two.record = house;
  two.check_same("house", 1);
}

TEST_CASE("an act that takes without a cut for each device is refused, and nothing is written") {
  Parted two;
  const Hash before = require(two.office->state_hash(two.space));
  const RosterOperation removal = RemoveMember{.member = two.li.member};
  const auto appended =
      two.office->append_roster(two.space, two.village.founder.device, std::span(&removal, 1), 0);
  REQUIRE_FALSE(appended);
  CHECK(appended.error().code == Errc::kInvalidArgument);
  CHECK(require(two.office->state_hash(two.space)) == before);
}

TEST_CASE("a removal that fails at any step of the store changes nothing and can be repeated") {
  Parted two;
  write_record(*two.home, two.space, two.li, two.record, {set_field("n", std::string("offline"))});
  two.remove_li();
  FailNth faults;
  TestReplica third(3, &faults);
  pull(*third, *two.home, two.space);
  const auto runs = all_runs(*two.office, two.space);
  const Hash before = require(third->view_hash(two.space));
  std::uint64_t failures = 0;
  for (std::uint64_t n = 1;; ++n) {
    CAPTURE(n);
    faults.arm(n);
    const auto taken = third->accept(two.space, runs);
    const bool fired = faults.fired();
    faults.arm(0);
    if (!fired) {
      require(taken);
      break;
    }
    ++failures;
    REQUIRE_FALSE(taken);
    REQUIRE(require(third->view_hash(two.space)) == before);
    REQUIRE(require(third->counts()).late_parts == 0);
    REQUIRE(require(third->roster(two.space))->members.contains(two.li.member));
  }
  CHECK(failures >= 8);
  pull(*two.office, *two.home, two.space);
  CHECK(require(third->view_hash(two.space)) == require(two.office->view_hash(two.space)));
}

TEST_CASE(
    "a node that was restored from an old copy does not sign before it has its own log again") {
  Parted two;
  two.home->set_own_authors({two.li.author()});
  const auto head = require(two.home->heads(two.space));
  const auto own = std::ranges::find(head, two.li.author(), &sync::AuthorHead::author);
  REQUIRE(own != head.end());
  // A peer has seen two more changes of this key than the restored copy holds.
  const sync::AuthorHead ahead{.author = two.li.author(), .seq = {own->seq.value + 2}, .id = {}};
  require(two.home->note_claims(two.space, two.li.wire.wire(), std::span(&ahead, 1)));
  replica::ChangeDraft draft = draft_of(two.record, {set_field("n", std::string("again"))});
  const auto refused = two.home->append(two.space, two.li.device, std::span(&draft, 1), 0);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Errc::kMissing);
  CHECK(require(two.home->claims(two.space, two.li.author())).size() == 1);
  // The lost changes come back from the peer.
  const Change* before = nullptr;
  Change last = head_change(*two.home, two.space, two.li.author());
  for (int i = 0; i < 2; ++i) {
    before = &last;
    last = forge_change(two.li.device, two.space, before, {},
                        {forge_part(two.record, {before->id}, {set_field("n", std::string("x"))})});
    require(two.home->accept(two.space, std::vector<sync::Run>{{{last}}}));
  }
  CHECK(require(two.home->claims(two.space, two.li.author())).empty());
  require(two.home->append(two.space, two.li.device, std::span(&draft, 1), 0));
  // What peers say of other keys is no business of this node.
  require(two.office->note_claims(two.space, two.li.wire.wire(), std::span(&ahead, 1)));
  write_record(*two.office, two.space, two.village.founder, two.record,
               {set_field("n", std::string("office"))});
}
