// SPDX-License-Identifier: Apache-2.0
//
// The real program over bad links: whatever they do, both ends come to the same within a bounded
// time, nothing that was durable is sent again, and what is durable never becomes less.
#include <thread>

#include "tests/end_to_end/linked_desks.h"

namespace cunju::test {
namespace {

using namespace std::chrono_literals;
using Side = EmulatedLink::Side;

struct Condition {
  const char* name;
  const char* profile;
  std::chrono::seconds limit;
  /// The caller moves to another address so often, which ends its connection wherever it is.
  std::chrono::seconds moves_every{0};
};

struct Outcome {
  LinkedDesks::Convergence convergence;
  std::size_t records_at_a = 0, records_at_b = 0;
  std::uint64_t known = 0;       ///< Changes that came although they were here.
  std::uint64_t link_bytes = 0;  ///< Frames of both directions, before the link lost any.
  std::size_t sessions = 0;
  bool has_ended_well = false;
  bool has_said_left = false;  ///< The serving node that takes most has said what is left.
};

Outcome run_condition(EmulatedLink& link, const Condition& condition) {
  Outcome out;
  LinkedDesks desks(link);
  if (!desks.serve_a()) return out;
  desks.serve_b();
  auto next_move = std::chrono::steady_clock::now() + condition.moves_every;
  int address = 100;
  out.convergence = desks.wait_until_equal(condition.limit, [&] {
    if (condition.moves_every == 0s || std::chrono::steady_clock::now() < next_move) return;
    next_move += condition.moves_every;
    link.order("address b 10.77.0." + std::to_string(++address));
  });
  out.records_at_a = desks.records(Side::kA);
  out.records_at_b = desks.records(Side::kB);
  out.link_bytes = link.offered_bytes(Side::kA) + link.offered_bytes(Side::kB);
  out.sessions = desks.events(Side::kB, "connected").size();
  for (const auto& progress : desks.events(Side::kB, "progress"))
    out.has_said_left = out.has_said_left || progress.if_contains("bytes_left") != nullptr;
  link.order("profile seed=1");
  const bool has_left = desks.server(Side::kB).stop(20s) == 0;
  out.has_ended_well = desks.server(Side::kA).stop(20s) == 0 && has_left;
  for (const Side side : {Side::kA, Side::kB})
    for (const auto& closed : desks.events(side, "closed"))
      out.known += closed.at("known").to_number<std::uint64_t>();
  return out;
}

/// All at once: links are waited for more than worked on.
void check_conditions(const std::vector<Condition>& conditions) {
  PairedHomes::instance();
  std::vector<std::unique_ptr<EmulatedLink>> links;
  for (const Condition& condition : conditions) {
    links.push_back(require_link(condition.profile, condition.limit + 120s));
    if (!links.back()) return;
  }
  std::vector<Outcome> outcomes(conditions.size());
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < conditions.size(); ++i)
    threads.emplace_back([&, i] { outcomes[i] = run_condition(*links[i], conditions[i]); });
  for (std::thread& thread : threads) thread.join();
  for (std::size_t i = 0; i < conditions.size(); ++i) {
    const Outcome& outcome = outcomes[i];
    std::string line = std::string(conditions[i].name) + " (" + conditions[i].profile +
                       "): " + std::to_string(outcome.convergence.seconds) + " s, " +
                       std::to_string(outcome.sessions) + " sessions, " +
                       std::to_string(outcome.link_bytes) + " bytes on the link, changes at b";
    for (const std::uint64_t changes : outcome.convergence.changes_at_b)
      line += " " + std::to_string(changes);
    WARN(line);
    CHECK(outcome.convergence.is_equal);
    CHECK(outcome.convergence.is_monotonic);
    constexpr std::size_t kAll = PairedHomes::kRecordsOfA + PairedHomes::kRecordsOfB;
    CHECK(outcome.records_at_a == kAll);
    CHECK(outcome.records_at_b == kAll);
    // Every attempt began at the heads of the moment.
    CHECK(outcome.known == 0);
    // About 70 KB of changes; the rest is what the link itself makes necessary, and what a cut took
    // away of batches under way.
    CHECK(outcome.link_bytes < 500'000);
    CHECK(outcome.has_ended_well);
    CHECK(outcome.has_said_left);
    CHECK(outcome.sessions > (conditions[i].moves_every > 0s ? 1u : 0u));
  }
}

}  // namespace

TEST_CASE("Over every kind of bad link both ends come to the same, and nothing is sent in vain",
          "[links]") {
  check_conditions({
      {"far", "delay=300 jitter=40 loss=50 seed=11", 30s},
      {"very far", "delay=1500 jitter=100 seed=12", 60s},
      {"lossy", "delay=40 loss=200 seed=13", 45s},
      {"narrow", "delay=100 rate=64000 queue=16384 seed=14", 45s},
      {"cut every few seconds", "delay=60 rate=256000 up=4000 down=2000 seed=15", 45s},
      {"lopsided", "ab.delay=20 ab.rate=2000000 ba.delay=600 ba.rate=32000 seed=16", 30s},
      {"out of order and twice", "delay=80 dup=100 reorder=250 seed=17", 20s},
      {"broken every few seconds", "delay=50 rate=64000 queue=16384 seed=18", 60s, 6s},
  });
}

TEST_CASE("The worst of everything at once, for as long as it takes", "[links][.long]") {
  check_conditions({
      {"very far and lossy", "delay=1500 jitter=300 loss=100 seed=21", 240s},
      {"narrow and lossy", "delay=300 rate=64000 loss=100 queue=16384 seed=22", 240s},
      {"narrow and cut", "delay=300 rate=64000 queue=16384 up=8000 down=4000 seed=23", 240s},
      {"narrow and cut every four seconds",
       "delay=100 rate=64000 queue=16384 up=4000 down=4000 seed=25", 240s},
      {"narrow and broken every four seconds", "delay=50 rate=64000 queue=16384 seed=26", 240s, 4s},
      {"all of it",
       "delay=500 jitter=200 rate=64000 loss=50 dup=20 reorder=50 up=15000 down=5000 seed=24",
       300s},
  });
}

}  // namespace cunju::test
