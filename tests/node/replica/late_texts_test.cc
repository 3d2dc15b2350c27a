// SPDX-License-Identifier: Apache-2.0
// Texts keep everybody's words and erasures where their authors put them, when changes below become
// late by the roster, and when they are admitted again.
#include <algorithm>

#include "crdt/replay/replay.h"
#include "crdt/types/text/text_merge.h"
#include "node/council/roster_acts.h"
#include "tests/node/replica/minutes_text.h"
#include "tests/support/replica_fixture.h"

using namespace cunju;
using namespace cunju::test;

namespace {

Operation confirm() { return make_operation(OperationKind::kTextConfirm, kText, NoValue{}); }

Operation freeze() {
  return make_operation(OperationKind::kFreeze, std::string(kFreezeField), NoValue{});
}
Operation thaw() {
  return make_operation(OperationKind::kThaw, std::string(kFreezeField), NoValue{});
}
Operation move(std::string from, std::string to) {
  return make_operation(OperationKind::kStateMove, "state", std::move(to), std::move(from));
}

/// The office, the laptop of a clerk who is to be removed, and a colleague's.
struct Apart {
  TestReplica office{1}, home{2}, colleague{3};
  Village village{found_village(*office, office.random())};
  Person li{admit_person(*office, village, office.random(), "李")};
  Person zhou{admit_person(*office, village, office.random(), "周")};
  RecordId record{office.random().make<RecordId>()};
  const SpaceId& space{village.space};

  Apart() {
    write(office, village.founder, {edit(0, 0, "一\n二\n三\n")});
    meet();
    write(home, li, {edit(6, 0, "四\n")});
    meet();
  }
  ChangeId write(TestReplica& where, const Person& who, std::vector<Operation> operations) {
    return write_record(*where, space, who, record, std::move(operations));
  }
  void meet() {
    for (int i = 0; i < 2; ++i) {
      for (TestReplica* node : {&home, &colleague}) {
        pull(**node, *office, space);
        pull(*office, **node, space);
      }
    }
  }
  void act(const std::vector<RosterOperation>& operations) {
    require(office->append_roster(space, village.founder.device, operations, 0));
  }
  /// What the office has of the clerk's log stays; the rest is late.
  void remove_li() { act(require(council::plan_removal(*office, space, li.member)).operations); }
  void admit(std::vector<ChangeId> changes) { act({AdmitLate{.changes = std::move(changes)}}); }

  TextField text(TestReplica& where) {
    const auto view = require(where->view(space, record));
    REQUIRE(view);
    const TextField* found = view->state.find_text(kText);
    REQUIRE(found != nullptr);
    return *found;
  }
  std::string version(const ChangeId& id) {
    const auto changes = require(office->text_changes(space, record));
    const auto story = tell_text_at(kText, "minutes", changes, {.heads = {&id, 1}});
    REQUIRE(story);
    return replay_text(story.value().history).text.str();
  }
  /// The same on every node, whatever arrived first, and in the replay.
  void check(const std::string& wanted, bool is_merged) {
    meet();
    std::vector<Change> changes;
    for (const sync::Run& run : all_runs(*office, space))
      changes.insert(changes.end(), run.changes.begin(), run.changes.end());
    const replay::Replay replayed = replay::replay(space, changes);
    const Bytes expected = replayed.views.at({record, kOpenScope}).encode();
    for (TestReplica* node : {&office, &home, &colleague}) {
      CHECK(text(*node).text == wanted);
      CHECK(text(*node).is_merged == is_merged);
      CHECK(require((*node)->view(space, record))->encode() == expected);
      require((*node)->rebuild_views());
      CHECK(require((*node)->view(space, record))->encode() == expected);
    }
  }
  /// A second change after `before`, of another record: the log of the clerk is forked from there.
  void fork_li(TestReplica& where, const Change& before) {
    const Change fork = forge_change(
        li.device, space, &before, {},
        {forge_part(office.random().make<RecordId>(), {}, {set_field("title", std::string("x"))})});
    require(where->accept(space, std::vector<sync::Run>{{{fork}}}));
  }
  /// What the author's newest change passes over.
  TextPassed passed_by(TestReplica& where, const ChangeId& id) {
    for (const TextChange& change : require(where->text_changes(space, record)))
      if (change.id == id) return read_text_passed(change.operations);
    FAIL("no such change");
    return {};
  }
};

}  // namespace

