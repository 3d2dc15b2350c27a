// SPDX-License-Identifier: Apache-2.0
#include "tests/crdt/types/history.h"

#include <algorithm>

namespace cunju::test {

std::size_t History::add(std::size_t author, std::vector<std::size_t> parents,
                         std::vector<Operation> operations) {
  TestChange change;
  change.parents = std::move(parents);
  change.operations = std::move(operations);
  return add_change(author, std::move(change));
}

std::size_t History::add_change(std::size_t author, TestChange change, std::uint64_t seq_step) {
  const std::size_t self = changes_.size();
  const auto number = static_cast<std::uint8_t>(author + 1);
  change.author = id_of<AuthorKey>(number, 7);
  change.dot = {.author = change.author, .seq = Seq{0}};
  for (std::size_t i = 0; i < self; ++i) {
    if (changes_[i].author != change.author) continue;
    change.own_previous = i;
    change.dot.seq = Seq{changes_[i].dot.seq.value + seq_step};
  }
  if (change.id.is_zero()) change.id = id_of<ChangeId>(static_cast<std::uint8_t>(self + 1), 9);

  std::vector<std::size_t> parents = change.parents;
  if (change.own_previous) parents.push_back(*change.own_previous);
  for (TestChange& before : changes_) before.ancestors.push_back(false);
  change.ancestors.assign(self + 1, false);
  change.depth = 1;
  for (std::size_t parent : parents) {
    change.depth = std::max(change.depth, changes_[parent].depth + 1);
    change.ancestors[parent] = true;
    for (std::size_t i = 0; i < self; ++i)
      if (changes_[parent].ancestors[i]) change.ancestors[i] = true;
  }
  changes_.push_back(std::move(change));
  return self;
}

std::size_t History::find(const ChangeId& id) const {
  std::size_t at = 0;
  while (at < changes_.size() && changes_[at].id != id) ++at;
  return at;
}

std::vector<std::size_t> History::heads(const std::vector<bool>& known) const {
  std::vector<std::size_t> out;
  for (std::size_t c = 0; c < known.size(); ++c) {
    bool is_head = known[c];
    for (std::size_t d = 0; d < known.size(); ++d)
      if (known[d] && is_ancestor(c, d)) is_head = false;
    if (is_head) out.push_back(c);
  }
  return out;
}

namespace {

// Few fields and few values, so that concurrent edits collide often.
Operation random_operation(Random& random) {
  static const std::vector<std::string> fields{"a", "b", "状态"};
  static const std::vector<Value> values{NoValue{},     std::int64_t{-1}, std::int64_t{2},
                                         std::string(), std::string("x"), std::string("值"),
                                         Bytes{},       Bytes{0, 255}};
  const std::string& field = fields[below(random, fields.size())];
  const Value& value = values[below(random, values.size())];
  const Value state = text(std::string(1, static_cast<char>('p' + below(random, 3))));
  switch (below(random, 16)) {
    case 0:
      return delete_record();
    case 1:  // A newer program's kind, and the roster's: no effect here.
      return {.kind = below(random, 2) == 0 ? std::uint16_t{999} : std::uint16_t{100},
              .field = field,
              .value = value,
              .previous = {}};
    case 2:  // Malformed in the ways a liar would try.
      switch (below(random, 5)) {
        case 0:
          return make_operation(OperationKind::kDelete, field, value);
        case 1:
          return move_state(field, NoValue{}, std::int64_t{3});
        case 2:
          return move_state(field, std::int64_t{3}, state);
        case 3:
          return set_register("", value);
        default:
          return set_register(std::string(200, 'n'), value);
      }
    case 3:
    case 4:
    case 5:
    case 6:
      return set_add(field, value);
    case 7:
    case 8:
    case 9:
      return set_remove(field, value);
    case 10:
    case 11:
    case 12:
      return move_state(field, below(random, 2) == 0 ? Value(NoValue{}) : text("p"), state);
    default:
      return set_register(field, value);
  }
}

ChangeId random_id(Random& random) {
  ChangeId out;
  for (std::uint8_t& byte : out.value) byte = static_cast<std::uint8_t>(random());
  return out;
}

/// A liar names any subset of what it knows, its own previous change or not.
std::vector<std::size_t> lying_parents(Random& random, const std::vector<bool>& known) {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < known.size(); ++i)
    if (known[i] && below(random, 4) == 0) out.push_back(i);
  return out;
}

}  // namespace

