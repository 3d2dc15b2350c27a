// SPDX-License-Identifier: Apache-2.0
#include "crdt/graph/record_graph.h"

#include <catch2/catch.hpp>
#include <random>

namespace cunju {
namespace {

Dot dot(std::uint8_t author, std::uint64_t seq) {
  AuthorKey key;
  key.value[0] = author;
  return {.author = key, .seq = Seq{seq}};
}

Head head(std::uint8_t id, Dot of) {
  Head out{.id = {}, .dot = of};
  out.id.value[0] = id;
  return out;
}

GraphNode derive(std::vector<const GraphNode*> parents, const GraphNode* own, Dot self) {
  return derive_node(parents, own, self);
}

}  // namespace

TEST_CASE("a root has depth 1 and has seen itself alone") {
  const GraphNode root = derive({}, nullptr, dot(1, 4));
  CHECK(root.depth == 1);
  CHECK_FALSE(root.is_void);
  CHECK(root.clock.size() == 1);
  CHECK(root.clock.covers(dot(1, 4)));
}

TEST_CASE("depth is the longest path and the clock is the union of the parents' and itself") {
  const GraphNode a = derive({}, nullptr, dot(1, 0));
  const GraphNode b = derive({&a}, nullptr, dot(2, 0));
  const GraphNode c = derive({}, nullptr, dot(3, 7));
  const GraphNode d = derive({&b, &c}, nullptr, dot(4, 1));
  CHECK(d.depth == 3);
  for (const Dot& seen : {dot(1, 0), dot(2, 0), dot(3, 7), dot(4, 1)}) CHECK(d.clock.covers(seen));
  CHECK_FALSE(d.clock.covers(dot(4, 2)));
}

TEST_CASE("an author's own previous change is a parent though a liar leaves it out") {
  const GraphNode other = derive({}, nullptr, dot(2, 0));
  const GraphNode first = derive({&other}, nullptr, dot(1, 0));
  const GraphNode liar = derive({}, &first, dot(1, 1));
  CHECK(liar.depth == 3);
  // Without the rule the clock would cover (1, 0) by its number but not what (1, 0) had seen.
  CHECK(liar.clock.covers(first.clock));
}

TEST_CASE("void changes keep their place: what they have seen is seen through them") {
  const GraphNode a = derive({}, nullptr, dot(1, 0));
  GraphNode judged = derive({&a}, nullptr, dot(2, 0));
  judged.is_void = true;
  const GraphNode after = derive({&judged}, nullptr, dot(3, 0));
  CHECK(after.clock.covers(dot(1, 0)));
  CHECK(after.depth == 3);
  CHECK_FALSE(after.is_void);
}

TEST_CASE("a new head takes the place of those it has seen and the list stays sorted by id") {
  std::vector<Head> heads;
  const GraphNode a = derive({}, nullptr, dot(1, 0));
  const GraphNode b = derive({}, nullptr, dot(2, 0));
  const GraphNode c = derive({}, nullptr, dot(3, 0));
  advance_heads(heads, head(50, dot(1, 0)), a);
  advance_heads(heads, head(90, dot(2, 0)), b);
  advance_heads(heads, head(10, dot(3, 0)), c);
  CHECK(heads == std::vector<Head>{head(10, dot(3, 0)), head(50, dot(1, 0)), head(90, dot(2, 0))});
  const GraphNode d = derive({&a, &c}, nullptr, dot(1, 1));
  advance_heads(heads, head(70, dot(1, 1)), d);
  CHECK(heads == std::vector<Head>{head(70, dot(1, 1)), head(90, dot(2, 0))});
}

TEST_CASE("graph nodes survive encoding, and damaged bytes are an error and never a crash") {
  GraphNode node = derive({}, nullptr, dot(1, 3));
  node.clock.raise(dot(7, ~std::uint64_t{0}));
  node.is_void = true;
  const Bytes bytes = node.encode();
  CHECK(GraphNode::decode(bytes).value() == node);
  CHECK_FALSE(GraphNode::decode({}).has_value());
  for (std::size_t length = 0; length < bytes.size(); ++length)
    CHECK_FALSE(GraphNode::decode(ByteView(bytes).first(length)).has_value());

  const std::uint64_t seed = 42;
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  for (int round = 0; round < 3000; ++round) {
    Bytes damaged = bytes;
    damaged[random() % damaged.size()] = static_cast<std::uint8_t>(random());
    const Result<GraphNode> read = GraphNode::decode(damaged);
    if (read) REQUIRE(GraphNode::decode(read.value().encode()).value() == read.value());
  }
}

}  // namespace cunju
