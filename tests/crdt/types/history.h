// SPDX-License-Identifier: Apache-2.0
//
// A history of changes to one record for tests: written by hand, or by several simulated authors
// with partitions, lies and void changes. Ancestors are explicit sets here, computed without
// version vectors; that is what the oracle judges by.
#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "crdt/graph/record_graph.h"
#include "crdt/types/record_view.h"

namespace cunju::test {

using Random = std::mt19937_64;

inline std::size_t below(Random& random, std::size_t bound) {
  return static_cast<std::size_t>(random() % bound);
}

/// 32 bytes, all `byte` but for the first: ids that order as the test says.
template <class Id>
Id id_of(std::uint8_t first, std::uint8_t byte = 0) {
  Id out;
  out.value.fill(byte);
  out.value[0] = first;
  return out;
}

struct TestChange {
  ChangeId id;
  AuthorKey author;
  Dot dot;
  std::vector<std::size_t> parents;         ///< As claimed in the links.
  std::optional<std::size_t> own_previous;  ///< As the author's log proves.
  bool is_void = false;
  bool is_late = false;  ///< By the roster; nothing while it is void.
  std::string registry = "minutes";
  std::vector<Operation> operations;

  std::vector<bool> ancestors;  ///< By index; the explicit set.
  std::uint64_t depth = 0;      ///< Longest path, computed from the set of edges.
};

class History {
 public:
  /// Fills id (if zero), dot, own_previous, ancestors and depth; returns the index.
  std::size_t add(std::size_t author, std::vector<std::size_t> parents,
                  std::vector<Operation> operations);
  /// The same with everything but the derived members given.
  std::size_t add_change(std::size_t author, TestChange change, std::uint64_t seq_step = 1);

  const std::vector<TestChange>& changes() const { return changes_; }
  TestChange& at(std::size_t index) { return changes_[index]; }
  std::size_t size() const { return changes_.size(); }
  bool is_ancestor(std::size_t a, std::size_t of) const { return changes_[of].ancestors[a]; }
  /// size() when it is not here.
  std::size_t find(const ChangeId& id) const;
  /// Indices of `known` that no other member of `known` has as an ancestor.
  std::vector<std::size_t> heads(const std::vector<bool>& known) const;
  std::vector<bool> all() const { return std::vector<bool>(changes_.size(), true); }

 private:
  std::vector<TestChange> changes_;
};

struct WorkloadOptions {
  std::size_t authors = 3;
  std::size_t steps = 40;
  bool with_liars = true;  ///< Parents that leave things out, other registries' names.
  bool with_voids = true;
};

History random_history(Random& random, const WorkloadOptions& options);
std::vector<std::size_t> random_causal_order(Random& random, const History& history);

/// Feeds a view in a given order through the code under test: derives nodes, then applies.
class Replica {
 public:
  explicit Replica(const History& history) : history_(history), nodes_(history.size()) {}
  /// Ignores what has been delivered before, as a store does.
  void deliver(std::size_t index);
  /// Computes what texts need the history for, as a store does at the end of a transaction.
  void settle_texts();
  /// What was delivered, as a store gives it to whoever asks for a text's history.
  std::vector<TextChange> text_changes() const;
  const RecordView& view() const { return view_; }
  const GraphNode& node(std::size_t index) const { return *nodes_[index]; }
  std::vector<bool> delivered() const;

 private:
  const History& history_;
  std::vector<std::optional<GraphNode>> nodes_;
  RecordView view_;
};

/// A branch of the author's log beside this change becomes known: what follows before it is on a
/// line of its own from now on. Ids and ancestors stay what they are.
void fork_later(History& history, std::size_t from);

/// The view of the whole history, delivered in order of writing.
RecordView view_of(const History& history);

// Operations in short.
Operation set_register(std::string field, Value value);
Operation set_add(std::string field, Value value);
Operation set_remove(std::string field, Value value);
Operation move_state(std::string field, Value from, Value to);
Operation delete_record();
inline Value text(std::string value) { return Value(std::move(value)); }

}  // namespace cunju::test
