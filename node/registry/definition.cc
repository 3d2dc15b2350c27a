// SPDX-License-Identifier: Apache-2.0
#include "node/registry/definition.h"

#include <algorithm>

#include "crdt/base/bytes.h"
#include "crdt/base/limits.h"
#include "node/registry/text_form.h"

namespace cunju::registry {

const Code* FieldDefinition::find_code(std::string_view code) const {
  auto found = std::ranges::find(codes, code, &Code::code);
  return found == codes.end() ? nullptr : &*found;
}

bool FieldDefinition::may_move(std::string_view from, std::string_view to) const {
  return std::ranges::any_of(
      moves, [&](const auto& move) { return move.first == from && move.second == to; });
}

bool FieldDefinition::may_begin_in(std::string_view state) const {
  return std::ranges::find(initial, state) != initial.end();
}

bool FieldDefinition::is_pending(std::string_view state) const {
  const Code* known = find_code(state);
  if (known == nullptr) return true;
  const bool leads_on =
      std::ranges::any_of(moves, [&](const auto& move) { return move.first == state; });
  return leads_on && !known->is_done;
}

const FieldDefinition* Definition::find_field(std::string_view field_id) const {
  const std::size_t dot = field_id.find('.');
  auto found = std::ranges::find(fields, field_id.substr(0, dot), &FieldDefinition::id);
  if (found == fields.end()) return nullptr;
  const bool has_suffix = dot != std::string_view::npos && dot + 1 < field_id.size();
  if (dot != std::string_view::npos && (!has_suffix || !is_field_name(field_id))) return nullptr;
  return found->is_repeated == has_suffix ? &*found : nullptr;
}

const FieldDefinition* Definition::find_label(std::string_view label_text) const {
  const FieldDefinition* found = nullptr;
  const std::string wanted = fold_label(label_text);
  for (const FieldDefinition& field : fields) {
    if (wanted != fold_label(field.label.zh) && wanted != fold_label(field.label.en)) continue;
    if (found != nullptr) return nullptr;
    found = &field;
  }
  return found;
}

std::string Definition::resolve(std::string_view name) const {
  const FieldDefinition* field = find_field(name) == nullptr ? find_label(name) : nullptr;
  return field == nullptr ? std::string(name) : field->id;
}

std::string_view type_name(FieldType type) {
  switch (type) {
    case FieldType::kText:
      return "text";
    case FieldType::kInteger:
      return "integer";
    case FieldType::kDecimal:
      return "decimal";
    case FieldType::kMoney:
      return "money";
    case FieldType::kDate:
      return "date";
    case FieldType::kDatetime:
      return "datetime";
    case FieldType::kBoolean:
      return "boolean";
    case FieldType::kCode:
      return "code";
    case FieldType::kIdentityNumber:
      return "identity_number";
    case FieldType::kCreditCode:
      return "credit_code";
    case FieldType::kDivisionCode:
      return "division_code";
    case FieldType::kPhone:
      return "phone";
    case FieldType::kRef:
      return "ref";
  }
  return "text";
}

std::string_view kind_name(FieldKind kind) {
  switch (kind) {
    case FieldKind::kRegister:
      return "register";
    case FieldKind::kSet:
      return "set";
    case FieldKind::kState:
      return "state";
    case FieldKind::kRef:
      return "ref";
    case FieldKind::kText:
      return "text";
    case FieldKind::kBlob:
      return "blob";
  }
  return "register";
}

bool is_plain_name(std::string_view name) {
  if (name.empty() || name.size() > limits::kMaxNameBytes) return false;
  if (name[0] < 'a' || name[0] > 'z') return false;
  return std::ranges::all_of(
      name, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; });
}

bool is_field_name(std::string_view name) {
  return !name.empty() && name.size() <= limits::kMaxNameBytes && is_utf8(name) &&
         std::ranges::none_of(
             name, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

}  // namespace cunju::registry
