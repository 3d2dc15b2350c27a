// SPDX-License-Identifier: Apache-2.0
//
// Acts of a RecordBook that end a conflict.
#include <algorithm>

#include "node/registry/record_book.h"

namespace cunju::registry {

Result<Saved> RecordBook::settle(const Act& act, std::string_view registry, const RecordId& record,
                                 std::string_view field, const Choice& choice,
                                 const Readmission& readmission) {
  refusal_.clear();
  CUNJU_TRY(Loaded loaded, load(record, registry));
  CUNJU_TRY(std::vector<ConflictRow> rows, conflicts_of(record, loaded));
  auto row = std::ranges::find(rows, field, &ConflictRow::field);
  if (row == rows.end()) {
    return refuse(Errc::kNotFound, "no_conflict", std::string(field),
                  field.empty()
                      ? Label{"这条记录是否删除没有分歧", "no conflict about its deletion"}
                      : Label{"没有分歧", "no conflict in this field"});
  }
  if (const auto* index = std::get_if<std::size_t>(&choice);
      index != nullptr && (*index == 0 || *index > row->candidates.size())) {
    const std::string count = std::to_string(row->candidates.size());
    return refuse(Errc::kInvalidArgument, "no_such_choice", std::string(field),
                  {"只有 1 到 " + count + " 可选", "there are 1 to " + count + " to choose from"});
  }
  if (row->kind != cunju::FieldKind::kLife)
    return settle_field(act, loaded, *row, choice, readmission);
  const auto* index = std::get_if<std::size_t>(&choice);
  if (index == nullptr)
    return refuse(Errc::kInvalidArgument, "needs_choice", {},
                  {"是否删除只能用 --take 选一种", "a deletion is settled by choosing a version"});
  const bool deletes = row->candidates[*index - 1].is_deletion;
  if (deletes) {
    CUNJU_TRYV(require_removable(loaded));
  }
  return write(act, loaded, record, {deletes ? delete_operation() : touch_operation()});
}

Result<Saved> RecordBook::settle_field(const Act& act, const Loaded& loaded, const ConflictRow& row,
                                       const Choice& choice, const Readmission& readmission) {
  CUNJU_TRY(const Scopes scopes, read_scopes());
  const std::string scope = row.scope == kOpenScope ? std::string() : scopes.names.at(row.scope);
  const RecordState& state = *loaded.state_of(scope);
  const auto writes_of = [&](std::vector<Operation> operations) {
    Writes writes;
    writes[scope] = {seen_of(loaded.view_of(scope)), std::move(operations)};
    return writes;
  };
  if (row.kind == cunju::FieldKind::kText) {
    // A choice by its place in a list says nothing about what was read.
    return refuse(Errc::kInvalidArgument, "is_text", row.field,
                  {"长文字不用 settle；通读后用 text confirm 确认",
                   "a text is not settled: read it, then use `text confirm`"});
  }
  if (const auto* text = std::get_if<std::string>(&choice)) {
    // The conflict may be older than the field's scope, and what is typed now is not.
    const std::string now = scope_of_field(loaded.definition, row.field);
    if (!now.empty() && now != scope)
      return refuse(Errc::kConflict, "scope_since", row.field,
                    {"这个字段后来改为保密（范围 " + now +
                         "），分歧还在从前的范围里；新写的值会落在那里，所以没有保存。用 --take "
                         "选一个从前的说法，再用 set 写正确的值",
                     "the field has become confidential since (" + now +
                         "), and the conflict is where it was before: a new value would go there, "
                         "so nothing was saved. Take one of the old values with --take, then write "
                         "the right one with set"});
    const Edit edit{.field = row.field, .action = EditAction::kSet, .text = *text};
    CUNJU_TRYV(require_own_fields(loaded, {&edit, 1}));
    CUNJU_TRY(PlannedEdit planned, plan({.definition = loaded.definition,
                                         .record = {.id = loaded.id, .own = &state},
                                         .today = act.today},
                                        {&edit, 1}));
    warn_of_unread(state, planned.operations, planned.findings);
    Writes writes = writes_of(std::move(planned.operations));
    const FieldValues before = make_row_of(loaded).values;
    CUNJU_TRYV(require_whole_entry(loaded, before, writes, false));
    CUNJU_TRYV(admit_persons(act, loaded, before, readmission, writes));
    return write(act, loaded.registry, row.record, std::move(writes), std::move(planned.findings));
  }
  // A version that somebody wrote may always be chosen, also a state that is no move from the
  // one shown now: each was a move when it was made.
  const Value& value = row.candidates[std::get<std::size_t>(choice) - 1].value;
  bool is_state = row.kind == cunju::FieldKind::kState;
  Value previous = is_state ? row.candidates.front().value : Value(NoValue{});
  std::vector<Operation> operations{
      make_operation(is_state ? OperationKind::kStateMove : OperationKind::kRegisterSet, row.field,
                     value, std::move(previous))};
  follow_state(loaded.definition, state, operations);
  Findings findings;
  warn_of_unread(state, operations, findings);
  return write(act, loaded.registry, row.record, writes_of(std::move(operations)),
               std::move(findings));
}

}  // namespace cunju::registry
