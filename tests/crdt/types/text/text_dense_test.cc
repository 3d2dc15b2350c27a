// SPDX-License-Identifier: Apache-2.0
// Small graphs in which anything may name and pass over anything, against the oracle: shapes that
// no program of ours makes, and that worlds of honest writers (text_merge_test.cc) never reach.
#include <algorithm>
#include <catch2/catch.hpp>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "crdt/types/text/text_merge.h"
#include "tests/crdt/types/text/text_oracle.h"
#include "tests/crdt/types/text/text_world.h"
#include "tests/support/number_from.h"

using namespace cunju;
using namespace cunju::test;

namespace {

/// Some changes in the order in which they were made.
struct Dense {
  std::vector<SimulatedEdit> changes;
  std::set<ChangeId> left_out;
};

Dense dense_history(std::mt19937_64& random) {
  auto below = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
  Dense out;
  std::vector<SimulatedEdit>& changes = out.changes;
  std::vector<std::set<std::size_t>> ancestors;
  const std::size_t steps = 3 + below(14), authors = 1 + below(4);
  const bool passes = below(4) != 0, leaves = below(3) != 0, typing = below(2) != 0;
  std::size_t cursor = 0;
  for (std::size_t i = 0; i < steps; ++i) {
    SimulatedEdit change{.id = text_change_id(random()),
                         .author = text_author(static_cast<std::uint8_t>(below(authors)))};
    std::set<std::size_t> up;
    const auto add_parent = [&](std::size_t p) {
      if (std::ranges::find(change.parents, changes[p].id) != change.parents.end()) return;
      change.parents.push_back(changes[p].id);
      up.insert(ancestors[p].begin(), ancestors[p].end());
      up.insert(p);
    };
    const std::size_t named = i == 0 ? 0 : below(4) == 0 ? below(2) : 1 + below(3);
    for (std::size_t n = named; n > 0; --n) add_parent(below(2) == 0 ? i - 1 : below(i));
    // An author's changes have each other among their ancestors.
    for (std::size_t p = i; p-- > 0;) {
      if (changes[p].author != change.author) continue;
      if (!up.contains(p)) add_parent(p);
      break;
    }
    for (std::size_t n = 1 + below(3); n > 0; --n) {
      const std::size_t at = typing && below(3) != 0 ? cursor : below(9);
      if (below(4) == 0) {
        if (change.edits.erase(at, 1 + below(4))) cursor = at;
      } else {
        const std::string word(1 + below(3), static_cast<char>('a' + below(26)));
        if (change.edits.insert(at, word)) cursor = below(3) == 0 ? at : at + word.size();
      }
    }
    if (passes && below(3) == 0) {
      for (std::size_t p : up)
        if (below(2) == 0 && !changes[p].edits.empty()) change.passed.push_back(changes[p].id);
    }
    if (leaves && below(5) == 0) out.left_out.insert(change.id);
    changes.push_back(change);
    ancestors.push_back(up);
  }
  return out;
}

}  // namespace

TEST_CASE(
    "dense histories of any parents, passed ancestors and left-out changes equal the oracle") {
  const std::uint64_t first = number_from("CUNJU_FIRST_SEED", 1);
  for (std::uint64_t seed = first; seed < first + number_from("CUNJU_SEEDS", 400); ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    const auto [changes, left_out] = dense_history(random);
    const TextHistory history = make_history(changes, left_out);
    const TextOracle oracle(history);
    const std::vector<TextNodeIndex> heads = test::heads_of(history);
    const std::string text = replay_text(history).text.str();
    REQUIRE(text == oracle.text_at(heads));
    REQUIRE(blame(history) == oracle.blame_at(heads));
    for (TextNodeIndex v = 0; v < history.size(); ++v) {
      const std::vector<TextNodeIndex> version{
          v, static_cast<TextNodeIndex>(random() % history.size())};
      REQUIRE(text_at(history, version).text.str() == oracle.text_at(version));
      REQUIRE(blame_at(history, version) == oracle.blame_at(version));
    }
    for (int i = 0; i < 2; ++i) {
      const TextHistory other = make_history(shuffle_delivery(changes, random), left_out);
      REQUIRE(replay_text(other).text.str() == text);
      REQUIRE(named(other, blame(other)) == named(history, blame(history)));
      // The oracle too, so that a law that depends on the order is found.
      REQUIRE(TextOracle(other).text_at(test::heads_of(other)) == text);
    }
  }
}
