// SPDX-License-Identifier: Apache-2.0
// No network at all: what the program writes on three sticks, and people who mislay them.
#include <catch2/catch.hpp>

#include "tests/simulation/run.h"

using namespace cunju::simulation;

TEST_CASE("villages that only three sticks connect agree and receipt nothing that is not stored") {
  Counts counts;
  std::vector<std::uint64_t> chosen = seeds(1, 5);
  const bool is_as_chosen = chosen.size() == 5;
  // Villages in which parts are filled in, and something is erased.
  if (is_as_chosen) chosen.insert(chosen.end(), {1003, 1101, 1105});
  for (std::uint64_t seed : chosen) require_sound(draw_scenario_of_sticks(seed), counts);
  INFO(to_text(counts));
  if (!is_as_chosen) return;
  for (const char* name : {"sticks carried",
                           "sticks wiped",
                           "sticks that were full",
                           "sticks lost for good or not",
                           "stale sticks",
                           "swapped sticks",
                           "copies of sticks",
                           "damaged sticks of files",
                           "letters read",
                           "letters for others",
                           "own letters",
                           "letters that are damaged",
                           "letters of unknown nodes",
                           "receipts",
                           "stale receipts",
                           "receipts read twice",
                           "receipted heads",
                           "attachments that came",
                           "attachments left",
                           "attachments that the disk refused",
                           "orphans taken away",
                           "nodes narrowed",
                           "nodes widened",
                           "shells at rest",
                           "lacking parts written",
                           "parts filled in",
                           "acts that have erased",
                           "fake sticks found",
                           "crashes",
                           "full disks",
                           "restored backups",
                           "statements"}) {
    INFO(name);
    CHECK(counts.contains(name));
  }
}

TEST_CASE("CUNJU_SEEDS villages of sticks from CUNJU_FIRST_SEED on", "[.long]") {
  Counts counts;
  for (std::uint64_t seed : seeds(1000, 300)) {
    if (seed % 100 == 0) WARN("seed " << seed);
    require_sound(draw_scenario_of_sticks(seed), counts);
  }
  WARN(to_text(counts));
}
