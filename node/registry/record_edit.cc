// SPDX-License-Identifier: Apache-2.0
#include "node/registry/record_edit.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>

#include "crdt/base/limits.h"
#include "node/registry/person_tags.h"
#include "node/registry/record_row.h"
#include "node/registry/set_cell.h"
#include "node/registry/text_form.h"
#include "node/registry/text_operations.h"
#include "node/registry/validate.h"

namespace cunju::registry {
namespace {

bool leads_back(const FieldDefinition& known, const RecordState& state, std::string_view from,
                const Code& to) {
  const Code* left = known.find_code(from);
  return left != nullptr && left->is_frozen && !to.is_frozen && known.may_move(to.code, from) &&
         std::ranges::any_of(state.texts(), &TextField::is_merged);
}

using MergeKind = cunju::FieldKind;

const RecordState& no_state() {
  static const RecordState state;
  return state;
}

std::string_view text_of(const RecordState& state, std::string_view field) {
  const TextField* text = state.find_text(field);
  return text == nullptr ? std::string_view() : std::string_view(text->text);
}

MergeKind kind_of(const Definition* definition, const RecordState& state, std::string_view field) {
  const FieldDefinition* known = definition == nullptr ? nullptr : definition->find_field(field);
  if (known != nullptr) return merge_kind(known->kind);
  if (state.find_text(field) != nullptr) return MergeKind::kText;
  // A field of a definition that is not here any more keeps merging as it did.
  const Field* stored = state.find(field);
  return stored == nullptr ? MergeKind::kRegister : stored->kind;
}

void make_set(const RecordState& state, const std::string& field, const std::vector<Value>& wanted,
              std::vector<Operation>& out) {
  std::vector<Value> present = set_elements(state, field);
  for (const Value& value : present) {
    if (std::ranges::find(wanted, value) == wanted.end())
      out.push_back(make_operation(OperationKind::kSetRemove, field, value));
  }
  for (const Value& value : wanted) {
    if (!std::ranges::binary_search(present, value))
      out.push_back(make_operation(OperationKind::kSetAdd, field, value));
  }
}

// A value that is shown already is written again only to end a conflict.
bool says_so(const RecordState& state, const std::string& field, MergeKind kind, const Value& value,
             bool settle) {
  if (shown_value(state, field, kind) != value) return false;
  const Field* stored = state.find(field, kind);
  return stored == nullptr || !settle || !stored->has_conflict();
}

void make_value(const RecordState& state, const std::string& field, MergeKind kind, Value value,
                bool settle, std::vector<Operation>& out) {
  if (kind == MergeKind::kText) {
    const auto* text = std::get_if<std::string>(&value);
    std::ranges::move(plan_text(field, text_of(state, field),
                                text == nullptr ? std::string() : plain_lines(*text)),
                      std::back_inserter(out));
    return;
  }
  if (says_so(state, field, kind, value, settle)) return;
  if (kind == MergeKind::kState) {
    out.push_back(make_operation(OperationKind::kStateMove, field, std::move(value),
                                 shown_value(state, field, kind)));
  } else {
    out.push_back(make_operation(OperationKind::kRegisterSet, field, std::move(value)));
  }
}

class EditPlanner {
 public:
  explicit EditPlanner(const EditContext& context)
      : context_(context), state_(context.state == nullptr ? no_state() : *context.state) {}

  PlannedEdit run(std::span<const Edit> edits) {
    for (const Edit& edit : edits) add(edit);
    if (has_error(out_.findings)) out_.operations.clear();
    follow_state(context_.definition, state_, out_.operations);
    return std::move(out_);
  }

 private:
  void refuse(std::string_view code, const std::string& field, std::string zh, std::string en) {
    out_.findings.push_back(error(code, field, {std::move(zh), std::move(en)}));
  }

  void add(const Edit& edit) {
    std::optional<std::string> field = resolve(edit.field);
    if (!field) return;
    if (!is_utf8(edit.text))
      return refuse("not_utf8", *field, "内容不是 UTF-8 文字", "the text is not UTF-8");
    MergeKind kind = kind_of(context_.definition, state_, *field);
    bool whole = edit.action == EditAction::kSet;
    auto [before, is_first] = edited_.try_emplace(*field, whole);
    if (!is_first && (whole || before->second))
      return refuse("edited_twice", *field, "同一字段填了两次", "the field is given twice");
    if (kind == MergeKind::kSet) return edit_set(*field, edit);
    if (!whole) {
      return refuse("not_a_set", *field, "该字段只有一个值，不能增减",
                    "the field has one value; nothing can be added or taken out");
    }
    if (kind == MergeKind::kText) return edit_text(*field, edit.text);
    Value value = NoValue{};
    if (!read(*field, edit.text, value)) return;
    if (kind == MergeKind::kState && !may_enter(*field, value)) return;
    make_value(state_, *field, kind, std::move(value), true, out_.operations);
  }

