// SPDX-License-Identifier: Apache-2.0
#include "crdt/types/text/text_merge.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "tests/crdt/types/text/text_network.h"
#include "tests/crdt/types/text/text_oracle.h"
#include "tests/crdt/types/text/text_world.h"
#include "tests/support/number_from.h"

using namespace cunju;
using namespace cunju::test;

namespace {

/// Delivers the changes in batches and merges each into the text at hand.
std::string merge_in_batches(const TextHistory& all, const std::vector<SimulatedEdit>& changes,
                             const std::set<ChangeId>& left_out, std::mt19937_64& random) {
  TextHistory history;
  MergedText merged;
  std::size_t known = 0;
  for (std::size_t i = 0; i < changes.size(); ++i) {
    std::vector<TextNodeIndex> parents;
    for (const ChangeId& parent : changes[i].parents) parents.push_back(*history.find(parent));
    std::vector<TextNodeIndex> passed;
    for (const ChangeId& id : changes[i].passed) passed.push_back(*history.find(id));
    REQUIRE(history.add(changes[i].id, changes[i].author, parents, changes[i].edits,
                        {.stands = !left_out.contains(changes[i].id), .passed = passed}));
    if (random() % 3 != 0 && i + 1 != changes.size()) continue;
    if (random() % 4 == 0) merged.settled.clear();
    merge_new(history, known, merged);
    known = history.size();
  }
  REQUIRE(history.size() == all.size());
  return merged.text.str();
}

void check_against_oracle(std::uint64_t seed, const TextWorldOptions& options) {
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  const std::vector<SimulatedEdit> changes = random_changes(random, options);
  std::set<ChangeId> left_out;
  if (options.one_roster_act_in != 0) {
    for (const SimulatedEdit& change : changes)
      if (random() % 6 == 0) left_out.insert(change.id);
  }
  const TextHistory history = make_history(changes, left_out);
  const TextOracle oracle(history);
  for (const SimulatedEdit& change : changes)
    REQUIRE(oracle.text_seen_by(*history.find(change.id)) == change.before);
  for (const BlameSpan& span : blame(history)) REQUIRE(history.stands(span.node));
  const std::vector<TextNodeIndex> heads = heads_of(history);
  const std::string text = replay_text(history).text.str();
  REQUIRE(text == oracle.text_at(heads));
  REQUIRE(blame(history) == oracle.blame_at(heads));
  for (int i = 0; i < 5; ++i) {
    std::vector<TextNodeIndex> version;
    for (std::size_t k = random() % 3 + 1; k > 0; --k) {
      version.push_back(static_cast<TextNodeIndex>(random() % history.size()));
    }
    REQUIRE(text_at(history, version).text.str() == oracle.text_at(version));
    REQUIRE(blame_at(history, version) == oracle.blame_at(version));
  }
  for (int i = 0; i < 3; ++i) {
    const std::vector<SimulatedEdit> shuffled = shuffle_delivery(changes, random);
    const TextHistory other = make_history(shuffled, left_out);
    REQUIRE(replay_text(other).text.str() == text);
    REQUIRE(named(other, blame(other)) == named(history, blame(history)));
    REQUIRE(merge_in_batches(other, shuffled, left_out, random) == text);
  }
}

/// A version by the ids of its heads, and what one replica makes of it.
struct NamedVersion {
  std::vector<ChangeId> heads;
  std::string text;
  std::vector<std::pair<std::size_t, ChangeId>> blame;
};

NamedVersion read_version(const TextHistory& history, const std::vector<ChangeId>& heads) {
  std::vector<TextNodeIndex> nodes;
  for (const ChangeId& id : heads) nodes.push_back(*history.find(id));
  return {heads, text_at(history, nodes).text.str(), named(history, blame_at(history, nodes))};
}

void check_apart(std::uint64_t seed, const TextNetworkOptions& options) {
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  const std::vector<TextReplica> replicas = write_apart(random, options);
  const TextHistory& first = replicas[0].history();
  const auto blame_of_first = named(first, blame(first));
  std::vector<NamedVersion> versions;
  for (int i = 0; i < 4; ++i) {
    std::vector<ChangeId> heads;
    for (std::size_t k = random() % 3 + 1; k > 0; --k) {
      heads.push_back(first.node(static_cast<TextNodeIndex>(random() % first.size())).id);
    }
    versions.push_back(read_version(first, heads));
  }
  for (const TextReplica& replica : replicas) {
    const TextHistory& history = replica.history();
    REQUIRE(history.size() == first.size());
    REQUIRE(replica.text() == replicas[0].text());
    REQUIRE(replay_text(history).text.str() == replica.text());
    REQUIRE(named(history, blame(history)) == blame_of_first);
    for (const NamedVersion& version : versions) {
      const NamedVersion here = read_version(history, version.heads);
      REQUIRE(here.text == version.text);
      REQUIRE(here.blame == version.blame);
    }
  }
}

}  // namespace

