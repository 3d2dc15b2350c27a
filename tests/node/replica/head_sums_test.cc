// SPDX-License-Identifier: Apache-2.0
// The sum of a space's heads that is kept up is the one that its logs give, whatever happens.
#include <random>

#include "net/sync/heads_sum.h"
#include "tests/support/fail_nth.h"
#include "tests/support/replica_fixture.h"
#include "tests/support/session_pair.h"

using namespace cunju;
using namespace cunju::test;

namespace {

/// As shared_heads() has it; and as a session that keeps no sums would compute it.
Hash kept(replica::Replica& replica, const Village& village) {
  const sync::SharedHeads shared = require(replica.shared_heads(village.founder.wire.wire()));
  REQUIRE(shared.spaces.size() == 1);
  sync::HeadsSum sum;
  for (const sync::AuthorHead& head : require(replica.heads(village.space))) sum.add(head.id);
  CHECK(shared.spaces[0].digest == sum.digest());
  CHECK(shared.spaces[0].count == sum.count());
  return shared.spaces[0].digest;
}

void check_kept(replica::Replica& replica, const Village& village) {
  CHECK(kept(replica, village) == require(replica.recompute_digest(village.space)));
}

/// Signs at any place of its log, so that there are branches.
struct Forker {
  Person person;
  std::vector<Change> changes;

  Change sign(std::mt19937_64& random, replica::Replica& replica, const Village& village) {
    const Change* prev =
        changes.empty() || random() % 8 == 0 ? nullptr : &changes[random() % changes.size()];
    std::vector<ChangeId> pins;
    if (prev == nullptr) pins = require(replica.roster_heads(village.space));
    changes.push_back(forge_change(person.device, village.space, prev, pins,
                                   {forge_part(RecordId{{7}}, {}, {set_field("a", "x")})}));
    return changes.back();
  }
};

}  // namespace

TEST_CASE("the sum of a space's heads that is kept is what its logs give, after anything") {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    TestReplica one(seed), two(seed + 1000);
    const Village village = found_village(*one, one.random());
    const Person li = admit_person(*one, village, one.random(), "李");
    const Person zhou = admit_person(*one, village, one.random(), "周");
    Forker liar{admit_person(*one, village, one.random(), "钱"), {}};
    pull(*two, *one, village.space);
    for (int step = 0; step < 30; ++step) {
      CAPTURE(step);
      replica::Replica& where = random() % 2 == 0 ? *one : *two;
      switch (random() % 6) {
        case 0:
        case 1:
          // Each writes on a node of its own, or it would fork its log.
          write_record(where, village.space, &where == &*one ? li : zhou,
                       one.random().make<RecordId>(), {set_field("n", std::int64_t{step})});
          break;
        case 2:
          (void)admit_person(*one, village, one.random(), std::to_string(step));
          break;
        case 3: {
          // Sometimes before what it goes on from: it waits in the pool then.
          const Change change = liar.sign(random, *one, village);
          require(where.accept(village.space, std::vector<sync::Run>{{{change}}}));
          break;
        }
        default:
          pull(*two, *one, village.space);
          if (random() % 2 == 0) pull(*one, *two, village.space);
      }
      check_kept(*one, village);
      check_kept(*two, village);
      const bool are_equal =
          require(one->heads(village.space)) == require(two->heads(village.space));
      CHECK((kept(*one, village) == kept(*two, village)) == are_equal);
    }
    const Hash before = kept(*one, village);
    require(one->rebuild_views());
    CHECK(kept(*one, village) == before);
    one.reopen();
    CHECK(kept(*one, village) == before);
  }
}

TEST_CASE("a log with more branches than are named has the sum of all of them") {
  TestReplica one(1);
  const Village village = found_village(*one, one.random());
  Forker liar{admit_person(*one, village, one.random(), "钱"), {}};
  std::mt19937_64 random(1);
  const std::size_t own_logs = require(one->heads(village.space)).size();
  std::vector<Change> branches;
  for (std::size_t i = 0; i < limits::kMaxHeadsPerAuthor + 6; ++i) {
    liar.changes.clear();
    const Change change = liar.sign(random, *one, village);
    // A different record each time, or all would be the same change.
    branches.push_back(
        forge_change(liar.person.device, village.space, nullptr, change.header.pins,
                     {forge_part(one.random().make<RecordId>(), {}, {set_field("a", "x")})}));
    require(one->accept(village.space, std::vector<sync::Run>{{{branches.back()}}}));
    const sync::SharedHeads shared = require(one->shared_heads(village.founder.wire.wire()));
    CHECK(shared.spaces.at(0).digest == require(one->recompute_digest(village.space)));
    CHECK(shared.spaces.at(0).count == own_logs + branches.size());
  }
}

TEST_CASE("a write that fails at any step leaves the sum of the heads that are there") {
  FailNth faults;
  TestReplica one(1, &faults);
  const Village village = found_village(*one, one.random());
  std::uint64_t failures = 0;
  for (std::uint64_t n = 1;; ++n) {
    CAPTURE(n);
    const Hash before = kept(*one, village);
    faults.arm(n);
    const auto draft = draft_of(one.random().make<RecordId>(), {set_field("n", std::int64_t{1})});
    const auto result = one->append(village.space, village.founder.device, {&draft, 1}, 0);
    const bool fired = faults.fired();
    faults.arm(0);
    check_kept(*one, village);
    if (!fired) {
      CHECK(kept(*one, village) != before);
      break;
    }
    ++failures;
    REQUIRE_FALSE(result);
    CHECK(kept(*one, village) == before);
  }
  CHECK(failures >= 8);
}

TEST_CASE("two stores meet by lists and by sketches, with forked logs, and have the same then") {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    CAPTURE(seed);
    const testing::Sketching sketching(seed % 2 == 0);
    std::mt19937_64 random(seed);
    TestReplica one(seed), two(seed + 1000);
    const Village village = found_village(*one, one.random());
    const Person li = admit_person(*one, village, one.random(), "李");
    Forker liar{admit_person(*one, village, one.random(), "钱"), {}};
    pull(*two, *one, village.space);
    for (int round = 0; round < 3; ++round) {
      for (int step = 0; step < 6; ++step) {
        write_record(*one, village.space, village.founder, one.random().make<RecordId>(),
                     {set_field("n", std::int64_t{step})});
        write_record(*two, village.space, li, two.random().make<RecordId>(),
                     {set_field("n", std::int64_t{step})});
        const Change change = liar.sign(random, *one, village);
        replica::Replica& where = random() % 2 == 0 ? *one : *two;
        require(where.accept(village.space, std::vector<sync::Run>{{{change}}}));
      }
      testing::SessionPair pair(*one, *two, {.leave_when_caught_up = true}, {},
                                testing::test_handshake_hash(static_cast<std::uint8_t>(round)),
                                village.founder.wire.wire(), li.wire.wire());
      pair.start();
      REQUIRE(pair.pump());
      for (std::size_t side : {0u, 1u}) {
        REQUIRE(pair.side(side).close);
        CHECK_FALSE(pair.side(side).close->error);
      }
      CHECK(require(one->state_hash(village.space)) == require(two->state_hash(village.space)));
      CHECK(kept(*one, village) == kept(*two, village));
    }
  }
}
