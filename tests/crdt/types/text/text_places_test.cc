// SPDX-License-Identifier: Apache-2.0
#include "crdt/types/text/text_places.h"

#include <catch2/catch.hpp>
#include <set>

#include "crdt/graph/record_graph.h"
#include "tests/crdt/types/history.h"

namespace cunju::test {
namespace {

/// A history with its nodes, as places.
struct Places {
  const History& history;
  std::vector<GraphNode> nodes;

  explicit Places(const History& given) : history(given) {
    for (const TestChange& change : history.changes()) {
      std::vector<const GraphNode*> parents;
      for (std::size_t parent : change.parents) parents.push_back(&nodes[parent]);
      const GraphNode* own = change.own_previous ? &nodes[*change.own_previous] : nullptr;
      GraphNode node = derive_node(parents, own, change.dot);
      nodes.push_back(std::move(node));
    }
  }
  TextPlace at(std::size_t i) const {
    const TestChange& change = history.changes()[i];
    return {.id = change.id, .author = change.author, .dot = change.dot, .clock = &nodes[i].clock};
  }
  TextPlaces before(std::size_t i) const {
    TextPlaces out;
    for (std::size_t other = 0; other < i; ++other) out.add(at(other));
    return out;
  }
  std::set<std::size_t> read(const TextPassed& passed, std::size_t by) const {
    const PassedDots dots = before(by).read(passed, nodes[by].clock);
    std::set<std::size_t> out;
    for (std::size_t i = 0; i < history.size(); ++i)
      if (dots.covers(history.changes()[i].dot)) out.insert(i);
    return out;
  }
};

}  // namespace

TEST_CASE("ranges name what they were made of and nothing kept, also when forks are known later") {
  std::size_t forked = 0;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    CAPTURE(seed);
    Random random(seed);
    History history = random_history(random, {.authors = 3, .steps = 40});
    // Forks that are known when the ranges are made, and others.
    for (std::size_t n = below(random, 3); n > 0; --n)
      fork_later(history, below(random, history.size()));
    const std::size_t by = history.size() - 1;
    TextPassed made;
    std::set<std::size_t> expected;
    {
      const Places places(history);
      std::vector<TextPlace> passed, kept;
      for (std::size_t i = 0; i < by; ++i) {
        if (!history.is_ancestor(i, by)) continue;
        const bool is_passed = below(random, 2) == 0;
        if (is_passed) expected.insert(i);
        (is_passed ? passed : kept).push_back(places.at(i));
      }
      made = make_text_passed(passed, kept);
      REQUIRE(places.read(made, by) == expected);
    }
    if (!expected.empty()) REQUIRE(decode_text_passed(encode_text_passed(made)).value() == made);
    for (int n = 0; n < 3; ++n) {
      fork_later(history, below(random, history.size()));
      REQUIRE(Places(history).read(made, by) == expected);
      ++forked;
    }
  }
  CHECK(forked == 600);
}

TEST_CASE("changes of a line that nothing kept parts are one range") {
  History history;
  std::vector<std::size_t> last;
  for (int i = 0; i < 6; ++i) last = {history.add(0, last, {})};
  const std::size_t by = history.add(1, last, {});
  const Places places(history);
  const TextPassed whole =
      make_text_passed({places.at(4), places.at(1), places.at(2)}, {places.at(0), places.at(5)});
  REQUIRE(whole.ranges.size() == 1);
  CHECK(whole.ranges[0] == TextPassedRange{history.at(1).id, history.at(4).id});
  // What was of no concern in between is named, too.
  CHECK(places.read(whole, by) == std::set<std::size_t>{1, 2, 3, 4});
  CHECK(make_text_passed({places.at(1), places.at(3)}, {places.at(2)}).ranges.size() == 2);
}

TEST_CASE("a range means nothing when it is not of one author's changes below, in their order") {
  History history;
  const std::size_t a = history.add(0, {}, {});
  const std::size_t b = history.add(0, {a}, {});
  const std::size_t other = history.add(1, {b}, {});
  const std::size_t beside = history.add(0, {b}, {});
  const std::size_t by = history.add(1, {other}, {});
  const Places places(history);
  const auto read = [&](std::size_t first, std::size_t last) {
    return places.read({.ranges = {{history.at(first).id, history.at(last).id}}}, by);
  };
  CHECK(read(a, b) == std::set<std::size_t>{a, b});
  CHECK(read(b, a).empty());
  CHECK(read(a, other).empty());
  // Not an ancestor; itself; nowhere.
  CHECK(read(a, beside).empty());
  CHECK(read(other, by).empty());
  CHECK(places.read({.ranges = {{history.at(a).id, id_of<ChangeId>(200)}}}, by).empty());
}

}  // namespace cunju::test
