// SPDX-License-Identifier: Apache-2.0
#include "tests/crdt/types/oracle.h"

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <tuple>

namespace cunju::test {
namespace {

std::string describe(const Value& value) {
  switch (value.index()) {
    case 0:
      return "none";
    case 1:
      return "int " + std::to_string(std::get<std::int64_t>(value));
    case 2:
      return "text '" + std::get<std::string>(value) + "'";
    default:
      return "bytes " + to_hex(std::get<Bytes>(value));
  }
}

std::string describe(const ChangeId& id, const Dot& dot, std::uint64_t depth) {
  return id.hex().substr(0, 8) + "/" + dot.author.hex().substr(0, 4) + "." +
         std::to_string(dot.seq.value) + "@" + std::to_string(depth);
}

using Indices = std::vector<std::size_t>;

/// What one change finally says about one register, state or life.
struct Said {
  Value value;
  Value previous;
};

class Oracle {
 public:
  Oracle(const History& history, Indices effective)
      : history_(history), effective_(std::move(effective)) {
    std::ranges::sort(effective_, std::ranges::greater{},
                      [&](std::size_t i) { return std::tuple(change(i).depth, change(i).id); });
  }

  std::string describe_state() const {
    std::set<std::pair<std::string, int>> fields;
    for (std::size_t i : effective_)
      for (const Operation& op : change(i).operations)
        if (is_meant(op) && op.kind != 5) fields.insert({op.field, law_of(op.kind)});
    std::string out = describe_life();
    for (const auto& [name, law] : fields)
      out += law == 2 ? describe_set(name) : describe_candidates(name, law);
    return out;
  }

 private:
  const TestChange& change(std::size_t i) const { return history_.changes()[i]; }
  std::string origin(std::size_t i) const {
    return describe(change(i).id, change(i).dot, change(i).depth);
  }
  static int law_of(std::uint16_t kind) { return kind == 4 ? 3 : kind == 1 ? 1 : 2; }
  static bool is_meant(const Operation& op) {
    const bool is_named = !op.field.empty() && op.field.size() <= 128;
    if (op.kind == 5) return op.field.empty();
    if (op.kind == 1) return is_named;
    if (op.kind == 2 || op.kind == 3) return is_named && op.value.index() != 0;
    if (op.kind != 4 || !is_named) return false;
    return op.value.index() == 2 && (op.previous.index() == 0 || op.previous.index() == 2);
  }

  /// Maximal elements among those that said something, winner first.
  std::vector<std::pair<std::size_t, Said>> maximal(
      const std::function<bool(const Operation&, Said&)>& reads) const {
    std::map<std::size_t, Said> said;
    for (std::size_t i : effective_)
      for (const Operation& op : change(i).operations)
        if (Said read; reads(op, read)) said[i] = read;
    std::vector<std::pair<std::size_t, Said>> out;
    for (std::size_t i : effective_) {
      if (said.count(i) == 0) continue;
      const bool is_covered = std::ranges::any_of(
          said, [&](const auto& other) { return history_.is_ancestor(i, other.first); });
      if (!is_covered) out.emplace_back(i, said[i]);
    }
    return out;
  }

  std::string describe_life() const {
    auto life = maximal([](const Operation& op, Said& out) {
      out.value = std::int64_t{op.kind == 5 ? 1 : 0};
      return is_meant(op);
    });
    std::string deletions;
    std::size_t count = 0;
    for (const auto& [i, said] : life) {
      if (said.value != Value(std::int64_t{1})) continue;
      deletions += " " + origin(i);
      ++count;
    }
    const bool is_deleted = count != 0 && count == life.size();
    const bool is_conflict = count != 0 && count != life.size();
    return std::string(life.empty() ? "nothing"
                       : is_deleted ? "deleted"
                                    : "live") +
           (is_conflict ? " delete conflict" : "") + deletions + "\n";
  }

  std::string describe_candidates(const std::string& name, int law) const {
    auto found = maximal([&](const Operation& op, Said& out) {
      if (!is_meant(op) || op.kind == 5 || op.field != name || law_of(op.kind) != law) return false;
      out.value = op.value;
      if (law == 3) out.previous = op.previous;
      return true;
    });
    std::set<Value> values;
    std::string out;
    for (const auto& [i, said] : found) {
      values.insert(said.value);
      out += "  " + describe(said.value) + " from " + describe(said.previous) + " by " + origin(i) +
             "\n";
    }
    return name + " " + std::to_string(law) + (values.size() > 1 ? " conflict" : "") + "\n" + out;
  }