TEST_CASE("random histories give the oracle's text, blame and versions in any delivery") {
  const std::uint64_t first = number_from("CUNJU_FIRST_SEED", 1);
  for (std::uint64_t seed = first; seed < first + number_from("CUNJU_SEEDS", 25); ++seed) {
    check_against_oracle(seed, {.replicas = 5, .steps = 40});
  }
}

TEST_CASE("histories that hardly ever meet give the oracle's text too") {
  const std::uint64_t first = number_from("CUNJU_FIRST_SEED", 1);
  for (std::uint64_t seed = first; seed < first + number_from("CUNJU_SEEDS", 25); ++seed) {
    check_against_oracle(seed, {.replicas = 3, .steps = 40, .one_merge_in = 12});
  }
}

TEST_CASE("people who type on from change to change give the oracle's text too") {
  const std::uint64_t first = number_from("CUNJU_FIRST_SEED", 1);
  for (std::uint64_t seed = first; seed < first + number_from("CUNJU_SEEDS", 40); ++seed) {
    check_against_oracle(seed, {.replicas = 5, .steps = 80, .one_merge_in = 5, .one_jump_in = 3});
  }
}

TEST_CASE("peers that lie about positions change nothing about convergence") {
  const std::uint64_t first = number_from("CUNJU_FIRST_SEED", 1);
  for (std::uint64_t seed = first; seed < first + number_from("CUNJU_SEEDS", 30); ++seed) {
    check_against_oracle(seed, {.replicas = 4, .steps = 30, .one_lie_in = 2});
  }
}

TEST_CASE("what is left out shows nothing, takes nothing, and moves nobody's words or erasures") {
  const std::uint64_t first = number_from("CUNJU_FIRST_SEED", 1);
  for (std::uint64_t seed = first; seed < first + number_from("CUNJU_SEEDS", 60); ++seed) {
    check_against_oracle(seed, {.replicas = 2 + static_cast<int>(seed % 4),
                                .steps = 30,
                                .one_merge_in = 2 + static_cast<int>(seed % 3),
                                .one_jump_in = 1 + static_cast<int>(seed % 3),
                                .one_roster_act_in = 2 + static_cast<int>(seed % 5)});
  }
}

TEST_CASE(
    "replicas that write apart have one text, one blame and the same versions when they meet") {
  const std::uint64_t first = number_from("CUNJU_FIRST_SEED", 1);
  for (std::uint64_t seed = first; seed < first + number_from("CUNJU_SEEDS", 3); ++seed) {
    check_apart(seed, {.edits = 200, .lies = seed % 4 == 0});
  }
}

TEST_CASE("five replicas with 2,000 edits each converge", "[.long]") {
  const std::uint64_t first = number_from("CUNJU_FIRST_SEED", 1);
  for (std::uint64_t seed = first; seed < first + number_from("CUNJU_SEEDS", 500); ++seed) {
    check_apart(seed, {.lies = seed % 4 == 0});
  }
}
