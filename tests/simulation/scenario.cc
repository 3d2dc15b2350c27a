// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/scenario.h"

#include <utility>

#include "tests/simulation/dice.h"

namespace cunju::simulation {
namespace {

constexpr std::pair<Fault, const char*> kNames[] = {
    {kCuts, "cuts"},
    {kPartitions, "partitions"},
    {kOneWayLinks, "one-way"},
    {kSwizzledLinks, "swizzle"},
    {kDamagedFrames, "frames"},
    {kCrashes, "crashes"},
    {kFullDisks, "full-disks"},
    {kFailingSyncs, "failing-syncs"},
    {kWrongClocks, "clocks"},
    {kCouriers, "couriers"},
    {kRosterActs, "roster"},
    {kLateJoiners, "late-joiners"},
    {kTakings, "takings"},
    {kRestoredBackups, "restored-backups"},
    {kWitnesses, "witnesses"},
    {kHastyRestores, "hasty-restores"},
    {kEquivocation, "equivocation"},
    {kQuorums, "quorums"},
};
constexpr const char* kTopologies[] = {"line", "ring", "star", "tree", "complete"};

/// Its own stream: what a scenario is must not change when the world rolls once more.
constexpr std::uint64_t kScenarioStream = 0x5CE9A210;
constexpr std::uint64_t kQuorumStream = 0x0C0A11B0;

}  // namespace

Scenario draw_scenario(std::uint64_t seed) {
  Dice dice(seed ^ kScenarioStream);
  Scenario out{.seed = seed};
  out.nodes = dice.between(3, 6);
  out.edits = dice.between(30, 80);
  out.periods = dice.between(1, 2);
  out.topology = static_cast<Topology>(dice.below(5));
  // Each fault is in two thirds of the runs; one run in ten has all of them.
  for (const auto& [fault, name] : kNames) {
    // From a stream of its own, so that seeds from before there were quorums are what they were.
    const bool is_on = fault == kQuorums ? Dice(seed ^ kQuorumStream).one_in(2) : !dice.one_in(3);
    if (is_on) out.faults |= fault;
  }
  if (dice.one_in(10)) {
    for (const auto& [fault, name] : kNames) out.faults |= fault;
  }
  // Whoever never lies signs twice only after a restore.
  out.faults &= ~static_cast<std::uint32_t>(kEquivocation);
  if (!out.has(kRestoredBackups)) out.faults &= ~static_cast<std::uint32_t>(kHastyRestores);
  return out;
}

Scenario draw_scenario_with_liars(std::uint64_t seed) {
  Scenario out = draw_scenario(seed);
  Dice dice(~seed ^ kScenarioStream);
  out.faults &= ~static_cast<std::uint32_t>(kRestoredBackups | kHastyRestores);
  if (!dice.one_in(3)) out.faults |= kEquivocation;
  out.liars = dice.one_in(3) ? out.nodes - 1 : dice.between(1, out.nodes - 1);
  return out;
}

Scenario draw_scenario_of_sticks(std::uint64_t seed) {
  Scenario out = draw_scenario(seed);
  constexpr std::uint32_t kNeedConnections = kCuts | kPartitions | kOneWayLinks | kSwizzledLinks |
                                             kDamagedFrames | kCouriers | kEquivocation;
  out.faults = (out.faults & ~kNeedConnections) | kOnlySticks;
  // Reading a stick states and hands over by itself, whoever was restored.
  if (out.has(kRestoredBackups)) out.faults |= kHastyRestores;
  return out;
}

std::string describe(const Scenario& scenario) {
  std::string out = std::to_string(scenario.nodes) + " nodes (" +
                    kTopologies[static_cast<std::size_t>(scenario.topology)] + "), " +
                    std::to_string(scenario.liars) + " liars, " + std::to_string(scenario.edits) +
                    " edits in " + std::to_string(scenario.periods) + " periods, faults:";
  for (const auto& [fault, name] : kNames) {
    if (scenario.has(fault)) out += std::string(" ") + name;
  }
  if (scenario.has(kOnlySticks)) out += " only-sticks";
  return out;
}

}  // namespace cunju::simulation