  std::string describe_set(const std::string& name) const {
    std::map<Value, std::pair<Indices, Indices>> elements;  // Final additions, removals.
    for (std::size_t i : effective_) {
      std::map<Value, bool> last_adds;
      for (const Operation& op : change(i).operations) {
        if (!is_meant(op) || op.field != name || (op.kind != 2 && op.kind != 3)) continue;
        last_adds[op.value] = op.kind == 2;
        if (op.kind == 3) elements[op.value].second.push_back(i);
      }
      for (const auto& [value, adds] : last_adds)
        if (adds) elements[value].first.push_back(i);
    }
    std::string out;
    for (const auto& [value, acts] : elements) {
      Indices additions = acts.first;
      std::ranges::reverse(additions);  // Ascending (depth, id).
      for (std::size_t add : additions) {
        const bool is_removed = std::ranges::any_of(
            acts.second, [&](std::size_t r) { return history_.is_ancestor(add, r); });
        if (!is_removed) out += "  " + describe(value) + " from none by " + origin(add) + "\n";
      }
    }
    return out.empty() ? "" : name + " 2\n" + out;
  }

  const History& history_;
  Indices effective_;  ///< By falling (depth, id).
};

std::string describe_state(const RecordState& state) {
  std::string out = state.is_empty() ? "nothing" : state.is_deleted() ? "deleted" : "live";
  if (state.has_delete_conflict()) out += " delete conflict";
  for (const Origin& by : state.deletions()) out += " " + describe(by.id, by.dot, by.depth);
  out += "\n";
  for (const Field& field : state.fields()) {
    out += field.name + " " + std::to_string(static_cast<int>(field.kind)) +
           (field.has_conflict() ? " conflict" : "") + "\n";
    for (const Entry& entry : field.entries) {
      const Origin& by = state.origin(entry);
      out += "  " + describe(entry.value) + " from " + describe(entry.previous) + " by " +
             describe(by.id, by.dot, by.depth) + "\n";
    }
  }
  return out;
}

}  // namespace

std::string expected_view(const History& history, const std::vector<bool>& given) {
  std::string out = "heads";
  std::set<ChangeId> heads;
  for (std::size_t i : history.heads(given)) heads.insert(history.changes()[i].id);
  for (const ChangeId& id : heads) out += " " + id.hex().substr(0, 8);

  std::uint64_t max_depth = 0;
  std::map<std::string, Indices> by_registry;
  for (std::size_t i = 0; i < given.size(); ++i) {
    if (!given[i]) continue;
    max_depth = std::max(max_depth, history.changes()[i].depth);
    if (!history.changes()[i].is_void) by_registry[history.changes()[i].registry].push_back(i);
  }
  out += " depth " + std::to_string(max_depth) + "\n";

  auto first = [&](const Indices& of) {
    std::tuple<std::uint64_t, ChangeId> out_first{history.changes()[of[0]].depth,
                                                  history.changes()[of[0]].id};
    for (std::size_t i : of)
      out_first = std::min(out_first, {history.changes()[i].depth, history.changes()[i].id});
    return out_first;
  };
  std::string own;
  for (const auto& [name, of] : by_registry)
    if (own.empty() || first(of) < first(by_registry[own])) own = name;
  if (own.empty()) return out;
  out += "own " + own + ": " + Oracle(history, by_registry[own]).describe_state();
  for (const auto& [name, of] : by_registry)
    if (name != own) out += "other " + name + ": " + Oracle(history, of).describe_state();
  return out;
}

std::string describe_view(const RecordView& view) {
  std::string out = "heads";
  for (const Head& head : view.heads) out += " " + head.id.hex().substr(0, 8);
  out += " depth " + std::to_string(view.max_depth) + "\n";
  if (!view.registry.empty()) out += "own " + view.registry + ": " + describe_state(view.state);
  for (const RegistryClaim& claim : view.others)
    out += "other " + claim.registry + ": " + describe_state(claim.state);
  return out;
}

}  // namespace cunju::test
