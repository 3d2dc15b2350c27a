// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "tests/crdt/types/history.h"
#include "tests/crdt/types/oracle.h"

namespace cunju::test {
namespace {

WorkloadOptions options_of(Random& random) {
  return {.authors = 2 + below(random, 5),
          .steps = 5 + below(random, 60),
          .with_liars = below(random, 2) == 0,
          .with_voids = below(random, 2) == 0};
}

}  // namespace

TEST_CASE("every causal order of any history gives the bytes that every other order gives") {
  for (std::uint64_t seed = 1; seed <= 150; ++seed) {
    CAPTURE(seed);
    Random random(seed);
    const History history = random_history(random, options_of(random));
    const Bytes expected = view_of(history).encode();
    for (int round = 0; round < 6; ++round) {
      Replica replica(history);
      for (std::size_t index : random_causal_order(random, history)) {
        replica.deliver(index);
        replica.deliver(index);  // A duplicate: peers offer the same change twice.
        // One delivery in four goes through the store's encoding.
        if (below(random, 4) == 0) {
          Result<RecordView> stored = RecordView::decode(replica.view().encode());
          REQUIRE(stored.has_value());
          REQUIRE(stored.value() == replica.view());
        }
      }
      REQUIRE(replica.view().encode() == expected);
    }
  }
}

TEST_CASE("views say what the laws say over explicit ancestor sets, at every moment of delivery") {
  std::size_t conflicts = 0;
  std::size_t delete_conflicts = 0;
  std::size_t deleted = 0;
  std::size_t contested = 0;
  for (std::uint64_t seed = 1000; seed < 1150; ++seed) {
    CAPTURE(seed);
    Random random(seed);
    const History history = random_history(random, options_of(random));
    Replica replica(history);
    for (std::size_t index : random_causal_order(random, history)) {
      replica.deliver(index);
      REQUIRE(describe_view(replica.view()) == expected_view(history, replica.delivered()));
      conflicts += replica.view().state.has_conflict() ? 1 : 0;
      delete_conflicts += replica.view().state.has_delete_conflict() ? 1 : 0;
      deleted += replica.view().state.is_deleted() ? 1 : 0;
      contested += replica.view().is_contested() ? 1 : 0;
    }
  }
  // The workload must reach what the laws are about, or the comparison above proves nothing.
  CHECK(conflicts > 300);
  CHECK(delete_conflicts > 100);
  CHECK(deleted > 100);
  CHECK(contested > 100);
}

TEST_CASE("derived clocks cover exactly the explicit ancestors, liars and void changes included") {
  for (std::uint64_t seed = 2000; seed < 2100; ++seed) {
    CAPTURE(seed);
    Random random(seed);
    const History history = random_history(random, options_of(random));
    Replica replica(history);
    for (std::size_t index : random_causal_order(random, history)) replica.deliver(index);
    for (std::size_t c = 0; c < history.size(); ++c) {
      REQUIRE(replica.node(c).depth == history.changes()[c].depth);
      for (std::size_t a = 0; a < history.size(); ++a)
        REQUIRE(replica.node(c).clock.covers(history.changes()[a].dot) ==
                (a == c || history.is_ancestor(a, c)));
    }
  }
}

}  // namespace cunju::test
