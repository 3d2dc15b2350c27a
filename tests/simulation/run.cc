// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/run.h"

#include <catch2/catch.hpp>
#include <cstdio>
#include <cstdlib>

#include "tests/simulation/world.h"
#include "tests/support/number_from.h"

#if defined(__SANITIZE_ADDRESS__)
// Declared by hand: not every compiler that has the runtime installs the header.
extern "C" void __sanitizer_set_death_callback(void (*callback)(void));
#endif

namespace cunju::simulation {
namespace {

std::string& running_line() {
  static std::string line;
  return line;
}

#if defined(__SANITIZE_ADDRESS__)
void say_running_line() { std::fprintf(stderr, "%s\n", running_line().c_str()); }
#endif

}  // namespace

std::string replay_line(std::uint64_t seed) {
  // A comma would begin another pattern.
  std::string test;
  for (const char c : Catch::getResultCapture().getCurrentTestName())
    test += c == ',' ? std::string("\\,") : std::string(1, c);
  return "CUNJU_SIM_SEED=" + std::to_string(seed) + " build/dev/tests/simulation_tests '" + test +
         "'";
}

void announce(std::uint64_t seed) {
#if defined(__SANITIZE_ADDRESS__)
  if (running_line().empty()) __sanitizer_set_death_callback(say_running_line);
#endif
  running_line() = replay_line(seed);
}

std::vector<std::uint64_t> seeds(std::uint64_t first, std::uint64_t count) {
  if (std::getenv("CUNJU_SIM_SEED") != nullptr) return {test::number_from("CUNJU_SIM_SEED", 0)};
  std::vector<std::uint64_t> out;
  const std::uint64_t from = test::number_from("CUNJU_FIRST_SEED", first);
  const std::uint64_t many = test::number_from("CUNJU_SEEDS", count);
  for (std::uint64_t seed = from; seed < from + many; ++seed) out.push_back(seed);
  return out;
}

Outcome run_scenario(const Scenario& scenario) {
  World world(scenario);
  world.run();
  return {.failures = world.context().failures,
          .trace_hash = world.context().trace.hash(),
          .trace_tail = world.context().trace.tail(),
          .counts = world.context().counts};
}

void require_sound(const Scenario& scenario, Counts& sum) {
  announce(scenario.seed);
  INFO(describe(scenario));
  const Outcome outcome = run_scenario(scenario);
  for (const auto& [what, count] : outcome.counts) sum[what] += count;
  if (outcome.failures.empty()) return;
  std::string text;
  for (const std::string& failure : outcome.failures) text += failure + "\n";
  // Not through Catch, which would break the line in two.
  std::fprintf(stderr, "%s\n", replay_line(scenario.seed).c_str());
  INFO("the end of the trace:\n" << outcome.trace_tail);
  FAIL(text);
}

std::string to_text(const Counts& counts) {
  std::string out;
  for (const auto& [what, count] : counts) out += std::to_string(count) + " " + what + "\n";
  return out;
}

}  // namespace cunju::simulation
