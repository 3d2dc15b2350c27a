// SPDX-License-Identifier: Apache-2.0
// What accept admits, holds and refuses, whatever the order in which it comes.
#include <algorithm>
#include <random>

#include "crdt/base/limits.h"
#include "tests/support/replica_fixture.h"

using namespace cunju;
using namespace cunju::test;

namespace {

struct Scene {
  TestReplica source{1}, target{2};
  Village village{found_village(*source, source.random())};
  SpaceId space{village.space};
  Person li{admit_person(*source, village, source.random(), "李")};
  RecordId record{source.random().make<RecordId>()};

  Scene() { pull(*target, *source, space); }
  ChangeId roster_head() { return head_change(*source, space, village.founder.author()).id; }
};

}  // namespace

TEST_CASE(
    "a part without permission from a peer is kept, void, and harms nobody who builds on it") {
  Scene scene;
  Person supervisor =
      admit_person(*scene.source, scene.village, scene.source.random(), "孙", {"supervisor"});
  pull(*scene.target, *scene.source, scene.space);
  Change first = forge_change(supervisor.device, scene.space, nullptr, {scene.roster_head()},
                              {forge_part(scene.record, {}, {set_field("a", "不许")})});
  CHECK(give(*scene.target, scene.space, {first}).admitted == 1);
  auto view = require(scene.target->view(scene.space, scene.record));
  REQUIRE(view);
  CHECK(view->state.is_empty());
  CHECK(view->heads.size() == 1);
  CHECK(require(scene.target->history(scene.space, scene.record)).at(0).is_void);
  CHECK(require(scene.target->registries(scene.space)).empty());

  write_record(*scene.target, scene.space, scene.li, scene.record, {set_field("b", "可以")});
  view = require(scene.target->view(scene.space, scene.record));
  CHECK(view->heads.size() == 1);
  CHECK(view->state.find("a") == nullptr);
  CHECK(view->state.find("b") != nullptr);
  CHECK(require(scene.target->history(scene.space, scene.record)).at(1).parents ==
        std::vector{first.id});
}

TEST_CASE("a stranger's change is refused and leaves no trace") {
  Scene scene;
  Person stranger = make_person(scene.source.random(), "陌生人");
  const Hash state = require(scene.target->state_hash(scene.space));
  Change change = forge_change(stranger.device, scene.space, nullptr, {scene.roster_head()},
                               {forge_part(scene.record, {}, {set_field("a", "1")})});
  CHECK(give(*scene.target, scene.space, {change}).refused == 1);
  CHECK(require(scene.target->state_hash(scene.space)) == state);
  CHECK_FALSE(require(scene.target->view(scene.space, scene.record)));
  CHECK(require(scene.target->counts()).pooled == 0);
}

TEST_CASE("changes of another space, unsigned ones and broken chains are refused as a whole") {
  Scene scene;
  TestReplica other(3);
  Village elsewhere = found_village(*other, other.random());
  const Hash state = require(scene.target->state_hash(scene.space));
  auto error = [&](std::vector<Change> changes) {
    return scene.target->accept(scene.space, std::vector<sync::Run>{{std::move(changes)}})
        .error()
        .code;
  };
  CHECK(error({head_change(*other, elsewhere.space, elsewhere.founder.author())}) ==
        Errc::kMalformed);
  CHECK(error({}) == Errc::kMalformed);
  Change one = forge_change(scene.li.device, scene.space, nullptr, {scene.roster_head()}, {});
  Change two = forge_change(scene.li.device, scene.space, &one, {}, {});
  Change three = forge_change(scene.li.device, scene.space, &two, {}, {});
  CHECK(error({one, three}) == Errc::kMalformed);
  CHECK(error({two, one}) == Errc::kMalformed);
  Change forged = two;
  forged.signature.value[9] ^= 1;
  forged.id = change_id(encode_header(forged.header), forged.signature);
  CHECK(error({one, forged}) == Errc::kBadSignature);
  CHECK(require(scene.target->state_hash(scene.space)) == state);
  CHECK(scene.target->accept(elsewhere.space, all_runs(*other, elsewhere.space)).error().code ==
        Errc::kNotFound);
  CHECK(give(*scene.target, scene.space, {one, two, three}).admitted == 3);
}

TEST_CASE("what is here already changes nothing") {
  Scene scene;
  write_record(*scene.source, scene.space, scene.li, scene.record, {set_field("a", "1")});
  std::vector<sync::Run> runs = all_runs(*scene.source, scene.space);
  CHECK(require(scene.target->accept(scene.space, runs)).admitted == 1);
  const Hash state = require(scene.target->state_hash(scene.space));
  const Hash views = require(scene.target->view_hash(scene.space));
  sync::AcceptReport again = require(scene.target->accept(scene.space, runs));
  CHECK(again.admitted == 0);
  CHECK(again.known == require(scene.target->counts()).changes);
  CHECK(require(scene.target->state_hash(scene.space)) == state);
  CHECK(require(scene.target->view_hash(scene.space)) == views);
}

