// SPDX-License-Identifier: Apache-2.0
#include "node/text/sequence_diff.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>

using namespace cunju::text;

namespace {

using Sequence = std::vector<std::uint32_t>;

Sequence random_sequence(std::mt19937& random, std::size_t length, std::uint32_t kinds) {
  Sequence out;
  while (length-- > 0) out.push_back(static_cast<std::uint32_t>(random() % kinds));
  return out;
}

// The textbook table.
std::size_t longest_common(const Sequence& a, const Sequence& b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::uint32_t x : a) {
    std::size_t diagonal = 0;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t above = row[j + 1];
      row[j + 1] = x == b[j] ? diagonal + 1 : std::max(above, row[j]);
      diagonal = above;
    }
  }
  return row.back();
}

// Checks the contract of common_runs and returns how much is common.
std::size_t common(SequenceDiff& search, const Sequence& a, const Sequence& b) {
  std::size_t before_end = 0, after_end = 0, total = 0;
  bool first = true;
  for (const CommonRun& run : search.common_runs(a, b)) {
    REQUIRE(run.length > 0);
    REQUIRE(run.before_at >= before_end);
    REQUIRE(run.after_at >= after_end);
    REQUIRE((first || run.before_at > before_end || run.after_at > after_end));
    REQUIRE(run.before_at + run.length <= a.size());
    REQUIRE(run.after_at + run.length <= b.size());
    for (std::uint32_t i = 0; i < run.length; ++i) {
      REQUIRE(a[run.before_at + i] == b[run.after_at + i]);
    }
    before_end = run.before_at + run.length;
    after_end = run.after_at + run.length;
    total += run.length;
    first = false;
  }
  return total;
}

}  // namespace

TEST_CASE("what is found in common is the most that there is") {
  SequenceDiff search;
  for (std::uint32_t seed = 1; seed <= 1500; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    const auto kinds = static_cast<std::uint32_t>(1 + random() % 6);
    const Sequence a = random_sequence(random, random() % 40, kinds);
    const Sequence b = random_sequence(random, random() % 40, kinds);
    REQUIRE(common(search, a, b) == longest_common(a, b));
  }
}

TEST_CASE("elements that only one side has change nothing about the rest") {
  SequenceDiff search;
  for (std::uint32_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    Sequence a = random_sequence(random, 300, 2000);
    Sequence b = a;
    for (int i = 0; i < 40; ++i) b[random() % b.size()] = 5000 + static_cast<std::uint32_t>(i);
    for (int i = 0; i < 20; ++i) a[random() % a.size()] = 7000 + static_cast<std::uint32_t>(i);
    REQUIRE(common(search, a, b) == longest_common(a, b));
  }
}

TEST_CASE("a search that goes too deep still finds much in common") {
  std::mt19937 random(3);
  const Sequence a = random_sequence(random, 4000, 4), b = random_sequence(random, 4000, 4);
  SequenceDiff search;
  const std::size_t best = longest_common(a, b);
  const std::size_t found = common(search, a, b);
  CAPTURE(best, found);
  CHECK(found * 10 >= best * 9);
  CHECK_FALSE(search.exhausted());
}

TEST_CASE("when all steps are spent only the ends are compared") {
  std::mt19937 random(5);
  SequenceDiff search;
  for (int i = 0; i < 1000 && !search.exhausted(); ++i) {
    common(search, random_sequence(random, 30'000, 3), random_sequence(random, 30'000, 3));
  }
  REQUIRE(search.exhausted());
  CHECK(common(search, {1, 2, 3, 9, 5, 4, 8}, {1, 2, 4, 9, 5, 3, 8}) == 3);
}
