// SPDX-License-Identifier: Apache-2.0
#include "node/registry/record_row.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <set>
#include <utility>

#include "crdt/base/check.h"
#include "node/registry/attachment_text.h"
#include "node/registry/field_scope.h"
#include "node/registry/scope_order.h"
#include "node/registry/taken_out.h"

namespace cunju::registry {
namespace {

// All fields of one name: one, unless different kinds were written under it.
std::span<const Field> fields_named(const RecordState& state, std::string_view name) {
  std::span<const Field> all = state.fields();
  auto begin = std::ranges::lower_bound(all, name, std::ranges::less(), &Field::name);
  auto end = begin;
  while (end != all.end() && end->name == name) ++end;
  return {begin, end};
}

void add_field(const Field& field, ScopedRow& out) {
  if (field.kind == cunju::FieldKind::kFreeze) return;  // Shown by the state that came with it.
  if (field.kind != cunju::FieldKind::kSet) {
    if (is_empty(field.winner())) {
      out.cleared.push_back(field.name);
    } else {
      out.row.values.emplace_back(field.name, field.winner());
    }
    return;
  }
  for (std::size_t i = 0; i < field.entries.size(); ++i) {
    const Value& value = field.entries[i].value;
    // Additions of one element by several people are neighbours.
    if (i > 0 && field.entries[i - 1].value == value) continue;
    (is_taken_out_mark(value) ? out.taken_out : out.row.values).emplace_back(field.name, value);
  }
  out.row.sets.push_back(field.name);
}

/// The field itself, or those of a repeated field in the order of their names.
bool is_of_field(const FieldDefinition& field, std::string_view name) {
  if (!field.is_repeated) return name == field.id;
  return name.size() > field.id.size() && name.starts_with(field.id) &&
         name[field.id.size()] == '.';
}

void add_text(const TextField& text, ScopedRow& out) {
  if (text.text.empty()) {
    out.cleared.push_back(text.name);
  } else {
    out.row.values.emplace_back(text.name, Value(text.text));
  }
}

}  // namespace

Seen seen_of(const RecordView& view) {
  Seen out{.heads = {}, .left_out = view.left_out_ids()};
  for (const Head& head : view.heads) out.heads.push_back(head.id);
  return out;
}

const Value* RecordRow::find(std::string_view field) const {
  auto found = std::ranges::find(values, field, &FieldValue::first);
  return found == values.end() ? nullptr : &found->second;
}

ScopedRow make_row(const RecordId& id, std::string_view registry, std::string scope,
                   const RecordState& state, const Definition* definition) {
  ScopedRow out{.scope = std::move(scope), .row = {}, .cleared = {}, .taken_out = {}};
  out.row.id = id;
  out.row.registry = registry;
  out.row.has_conflict = state.has_conflict();
  out.row.is_deleted = state.is_deleted();
  if (definition != nullptr) {
    for (const FieldDefinition& field : definition->fields) {
      if (!field.is_repeated) {
        for (const Field& stored : fields_named(state, field.id)) add_field(stored, out);
      } else {
        for (const Field& stored : state.fields()) {
          if (is_of_field(field, stored.name)) add_field(stored, out);
        }
      }
      for (const TextField& text : state.texts()) {
        if (is_of_field(field, text.name)) add_text(text, out);
      }
    }
  }
  for (const Field& stored : state.fields()) {
    if (definition == nullptr || definition->find_field(stored.name) == nullptr)
      add_field(stored, out);
  }
  for (const TextField& text : state.texts()) {
    if (definition == nullptr || definition->find_field(text.name) == nullptr) add_text(text, out);
  }
  std::ranges::sort(out.row.sets);
  return out;
}

namespace {

/// Where the definition has a field; those that it does not know come last.
std::size_t order_of(const Definition* definition, std::string_view name) {
  if (definition == nullptr) return 0;
  const auto found = std::ranges::find_if(definition->fields, [&](const FieldDefinition& field) {
    return field.id == name || is_of_field(field, name);
  });
  return static_cast<std::size_t>(found - definition->fields.begin());
}

bool is_set(const Definition* definition, const RecordRow& row, std::string_view field) {
  const FieldDefinition* known = definition == nullptr ? nullptr : definition->find_field(field);
  return known == nullptr ? std::ranges::binary_search(row.sets, field)
                          : known->kind == FieldKind::kSet;
}

/// Leaves out of each scope's elements those of which another one says that they were taken out.
/// What is in the field's own scope has been entered there.
void drop_taken_out(std::vector<ScopedRow>& rows, const Definition* definition) {
  const bool has_marks =
      std::ranges::any_of(rows, [](const ScopedRow& each) { return !each.taken_out.empty(); });
  if (!has_marks) return;
  const auto is_taken_out = [&](const ScopedRow& from, const FieldValue& value) {
    return std::ranges::any_of(rows, [&](const ScopedRow& other) {
      return &other != &from && std::ranges::any_of(other.taken_out, [&](const FieldValue& mark) {
        return mark.first == value.first &&
               mark.second == taken_out_mark(from.row.id, value.second);
      });
    });
  };
  for (ScopedRow& each : rows) {
    std::erase_if(each.row.values, [&](const FieldValue& value) {
      return is_taken_out(each, value) && scope_of_field(definition, value.first) != each.scope;
    });
  }
}

/// Joins rows, the one that counts first before the others.
class RowJoiner {
 public:
  RowJoiner(ScopedRow first, const Definition* definition) : definition_(definition) {
    if (first.scope.empty())
      for (const FieldValue& value : first.row.values) from_open_.insert(value.first);
    close(first);
    out_ = std::move(first.row);
  }

