// SPDX-License-Identifier: Apache-2.0
#include "node/registry/record_states.h"

#include <algorithm>
#include <optional>
#include <string>

#include "node/registry/field_scope.h"
#include "node/registry/record_row.h"
#include "node/registry/taken_out.h"

namespace cunju::registry {
namespace {

using MergeKind = cunju::FieldKind;

const RecordState& nothing_said() {
  static const RecordState state;
  return state;
}

/// Whether a field of the state says by its definition whether texts are final.
bool may_say_final(const FieldDefinition* known) {
  return known != nullptr && std::ranges::any_of(known->codes, &Code::is_frozen);
}

/// Whether the state says that texts are final, or that they are not.
bool tells_of_final(const Definition* definition, const RecordState& state) {
  if (state.find(kFreezeField, MergeKind::kFreeze) != nullptr) return true;
  return definition != nullptr && std::ranges::any_of(state.fields(), [&](const Field& field) {
           return field.kind == MergeKind::kState &&
                  may_say_final(definition->find_field(field.name));
         });
}

/// What another scope than the written one shows. `has_value(state)`: nothing where it was never
/// written. What was cleared in a confidential scope is not shown from the open, which is older.
template <class HasValue>
const RecordState& shown_elsewhere(const RecordStates& record, HasValue has_value) {
  bool was_cleared = false;
  for (const ScopedState& other : record.others) {
    const std::optional<bool> found = has_value(*other.state);
    const bool is_hidden = other.scope.empty() && was_cleared;
    if (found.value_or(false) && !is_hidden) return *other.state;
    was_cleared = was_cleared || (found && !other.scope.empty());
  }
  return record.written();
}

/// What the fields that say it and are in another scope than the texts now say of these being
/// final; nothing where none of them was written there.
std::optional<bool> final_elsewhere(const Definition* definition, const RecordStates& record) {
  std::optional<bool> out;
  if (definition == nullptr) return out;
  const std::string home = home_scope(definition);
  for (const FieldDefinition& field : definition->fields) {
    const std::string scope = scope_of_field(definition, field.id);
    if (scope == home || !may_say_final(&field)) continue;
    for (const ScopedState& other : record.others) {
      if (other.scope == scope && other.state->find(field.id, MergeKind::kState) != nullptr)
        out = out.value_or(false) || has_final_texts(definition, *other.state);
    }
  }
  return out;
}

}  // namespace

const RecordState& RecordStates::written() const { return own == nullptr ? nothing_said() : *own; }

const RecordState& RecordStates::shown(std::string_view field, MergeKind kind) const {
  if (written().find(field, kind) != nullptr) return written();
  return shown_elsewhere(*this, [&](const RecordState& state) -> std::optional<bool> {
    const Field* stored = state.find(field, kind);
    return stored == nullptr ? std::nullopt : std::optional(!is_empty(stored->winner()));
  });
}

const RecordState& RecordStates::shown_text(std::string_view field) const {
  if (written().find_text(field) != nullptr) return written();
  return shown_elsewhere(*this, [&](const RecordState& state) -> std::optional<bool> {
    const TextField* stored = state.find_text(field);
    return stored == nullptr ? std::nullopt : std::optional(!stored->text.empty());
  });
}

bool RecordStates::has(std::string_view field) const {
  const auto is_in = [field](const RecordState& state) {
    return state.find(field) != nullptr || state.find_text(field) != nullptr;
  };
  return is_in(written()) ||
         std::ranges::any_of(others, [&](const ScopedState& other) { return is_in(*other.state); });
}

std::vector<Value> RecordStates::elements(std::string_view field) const {
  std::vector<Value> out = set_elements(written(), field);
  for (const ScopedState& other : others) {
    for (const Value& element : set_elements(*other.state, field)) {
      const bool is_gone =
          is_taken_out(written(), field, element) ||
          std::ranges::any_of(others, [&](const ScopedState& each) {
            return each.state != other.state && is_taken_out(*each.state, field, element);
          });
      if (!is_gone) out.push_back(element);
    }
  }
  std::ranges::sort(out);
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

bool RecordStates::is_taken_out(const RecordState& state, std::string_view field,
                                const Value& element) const {
  const Field* stored = state.find(field, MergeKind::kSet);
  return stored != nullptr && std::ranges::find(stored->entries, taken_out_mark(id, element),
                                                &Entry::value) != stored->entries.end();
}

bool has_final_texts(const Definition* definition, const RecordState& state) {
  if (state.is_frozen()) return true;
  if (definition == nullptr) return false;
  return std::ranges::any_of(state.fields(), [&](const Field& stored) {
    const FieldDefinition* known =
        stored.kind == MergeKind::kState ? definition->find_field(stored.name) : nullptr;
    return known != nullptr && std::ranges::any_of(stored.entries, [&](const Entry& entry) {
             const auto* code = std::get_if<std::string>(&entry.value);
             const Code* entered = code == nullptr ? nullptr : known->find_code(*code);
             return entered != nullptr && entered->is_frozen;
           });
  });
}

bool has_final_texts(const Definition* definition, const RecordStates& record) {
  // Whatever is said elsewhere, a freeze that stands with the texts drops edits of them.
  if (record.written().is_frozen()) return true;
  if (const std::optional<bool> told = final_elsewhere(definition, record)) return *told;
  if (tells_of_final(definition, record.written()))
    return has_final_texts(definition, record.written());
  return has_final_texts(definition, record.written()) ||
         std::ranges::any_of(record.others, [&](const ScopedState& other) {
           return has_final_texts(definition, *other.state);
         });
}

}  // namespace cunju::registry
