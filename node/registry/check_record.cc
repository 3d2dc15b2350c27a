// SPDX-License-Identifier: Apache-2.0
#include "node/registry/check_record.h"

#include <algorithm>
#include <iterator>

#include "node/registry/validate.h"

namespace cunju::registry {
namespace {

const Value* find_value(std::span<const FieldValue> fields, std::string_view id) {
  for (const auto& [field, value] : fields) {
    if (field == id && !is_empty(value)) return &value;
  }
  return nullptr;
}

const std::string* find_text(std::span<const FieldValue> fields, std::string_view id) {
  const Value* value = find_value(fields, id);
  return value == nullptr ? nullptr : std::get_if<std::string>(value);
}

void check_state(const FieldDefinition& field, std::span<const FieldValue> fields,
                 std::span<const FieldValue> before, Findings& out) {
  const std::string* to = find_text(fields, field.id);
  if (to == nullptr) return;
  const Code* entered = field.find_code(*to);
  // An unknown state is already found as an unknown code.
  if (entered == nullptr) return;
  const std::string* from = find_text(before, field.id);
  if (from == nullptr) {
    if (field.may_begin_in(*to)) return;
    out.push_back(warning("not_an_initial_state", field.id,
                          {"新记录一般不从“" + entered->label.zh + "”开始",
                           "a new record does not usually begin in \"" +
                               entered->label.in(Language::kEnglish) + "\""}));
    return;
  }
  if (*from == *to || field.may_move(*from, *to)) return;
  const Code* left = field.find_code(*from);
  Label name = left == nullptr ? Label{*from, *from} : left->label;
  out.push_back(warning("move_not_allowed", field.id,
                        {"不能从“" + name.zh + "”改为“" + entered->label.zh + "”",
                         "no move from \"" + name.in(Language::kEnglish) + "\" to \"" +
                             entered->label.in(Language::kEnglish) + "\""}));
}

}  // namespace

Findings check_required(const Definition& definition, std::span<const FieldValue> fields) {
  Findings out;
  for (const FieldDefinition& field : definition.fields) {
    if (!field.required || find_value(fields, field.id) != nullptr) continue;
    out.push_back(warning("required_missing", field.id, {"必填项未填写", "required, but empty"}));
  }
  return out;
}

Findings check_record(const Definition& definition, std::span<const FieldValue> fields,
                      const RecordCheck& check) {
  Findings out = check_required(definition, fields);
  for (const FieldDefinition& field : definition.fields) {
    if (field.kind == FieldKind::kState) check_state(field, fields, check.before, out);
  }
  for (const auto& [id, value] : fields) {
    const FieldDefinition* field = definition.find_field(id);
    if (field == nullptr || is_empty(value)) continue;
    // What refers to an attachment was not typed.
    if (field->kind == FieldKind::kBlob && std::holds_alternative<Bytes>(value)) continue;
    // The canonical text finds the same as the text it was typed from, except what was only
    // about its form (a day number of Excel, say).
    Findings found =
        parse_field(*field, format_value(*field, value, Language::kChinese), check.today).findings;
    std::ranges::move(found, std::back_inserter(out));
  }
  return out;
}

}  // namespace cunju::registry