  void add(ScopedRow other) {
    out_.has_conflict = out_.has_conflict || other.row.has_conflict;
    close(other);
    std::vector<std::string> taken;
    for (FieldValue& value : other.row.values) {
      const std::string& field = value.first;
      if (is_set(definition_, other.row, field)) {
        if (std::ranges::find(out_.values, value) == out_.values.end()) add_element(value);
        continue;
      }
      // Several values of one name are neighbours.
      if (taken.empty() || taken.back() != field) {
        const bool is_its_scope = scope_of_field(definition_, field) == other.scope;
        if (!is_its_scope && !counts(other.scope, field)) continue;
        if (other.scope.empty()) from_open_.insert(field);
        if (!other.scope.empty()) from_open_.erase(field);
        std::erase_if(out_.values, [&](const FieldValue& own) { return own.first == field; });
        taken.push_back(field);
      }
      out_.values.push_back(std::move(value));
    }
    for (std::string& name : other.row.sets)
      if (std::ranges::find(out_.sets, name) == out_.sets.end())
        out_.sets.push_back(std::move(name));
    std::ranges::sort(out_.sets);
  }

  RecordRow take() {
    std::ranges::stable_sort(out_.values, {}, [&](const FieldValue& value) {
      return order_of(definition_, value.first);
    });
    return std::move(out_);
  }

 private:
  /// Elements stay in their order.
  void add_element(FieldValue& value) {
    const auto after = std::ranges::find_if(out_.values, [&](const FieldValue& own) {
      return own.first == value.first && value.second < own.second;
    });
    out_.values.insert(after, std::move(value));
  }

  /// Whether a scope that the field is not in now has more to say of it than what is joined.
  bool counts(const std::string& scope, const std::string& field) const {
    if (closed_.contains(field)) return false;
    if (out_.find(field) == nullptr) return !scope.empty() || !closed_to_open_.contains(field);
    return !scope.empty() && is_outdated(field);
  }

  /// Whether what is joined of the field is from the open and the field is confidential now.
  bool is_outdated(const std::string& field) const {
    return from_open_.contains(field) && !scope_of_field(definition_, field).empty();
  }

  /// What was cleared in its scope is not shown from another one, and what was in any confidential
  /// one not from the open, which is older.
  void close(const ScopedRow& row) {
    for (const std::string& field : row.cleared) {
      const std::string scope = scope_of_field(definition_, field);
      const bool is_its_scope = scope == row.scope;
      if (!is_its_scope && (scope.empty() || row.scope.empty())) continue;
      const bool is_filled = std::ranges::any_of(
          row.row.values, [&](const FieldValue& value) { return value.first == field; });
      if (is_filled) continue;  // Under another kind.
      if (is_its_scope || is_outdated(field))
        std::erase_if(out_.values, [&](const FieldValue& own) { return own.first == field; });
      (is_its_scope ? closed_ : closed_to_open_).insert(field);
    }
  }

