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
#include "node/registry/taken_out.h"
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

MergeKind kind_of(const Definition* definition, const RecordStates& record,
                  std::string_view field) {
  const FieldDefinition* known = definition == nullptr ? nullptr : definition->find_field(field);
  if (known != nullptr) return merge_kind(known->kind);
  // A field of a definition that is not here any more keeps merging as it did.
  const auto stored_in = [field](const RecordState& state) -> std::optional<MergeKind> {
    if (state.find_text(field) != nullptr) return MergeKind::kText;
    const Field* stored = state.find(field);
    return stored == nullptr ? std::nullopt : std::optional(stored->kind);
  };
  if (const auto kind = stored_in(record.written())) return *kind;
  for (const ScopedState& other : record.others)
    if (const auto kind = stored_in(*other.state)) return *kind;
  return MergeKind::kRegister;
}

bool has_element(const RecordState& state, std::string_view field, const Value& element) {
  return std::ranges::binary_search(set_elements(state, field), element);
}

/// Takes an element that is shown out of wherever it is. In the open nothing is said of what is
/// confidential now: a mark beside the elements of the scope hides it.
void take_out(const RecordStates& record, const std::string& field, const Value& element,
              PlannedEdit& out) {
  if (has_element(record.written(), field, element))
    out.operations.push_back(make_operation(OperationKind::kSetRemove, field, element));
  bool is_open = false;
  for (const ScopedState& other : record.others) {
    if (!has_element(*other.state, field, element)) continue;
    is_open = is_open || other.scope.empty();
    if (!other.scope.empty())
      out.elsewhere[other.scope].push_back(
          make_operation(OperationKind::kSetRemove, field, element));
  }
  if (is_open && !record.is_taken_out(record.written(), field, element))
    out.operations.push_back(
        make_operation(OperationKind::kSetAdd, field, taken_out_mark(record.id, element)));
}

/// Whether whoever reads the scope that is written is shown the element without this edit: from it,
/// or from the open.
bool is_said(const RecordStates& record, const std::string& field, const Value& element) {
  return std::ranges::binary_search(record.elements(field), element) &&
         (has_element(record.written(), field, element) ||
          std::ranges::any_of(record.others, [&](const ScopedState& other) {
            return other.scope.empty() && has_element(*other.state, field, element);
          }));
}

void make_set(const RecordStates& record, const std::string& field,
              const std::vector<Value>& wanted, PlannedEdit& out) {
  for (const Value& value : record.elements(field)) {
    if (std::ranges::find(wanted, value) == wanted.end()) take_out(record, field, value, out);
  }
  for (const Value& value : wanted) {
    if (!is_said(record, field, value))
      out.operations.push_back(make_operation(OperationKind::kSetAdd, field, value));
  }
}

// A value that is shown already is written again only to end a conflict.
bool says_so(const RecordState& state, const std::string& field, MergeKind kind, const Value& value,
             bool settle) {
  if (shown_value(state, field, kind) != value) return false;
  const Field* stored = state.find(field, kind);
  return stored == nullptr || !settle || !stored->has_conflict();
}

/// What is shown from another scope is written again, so that it is in this one.
void make_value(const RecordStates& record, const std::string& field, MergeKind kind, Value value,
                bool settle, std::vector<Operation>& out) {
  if (kind == MergeKind::kText) {
    const auto* text = std::get_if<std::string>(&value);
    std::ranges::move(
        plan_shown_text(record, field, text == nullptr ? std::string() : plain_lines(*text)),
        std::back_inserter(out));
    return;
  }
  const RecordState& state = record.shown(field, kind);
  const bool is_here = &state == &record.written();
  if (is_here && says_so(state, field, kind, value, settle)) return;
  if (kind == MergeKind::kState) {
    out.push_back(make_operation(OperationKind::kStateMove, field, std::move(value),
                                 shown_value(state, field, kind)));
  } else {
    out.push_back(make_operation(OperationKind::kRegisterSet, field, std::move(value)));
  }
}

class EditPlanner {
 public:
  explicit EditPlanner(const EditContext& context) : context_(context), record_(context.record) {}

  PlannedEdit run(std::span<const Edit> edits) {
    for (const Edit& edit : edits) add(edit);
    if (has_error(out_.findings)) {
      out_.operations.clear();
      out_.elsewhere.clear();
    }
    follow_state(context_.definition, record_.written(), out_.operations);
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
    MergeKind kind = kind_of(context_.definition, record_, *field);
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
    make_value(record_, *field, kind, std::move(value), true, out_.operations);
  }

  // The field's id; empty when it was refused.
  std::optional<std::string> resolve(const std::string& name) {
    const Definition* definition = context_.definition;
    if (definition != nullptr && definition->find_field(name) != nullptr) return name;
    if (record_.has(name)) return name;
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
    std::vector<Operation> edits = plan_shown_text(record_, field, plain_lines(text));
    if (!edits.empty() && has_final_texts(context_.definition, record_)) {
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
    if (edit.action == EditAction::kSet) return make_set(record_, field, values, out_);
    change_element(field, edit.action, values.front());
  }

  void change_element(const std::string& field, EditAction action, const Value& value) {
    if (action == EditAction::kAdd) {
      if (!is_said(record_, field, value))
        out_.operations.push_back(make_operation(OperationKind::kSetAdd, field, value));
      return;
    }
    if (std::ranges::binary_search(record_.elements(field), value)) {
      take_out(record_, field, value, out_);
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
    const RecordState& state = record_.shown(known.id, MergeKind::kState);
    const Field* stored = state.find(known.id, MergeKind::kState);
    if (stored == nullptr) return true;  // Where records begin is worth a warning only.
    for (const Entry& entry : stored->entries) {
      const auto* from = std::get_if<std::string>(&entry.value);
      if (from == nullptr || *from == entered.code || known.may_move(*from, entered.code) ||
          leads_back(known, state, *from, entered))
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
  const RecordStates& record_;
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

std::vector<Operation> plan_shown_text(const RecordStates& record, const std::string& field,
                                       std::string_view after) {
  if (const TextField* text = record.written().find_text(field))
    return plan_text(field, text->text, after);
  const TextField* elsewhere = record.shown_text(field).find_text(field);
  if (!after.empty() || elsewhere == nullptr) return plan_text(field, {}, after);
  // Nothing is shown of it any more once something was written here, were it taken out again.
  constexpr std::string_view kSomething = "\n";
  std::vector<Operation> out = plan_text(field, {}, kSomething);
  std::ranges::move(plan_text(field, kSomething, {}), std::back_inserter(out));
  return out;
}

PlannedEdit plan_values(const Definition* definition, const RecordStates& record,
                        std::span<const FieldValue> values) {
  PlannedEdit out;
  std::set<std::string_view> done;
  for (const auto& [field, value] : values) {
    MergeKind kind = kind_of(definition, record, field);
    if (kind != MergeKind::kSet) {
      // A state holds text only; a number there would have no effect.
      if (kind != MergeKind::kState || std::holds_alternative<std::string>(value))
        make_value(record, field, kind, value, false, out.operations);
      continue;
    }
    if (!done.insert(field).second) continue;
    std::vector<Value> elements;
    for (const auto& [other, element] : values) {
      if (other == field) elements.push_back(element);
    }
    make_set(record, field, elements, out);
  }
  follow_state(definition, record.written(), out.operations);
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
