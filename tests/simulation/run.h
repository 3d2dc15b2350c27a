// SPDX-License-Identifier: Apache-2.0
//
// Runs of worlds from tests: one scenario to its end, the seeds a test takes, and the line that
// replays a failure. CUNJU_SIM_SEED in the environment makes every test of this tier run that one
// seed; CUNJU_FIRST_SEED and CUNJU_SEEDS move and lengthen the range.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/simulation/context.h"

namespace cunju::simulation {

struct Outcome {
  std::vector<std::string> failures;
  std::string trace_hash;
  std::string trace_tail;
  Counts counts;
};

Outcome run_scenario(const Scenario& scenario);

/// Runs it and fails the Catch test, with the replay line and the end of the trace, when a checker
/// found something. Adds what happened to `sum`.
void require_sound(const Scenario& scenario, Counts& sum);

/// `count` seeds from `first` on, unless the environment says otherwise.
std::vector<std::uint64_t> seeds(std::uint64_t first, std::uint64_t count);

/// What to type to see the failure again.
std::string replay_line(std::uint64_t seed);
/// Set while a seed runs, so that a sanitizer that ends the process can still say which it was.
void announce(std::uint64_t seed);

std::string to_text(const Counts& counts);

}  // namespace cunju::simulation