  const Definition* definition_;
  RecordRow out_;
  std::set<std::string, std::less<>> closed_;          ///< To all scopes but the field's own.
  std::set<std::string, std::less<>> closed_to_open_;  ///< Cleared in some confidential scope.
  std::set<std::string, std::less<>> from_open_;       ///< Joined from there.
};

}  // namespace

RecordRow join_rows(std::vector<ScopedRow> rows, std::string_view home,
                    const Definition* definition) {
  CUNJU_CHECK(!rows.empty(), "a record is of one scope at least");
  if (rows.size() == 1) return std::move(rows.front().row);
  std::ranges::stable_sort(
      rows, {}, [home](const ScopedRow& row) { return order_of_scope(row.scope, home, home); });
  rows.erase(std::unique(rows.begin(), rows.end(),
                         [](const auto& a, const auto& b) { return a.scope == b.scope; }),
             rows.end());
  if (rows.front().scope != home)
    rows.front().row.is_deleted =
        std::ranges::any_of(rows, [](const ScopedRow& each) { return each.row.is_deleted; });
  drop_taken_out(rows, definition);
  RowJoiner joiner(std::move(rows.front()), definition);
  for (std::size_t i = 1; i < rows.size(); ++i) joiner.add(std::move(rows[i]));
  return joiner.take();
}

Value shown_value(const RecordState& state, std::string_view field, cunju::FieldKind kind) {
  if (kind == cunju::FieldKind::kText) {
    const TextField* text = state.find_text(field);
    return text == nullptr || text->text.empty() ? Value(NoValue{}) : Value(text->text);
  }
  const Field* found = state.find(field, kind);
  return found == nullptr ? Value(NoValue{}) : found->winner();
}

std::vector<Value> set_elements(const RecordState& state, std::string_view field) {
  std::vector<Value> out;
  const Field* found = state.find(field, cunju::FieldKind::kSet);
  if (found == nullptr) return out;
  for (const Entry& entry : found->entries) {
    const bool is_new = out.empty() || out.back() != entry.value;
    if (is_new && !is_taken_out_mark(entry.value)) out.push_back(entry.value);
  }
  return out;
}

cunju::FieldKind merge_kind(FieldKind kind) {
  switch (kind) {
    case FieldKind::kSet:
      return cunju::FieldKind::kSet;
    case FieldKind::kState:
      return cunju::FieldKind::kState;
    case FieldKind::kText:
      return cunju::FieldKind::kText;
    case FieldKind::kRegister:
    case FieldKind::kRef:
    case FieldKind::kBlob:
      break;
  }
  return cunju::FieldKind::kRegister;
}

boost::json::value value_json(const Value& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) return *number;
  if (const auto* text = std::get_if<std::string>(&value)) return boost::json::string(*text);
  if (std::optional<boost::json::object> attachment = attachment_json(value)) return *attachment;
  if (const auto* bytes = std::get_if<Bytes>(&value)) return boost::json::string(to_hex(*bytes));
  return nullptr;
}

boost::json::object fields_json(const RecordRow& row) {
  boost::json::object out;
  for (const auto& [field, value] : row.values) {
    boost::json::value* before = out.if_contains(field);
    if (before == nullptr && !std::ranges::binary_search(row.sets, field)) {
      out.emplace(field, value_json(value));
      continue;
    }
    if (before == nullptr) {
      out.emplace(field, boost::json::array());
      before = &out.at(field);
    } else if (!before->is_array()) {
      // A register and a state under one name: both are shown.
      *before = boost::json::array{*before};
    }
    before->as_array().push_back(value_json(value));
  }
  return out;
}

boost::json::object row_json(const RecordRow& row) {
  boost::json::object out;
  out.emplace("id", row.id.hex());
  out.emplace("registry", row.registry);
  out.emplace("deleted", row.is_deleted);
  out.emplace("conflict", row.has_conflict);
  out.emplace("fields", fields_json(row));
  if (!row.hidden.empty()) {
    boost::json::object hidden;
    for (const HiddenParts& each : row.hidden) hidden.emplace(each.scope, each.parts);
    out.emplace("hidden", std::move(hidden));
  }
  return out;
}

}  // namespace cunju::registry
