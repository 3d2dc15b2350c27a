// SPDX-License-Identifier: Apache-2.0
// Changes that no honest program writes, by members who sign them all the same. Each verdict is
// the same on a node that gets them in another order, and after a rebuild.
#include <algorithm>

#include "crdt/base/limits.h"
#include "tests/support/replica_fixture.h"

using namespace cunju;
using namespace cunju::test;

namespace {

/// Two nodes, an honest clerk and a lying one; R1 and R2 are the roster before and after the
/// honest clerk was admitted.
struct Stage {
  TestReplica one{1}, two{2};
  Village village{found_village(*one, one.random())};
  SpaceId space{village.space};
  Person liar{admit_person(*one, village, one.random(), "骗子")};
  ChangeId r1{head_change(*one, space, village.founder.author()).id};
  Person honest{admit_person(*one, village, one.random(), "老实")};
  ChangeId r2{head_change(*one, space, village.founder.author()).id};
  RecordId record{one.random().make<RecordId>()};
  RecordId other_record{one.random().make<RecordId>()};

  Stage() { pull(*two, *one, space); }

  static sync::AcceptReport give(TestReplica& to, const SpaceId& space, const Change& change) {
    return require(to->accept(space, std::vector<sync::Run>{{{change}}}));
  }
  /// Gives the changes in order to one node and in reverse to the other; both must agree.
  void give_all(const std::vector<Change>& changes) {
    for (const Change& change : changes) give(one, space, change);
    for (auto change = changes.rbegin(); change != changes.rend(); ++change)
      give(two, space, *change);
    const Hash views = require(one->view_hash(space));
    CHECK(require(two->view_hash(space)) == views);
    CHECK(require(two->state_hash(space)) == require(one->state_hash(space)));
    require(two->rebuild_views());
    CHECK(require(two->view_hash(space)) == views);
  }
  Change by(const Person& author, const Change* before, ChangeId pin, std::vector<Part> parts) {
    return forge_change(author.device, space, before, {pin}, std::move(parts));
  }
  bool is_void(const ChangeId& id, const RecordId& of) {
    for (const replica::HistoryEntry& entry : require(one->history(space, of)))
      if (entry.id == id) return entry.is_void;
    FAIL("the change has no place in the record's graph");
    return false;
  }
  bool has_place(const ChangeId& id, const RecordId& of) {
    const std::vector<replica::HistoryEntry> history = require(one->history(space, of));
    return std::ranges::find(history, id, &replica::HistoryEntry::id) != history.end();
  }
};

Part part_of(const RecordId& record, std::vector<ChangeId> parents, const std::string& value) {
  return forge_part(record, std::move(parents), {set_field("a", value)});
}

}  // namespace

TEST_CASE("a parent on another record makes the part void") {
  Stage stage;
  Change honest = stage.by(stage.honest, nullptr, stage.r2, {part_of(stage.record, {}, "真")});
  Change lie =
      stage.by(stage.liar, nullptr, stage.r2, {part_of(stage.other_record, {honest.id}, "假")});
  Change roster_parent =
      stage.by(stage.liar, &lie, stage.r2, {part_of(stage.record, {stage.r2}, "假")});
  stage.give_all({honest, lie, roster_parent});
  CHECK(stage.is_void(lie.id, stage.other_record));
  CHECK(stage.is_void(roster_parent.id, stage.record));
  CHECK_FALSE(stage.is_void(honest.id, stage.record));
}

TEST_CASE("a parent of another space is never there, whoever holds that space") {
  Stage stage;
  Village elsewhere = found_village(*stage.one, stage.one.random());
  ChangeId foreign = write_record(*stage.one, elsewhere.space, elsewhere.founder, stage.record,
                                  {set_field("a", "外")});
  // Node two does not hold the other space; both must judge alike.
  Change lie = stage.by(stage.liar, nullptr, stage.r2, {part_of(stage.record, {foreign}, "假")});
  stage.give_all({lie});
  CHECK_FALSE(stage.has_place(lie.id, stage.record));
  // The other space's record of the same id is another record.
  CHECK(require(stage.one->view(elsewhere.space, stage.record))->heads.size() == 1);
}

