// SPDX-License-Identifier: Apache-2.0
// The flood at full size: a member fills a node's pool of held changes to its limit.
#include <catch2/catch.hpp>

#include "crdt/base/limits.h"
#include "tests/simulation/checkers.h"
#include "tests/simulation/world.h"

using namespace cunju;
using namespace cunju::simulation;

TEST_CASE("a pool that a member has filled delays nobody whose changes come in order") {
  World world({.seed = 9, .nodes = 3, .edits = 20, .topology = Topology::kComplete});
  Context& context = world.context();
  Node& victim = *world.nodes()[2];
  const test::Person& member = world.nodes()[1]->person();
  std::vector<sync::Run> flood;
  for (std::size_t i = 0; i < limits::kMaxPoolChanges; ++i) {
    flood.push_back({{sign_change(member.device,
                                  {.space = context.space,
                                   .author = member.author(),
                                   .seq = {10'000 + 2 * i},
                                   .prev = context.random.make<ChangeId>()},
                                  {})}});
  }
  for (std::size_t at = 0; at < flood.size(); at += limits::kMaxBatchChanges) {
    // Not through the ledger: these are no part of what the nodes are to agree on.
    test::require(victim.replica().accept(context.space,
                                          std::span(flood).subspan(at, limits::kMaxBatchChanges)));
  }
  REQUIRE(test::require(victim.replica().counts()).pooled == limits::kMaxPoolChanges);
  world.turmoil(20);
  world.quiet();
  check_agreement(context, world.nodes());
  check_nothing_lost(context, world.nodes());
  check_against_replay(context, world.nodes());
  for (const std::string& failure : context.failures) FAIL_CHECK(failure);
  CHECK(test::require(victim.replica().counts()).pooled == limits::kMaxPoolChanges);
}
