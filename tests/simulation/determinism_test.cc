// SPDX-License-Identifier: Apache-2.0
// A seed that fails once must fail each time: the simulator has no other source of chance.
#include <catch2/catch.hpp>

#include "tests/simulation/run.h"

using namespace cunju::simulation;

TEST_CASE("a seed does the same every time and another seed something else") {
  std::string before;
  for (std::uint64_t seed : {3, 4, 5, 6}) {
    CAPTURE(seed);
    const Scenario scenario = seed % 2 == 0 ? draw_scenario_with_liars(seed) : draw_scenario(seed);
    const Outcome first = run_scenario(scenario), second = run_scenario(scenario);
    CHECK(first.trace_hash == second.trace_hash);
    CHECK(first.counts == second.counts);
    CHECK(first.trace_hash != before);
    before = first.trace_hash;
  }
}
