// SPDX-License-Identifier: Apache-2.0
//
// What every piece of one world shares: the scenario, chance, time, the trace, every change that
// anybody took, and the faults found. One thread. The first failure ends the run.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "crdt/change/change.h"
#include "tests/simulation/dice.h"
#include "tests/simulation/event_queue.h"
#include "tests/simulation/scenario.h"
#include "tests/simulation/trace.h"

namespace cunju::simulation {

/// The one confidential scope of a world.
inline constexpr Scope kSealedScope{1};

/// How often something happened: a run in which nothing went wrong proves nothing.
using Counts = std::map<std::string, std::uint64_t>;

struct Context {
  explicit Context(const Scenario& chosen)
      : scenario(chosen), dice(chosen.seed), random(chosen.seed) {}

  void note(const std::string& line) { trace.note(events.now(), line); }
  void fail(std::string what) {
    note("FAILURE " + what);
    failures.push_back(std::move(what));
  }
  bool has_failed() const { return !failures.empty(); }

  Scenario scenario;
  Dice dice;
  crypto::SeededRandom random;  ///< Keys and ids.
  /// Every honest node reads the confidential scope with this device's key.
  crypto::SigningKey reader = [this] {
    crypto::SeededRandom own(~scenario.seed);
    return crypto::SigningKey::generate(own);
  }();
  EventQueue events;
  Trace trace;
  SpaceId space;
  std::set<ChangeId> travelled;        ///< What has left a node, whether it arrived or not.
  std::map<ChangeId, Change> library;  ///< Every authentic change that a node has taken or written.
  Counts counts;
  std::vector<std::string> failures;
};

}  // namespace cunju::simulation