TEST_CASE("what is erased beside a late edit stays erased when that one is admitted, and is read") {
  Apart world;
  const ChangeId late = world.write(world.home, world.li, {edit(2, 0, "插\n")});
  world.remove_li();
  world.check("一\n二\n三\n四\n", false);
  // Nobody has built on it, so it is no parent, and nothing is to be passed over.
  const ChangeId erasing = world.write(world.office, world.village.founder, {edit(4, 2, "")});
  CHECK(world.passed_by(world.office, erasing).empty());
  world.check("一\n二\n四\n", false);
  world.admit({late});
  world.check("一\n插\n二\n四\n", true);
  CHECK(world.version(late) == "一\n插\n二\n三\n四\n");
  CHECK(world.version(erasing) == "一\n二\n四\n");
  world.write(world.colleague, world.zhou, {confirm()});
  world.check("一\n插\n二\n四\n", false);
}

TEST_CASE("an edit that rests on a late one hits what its author meant, and is to be read") {
  Apart world;
  const ChangeId late = world.write(world.home, world.li, {edit(0, 0, "前\n"), edit(8, 2, "")});
  pull(*world.colleague, *world.home, world.space);
  CHECK(world.text(world.colleague).text == "前\n一\n二\n三\n");
  const ChangeId resting = world.write(world.colleague, world.zhou, {edit(2, 2, "")});
  world.remove_li();
  // Line one is gone, and the line that only the late change erased is back.
  world.check("二\n三\n四\n", true);
  CHECK(world.version(late) == "前\n一\n二\n三\n");
  CHECK(world.version(resting) == "前\n二\n三\n");

  const ChangeId on_top = world.write(world.office, world.village.founder, {edit(1, 0, "贰")});
  CHECK(world.passed_by(world.office, on_top) == TextPassed{.ranges = {{late, late}}});
  CHECK(world.version(on_top) == "二贰\n三\n四\n");
  world.check("二贰\n三\n四\n", true);
  // Two who read it apart mark nothing anew.
  const ChangeId read = world.write(world.office, world.village.founder, {confirm()});
  CHECK(world.passed_by(world.office, read) == TextPassed{.ranges = {{late, late}}});
  world.write(world.colleague, world.zhou, {confirm()});
  world.check("二贰\n三\n四\n", false);

  world.admit({late});
  world.check("前\n二贰\n三\n", true);
  // Whoever writes on now has seen it, and one confirmation is enough again.
  const ChangeId after = world.write(world.colleague, world.zhou, {edit(0, 1, "先")});
  CHECK(world.passed_by(world.colleague, after).empty());
  world.check("先\n二贰\n三\n", true);
  world.write(world.colleague, world.zhou, {confirm()});
  world.check("先\n二贰\n三\n", false);
}

TEST_CASE("a clerk who comes back goes on without what is late of their own") {
  Apart world;
  const ChangeId late = world.write(world.home, world.li, {edit(0, 0, "前\n")});
  world.remove_li();
  world.check("一\n二\n三\n四\n", false);
  std::vector<RosterOperation> back{AdmitMember{world.li.member, "李"},
                                    GrantRole{.member = world.li.member, .role = "clerk"},
                                    device_entry(world.li.device, world.space, world.li.member)};
  world.act(back);
  world.meet();
  const ChangeId again = world.write(world.home, world.li, {edit(0, 2, "")});
  CHECK(world.passed_by(world.home, again).ranges.size() == 1);
  world.check("二\n三\n四\n", false);
  world.admit({late});
  world.check("前\n二\n三\n四\n", true);
}

