// SPDX-License-Identifier: Apache-2.0
// Graphs made to be expensive. Costs are counted in steps, never in time.
#include <algorithm>
#include <catch2/catch.hpp>
#include <random>
#include <set>

#include "crdt/base/limits.h"
#include "tests/crdt/types/text/text_steps.h"
#include "tests/crdt/types/text/text_world.h"

using namespace cunju;
using namespace cunju::test;

namespace {

using Index = TextNodeIndex;

Index add(TextHistory& history, const std::vector<Index>& parents, const TextEdits& edits) {
  const auto author = static_cast<std::uint8_t>(history.size() % 7);
  return history.add(text_change_id(history.size()), text_author(author), parents, edits).value();
}

/// A chain of typing that stands apart from everything else.
std::vector<Index> add_chain(TextHistory& history, std::size_t length) {
  std::vector<Index> out;
  for (std::size_t i = 0; i < length; ++i) {
    // Scattered, so that no two changes make one run.
    out.push_back(add(history, i == 0 ? std::vector<Index>{} : std::vector<Index>{out.back()},
                      one_insert(i * 7919 % (i + 1))));
  }
  return out;
}

}  // namespace

TEST_CASE("a deep chain of changes is replayed without any merging") {
  TextHistory history;
  Index last = add(history, {}, one_insert(0));
  for (int i = 0; i < 20'000; ++i) {
    TextEdits edits;
    if (i % 2 == 0) {
      REQUIRE(edits.insert(1, "y"));
    } else {
      REQUIRE(edits.erase(1, 1));
    }
    last = add(history, {last}, edits);
  }
  CHECK(steps_of(history) == 0);
  CHECK(replay_text(history).text.str() == "x");
}

TEST_CASE("a ladder of crossing merges costs a few steps for each rung") {
  TextHistory history;
  Index left = add(history, {}, one_insert(0));
  Index right = add(history, {}, one_insert(0));
  constexpr std::size_t kRungs = 5000;
  for (std::size_t i = 0; i < kRungs; ++i) {
    const Index new_left = add(history, {left, right}, one_insert(0));
    right = add(history, {left, right}, one_insert(i));
    left = new_left;
  }
  CHECK(steps_of(history) < 40 * kRungs);
}

TEST_CASE("two long branches cost their length, not its square") {
  TextHistory history;
  const std::vector<Index> left = add_chain(history, 5000);
  const std::vector<Index> right = add_chain(history, 4000);
  add(history, {left.back(), right.back()}, one_insert(3));
  CHECK(steps_of(history) < 20 * 9000);
}

TEST_CASE("a change that names many parents is walked once") {
  TextHistory history;
  std::vector<Index> heads;
  for (int i = 0; i < 600; ++i) heads.push_back(add(history, {}, one_insert(0)));
  for (int i = 0; i < 300; ++i) heads = {add(history, heads, one_insert(0))};
  CHECK(steps_of(history) < 40 * 900);
}

TEST_CASE("merges at random places of two branches cost a branch for each, not more") {
  std::mt19937_64 random(5);
  TextHistory history;
  const std::vector<Index> left = add_chain(history, 1000);
  const std::vector<Index> right = add_chain(history, 1000);
  for (int i = 0; i < 1500; ++i) {
    add(history, {left[random() % left.size()], right[random() % right.size()]}, one_insert(1));
  }
  CHECK(steps_of(history) < 1500 * 2 * 2000);
}

TEST_CASE("changes of other fields that criss-cross cost nothing but a look at each") {
  TextHistory history;
  const std::vector<Index> left = add_chain(history, 500);
  const std::vector<Index> right = add_chain(history, 500);
  std::vector<Index> heads{left.back(), right.back()};
  const std::size_t before = steps_of(history);
  std::mt19937_64 random(6);
  for (int i = 0; i < 2000; ++i) {
    add(history, {left[random() % left.size()], right[random() % right.size()]}, TextEdits());
  }
  CHECK(steps_of(history) < before + 2000);
}

TEST_CASE("ten thousand parents, a million changes deep and a wide ladder cost their size",
          "[.hostile]") {
  SECTION("parents") {
    TextHistory history;
    std::vector<Index> heads;
    for (int i = 0; i < 10'000; ++i) heads.push_back(add(history, {}, one_insert(0)));
    const Index met = add(history, heads, one_insert(3));
    const Index left = add(history, {met}, one_insert(0));
    const Index right = add(history, {met}, one_insert(0));
    heads.insert(heads.end(), {left, right});
    add(history, heads, one_insert(3));
    CHECK(steps_of(history) < 60 * 10'000);
    CHECK(replay_text(history).text.length() == 10'004);
  }
  SECTION("deep") {
    TextHistory history;
    const Index root = add(history, {}, one_insert(0));
    Index last = root;
    for (int i = 0; i < 1'000'000; ++i) last = add(history, {last}, one_insert(i % 2 == 0 ? 0 : 1));
    const Index apart = add(history, {root}, one_insert(0));
    add(history, {last, apart}, one_insert(0));
    CHECK(steps_of(history) < 20 * 1'000'000);
    CHECK(blame(history).size() > 500'000);
  }
  SECTION("wide") {
    // Every change of a rung has seen the whole rung before.
    TextHistory history;
    constexpr std::size_t kWidth = 64, kRungs = 100;
    std::vector<Index> rung;
    for (std::size_t r = 0; r < kRungs; ++r) {
      std::vector<Index> next;
      for (std::size_t i = 0; i < kWidth; ++i)
        next.push_back(add(history, rung, one_insert(r * i)));
      rung = std::move(next);
    }
    // A change learns from each parent what that one knew of each line, as a clock is joined.
    CHECK(steps_of(history) < 2 * kWidth * kWidth * kWidth * kRungs);
  }
}