TEST_CASE("changes that lack predecessors or pins wait and resolve by themselves in any order") {
  const std::uint64_t seed = GENERATE(range(1ULL, 9ULL));
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  TestReplica source(1), target(2);
  Village village = found_village(*source, source.random());
  RecordId record = source.random().make<RecordId>();
  Person li = admit_person(*source, village, source.random(), "李");
  write_record(*source, village.space, li, record, {set_field("a", "1")});
  Person zhao = admit_person(*source, village, source.random(), "赵");
  write_record(*source, village.space, zhao, record, {set_field("a", "2")});
  write_record(*source, village.space, li, record, {set_field("a", "3")});
  std::vector<Change> changes;
  for (const sync::Run& run : all_runs(*source, village.space))
    changes.insert(changes.end(), run.changes.begin(), run.changes.end());
  REQUIRE(changes.size() == 6);
  std::ranges::shuffle(changes, random);
  require(target->join(village.space, {}));
  std::uint64_t held = 0;
  for (const Change& change : changes) {
    held += give(*target, village.space, {change}).held > 0 ? 1 : 0;
    if (random() % 3 == 0) give(*target, village.space, {change});
    if (random() % 3 == 0) target.reopen();
  }
  CHECK(held > 0);
  CHECK(require(target->counts()).pooled == 0);
  CHECK(require(target->counts()).changes == 6);
  CHECK(require(target->state_hash(village.space)) == require(source->state_hash(village.space)));
  CHECK(require(target->view_hash(village.space)) == require(source->view_hash(village.space)));
}

TEST_CASE("the pool takes kMaxPoolChanges, refuses more without loss, and empties in one go") {
  Scene scene;
  std::vector<Change> log{
      forge_change(scene.li.device, scene.space, nullptr, {scene.roster_head()}, {})};
  while (log.size() < limits::kMaxPoolChanges + 3)
    log.push_back(forge_change(scene.li.device, scene.space, &log.back(), {}, {}));
  std::vector<Change> tail(log.begin() + 1, log.end());
  sync::AcceptReport report = give(*scene.target, scene.space, tail);
  CHECK(report.held == limits::kMaxPoolChanges);
  CHECK(report.refused == 2);
  CHECK(give(*scene.target, scene.space, {log[0]}).admitted == limits::kMaxPoolChanges + 1);
  CHECK(require(scene.target->counts()).pooled == 0);
  CHECK(give(*scene.target, scene.space, {log.end() - 2, log.end()}).admitted == 2);
  // The room is free again, its bytes too.
  Change gap = forge_change(scene.li.device, scene.space, &log.back(), {}, {});
  Change late = forge_change(scene.li.device, scene.space, &gap, {}, {});
  CHECK(give(*scene.target, scene.space, {late}).held == 1);
}

TEST_CASE("a part waits for its parents and for its author's earlier parts on the record") {
  Scene scene;
  const ChangeId pin = scene.roster_head();
  write_record(*scene.source, scene.space, scene.village.founder, scene.record,
               {set_field("a", "父")});
  Change parent = head_change(*scene.source, scene.space, scene.village.founder.author());
  Change child = forge_change(scene.li.device, scene.space, nullptr, {pin},
                              {forge_part(scene.record, {parent.id}, {set_field("a", "子")})});
  // Names no parents, and yet its author has seen the earlier one.
  Change later = forge_change(scene.li.device, scene.space, &child, {},
                              {forge_part(scene.record, {}, {set_field("b", "孙")})});
  CHECK(give(*scene.target, scene.space, {child, later}).admitted == 2);
  CHECK(require(scene.target->counts()).waiting_parts == 2);
  CHECK_FALSE(require(scene.target->view(scene.space, scene.record)));
  give(*scene.target, scene.space, {parent});
  CHECK(require(scene.target->counts()).waiting_parts == 0);
  auto view = require(scene.target->view(scene.space, scene.record));
  REQUIRE(view);
  CHECK(view->heads.size() == 1);
  CHECK(view->heads[0].id == later.id);
  CHECK(view->max_depth == 3);
  CHECK_FALSE(view->state.has_conflict());
  // The order of arrival has left no trace.
  give(*scene.source, scene.space, {child, later});
  CHECK(require(scene.source->view_hash(scene.space)) ==
        require(scene.target->view_hash(scene.space)));
}
