// SPDX-License-Identifier: Apache-2.0
// Faults that are not in the mixture, because the product has no full answer to them yet: what
// holds all the same is checked. When forks have their effects the flags move into the mixture
// (scenario.h) and these cases shrink to stories.
#include <catch2/catch.hpp>

#include "tests/simulation/run.h"

using namespace cunju::simulation;

TEST_CASE("a restored node that writes before it has met anybody forks itself and nobody else") {
  Counts counts;
  for (std::uint64_t seed : seeds(1, 25)) {
    Scenario scenario = draw_scenario(seed);
    scenario.faults |= kHastyRestores;
    require_sound(scenario, counts);
  }
  INFO(to_text(counts));
  CHECK(counts["restored backups"] > 0);
  CHECK(counts["hasty saves"] > 0);
  CHECK(counts["forks that a session saw"] > 0);
}

TEST_CASE("liars that sign two changes in one place can't take an honest change from anybody") {
  Counts counts;
  for (std::uint64_t seed : seeds(1, 25)) {
    Scenario scenario = draw_scenario_with_liars(seed);
    scenario.faults |= kEquivocation;
    require_sound(scenario, counts);
  }
  INFO(to_text(counts));
  CHECK(counts["equivocations"] > 0);
  CHECK(counts["forked"] > 0);
}
