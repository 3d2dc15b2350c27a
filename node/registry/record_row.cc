// SPDX-License-Identifier: Apache-2.0
#include "node/registry/record_row.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include "node/registry/attachment_text.h"
#include "node/registry/field_scope.h"

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

void add_field(const Field& field, RecordRow& out) {
  if (field.kind == cunju::FieldKind::kFreeze) return;  // Shown by the state that came with it.
  if (field.kind != cunju::FieldKind::kSet) {
    if (!is_empty(field.winner())) out.values.emplace_back(field.name, field.winner());
    return;
  }
  for (std::size_t i = 0; i < field.entries.size(); ++i) {
    // Additions of one element by several people are neighbours.
    if (i > 0 && field.entries[i].value == field.entries[i - 1].value) continue;
    out.values.emplace_back(field.name, field.entries[i].value);
  }
  out.sets.push_back(field.name);
}

/// The field itself, or those of a repeated field in the order of their names.
bool is_of_field(const FieldDefinition& field, std::string_view name) {
  if (!field.is_repeated) return name == field.id;
  return name.size() > field.id.size() && name.starts_with(field.id) &&
         name[field.id.size()] == '.';
}

void add_text(const TextField& text, RecordRow& out) {
  if (!text.text.empty()) out.values.emplace_back(text.name, Value(text.text));
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

RecordRow make_row(const RecordId& id, std::string_view registry, const RecordState& state,
                   const Definition* definition) {
  RecordRow out;
  out.id = id;
  out.registry = registry;
  out.has_conflict = state.has_conflict();
  out.is_deleted = state.is_deleted();
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
  std::ranges::sort(out.sets);
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

}  // namespace

void join_row(RecordRow& row, RecordRow other, std::string_view other_scope,
              const Definition* definition) {
  row.has_conflict = row.has_conflict || other.has_conflict;
  std::vector<std::string> taken;
  for (const auto& [field, value] : other.values) {
    if (!taken.empty() && taken.back() == field) continue;
    const bool is_its_scope = scope_of_field(definition, field) == other_scope;
    if (row.find(field) != nullptr && !is_its_scope) continue;
    std::erase_if(row.values, [&name = field](const FieldValue& own) { return own.first == name; });
    taken.push_back(field);
  }
  for (FieldValue& value : other.values) {
    if (std::ranges::find(taken, value.first) != taken.end())
      row.values.push_back(std::move(value));
  }
  std::ranges::stable_sort(
      row.values, {}, [&](const FieldValue& value) { return order_of(definition, value.first); });
  for (std::string& name : other.sets)
    if (std::ranges::find(row.sets, name) == row.sets.end()) row.sets.push_back(std::move(name));
  std::ranges::sort(row.sets);
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
    if (out.empty() || out.back() != entry.value) out.push_back(entry.value);
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