TEST_CASE("what others wrote on a branch of a forked log stays what they meant") {
  Apart world;
  pull(*world.home, *world.office, world.space);
  const Change last = head_change(*world.home, world.space, world.li.author());
  const auto parents = [&] {
    std::vector<ChangeId> out;
    const auto view = require(world.home->view(world.space, world.record));
    for (const Head& head : view->heads) out.push_back(head.id);
    return out;
  }();
  const Change left = forge_change(world.li.device, world.space, &last, {},
                                   {forge_part(world.record, parents, {edit(0, 0, "左\n")})});
  const Change right = forge_change(world.li.device, world.space, &last, {},
                                    {forge_part(world.record, parents, {edit(2, 2, "右\n")})});
  const auto give = [&](TestReplica& to, const Change& change) {
    require(to->accept(world.space, std::vector<sync::Run>{{{change}}}));
  };
  give(world.office, left);
  CHECK(world.text(world.office).text == "左\n一\n二\n三\n四\n");
  world.write(world.office, world.village.founder, {edit(2, 2, "壹\n")});
  give(world.colleague, right);
  CHECK(world.text(world.colleague).text == "一\n右\n三\n四\n");
  world.write(world.colleague, world.zhou, {edit(4, 2, "")});
  world.check("壹\n二\n四\n", true);
  world.admit({right.id});
  world.check("壹\n右\n四\n", true);
}

TEST_CASE("an edit is one of the text that was opened, whatever the roster says when it is saved") {
  Apart world;
  const ChangeId late = world.write(world.home, world.li, {edit(0, 0, "前\n")});
  pull(*world.colleague, *world.home, world.space);
  world.write(world.colleague, world.zhou, {edit(10, 0, "五\n")});
  world.meet();
  const auto open = [&] {
    replica::ChangeDraft draft = draft_of(world.record, {});
    const RecordView view = *require(world.office->view(world.space, world.record));
    for (const Head& head : view.heads) draft.parts[0].seen.push_back(head.id);
    draft.parts[0].left_out = view.left_out_ids();
    return draft;
  };
  const auto save = [&](replica::ChangeDraft draft, Operation operation) {
    draft.parts[0].operations.push_back(std::move(operation));
    return require(world.office->append(world.space, world.village.founder.device, {&draft, 1}, 0))
        .ids.front();
  };
  replica::ChangeDraft draft = open();
  CHECK(world.text(world.office).text == "前\n一\n二\n三\n四\n五\n");
  world.act(require(council::plan_retirement(*world.office, world.space, world.li.author(), 1))
                .operations);
  CHECK(world.text(world.office).text == "一\n二\n三\n四\n五\n");
  // Line one of the text that was on the screen is the late one, line two is the first that stands.
  const ChangeId first = save(draft, edit(2, 2, ""));
  CHECK(world.passed_by(world.office, first).empty());
  world.check("二\n三\n四\n五\n", true);

  draft = open();
  world.admit({late});
  CHECK(world.text(world.office).text == "前\n二\n三\n四\n五\n");
  const ChangeId second = save(draft, edit(2, 2, ""));
  CHECK_FALSE(world.passed_by(world.office, second).empty());
  CHECK(world.version(second) == "二\n四\n五\n");
  world.check("前\n二\n四\n五\n", true);
  world.write(world.office, world.village.founder, {confirm()});
  world.check("前\n二\n四\n五\n", false);
}

TEST_CASE("a fork that becomes known after the minutes are final leaves their words alone") {
  Apart world;
  const Change before = head_change(*world.home, world.space, world.li.author());
  const ChangeId late = world.write(world.home, world.li, {edit(0, 0, "附注\n"), edit(3, 2, "")});
  pull(*world.colleague, *world.home, world.space);
  world.write(world.colleague, world.zhou, {edit(9, 0, "五\n")});
  world.remove_li();
  world.check("一\n二\n三\n四\n五\n", true);
  world.write(world.office, world.village.founder, {edit(0, 1, "壹"), edit(4, 1, "叁")});
  world.check("壹\n二\n叁\n四\n五\n", true);
  world.write(world.colleague, world.zhou, {confirm()});
  world.check("壹\n二\n叁\n四\n五\n", false);
  world.write(world.office, world.village.founder, {move("", "final"), freeze()});
  const std::string final_text = "壹\n二\n叁\n四\n五\n";
  world.check(final_text, false);
  // The late change gets another place in the log, and the same name.
  world.fork_li(world.colleague, before);
  world.check(final_text, false);
  world.admit({late});
  world.check(final_text, false);
  CHECK(world.text(world.office).late.size() == 1);
}

