// SPDX-License-Identifier: Apache-2.0
#include "tests/crdt/types/text/text_network.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <iterator>

namespace cunju::test {
namespace {

/// What is under way between any two replicas, and which of them reach each other.
class Network {
 public:
  explicit Network(std::size_t replicas)
      : part_of_(replicas),
        under_way_(replicas, std::vector<std::vector<SimulatedEdit>>(replicas)) {}

  void send(std::size_t from, const SimulatedEdit& change) {
    for (std::size_t to = 0; to < part_of_.size(); ++to) {
      if (to != from) under_way_[from][to].push_back(change);
    }
  }
  /// One time in three all are joined, otherwise there are two or three parts.
  void part(std::mt19937_64& random) {
    const std::size_t parts = 1 + random() % 3;
    for (std::size_t& part : part_of_) part = random() % parts;
  }
  void join() { std::ranges::fill(part_of_, 0); }
  /// Some of what can reach a replica, in any order; the rest overtaken.
  std::vector<SimulatedEdit> deliver(std::mt19937_64& random, std::size_t to, bool all) {
    std::vector<SimulatedEdit> out;
    for (std::size_t from = 0; from < part_of_.size(); ++from) {
      if (part_of_[from] != part_of_[to]) continue;
      std::vector<SimulatedEdit> later;
      for (SimulatedEdit& change : under_way_[from][to]) {
        (all || random() % 4 != 0 ? out : later).push_back(std::move(change));
      }
      under_way_[from][to] = std::move(later);
    }
    std::ranges::shuffle(out, random);
    return out;
  }

 private:
  std::vector<std::size_t> part_of_;
  std::vector<std::vector<std::vector<SimulatedEdit>>> under_way_;  ///< From, to.
};

}  // namespace

bool TextReplica::take(const SimulatedEdit& change) {
  std::vector<TextNodeIndex> parents;
  for (const ChangeId& id : change.parents) {
    const std::optional<TextNodeIndex> parent = history_.find(id);
    if (!parent.has_value()) return false;
    parents.push_back(*parent);
  }
  const Result<TextNodeIndex> index = history_.add(change.id, change.author, parents, change.edits);
  REQUIRE(index.has_value());
  for (TextNodeIndex parent : parents) heads_.erase(parent);
  heads_.insert(index.value());
  return true;
}

SimulatedEdit TextReplica::write(std::mt19937_64& random, std::size_t edits, bool lies) {
  SimulatedEdit out{.id = text_change_id(random()),
                    .author = author_,
                    .parents = {},
                    .edits = random_edits(random, merged_.text, edits, lies)};
  for (TextNodeIndex head : heads_) out.parents.push_back(history_.node(head).id);
  REQUIRE(take(out));
  apply_edits(merged_.text, out.edits);
  return out;
}

void TextReplica::merge(const std::vector<SimulatedEdit>& arrived) {
  held_.insert(held_.end(), arrived.begin(), arrived.end());
  const std::size_t known = history_.size();
  for (std::size_t before = held_.size() + 1; held_.size() < before;) {
    before = held_.size();
    std::erase_if(held_, [this](const SimulatedEdit& change) { return take(change); });
  }
  if (history_.size() != known) merge_new(history_, known, merged_);
}

std::vector<TextReplica> write_apart(std::mt19937_64& random, const TextNetworkOptions& options) {
  std::vector<TextReplica> replicas;
  std::vector<std::size_t> left(options.replicas, options.edits);
  for (std::size_t i = 0; i < options.replicas; ++i) {
    replicas.emplace_back(static_cast<std::uint8_t>(i));
  }
  Network network(options.replicas);
  std::size_t all_left = options.replicas * options.edits;
  while (all_left != 0) {
    if (random() % 300 == 0) network.part(random);
    const std::size_t who = random() % options.replicas;
    if (random() % 30 == 0) replicas[who].merge(network.deliver(random, who, false));
    const std::size_t edits = std::min<std::size_t>(left[who], 1 + random() % 3);
    if (edits == 0) continue;
    left[who] -= edits;
    all_left -= edits;
    const bool lies = options.lies && random() % 50 == 0;
    network.send(who, replicas[who].write(random, edits, lies));
  }
  network.join();
  for (std::size_t i = 0; i < options.replicas; ++i) {
    replicas[i].merge(network.deliver(random, i, true));
    REQUIRE_FALSE(replicas[i].is_holding());
  }
  return replicas;
}

}  // namespace cunju::test
