// SPDX-License-Identifier: Apache-2.0
// Graphs made to be expensive. Costs are counted in steps, never in time.
#include <algorithm>
#include <catch2/catch.hpp>
#include <random>
#include <set>

#include "crdt/base/limits.h"
#include "crdt/types/text/text_walk.h"
#include "tests/crdt/types/text/text_world.h"

using namespace cunju;
using namespace cunju::test;

namespace {

using Index = TextNodeIndex;

class NoSink : public TextSink {
 public:
  void erase(std::size_t, std::size_t) override {}
  void insert(std::size_t, TextNodeIndex, TextSpan) override {}
};

/// Steps of the whole replay.
std::size_t steps_of(const TextHistory& history) {
  const TextPlan plan(history);
  TextWalk walk(history, plan, 0);
  NoSink sink;
  std::size_t steps = 0;
  std::size_t length = 0;
  for (const TextStretch& stretch : plan.stretches()) {
    length = walk.replay(stretch, length, sink);
    if (stretch.concurrent) steps += walk.steps();
  }
  return steps;
}

TextEdits one_insert(std::size_t position, const std::string& text = "x") {
  TextEdits edits;
  REQUIRE(edits.insert(position, text));
  return edits;
}

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
  // Each insertion passes those that stand at the same place, once to find its right neighbour and
  // once to find its place among them: 2 * 600² / 2.
  CHECK(steps_of(history) < 600 * 600 + 40 * 900);
}

TEST_CASE("merges at random places of two branches stay within the bound on every node") {
  std::mt19937_64 random(5);
  TextHistory history;
  const std::vector<Index> left = add_chain(history, 1000);
  const std::vector<Index> right = add_chain(history, 1000);
  for (int i = 0; i < 1500; ++i) {
    add(history, {left[random() % left.size()], right[random() % right.size()]}, one_insert(1));
  }
  const std::size_t most =
      std::max(limits::kMinTextSteps, limits::kMaxTextStepsPerRun * 2 * history.size());
  // The last change before the bound may take what one change can take.
  CHECK(steps_of(history) < most + 50'000);
}

TEST_CASE("when the bound is hit the same changes are left out in any delivery") {
  // Everybody writes at the same place without seeing anybody: each passes all before it.
  std::vector<SimulatedEdit> changes;
  for (std::uint64_t i = 0; i < 1800; ++i) {
    changes.push_back({.id = text_change_id(i),
                       .author = text_author(static_cast<std::uint8_t>(i)),
                       .edits = one_insert(0, std::to_string(i) + ";")});
  }
  std::mt19937_64 random(3);
  const TextHistory history = make_history(changes);
  const MergedText merged = replay_text(history);
  REQUIRE_FALSE(merged.void_nodes.empty());
  REQUIRE(merged.void_nodes.size() < changes.size());
  const TextHistory other = make_history(shuffle_delivery(changes, random));
  const MergedText again = replay_text(other);
  CHECK(again.text.str() == merged.text.str());
  std::set<ChangeId> left_out;
  for (Index node : merged.void_nodes) left_out.insert(history.node(node).id);
  for (Index node : again.void_nodes) CHECK(left_out.contains(other.node(node).id));
  CHECK(again.void_nodes.size() == left_out.size());
}

TEST_CASE("merging into a text that lacks changes gives what the whole set gives") {
  TextHistory history;
  MergedText merged;
  std::vector<Index> heads;
  for (int i = 0; i < 1200; ++i) heads.push_back(add(history, {}, one_insert(0, "abc")));
  merge_new(history, 0, merged);
  REQUIRE_FALSE(merged.void_nodes.empty());
  const std::size_t known = history.size();
  add(history, heads, one_insert(0, "end"));
  merge_new(history, known, merged);
  const MergedText whole = replay_text(history);
  CHECK(merged.text.str() == whole.text.str());
  CHECK(merged.void_nodes == whole.void_nodes);
}
