// SPDX-License-Identifier: Apache-2.0
//
// Replicas that write one text over a bad network: it is parted and joined again, and what arrives
// does so in any order, held until its parents are there. Every replica has a history of its own
// and merges into the text at hand what has arrived, as programs do.
#pragma once

#include <random>
#include <set>
#include <vector>

#include "tests/crdt/types/text/text_world.h"

namespace cunju::test {

struct TextNetworkOptions {
  std::size_t replicas = 5;
  std::size_t edits = 2000;  ///< Of each replica; a change has one to three.
  bool lies = false;         ///< One change in 50 has positions beyond the end.
};

class TextReplica {
 public:
  explicit TextReplica(std::uint8_t number) : author_(text_author(number)) {}

  /// Random edits at what it has.
  SimulatedEdit write(std::mt19937_64& random, std::size_t edits, bool lies);
  /// Takes in what arrived and what was held, as far as the parents are here, and merges it.
  void merge(const std::vector<SimulatedEdit>& arrived);

  const TextHistory& history() const { return history_; }
  std::string text() const { return merged_.text.str(); }
  bool is_holding() const { return !held_.empty(); }

 private:
  bool take(const SimulatedEdit& change);

  AuthorKey author_;
  TextHistory history_;
  std::set<TextNodeIndex> heads_;
  MergedText merged_;
  std::vector<SimulatedEdit> held_;
};

/// Lets the replicas write all their edits, and meet in the end.
std::vector<TextReplica> write_apart(std::mt19937_64& random, const TextNetworkOptions& options);

}  // namespace cunju::test
