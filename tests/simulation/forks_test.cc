// SPDX-License-Identifier: Apache-2.0
// Logs that are forked, in every run: by restored nodes that write before they have met anybody,
// and by liars who sign several changes after the same one.
#include <catch2/catch.hpp>

#include "tests/simulation/run.h"

using namespace cunju::simulation;

TEST_CASE("restored nodes that write before they have met anybody lose nothing of either branch") {
  Counts counts;
  for (std::uint64_t seed : seeds(1, 25)) {
    Scenario scenario = draw_scenario(seed);
    scenario.faults |= kRestoredBackups | kHastyRestores;
    require_sound(scenario, counts);
  }
  INFO(to_text(counts));
  CHECK(counts["restored backups"] > 0);
  CHECK(counts["hasty saves"] > 0);
  CHECK(counts["forks that a session saw"] > 0);
}

TEST_CASE("liars that sign several changes in one place are seen alike by all") {
  Counts counts;
  for (std::uint64_t seed : seeds(1, 25)) {
    Scenario scenario = draw_scenario_with_liars(seed);
    scenario.faults |= kEquivocation;
    require_sound(scenario, counts);
  }
  INFO(to_text(counts));
  CHECK(counts["equivocations"] > 0);
  CHECK(counts["branches begun"] > 0);
  CHECK(counts["forked"] > 0);
}