  // The field's id; empty when it was refused.
  std::optional<std::string> resolve(const std::string& name) {
    const Definition* definition = context_.definition;
    if (definition != nullptr && definition->find_field(name) != nullptr) return name;
    if (state_.find(name) != nullptr || state_.find_text(name) != nullptr) return name;
    if (definition != nullptr) {
      if (const FieldDefinition* field = definition->find_label(name)) return field->id;
    }
    if (context_.allow_extra || definition == nullptr) return resolve_extra(name);
    std::string near;
    for (const std::string& id : find_near_fields(*definition, name))
      near += (near.empty() ? "" : ", ") + id;
    refuse("unknown_field", name, "没有这个字段" + (near.empty() ? "" : "，是不是：" + near),
           "there is no such field" + (near.empty() ? "" : "; did you mean " + near));
    return std::nullopt;
  }

  std::optional<std::string> resolve_extra(const std::string& name) {
    if (!is_field_name(name)) {
      refuse("bad_field_name", "", "字段名太长或含有控制字符",
             "the field's name is empty, too long or has control characters");
    } else if (is_refused_person_tag(name)) {
      refuse("person_tag", name, "不得登记这类个人标签", "no registry here may keep such a tag");
    } else {
      return name;
    }
    return std::nullopt;
  }

  void edit_text(const std::string& field, const std::string& text) {
    if (text.size() > kMaxTextBytes)
      return refuse("too_long", field, "文字过长，超过 4 MiB", "longer than 4 MiB");
    std::vector<Operation> edits = plan_text(field, text_of(state_, field), plain_lines(text));
    if (!edits.empty() && has_final_texts(context_.definition, state_)) {
      return refuse("frozen", field, kFinalTexts.zh, kFinalTexts.en);
    }
    std::ranges::move(edits, std::back_inserter(out_.operations));
  }

  // False: refused.
  bool read(const std::string& field, std::string_view text, Value& out) {
    if (text.empty()) return true;
    const FieldDefinition* known =
        context_.definition == nullptr ? nullptr : context_.definition->find_field(field);
    if (known == nullptr) {
      if (text.size() > limits::kMaxValueBytes) {
        refuse("too_long", field, "内容过长，超过 64 KiB", "longer than 64 KiB");
        return false;
      }
      out = std::string(text);
      return true;
    }
    ParsedField parsed = parse_field(*known, text, context_.today);
    bool good = !has_error(parsed.findings);
    std::ranges::move(parsed.findings, std::back_inserter(out_.findings));
    out = std::move(parsed.value);
    return good;
  }

  void edit_set(const std::string& field, const Edit& edit) {
    std::vector<std::string> texts;
    if (edit.action == EditAction::kSet) {
      texts = split_set(edit.text);
    } else {
      std::string_view element = trim(edit.text);
      if (element.empty())
        return refuse("empty_element", field, "没有写明是哪一项", "which element is meant?");
      texts.emplace_back(element);
    }
    std::vector<Value> values;
    for (const std::string& text : texts) {
      Value value = NoValue{};
      if (!read(field, text, value)) return;
      if (std::ranges::find(values, value) == values.end()) values.push_back(std::move(value));
    }
    if (edit.action == EditAction::kSet) return make_set(state_, field, values, out_.operations);
    change_element(field, edit.action, values.front());
  }

  void change_element(const std::string& field, EditAction action, const Value& value) {
    std::vector<Value> present = set_elements(state_, field);
    bool is_there = std::ranges::binary_search(present, value);
    if (action == EditAction::kAdd) {
      if (!is_there)
        out_.operations.push_back(make_operation(OperationKind::kSetAdd, field, value));
      return;
    }
    if (is_there) {
      out_.operations.push_back(make_operation(OperationKind::kSetRemove, field, value));
    } else {
      out_.findings.push_back(
          warning("not_in_set", field, {"本来就没有这一项", "it has no such element"}));
    }
  }

  bool may_enter(const std::string& field, const Value& value) {
    const auto* to = std::get_if<std::string>(&value);
    if (to == nullptr) {
      refuse("state_cleared", field, "状态不能清空", "a state cannot be cleared");
      return false;
    }
    const FieldDefinition* known =
        context_.definition == nullptr ? nullptr : context_.definition->find_field(field);
    if (known == nullptr) return true;
    const Code* entered = known->find_code(*to);
    if (entered == nullptr) {
      std::string states, states_en;
      for (const Code& code : known->codes) {
        states += (states.empty() ? "" : "、") + code.label.zh + "（" + code.code + "）";
        states_en += (states_en.empty() ? "" : ", ") + code.code;
      }
      std::erase_if(out_.findings, [&](const Finding& finding) { return finding.field == field; });
      refuse("unknown_state", field, "没有这个状态，可用：" + states,
             "no such state; there are " + states_en);
      return false;
    }
    return may_move(*known, *entered);
  }

