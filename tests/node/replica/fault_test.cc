// SPDX-License-Identifier: Apache-2.0
// The n-th step of the store fails, for every n until none fails: nothing has changed, the next
// try succeeds, and the views are what a rebuild makes of the log.
#include "tests/support/fail_nth.h"
#include "tests/support/replica_fixture.h"

using namespace cunju;
using namespace cunju::test;

namespace {

struct Answers {
  Hash state, views;
  std::uint64_t changes, pooled, waiting;
  std::size_t members;
  friend bool operator==(const Answers&, const Answers&) = default;
};

Answers ask(replica::Replica& replica, const SpaceId& space) {
  replica::ReplicaCounts counts = require(replica.counts());
  return {.state = require(replica.state_hash(space)),
          .views = require(replica.view_hash(space)),
          .changes = counts.changes,
          .pooled = counts.pooled,
          .waiting = counts.waiting_parts,
          .members = require(replica.roster(space))->members.size()};
}

/// `act(n)` does the n-th piece of work. Gives how many steps failed.
std::uint64_t fail_each_step(TestReplica& replica, FailNth& faults, const SpaceId& space,
                             std::uint64_t growth,
                             const std::function<Result<void>(std::uint64_t)>& act) {
  std::uint64_t failures = 0;
  for (std::uint64_t n = 1;; n += 1 + n * growth / 8) {
    CAPTURE(n);
    const Answers before = ask(*replica, space);
    faults.arm(n);
    Result<void> result = act(n);
    const bool fired = faults.fired();
    faults.arm(0);
    if (!fired) {
      require(result);
      break;
    }
    ++failures;
    REQUIRE_FALSE(result);
    REQUIRE(result.error().code == Errc::kDiskFull);
    REQUIRE(ask(*replica, space) == before);
    require(act(n));
    REQUIRE(ask(*replica, space).changes > before.changes);
  }
  const Answers after = ask(*replica, space);
  require(replica->rebuild_views());
  CHECK(ask(*replica, space) == after);
  replica.reopen();
  CHECK(ask(*replica, space) == after);
  return failures;
}

Result<void> drop_value(const auto& result) {
  if (result.has_error()) return result.error();
  return ok();
}

}  // namespace

TEST_CASE("an append that fails at any step changes nothing and can be repeated") {
  FailNth faults;
  TestReplica replica(1, &faults);
  Village village = found_village(*replica, replica.random());
  RecordId record = replica.random().make<RecordId>();
  std::uint64_t failures = fail_each_step(replica, faults, village.space, 0, [&](std::uint64_t n) {
    std::vector<replica::ChangeDraft> drafts;
    for (std::int64_t i = 0; i < 3; ++i)
      drafts.push_back(draft_of(record, {set_field("n", std::int64_t(n) * 10 + i)}));
    return drop_value(replica->append(village.space, village.founder.device, drafts, 0));
  });
  // At least log, change, id and author row of three changes, the view and the commit.
  CHECK(failures >= 14);
}

TEST_CASE("a roster change that fails at any step leaves the roster in memory as on disk") {
  FailNth faults;
  TestReplica replica(1, &faults);
  Village village = found_village(*replica, replica.random());
  std::uint64_t failures = fail_each_step(replica, faults, village.space, 0, [&](std::uint64_t n) {
    Person person = make_person(replica.random(), std::to_string(n));
    return drop_value(replica->append_roster(village.space, village.founder.device,
                                             admit_operations(person, village.space, {"clerk"}),
                                             0));
  });
  CHECK(failures >= 6);
}

TEST_CASE("an import that fails at any step changes nothing and can be repeated") {
  FailNth faults;
  TestReplica replica(1, &faults);
  Village village = found_village(*replica, replica.random());
  std::uint64_t failures = fail_each_step(replica, faults, village.space, 2, [&](std::uint64_t) {
    std::vector<replica::ChangeDraft> drafts(4);
    for (replica::ChangeDraft& draft : drafts) {
      for (std::int64_t row = 0; row < 25; ++row)
        draft.parts.push_back({.record = replica.random().make<RecordId>(),
                               .registry = "rental",
                               .scope = kOpenScope,
                               .operations = {set_field("row", row)}});
    }
    return drop_value(replica->append(village.space, village.founder.device, drafts, 0));
  });
  CHECK(failures >= 10);
}

TEST_CASE("an accept that fails at any step changes nothing and can be repeated") {
  FailNth faults;
  TestReplica source(1), target(2, &faults);
  Village village = found_village(*source, source.random());
  Person li = admit_person(*source, village, source.random(), "李");
  pull(*target, *source, village.space);
  RecordId record = source.random().make<RecordId>();
  const std::vector<const Person*> authors{&village.founder, &li, &village.founder};
  std::uint64_t round = 0;
  std::vector<sync::Run> runs;
  std::uint64_t failures =
      fail_each_step(target, faults, village.space, 0, [&](std::uint64_t n) -> Result<void> {
        if (n != round) {
          round = n;
          // Out of order, so that the pool and waiting parts take part: child before parent,
          // later before earlier, and last the roster change that all of them pin.
          const Person person = make_person(source.random(), std::to_string(n));
          require(source->append_roster(village.space, village.founder.device,
                                        admit_operations(person, village.space, {"clerk"}), 0));
          runs = {{{head_change(*source, village.space, village.founder.author())}}};
          for (const Person* author : authors) {
            write_record(*source, village.space, *author, record,
                         {set_field("n", std::int64_t(n))});
            runs.insert(runs.begin(), {{head_change(*source, village.space, author->author())}});
          }
        }
        return drop_value(target->accept(village.space, runs));
      });
  CHECK(failures >= 20);
  CHECK(require(target->view_hash(village.space)) == require(source->view_hash(village.space)));
}