TEST_CASE("what a confirmation passed over waits for a reader, also when a fork is known later") {
  Apart world;
  const Change before = head_change(*world.home, world.space, world.li.author());
  const ChangeId late = world.write(world.home, world.li, {edit(0, 0, "不\n")});
  pull(*world.colleague, *world.home, world.space);
  world.write(world.colleague, world.zhou, {edit(10, 0, "五\n")});
  world.remove_li();
  world.meet();
  world.write(world.office, world.village.founder, {edit(1, 0, "壹")});
  world.write(world.office, world.village.founder, {confirm()});
  world.check("一壹\n二\n三\n四\n五\n", false);
  world.fork_li(world.office, before);
  world.check("一壹\n二\n三\n四\n五\n", false);
  world.admit({late});
  world.check("不\n一壹\n二\n三\n四\n五\n", true);
}

TEST_CASE("what an open editor left out stays out when a fork becomes known while it is open") {
  Apart world;
  const Change before = head_change(*world.home, world.space, world.li.author());
  const ChangeId late = world.write(world.home, world.li, {edit(0, 0, "前\n")});
  pull(*world.colleague, *world.home, world.space);
  world.write(world.colleague, world.zhou, {edit(10, 0, "五\n")});
  world.remove_li();
  world.meet();
  replica::ChangeDraft draft = draft_of(world.record, {edit(0, 2, "")});
  const RecordView view = *require(world.office->view(world.space, world.record));
  for (const Head& head : view.heads) draft.parts[0].seen.push_back(head.id);
  draft.parts[0].left_out = view.left_out_ids();
  world.fork_li(world.office, before);
  world.admit({late});
  CHECK(world.text(world.office).text == "前\n一\n二\n三\n四\n五\n");
  const ChangeId saved =
      require(world.office->append(world.space, world.village.founder.device, {&draft, 1}, 0))
          .ids.front();
  CHECK(world.passed_by(world.office, saved) == TextPassed{.ranges = {{late, late}}});
  CHECK(world.version(saved) == "二\n三\n四\n五\n");
  world.check("前\n二\n三\n四\n五\n", true);
}

TEST_CASE("a freeze that is admitted after others had answered it closes nothing") {
  Apart world;
  const ChangeId first = world.write(world.home, world.li, {move("", "final"), freeze()});
  pull(*world.colleague, *world.home, world.space);
  world.write(world.colleague, world.zhou, {move("final", "checked"), thaw()});
  world.write(world.colleague, world.zhou, {edit(0, 0, "零\n")});
  world.remove_li();
  world.check("零\n一\n二\n三\n四\n", false);
  world.write(world.colleague, world.zhou, {move("checked", "final"), freeze()});
  SECTION("the words that were final are") {
    world.meet();
    world.admit({first});
    world.check("零\n一\n二\n三\n四\n", false);
    CHECK(world.text(world.office).late.empty());
    return;
  }
  world.write(world.colleague, world.zhou, {move("final", "checked"), thaw()});
  world.write(world.colleague, world.zhou, {edit(0, 0, "负\n")});
  world.meet();
  world.admit({first});
  world.check("负\n零\n一\n二\n三\n四\n", false);
  CHECK_FALSE(require(world.office->view(world.space, world.record))->state.is_frozen());
  world.write(world.colleague, world.zhou, {edit(0, 0, "新\n")});
  world.check("新\n负\n零\n一\n二\n三\n四\n", false);
}

TEST_CASE("an edit of a version in which the texts were final is refused, not saved in vain") {
  Apart world;
  replica::ChangeDraft draft = draft_of(world.record, {edit(0, 2, "")});
  draft.parts[0].seen = {
      world.write(world.office, world.village.founder, {move("", "final"), freeze()})};
  world.meet();
  world.write(world.colleague, world.zhou, {move("final", "checked"), thaw()});
  world.meet();
  const auto save = [&] {
    return world.office->append(world.space, world.village.founder.device, {&draft, 1}, 0);
  };
  const auto refused = save();
  REQUIRE(refused.has_error());
  CHECK(refused.error() == Error{Errc::kInvalidArgument, std::string(replica::kFinalInItsVersion)});
  world.check("一\n二\n三\n四\n", false);
  draft.parts[0].seen.clear();
  REQUIRE(save().has_value());
  world.check("二\n三\n四\n", false);
}
