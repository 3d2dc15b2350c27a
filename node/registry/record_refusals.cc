// SPDX-License-Identifier: Apache-2.0
//
// What a RecordBook holds an act against before it writes: persons who were erased, records that
// are proof, and what it notes by itself.
#include <algorithm>

#include "node/registry/erased_persons.h"
#include "node/registry/program_fields.h"
#include "node/registry/record_book.h"

namespace cunju::registry {

Result<void> RecordBook::admit_persons(const Act& act, const Loaded& loaded,
                                       const FieldValues& before, const Readmission& readmission,
                                       Writes& writes) {
  if (loaded.definition != nullptr && loaded.definition->is_ledger) return ok();
  CUNJU_TRY(
      const std::set<RecordId> erasures,
      find_erasures_of_edit(replica_, space_, before, values_after(loaded, writes), act.today));
  for (const RecordId& erasure : erasures)
    if (!readmission.erasures.contains(erasure))
      return refuse(Errc::kConflict, kErasedPerson, {}, erased_person_text(erasure));
  if (erasures.empty()) return ok();
  // Open like the record's being there; the ground names nobody.
  auto [home, is_new] = writes.try_emplace(loaded.home);
  if (is_new) home->second.seen = seen_of(loaded.view());
  home->second.operations.push_back(
      make_operation(OperationKind::kSetAdd, std::string(kReadmittedField),
                     readmission_text({.erasures = erasures, .basis = readmission.basis})));
  return ok();
}

Result<void> RecordBook::require_removable(const Loaded& loaded) {
  if (loaded.registry == kDefinitionRegistry) {
    // Without it nothing would say any more that its records are proof.
    const RecordRow row = make_row_of(loaded);
    const Value* id = row.find(kDefinitionIdField);
    const auto* text = id == nullptr ? nullptr : std::get_if<std::string>(id);
    const Catalog::Item* item = text == nullptr ? nullptr : catalog_.find_item(*text);
    if (item != nullptr && item->is_custom && item->definition.is_ledger)
      return refuse(Errc::kInvalidArgument, kLedgerEntry, {},
                    {"“" + item->definition.label.zh +
                         "”是办理的凭据，其定义不能删除；要改的，用 define 登记新的一版",
                     "the registry \"" + *text +
                         "\" holds what proves what was done, and its definition is not removed; "
                         "define writes another version"});
  }
  if (loaded.definition == nullptr || !loaded.definition->is_ledger) return ok();
  return refuse(Errc::kInvalidArgument, kLedgerEntry, {},
                {"“" + loaded.definition->label.zh +
                     "”是办理的凭据，只增不删；写错的用 set 更正，前后都留在历史里",
                 "records of \"" + std::string(loaded.definition->label.in(Language::kEnglish)) +
                     "\" prove what was done, and none is removed; set corrects what is wrong, and "
                     "the history keeps both"});
}

Result<void> RecordBook::require_own_fields(const Loaded& loaded, std::span<const Edit> edits) {
  // What they say is checked when the program writes it, and not here.
  if (!edits.empty() && is_reserved_registry(loaded.registry))
    return refuse(Errc::kInvalidArgument, kProgramRegistry, {},
                  {"“" + loaded.registry + "”由程序自己登记，不能手工填写；登记簿的定义用 define",
                   "\"" + loaded.registry +
                       "\" is kept by the program and not written by hand; define writes "
                       "definitions"});
  for (const Edit& edit : edits) {
    const std::string field =
        loaded.definition == nullptr ? edit.field : loaded.definition->resolve(edit.field);
    if (!is_program_field(loaded.definition, field)) continue;
    if (field != kReadmittedField)
      return refuse(Errc::kInvalidArgument, kReadmissionNote, field,
                    {"这个名称由程序用来记文字已经定稿，不能手工填写",
                     "the program notes by this name that texts are final; it is not written by "
                     "hand"});
    return refuse(
        Errc::kInvalidArgument, kReadmissionNote, field,
        {"重新登记的依据由程序记下，长期保留，不能手工填写或去掉；要重新登记，用 --readmit",
         "why an erased person was entered again is noted by the program for good, and "
         "neither written nor taken out by hand; --readmit enters somebody again"});
  }
  return ok();
}

namespace {

bool has_value(const FieldValues& values, std::string_view field) {
  return std::ranges::any_of(values, [&](const FieldValue& value) {
    return value.first == field && !is_empty(value.second);
  });
}

/// Whether the record is at its end by a state that a command enters.
bool is_closed(const FieldDefinition& state, const FieldValues& values) {
  return std::ranges::any_of(values, [&](const FieldValue& value) {
    const auto* text = value.first == state.id ? std::get_if<std::string>(&value.second) : nullptr;
    const Code* code = text == nullptr ? nullptr : state.find_code(*text);
    return code != nullptr && code->is_done;
  });
}

bool is_kept_filled(const Definition& definition, const FieldDefinition& field) {
  return field.required || std::ranges::find(definition.key, field.id) != definition.key.end();
}

/// Whether it has been ended once, by the day from which its retention counts, and so keeps, taken
/// up again, the open values that its end rested on. What it was refused for, codes and words for
/// few, is not so any more and may go.
bool is_kept_from_before(const Definition& definition, const FieldValues& before,
                         const FieldDefinition& field) {
  const std::string& day = definition.retention.from;
  const bool was_over = !day.empty() && has_value(before, day) &&
                        std::ranges::any_of(definition.fields, [](const FieldDefinition& each) {
                          return !each.closed_by.empty();
                        });
  return was_over && field.kind != FieldKind::kSet && field.scope.empty();
}

}  // namespace

Result<void> RecordBook::require_whole_entry(const Loaded& loaded, const FieldValues& before,
                                             const Writes& writes, bool closes) {
  const Definition* definition = loaded.definition;
  if (definition == nullptr || !definition->is_ledger || closes) return ok();
  const FieldValues after = values_after(loaded, writes);
  bool is_over = false;
  for (const FieldDefinition& field : definition->fields) {
    if (field.closed_by.empty() || !is_closed(field, after)) continue;
    is_over = true;
    const bool is_same = std::ranges::all_of(after, [&](const FieldValue& value) {
      return value.first != field.id || std::ranges::find(before, value) != before.end();
    });
    if (!is_same)
      return refuse(Errc::kInvalidArgument, kClosedBy, field.id,
                    {"了结要写明结果和理由，用 " + field.closed_by + " 办理，不能直接改",
                     "its end takes an outcome and reasons: use " + field.closed_by +
                         ", it is not entered by hand"});
  }
  for (const FieldDefinition& field : definition->fields) {
    if (!has_value(before, field.id) || has_value(after, field.id)) continue;
    const bool was_over = is_kept_from_before(*definition, before, field);
    if (!is_over && !was_over && !is_kept_filled(*definition, field)) continue;
    return refuse(Errc::kInvalidArgument, kLedgerEntry, field.id,
                  {"“" + definition->label.zh + "”是办理的凭据，" +
                       (is_over    ? "了结后的内容"
                        : was_over ? "了结过的，当时的决定人、答复日期等内容"
                                   : "必填项和编号") +
                       "不能清空，只能改成正确的，前后都留在历史里",
                   "records of \"" + std::string(definition->label.in(Language::kEnglish)) +
                       "\" prove what was done: " +
                       (is_over    ? "what stands in one that is over"
                        : was_over ? "what one that was over once rested on"
                                   : "a required field or a number") +
                       " is not emptied; write what is right, and the history keeps both"});
  }
  return ok();
}

}  // namespace cunju::registry
