// SPDX-License-Identifier: Apache-2.0
//
// Random rosters against the oracle, in several orders of arrival.
#include <catch2/catch.hpp>

#include "tests/crdt/roster/random_roster.h"
#include "tests/crdt/roster/roster_oracle.h"
#include "tests/support/number_from.h"

using namespace cunju;
using namespace cunju::test;

namespace {

/// What happened in many histories: a test in which nothing happens proves nothing.
struct Tally {
  int dead = 0, in_force = 0, void_ones = 0, only_in_cycle = 0, seniority = 0, cut_ends = 0,
      never = 0, always = 0, forks = 0, covered = 0, covered_apart = 0, void_by_fork = 0,
      released = 0, witness_ends = 0, covered_by_witness = 0, kept = 0, cut_below = 0,
      cut_on_other_branch = 0, silenced = 0, contests = 0, decided = 0, finals = 0;
};

/// What cuts did to what was acknowledged.
void count_cuts(RosterOracle& oracle, const std::vector<RosterChange>& changes, Tally& tally) {
  using Cutting = RosterOracle::Cutting;
  for (const RosterChange& change : changes) {
    for (const Cutting cutting : oracle.cuttings(change.id)) {
      tally.kept += cutting == Cutting::kKept ? 1 : 0;
      tally.cut_below += cutting == Cutting::kBelow ? 1 : 0;
      tally.cut_on_other_branch += cutting == Cutting::kOtherBranch ? 1 : 0;
    }
  }
}

void count_forks(RosterOracle& oracle, const std::vector<RosterChange>& changes, Tally& tally) {
  std::set<AuthorKey> counted;
  for (const RosterChange& change : changes) {
    const std::optional<std::uint64_t> point = oracle.fork_point(change.author);
    if (!point) continue;
    const bool is_void = oracle.is_void_by_fork(change.id);
    tally.void_by_fork += is_void ? 1 : 0;
    tally.released += oracle.is_admissible(change.id) && change.seq.value >= *point && !is_void;
    if (!counted.insert(change.author).second) continue;
    tally.forks += 1;
    tally.covered += oracle.covers(change.author).empty() ? 0 : 1;
    tally.covered_apart += oracle.covers(change.author).size() > 1 ? 1 : 0;
  }
}

std::map<AuthorKey, std::vector<ChangeId>> covers_of_all(RosterOracle& oracle,
                                                         const std::vector<RosterChange>& changes) {
  std::map<AuthorKey, std::vector<ChangeId>> out;
  for (const RosterChange& change : changes) out[change.author] = oracle.covers(change.author);
  return out;
}

/// Tells of what can be told: the pins are there.
void note_statements(RosterGraph& graph, std::vector<std::pair<AuthorKey, StatedChange>>& left) {
  std::erase_if(left, [&](const auto& entry) {
    const auto& [author, stated] = entry;
    if (!std::ranges::all_of(stated.pins, [&](const ChangeId& id) { return graph.contains(id); }))
      return false;
    graph.note_statement(author, stated);
    return true;
  });
}

void check_graph(std::uint64_t seed, int orders, Tally& tally,
                 const RandomRosterOptions& options = {}) {
  CAPTURE(seed, options.has_forks, options.has_witnesses, options.has_quorums);
  RandomRoster random(seed, options);
  const std::vector<RosterChange>& changes = random.changes();
  RosterOracle oracle(random.space(), changes, random.logs());
  const std::vector<std::pair<AuthorKey, Seq>> notes = random.random_notes();
  for (const auto& [author, point] : notes) oracle.note_fork(author, point.value);
  const auto unwitnessed = covers_of_all(oracle, changes);
  const auto statements = random.random_statements();
  for (const auto& [author, stated] : statements) oracle.note_statement(author, stated);
  tally.covered_by_witness += covers_of_all(oracle, changes) != unwitnessed ? 1 : 0;
  for (int order = 0; order < orders; ++order) {
    CAPTURE(order);
    RosterGraph other(random.space());
    auto note = notes.begin();
    auto untold = statements;
    for (std::size_t i : random.random_order()) {
      // At different moments: at the end, at the beginning, now and then.
      if (note != notes.end() && (order % 3 == 1 || (order % 3 == 2 && other.size() % 5 == 2))) {
        other.note_fork(note->first, note->second);
        ++note;
      }
      other.add(changes[i], random.logs().paths());
      if (order % 3 == 1 || (order % 3 == 2 && other.size() % 4 == 1))
        note_statements(other, untold);
      // Asking in between fills the caches, which must not change any answer.
      if (order % 2 == 1) other.now();
    }
    for (; note != notes.end(); ++note) other.note_fork(note->first, note->second);
    note_statements(other, untold);
    REQUIRE(difference(other, oracle, changes) == "");
    for (int i = 0; i < 4; ++i) {
      std::vector<ChangeId> heads = random.random_heads();
      CAPTURE(heads[0].hex());
      REQUIRE(difference(*other.at(heads), oracle.roster(heads)) == "");
    }
    for (int i = 0; i < 10; ++i) {
      std::vector<ChangeId> pins = random.random_heads();
      AuthorKey author = random.random_author(pins);
      std::string registry = random.random_registry();
      CAPTURE(pins.size(), pins[0].hex(), author.hex(), registry);
      const std::uint64_t end = oracle.effective_end(pins, author, registry);
      REQUIRE(other.effective_end(pins, author, registry) == end);
      if (registry == "witness" && end != 0) ++tally.witness_ends;
      const bool is_always = end == std::numeric_limits<std::uint64_t>::max();
      (end == 0 ? tally.never : is_always ? tally.always : tally.cut_ends) += 1;
    }
  }
  for (const RosterChange& change : changes) {
    tally.dead += oracle.is_admissible(change.id) ? 0 : 1;
    tally.in_force += oracle.is_in_force(change.id) ? 1 : 0;
    tally.only_in_cycle += oracle.is_only_in_cycle(change.id) ? 1 : 0;
    tally.silenced += oracle.is_silenced(change.id) ? 1 : 0;
    tally.void_ones += oracle.is_admissible(change.id) && !oracle.is_in_force(change.id) ? 1 : 0;
  }
  count_forks(oracle, changes, tally);
  count_cuts(oracle, changes, tally);
  tally.contests += oracle.quorum_contests().first;
  tally.decided += oracle.quorum_contests().second;
  tally.seniority += oracle.seniority_decisions();
  tally.finals += oracle.final_changes();
}

}  // namespace