TEST_CASE("a member without rights on the roster can't keep anybody from signing") {
  Stage stage;
  const Change* before = nullptr;
  std::vector<Change> forged;
  forged.reserve(limits::kMaxPins + 1);
  // More roster changes side by side than a change can pin, and none that counts.
  for (std::size_t i = 0; i <= limits::kMaxPins; ++i) {
    forged.push_back(
        stage.by(stage.liar, before, stage.r2,
                 {forge_part(kRosterRecord, {stage.r2}, {}, std::string(kRosterRegistry))}));
    before = &forged.back();
  }
  stage.give_all(forged);
  write_record(*stage.one, stage.space, stage.honest, stage.record, {set_field("a", "真")});
  admit_person(*stage.one, stage.village, stage.one.random(), "后来");
  // Nor does pinning one of them get a change in anywhere.
  Change pins_void = stage.by(stage.liar, before, forged[0].id, {});
  CHECK(Stage::give(stage.one, stage.space, pins_void).refused == 1);
  CHECK(Stage::give(stage.two, stage.space, pins_void).refused == 1);
}

TEST_CASE("pins of a log never go backwards") {
  Stage stage;
  Change first = stage.by(stage.liar, nullptr, stage.r2, {});
  Change back = stage.by(stage.liar, &first, stage.r1, {});
  CHECK(Stage::give(stage.one, stage.space, first).admitted == 1);
  CHECK(Stage::give(stage.one, stage.space, back).refused == 1);
  CHECK(Stage::give(stage.two, stage.space, back).held == 1);
  sync::AcceptReport report = Stage::give(stage.two, stage.space, first);
  CHECK(report.admitted == 1);
  CHECK(report.refused == 1);
  CHECK(require(stage.two->counts()).pooled == 0);
  CHECK(require(stage.one->state_hash(stage.space)) == require(stage.two->state_hash(stage.space)));
}

TEST_CASE("a part whose parent knew a newer roster than the part pins is void") {
  Stage stage;
  Change honest = stage.by(stage.honest, nullptr, stage.r2, {part_of(stage.record, {}, "真")});
  Change lie = stage.by(stage.liar, nullptr, stage.r1, {part_of(stage.record, {honest.id}, "假")});
  stage.give_all({honest, lie});
  CHECK(stage.is_void(lie.id, stage.record));
  CHECK(require(stage.one->view(stage.space, stage.record))->state.find("a")->winner() ==
        Value("真"));
}

TEST_CASE("a change pins roster changes and nothing else, a first change at least one") {
  Stage stage;
  Change honest = stage.by(stage.honest, nullptr, stage.r2, {});
  Change lie = stage.by(stage.liar, nullptr, honest.id, {});
  CHECK(Stage::give(stage.one, stage.space, honest).admitted == 1);
  CHECK(Stage::give(stage.one, stage.space, lie).refused == 1);
  CHECK(Stage::give(stage.two, stage.space, lie).held == 1);
  CHECK(Stage::give(stage.two, stage.space, honest).refused == 1);
  Change unpinned = forge_change(stage.liar.device, stage.space, nullptr, {}, {});
  CHECK(Stage::give(stage.one, stage.space, unpinned).refused == 1);
  CHECK(require(stage.one->state_hash(stage.space)) == require(stage.two->state_hash(stage.space)));
}

TEST_CASE("a prev that is here but not the head is refused and does not fill the pool") {
  Stage stage;
  Change first = stage.by(stage.liar, nullptr, stage.r2, {});
  auto jump = [&](const ChangeId& prev) {
    return sign_change(
        stage.liar.device,
        {.space = stage.space, .author = stage.liar.author(), .seq = Seq{8}, .prev = prev}, {});
  };
  // Another author's change is no predecessor, nor is one that is not the one before.
  CHECK(Stage::give(stage.one, stage.space, jump(stage.r2)).refused == 1);
  CHECK(Stage::give(stage.one, stage.space, first).admitted == 1);
  CHECK(Stage::give(stage.one, stage.space, jump(first.id)).refused == 1);
  CHECK(require(stage.one->counts()).pooled == 0);
  // The other way round it is held until its prev is here, and refused then.
  CHECK(Stage::give(stage.two, stage.space, jump(first.id)).held == 1);
  sync::AcceptReport report = Stage::give(stage.two, stage.space, first);
  CHECK(report.admitted == 1);
  CHECK(report.refused == 1);
  CHECK(require(stage.two->counts()).pooled == 0);
}