  // Of concurrent states each is one from which to go on.
  bool may_move(const FieldDefinition& known, const Code& entered) {
    const Field* stored = state_.find(known.id, MergeKind::kState);
    if (stored == nullptr) return true;  // Where records begin is worth a warning only.
    for (const Entry& entry : stored->entries) {
      const auto* from = std::get_if<std::string>(&entry.value);
      if (from == nullptr || *from == entered.code || known.may_move(*from, entered.code) ||
          leads_back(known, state_, *from, entered))
        return true;
    }
    const auto* from = std::get_if<std::string>(&stored->winner());
    const Code* left = known.find_code(*from);
    Label name = left == nullptr ? Label{*from, *from} : left->label;
    refuse("move_not_allowed", known.id, "不能从“" + name.zh + "”改为“" + entered.label.zh + "”",
           "no move from \"" + name.in(Language::kEnglish) + "\" to \"" +
               entered.label.in(Language::kEnglish) + "\"");
    return false;
  }

  const EditContext& context_;
  const RecordState& state_;
  std::map<std::string, bool> edited_;  ///< Field to whether it was given as a whole.
  PlannedEdit out_;
};

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      std::size_t change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({change, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

}  // namespace

PlannedEdit plan_edit(const EditContext& context, std::span<const Edit> edits) {
  return EditPlanner(context).run(edits);
}

std::vector<Operation> plan_values(const Definition* definition, const RecordState* state,
                                   std::span<const FieldValue> values) {
  const RecordState& before = state == nullptr ? no_state() : *state;
  std::vector<Operation> out;
  std::set<std::string_view> done;
  for (const auto& [field, value] : values) {
    MergeKind kind = kind_of(definition, before, field);
    if (kind != MergeKind::kSet) {
      // A state holds text only; a number there would have no effect.
      if (kind != MergeKind::kState || std::holds_alternative<std::string>(value))
        make_value(before, field, kind, value, false, out);
      continue;
    }
    if (!done.insert(field).second) continue;
    std::vector<Value> elements;
    for (const auto& [other, element] : values) {
      if (other == field) elements.push_back(element);
    }
    make_set(before, field, elements, out);
  }
  follow_state(definition, before, out);
  return out;
}

void follow_state(const Definition* definition, const RecordState& state,
                  std::vector<Operation>& operations) {
  if (definition == nullptr) return;
  std::optional<bool> frozen;
  for (const Operation& operation : operations) {
    if (operation.kind != static_cast<std::uint16_t>(OperationKind::kStateMove)) continue;
    const FieldDefinition* field = definition->find_field(operation.field);
    const auto* to = std::get_if<std::string>(&operation.value);
    const Code* entered = field == nullptr || to == nullptr ? nullptr : field->find_code(*to);
    const bool has_frozen = field != nullptr && std::ranges::any_of(field->codes, &Code::is_frozen);
    if (entered != nullptr && has_frozen) frozen = entered->is_frozen;
  }
  if (!frozen || *frozen == state.is_frozen()) return;
  operations.push_back(make_operation(*frozen ? OperationKind::kFreeze : OperationKind::kThaw,
                                      std::string(kFreezeField), NoValue{}));
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

std::optional<StateMove> find_way_back(const Definition* definition, const RecordState& state) {
  if (definition == nullptr) return std::nullopt;
  for (const FieldDefinition& known : definition->fields) {
    const Field* stored = state.find(known.id, MergeKind::kState);
    if (stored == nullptr) continue;
    const auto* from = std::get_if<std::string>(&stored->winner());
    for (const Code& code : known.codes)
      if (from != nullptr && leads_back(known, state, *from, code))
        return StateMove{known.id, code.code};
  }
  return std::nullopt;
}

const Operation* find_illegal_move(const Definition& definition,
                                   std::span<const Operation> operations) {
  for (const Operation& operation : operations) {
    if (operation.kind != static_cast<std::uint16_t>(OperationKind::kStateMove)) continue;
    const FieldDefinition* field = definition.find_field(operation.field);
    const auto* from = std::get_if<std::string>(&operation.previous);
    const auto* to = std::get_if<std::string>(&operation.value);
    if (field != nullptr && from != nullptr && to != nullptr && !field->may_move(*from, *to))
      return &operation;
  }
  return nullptr;
}

Operation touch_operation() {
  // Takes an element out of a set that can't exist: no definition may use such a name.
  return make_operation(OperationKind::kSetRemove, "_restored", std::string());
}

Operation delete_operation() { return make_operation(OperationKind::kDelete, "", NoValue{}); }

std::vector<std::string> find_near_fields(const Definition& definition, std::string_view name) {
  constexpr std::size_t kMost = 3;
  std::string wanted = fold_label(name);
  std::vector<std::pair<std::size_t, std::string>> near;
  for (const FieldDefinition& field : definition.fields) {
    std::size_t distance = edit_distance(wanted, field.id);
    bool inside = !wanted.empty() && (field.id.find(wanted) != std::string::npos ||
                                      fold_label(field.label.zh).find(wanted) != std::string::npos);
    if (inside || distance <= std::max<std::size_t>(1, (wanted.size() + 1) / 3))
      near.emplace_back(inside ? 1 : distance, field.id);
  }
  std::ranges::stable_sort(near, {}, &std::pair<std::size_t, std::string>::first);
  std::vector<std::string> out;
  for (auto& [distance, id] : near) {
    if (out.size() < kMost) out.push_back(std::move(id));
  }
  return out;
}

}  // namespace cunju::registry