TEST_CASE("random rosters are what the oracle makes of them, in every order of arrival") {
  Tally tally;
  for (std::uint64_t seed = 1; seed <= 250; ++seed) check_graph(seed, 2, tally);
  CHECK(tally.dead > 50);
  CHECK(tally.in_force > 500);
  CHECK(tally.void_ones > 100);
  CHECK(tally.only_in_cycle > 5);
  CHECK(tally.seniority > 5);
  CHECK(tally.cut_ends > 100);
  CHECK(tally.never > 100);
  CHECK(tally.always > 100);
  CHECK(tally.witness_ends > 50);
  CHECK(tally.kept > 50);
  CHECK(tally.cut_below > 50);
  CHECK(tally.forks == 0);
}

TEST_CASE("random rosters with forked logs are what the oracle makes of them") {
  Tally tally;
  for (std::uint64_t seed = 1; seed <= 250; ++seed)
    check_graph(seed, 3, tally, {.has_forks = true});
  CHECK(tally.forks > 100);
  CHECK(tally.covered > 50);
  CHECK(tally.covered_apart > 20);
  CHECK(tally.covered_by_witness > 5);
  CHECK(tally.void_by_fork > 100);
  CHECK(tally.released > 50);
  CHECK(tally.kept > 50);
  CHECK(tally.cut_below > 50);
  CHECK(tally.cut_on_other_branch > 50);
  CHECK(tally.only_in_cycle > 2);
  CHECK(tally.seniority > 0);
}

TEST_CASE("random rosters with several quorums are what the oracle makes of them") {
  Tally tally;
  for (std::uint64_t seed = 1; seed <= 700; ++seed)
    check_graph(seed, 3, tally, {.has_forks = seed % 2 == 0, .has_quorums = true});
  CHECK(tally.silenced > 50);
  CHECK(tally.contests > 50);
  CHECK(tally.decided > 5);
  CHECK(tally.contests - tally.decided > 10);
  CHECK(tally.finals > 100);
}

TEST_CASE(
    "an act that seniority settles is in force as far as some reading has it, and no further") {
  // Found among many: the senior act is a removal in a cycle, and only that may be in force of it.
  Tally tally;
  check_graph(1247, 3, tally, {.has_witnesses = false});
  CHECK(tally.seniority > 0);
}

TEST_CASE("what a line of all registries gives is given as long as some reading has the line") {
  // Found among many: the right hangs on a line "*" that is in force in the greater reading only.
  Tally tally;
  check_graph(20016495, 3, tally, {.has_witnesses = false});
  CHECK(tally.seniority > 0);
}

TEST_CASE("CUNJU_SEEDS random rosters are what the oracle makes of them", "[.long]") {
  Tally tally;
  const std::uint64_t first = number_from("CUNJU_FIRST_SEED", 1);
  const std::uint64_t seeds = number_from("CUNJU_SEEDS", 100'000);
  for (std::uint64_t seed = first; seed < first + seeds; ++seed)
    check_graph(seed, 3, tally, {.has_forks = seed % 3 != 0, .has_quorums = seed % 4 == 0});
  WARN(seeds << " rosters: " << tally.in_force << " changes in force, " << tally.void_ones
             << " not, of these " << tally.only_in_cycle << " but for removals in a cycle, "
             << tally.finals << " final against something; " << tally.dead
             << " dead; seniority decided " << tally.seniority << " times; " << tally.cut_ends
             << " rights ended at a cut, " << tally.never << " never were, " << tally.always
             << " had no end; " << tally.forks << " logs were forked, " << tally.covered
             << " of them covered, in " << tally.covered_by_witness
             << " rosters by witnesses as well, " << tally.covered_apart << " at more places; "
             << tally.void_by_fork << " changes void by a fork, " << tally.released
             << " released; of what was acknowledged cuts kept " << tally.kept << ", cut below "
             << tally.cut_below << " and on another branch " << tally.cut_on_other_branch << "; "
             << tally.silenced << " acts of quorums did not stand, of " << tally.contests
             << " contested places in the line " << tally.decided << " were decided");
}