TEST_CASE("links and bodies that don't decode void their part and nothing else") {
  Stage stage;
  Part bad_links = make_part(kOpenScope, Bytes{1, 2, 3}, Bytes{});
  Part bad_body = part_of(stage.record, {}, "x");
  bad_body = make_part(kOpenScope, bad_body.links, Bytes{0xFF, 1});
  Part good = part_of(stage.other_record, {}, "好");
  Change lie = stage.by(stage.liar, nullptr, stage.r2, {bad_links, bad_body, good});
  Change child = stage.by(stage.honest, nullptr, stage.r2, {part_of(stage.record, {lie.id}, "真")});
  stage.give_all({lie, child});
  CHECK(stage.is_void(lie.id, stage.record));
  CHECK_FALSE(stage.is_void(lie.id, stage.other_record));
  CHECK_FALSE(stage.is_void(child.id, stage.record));
}

TEST_CASE("a change speaks about a record once") {
  Stage stage;
  Change lie = stage.by(stage.liar, nullptr, stage.r2,
                        {part_of(stage.record, {}, "一"), part_of(stage.record, {}, "二")});
  stage.give_all({lie});
  CHECK(require(stage.one->history(stage.space, stage.record)).size() == 1);
  auto view = require(stage.one->view(stage.space, stage.record));
  CHECK(view->state.find("a")->winner() == Value("一"));
  CHECK_FALSE(view->state.has_conflict());
}

TEST_CASE("a roster part whose parents are not its pins changes no rights") {
  Stage stage;
  Person puppet = make_person(stage.one.random(), "傀儡");
  std::vector<Operation> operations;
  for (const RosterOperation& operation : admit_operations(puppet, stage.space, {"chair"}))
    operations.push_back(
        make_operation(OperationKind::kRoster, "", encode_roster_operation(operation)));
  const std::string registry(kRosterRegistry);
  const Person& founder = stage.village.founder;
  Change head = head_change(*stage.one, stage.space, founder.author());
  Change wrong_parents =
      forge_change(founder.device, stage.space, &head, {stage.r2},
                   {forge_part(kRosterRecord, {stage.r1}, operations, registry)});
  // A clerk may not write the roster whatever the parents are.
  Change no_right = stage.by(stage.liar, nullptr, stage.r2,
                             {forge_part(kRosterRecord, {stage.r2}, operations, registry)});
  stage.give_all({wrong_parents, no_right});
  CHECK(require(stage.one->counts()).changes == 5);
  CHECK_FALSE(require(stage.one->roster(stage.space))->members.contains(puppet.member));
  CHECK_FALSE(stage.has_place(wrong_parents.id, kRosterRecord));
  // What has no effect is nothing that anybody could have known as the roster.
  Change after = forge_change(stage.honest.device, stage.space, nullptr, {no_right.id}, {});
  CHECK(Stage::give(stage.one, stage.space, after).admitted == 0);
}

TEST_CASE("a founding change without a roster founds nothing that anybody may write in") {
  TestReplica node{5};
  Person stranger = make_person(node.random(), "陌生人");
  RecordId record = node.random().make<RecordId>();
  ChangeHeader header{.author = stranger.device.author()};
  Change founding =
      sign_change(stranger.device, header, {forge_part(record, {}, {set_field("a", "x")})});
  require(node->join(founding.space(), WireKey{}));
  require(node->accept(founding.space(), std::vector<sync::Run>{{{founding}}}));
  for (const replica::HistoryEntry& entry : require(node->history(founding.space(), record)))
    CHECK(entry.is_void);
}

TEST_CASE(
    "a relay can't pass off an open part as withheld or redacted, and as erased not for good") {
  Stage stage;
  Change whole = stage.by(stage.honest, nullptr, stage.r2, {part_of(stage.record, {}, "真")});
  for (Presence presence : {Presence::kWithheld, Presence::kRedacted}) {
    Change reduced = whole;
    Part& part = reduced.parts[0];
    part.presence = presence;
    part.links.clear();
    part.body.clear();
    Result<sync::AcceptReport> taken =
        stage.one->accept(stage.space, std::vector<sync::Run>{{{reduced}}});
    REQUIRE(taken.has_error());
    CHECK(taken.error().code == Errc::kTampered);
  }
  Change erased = whole;
  erased.parts[0] = erased_form(whole.parts[0]);
  CHECK(Stage::give(stage.one, stage.space, erased).admitted == 1);
  CHECK_FALSE(require(stage.one->view(stage.space, stage.record)));
  CHECK(Stage::give(stage.one, stage.space, whole).known == 1);
  CHECK(require(stage.one->view(stage.space, stage.record)));
}
