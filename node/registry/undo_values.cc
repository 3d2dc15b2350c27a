// SPDX-License-Identifier: Apache-2.0
#include "node/registry/undo_values.h"

#include <algorithm>
#include <set>
#include <utility>

#include "node/registry/field_scope.h"
#include "node/registry/record_edit.h"
#include "node/registry/record_row.h"

namespace cunju::registry {
namespace {

using UndoHistory = std::span<const replica::HistoryEntry>;

std::set<ChangeId> ancestors_of(const ChangeId& change, UndoHistory history) {
  std::set<ChangeId> out = {change};
  // Children have a greater depth than their parents, so they come first here.
  for (auto at = history.rbegin(); at != history.rend(); ++at) {
    const replica::HistoryEntry& entry = *at;
    if (out.contains(entry.id)) out.insert(entry.parents.begin(), entry.parents.end());
  }
  out.erase(change);
  return out;
}

bool is_set_operation(const Operation& operation) {
  return is_kind(operation, OperationKind::kSetAdd) ||
         is_kind(operation, OperationKind::kSetRemove);
}

/// A freeze or thaw.
bool is_act(const Operation& operation) {
  return is_kind(operation, OperationKind::kFreeze) || is_kind(operation, OperationKind::kThaw);
}

// True when the two decide about the same thing: a field, or one element of a set.
bool concerns_same(const Operation& a, const Operation& b) {
  if (a.field != b.field) return false;
  if (is_set_operation(a)) return is_set_operation(b) && a.value == b.value;
  return a.kind == b.kind;
}

bool writes_same(const replica::HistoryEntry& entry, const Operation& operation) {
  return !entry.is_void && std::ranges::any_of(entry.operations, [&](const Operation& other) {
    return has_effect(other) && concerns_same(operation, other);
  });
}

// What was shown before: the last write among the ancestors has the greatest (depth, id), and no
// other ancestor can have seen it. Nothing: none of them wrote it.
std::optional<Value> value_here(const Operation& operation, const std::set<ChangeId>& ancestors,
                                UndoHistory history) {
  std::optional<Value> out;
  for (const replica::HistoryEntry& entry : history) {
    if (!ancestors.contains(entry.id) || entry.is_void) continue;
    for (const Operation& other : entry.operations) {
      if (has_effect(other) && concerns_same(operation, other)) out = other.value;
    }
  }
  return out;
}

/// The operation that takes `operation` back; empty when nothing can.
std::optional<Operation> inverse(const Operation& operation, Value before) {
  if (is_kind(operation, OperationKind::kSetAdd))
    return make_operation(OperationKind::kSetRemove, operation.field, operation.value);
  if (is_kind(operation, OperationKind::kSetRemove))
    return make_operation(OperationKind::kSetAdd, operation.field, operation.value);
  if (is_kind(operation, OperationKind::kRegisterSet))
    return make_operation(OperationKind::kRegisterSet, operation.field, std::move(before));
  // A state can't be left for none.
  if (!is_kind(operation, OperationKind::kStateMove) || is_empty(before)) return std::nullopt;
  return make_operation(OperationKind::kStateMove, operation.field, std::move(before),
                        operation.value);
}

/// As value_elsewhere() has it, unless it was written here; of a set's element nothing is needed.
std::optional<Value> value_before(const Operation& operation, const std::set<ChangeId>& ancestors,
                                  const Past& past) {
  if (is_set_operation(operation)) return NoValue{};
  if (std::optional<Value> here = value_here(operation, ancestors, past.history)) return here;
  const bool is_state = is_kind(operation, OperationKind::kStateMove);
  return value_elsewhere(past, operation.field,
                         is_state ? cunju::FieldKind::kState : cunju::FieldKind::kRegister);
}

}  // namespace

bool is_kind(const Operation& operation, OperationKind kind) {
  return operation.kind == static_cast<std::uint16_t>(kind);
}

std::optional<Value> value_elsewhere(const Past& past, std::string_view field,
                                     cunju::FieldKind kind) {
  if (scope_of_field(past.definition, field) != past.scope) return NoValue{};
  const RecordStates others{.id = past.record.id, .own = nullptr, .others = past.record.others};
  const RecordState* shown =
      kind == cunju::FieldKind::kText ? &others.shown_text(field) : &others.shown(field, kind);
  const auto from = std::ranges::find(others.others, shown, &ScopedState::state);
  if (from == others.others.end()) return NoValue{};
  Value value = shown_value(*shown, field, kind);
  if (!from->scope.empty() && !is_empty(value)) return std::nullopt;
  return value;
}

bool is_first_here(const Past& past, const replica::HistoryEntry& change, const std::string& text) {
  const std::set<ChangeId> ancestors = ancestors_of(change.id, past.history);
  const Operation edit = make_operation(OperationKind::kTextEdit, text, NoValue{});
  return std::ranges::none_of(past.history, [&](const replica::HistoryEntry& entry) {
    return ancestors.contains(entry.id) && writes_same(entry, edit);
  });
}

void take_back_change(const replica::HistoryEntry& own, const Past& past,
                      std::vector<Operation>& back,
                      std::map<std::string, const replica::HistoryEntry*>& texts,
                      NotSetBack& kept) {
  const std::set<ChangeId> ancestors = ancestors_of(own.id, past.history);
  for (const Operation& operation : own.operations) {
    // A freeze or thaw goes with the state move that it came with: follow_state().
    if (!has_effect(operation) || is_act(operation)) continue;
    const bool is_written_since =
        std::ranges::any_of(past.history, [&](const replica::HistoryEntry& entry) {
          return entry.id != own.id && !ancestors.contains(entry.id) &&
                 writes_same(entry, operation);
        });
    if (is_written_since) {
      kept.is_written_since = true;
      continue;
    }
    if (is_kind(operation, OperationKind::kTextEdit)) {
      texts.emplace(operation.field, &own);
      continue;
    }
    std::optional<Value> before = value_before(operation, ancestors, past);
    if (!before) {
      kept.stands_confidential = true;
      continue;
    }
    if (std::optional<Operation> reset = inverse(operation, std::move(*before))) {
      back.push_back(std::move(*reset));
    } else {
      kept.is_written_since = true;
    }
  }
}

}  // namespace cunju::registry
