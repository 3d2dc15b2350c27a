// SPDX-License-Identifier: Apache-2.0
// The mixture: every seed is another village, other faults, another order of events. Counts are
// checked at the end, because runs in which nothing went wrong prove nothing.
#include <catch2/catch.hpp>

#include "tests/simulation/run.h"

using namespace cunju::simulation;

namespace {

/// Unless a single seed was asked for.
void require_all_happened(const Counts& counts, std::size_t runs,
                          std::initializer_list<const char*> names) {
  INFO(to_text(counts));
  if (runs < 20) return;
  for (const char* name : names) {
    INFO(name);
    CHECK(counts.contains(name));
  }
}

}  // namespace

TEST_CASE("honest villages agree and lose nothing whatever breaks") {
  Counts counts;
  const std::vector<std::uint64_t> chosen = seeds(1, 120);
  for (std::uint64_t seed : chosen) require_sound(draw_scenario(seed), counts);
  require_all_happened(counts, chosen.size(),
                       {"saves",
                        "statements",
                        "roster acts",
                        "act: remove a member",
                        "act: end a role",
                        "act: retire a key",
                        "act: cut a key back",
                        "act: close rental to clerks",
                        "act: close everything to clerks",
                        "act: admit a removed member again",
                        "act: admit all that is late",
                        "act: admit one late change",
                        "act: name a quorum",
                        "act: act as the quorum",
                        "mutual removals",
                        "removals in a circle",
                        "puppets",
                        "late parts",
                        "connections of removed nodes closed",
                        "hand-overs",
                        "restored backups",
                        "logs recovered",
                        "forks that the program refused",
                        "crashes",
                        "restarts",
                        "cuts",
                        "timeouts",
                        "partitions",
                        "one-way links",
                        "swizzles",
                        "connections",
                        "encrypted connections",
                        "flipped bits",
                        "lost frames",
                        "doubled frames",
                        "swapped frames",
                        "connections killed by the channel",
                        "full disks",
                        "failing syncs",
                        "saves that the disk refused",
                        "saves not allowed",
                        "clock jumps",
                        "sticks sent",
                        "sticks lost",
                        "sticks read",
                        "damaged sticks",
                        "sticks that did not open",
                        "admitted",
                        "known",
                        "held",
                        "sessions ended by an error",
                        "calls without an answer"});
}

TEST_CASE("honest nodes agree and lose nothing however many others lie") {
  Counts counts;
  const std::vector<std::uint64_t> chosen = seeds(1, 80);
  for (std::uint64_t seed : chosen) require_sound(draw_scenario_with_liars(seed), counts);
  require_all_happened(counts, chosen.size(),
                       {"lie: old pins in a first change",
                        "lie: pins that go backwards",
                        "lie: parents that do not exist",
                        "lie: parents on another record",
                        "lie: a predecessor that does not exist",
                        "lie: two words about one record",
                        "lie: links and bodies that do not decode",
                        "lie: a roster act without the right",
                        "lie: another registry for a known record",
                        "lie: a signature that does not verify",
                        "lie: an honest change with its parts withheld",
                        "lie: honest changes once more, in a wrong order",
                        "lie: a flood of changes that wait for nothing",
                        "lie: writing on under old pins, whatever was taken meanwhile",
                        "lie: a friend let in beside whatever was taken meanwhile",
                        "lie: everybody else removed",
                        "lie: a statement about what is not so",
                        "lie: a roster act that names a false statement",
                        "lie: an act of a quorum that is one no more",
                        "late parts",
                        "lies about heads",
                        "forged batches sent",
                        "runs kept back",
                        "false acknowledgements",
                        "refused",
                        "held"});
}

TEST_CASE("CUNJU_SEEDS seeds from CUNJU_FIRST_SEED on, honest and with liars", "[.long]") {
  Counts counts;
  for (std::uint64_t seed : seeds(1000, 1000)) {
    if (seed % 500 == 0) WARN("seed " << seed);
    require_sound(draw_scenario(seed), counts);
    require_sound(draw_scenario_with_liars(seed), counts);
  }
  WARN(to_text(counts));
}
