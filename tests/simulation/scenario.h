// SPDX-License-Identifier: Apache-2.0
//
// What a run is made of: how many nodes, who lies, how they are connected, which faults happen.
// draw_scenario() chooses all of it by the seed, so that every run has its own mixture of faults
// (swarm testing: Groce et al. 2012), and a test may then fix what it is about. A value.
#pragma once

#include <cstdint>
#include <string>

namespace cunju::simulation {

/// Faults by name, one bit each.
enum Fault : std::uint32_t {
  kCuts = 1U << 0,           ///< Connections break; the ends learn of it apart.
  kPartitions = 1U << 1,     ///< Groups of nodes that can't reach each other.
  kOneWayLinks = 1U << 2,    ///< What one says arrives, what the other says does not.
  kSwizzledLinks = 1U << 3,  ///< Links fail one by one and come back in another order.
  kDamagedFrames = 1U << 4,  ///< Bytes below the channel are changed, lost, doubled, swapped.
  kCrashes = 1U << 5,        ///< Between any two writes, and after a commit nobody heard of.
  kFullDisks = 1U << 6,
  kFailingSyncs = 1U << 7,
  kWrongClocks = 1U << 8,
  kCouriers = 1U << 9,  ///< Sticks: lost, doubled, late, damaged, given to the wrong node.
  kRosterActs = 1U << 10,
  kLateJoiners = 1U << 11,  ///< Nodes begin with nothing but the space's id and an inviter.
  kTakings = 1U << 12,      ///< Roster acts that take away, by several officers, beside each other.
  /// Old copies of the store; whoever has one syncs before it writes. Not where somebody lies: what
  /// a liar replays would be all that is left of a log.
  kRestoredBackups = 1U << 13,
  kHastyRestores = 1U << 14,  ///< The same, and it writes before it has met anybody.
  kEquivocation = 1U << 15,   ///< Liars sign several changes after the same one.
  kWitnesses = 1U << 16,  ///< Some machines belong to a supervisor or the office, and state what
                          ///< they hold; those of liars state what is not so.
  kQuorums = 1U << 17,    ///< Recovery quorums act, and name others, beside each other as well.
  /// No connections: three sticks, as the program writes and reads them (sticks.h). Not drawn.
  kOnlySticks = 1U << 18,
};

enum class Topology : std::uint8_t { kLine, kRing, kStar, kTree, kComplete };

struct Scenario {
  std::uint64_t seed = 0;
  std::size_t nodes = 3;
  std::size_t liars = 0;  ///< Fewer than nodes.
  std::size_t edits = 40;
  std::size_t periods = 2;  ///< Turmoil, then quiet, so many times.
  Topology topology = Topology::kRing;
  std::uint32_t faults = 0;

  bool has(Fault fault) const { return (faults & fault) != 0; }
};

Scenario draw_scenario(std::uint64_t seed);
/// The same with liars among the nodes, up to all but one.
Scenario draw_scenario_with_liars(std::uint64_t seed);
/// Honest people without any network.
Scenario draw_scenario_of_sticks(std::uint64_t seed);
std::string describe(const Scenario& scenario);

}  // namespace cunju::simulation