History random_history(Random& random, const WorkloadOptions& options) {
  History history;
  std::vector<std::vector<bool>> known(options.authors);
  std::vector<std::size_t> group(options.authors, 0);
  for (std::size_t step = 0; step < options.steps; ++step) {
    if (below(random, 10) == 0)  // The network falls apart in a new way, or heals.
      for (std::size_t& of : group) of = below(random, 2);
    const std::size_t author = below(random, options.authors);
    const std::size_t peer = below(random, options.authors);
    if (below(random, 3) == 0 && group[author] == group[peer]) {
      for (std::size_t i = 0; i < history.size(); ++i)
        if (known[peer][i]) known[author][i] = true;
      continue;
    }
    TestChange change;
    change.id = random_id(random);
    const bool lies = options.with_liars && author == 0 && below(random, 2) == 0;
    change.parents = lies ? lying_parents(random, known[author]) : history.heads(known[author]);
    if (lies && below(random, 3) == 0) change.registry = below(random, 2) == 0 ? "roll" : "巡查";
    change.is_void = options.with_voids && below(random, 8) == 0;
    const bool only_deletes = below(random, 12) == 0;
    if (only_deletes) change.operations.push_back(delete_record());
    const std::size_t count = only_deletes ? 0 : below(random, 5);
    for (std::size_t i = 0; i < count; ++i) change.operations.push_back(random_operation(random));
    const std::size_t self = history.add_change(author, std::move(change), 1 + below(random, 3));
    for (std::vector<bool>& of : known) of.push_back(false);
    known[author][self] = true;
  }
  return history;
}

std::vector<std::size_t> random_causal_order(Random& random, const History& history) {
  std::vector<std::size_t> out;
  std::vector<bool> done(history.size(), false);
  while (out.size() < history.size()) {
    std::vector<std::size_t> ready;
    for (std::size_t c = 0; c < history.size(); ++c) {
      bool is_ready = !done[c];
      for (std::size_t a = 0; a < history.size(); ++a)
        if (history.is_ancestor(a, c) && !done[a]) is_ready = false;
      if (is_ready) ready.push_back(c);
    }
    // Half of the time the newest: long runs of one branch before another starts.
    const std::size_t next =
        below(random, 2) == 0 ? ready.back() : ready[below(random, ready.size())];
    done[next] = true;
    out.push_back(next);
  }
  return out;
}

void Replica::deliver(std::size_t index) {
  if (nodes_[index]) return;
  const TestChange& change = history_.changes()[index];
  std::vector<const GraphNode*> parents;
  for (std::size_t parent : change.parents) parents.push_back(&*nodes_[parent]);
  const GraphNode* own = change.own_previous ? &*nodes_[*change.own_previous] : nullptr;
  nodes_[index] = derive_node(parents, own, change.dot);
  nodes_[index]->is_void = change.is_void;
  view_.apply({.id = change.id,
               .dot = change.dot,
               .node = *nodes_[index],
               .registry = change.registry,
               .operations = change.operations,
               .is_late = change.is_late,
               .is_on_branch = change.dot.author != change.author});
}

void Replica::settle_texts() {
  if (view_.has_stale_text()) view_.settle_texts(text_changes());
}

std::vector<TextChange> Replica::text_changes() const {
  std::vector<TextChange> changes;
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    if (!nodes_[i]) continue;
    const TestChange& change = history_.changes()[i];
    TextChange out{.id = change.id,
                   .author = change.author,
                   .dot = change.dot,
                   .node = *nodes_[i],
                   .registry = change.registry,
                   .parents = {},
                   .operations = change.operations,
                   .is_left_out = change.is_late && !change.is_void};
    for (std::size_t parent : change.parents) out.parents.push_back(history_.changes()[parent].id);
    changes.push_back(std::move(out));
  }
  return changes;
}

std::vector<bool> Replica::delivered() const {
  std::vector<bool> out;
  for (const auto& node : nodes_) out.push_back(node.has_value());
  return out;
}

void fork_later(History& history, std::size_t from) {
  const AuthorKey author = history.at(from).author, before = history.at(from).dot.author;
  for (std::size_t i = from; i < history.size(); ++i) {
    TestChange& change = history.at(i);
    if (change.author == author && change.dot.author == before)
      change.dot.author = AuthorKey{history.at(from).id.value};
  }
}

RecordView view_of(const History& history) {
  Replica replica(history);
  for (std::size_t i = 0; i < history.size(); ++i) replica.deliver(i);
  return replica.view();
}

Operation set_register(std::string field, Value value) {
  return make_operation(OperationKind::kRegisterSet, std::move(field), std::move(value));
}
Operation set_add(std::string field, Value value) {
  return make_operation(OperationKind::kSetAdd, std::move(field), std::move(value));
}
Operation set_remove(std::string field, Value value) {
  return make_operation(OperationKind::kSetRemove, std::move(field), std::move(value));
}
Operation move_state(std::string field, Value from, Value to) {
  return make_operation(OperationKind::kStateMove, std::move(field), std::move(to),
                        std::move(from));
}
Operation delete_record() { return make_operation(OperationKind::kDelete, "", NoValue{}); }

}  // namespace cunju::test
