// SPDX-License-Identifier: Apache-2.0
#include "crdt/types/text/text_plan.h"

#include <catch2/catch.hpp>

#include "tests/crdt/types/text/text_story.h"

using namespace cunju;
using namespace cunju::test;

namespace {

std::vector<ChangeId> ids_in_order(const TextHistory& history) {
  std::vector<ChangeId> out;
  const TextPlan plan(history);
  for (TextNodeIndex node : plan.order()) out.push_back(history.node(node).id);
  return out;
}

}  // namespace

TEST_CASE("the order of replay has parents first and does not depend on the delivery") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    const std::vector<SimulatedEdit> changes =
        random_changes(random, {.replicas = 5, .steps = 60, .one_merge_in = 6});
    const TextHistory history = make_history(changes);
    const TextPlan plan(history);
    REQUIRE(plan.order().size() == history.size());
    for (TextPosition at = 0; at < plan.order().size(); ++at) {
      for (TextNodeIndex parent : history.parents(plan.order()[at])) {
        REQUIRE(plan.position_of(parent) < at);
      }
    }
    const TextHistory other = make_history(shuffle_delivery(changes, random));
    REQUIRE(ids_in_order(other) == ids_in_order(history));
  }
}

TEST_CASE("stretches are cut where everybody met") {
  SimulatedText story;
  const auto base = story.insert(1, {}, 0, "a");
  const auto left = story.insert(1, {base}, 1, "b");
  const auto right = story.insert(2, {base}, 1, "c");
  const auto met = story.insert(2, {left, right}, 3, "d");
  story.insert(1, {met}, 4, "e");
  const TextPlan plan(story.history());
  REQUIRE(plan.stretches().size() == 3);
  CHECK_FALSE(plan.stretches()[0].concurrent);
  CHECK(plan.stretches()[1].concurrent);
  CHECK(plan.stretches()[1].end - plan.stretches()[1].begin == 3);
  CHECK(plan.stretches()[1].closed);
  CHECK_FALSE(plan.stretches()[2].concurrent);
}

TEST_CASE("the shorter branch is walked first") {
  SimulatedText story;
  const auto base = story.insert(1, {}, 0, "x");
  const auto end = story.type(1, {base}, 1, {"l", "o", "n", "g"});
  const auto side = story.insert(2, {base}, 0, "s");
  const TextPlan plan(story.history());
  CHECK(plan.position_of(side) < plan.position_of(end));
  CHECK(plan.chain_begin(plan.position_of(end)) == plan.position_of(side) + 1);
}

TEST_CASE("a version's plan holds its ancestors and nothing else") {
  SimulatedText story;
  const auto base = story.insert(1, {}, 0, "x");
  const auto left = story.insert(1, {base}, 1, "l");
  story.insert(2, {base}, 1, "r");
  const TextPlan plan(story.history(), std::vector{left});
  CHECK(std::vector(plan.order().begin(), plan.order().end()) == std::vector{base, left});
}
