// SPDX-License-Identifier: Apache-2.0
//
// What a RecordBook holds an act against before it writes: persons who were erased, records that
// are proof, and what it notes by itself.
#include <algorithm>

#include "node/registry/erased_persons.h"
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
  if (loaded.definition == nullptr || !loaded.definition->is_ledger) return ok();
  return refuse(Errc::kInvalidArgument, kLedgerEntry, {},
                {"“" + loaded.definition->label.zh +
                     "”是办理的凭据，只增不删；写错的用 set 更正，前后都留在历史里",
                 "records of \"" + std::string(loaded.definition->label.in(Language::kEnglish)) +
                     "\" prove what was done, and none is removed; set corrects what is wrong, and "
                     "the history keeps both"});
}

Result<void> RecordBook::require_own_fields(const Loaded& loaded, std::span<const Edit> edits) {
  const bool is_noted = std::ranges::any_of(edits, [&](const Edit& edit) {
    return (loaded.definition == nullptr ? edit.field : loaded.definition->resolve(edit.field)) ==
           kReadmittedField;
  });
  if (!is_noted) return ok();
  return refuse(Errc::kInvalidArgument, kReadmissionNote, std::string(kReadmittedField),
                {"重新登记的依据由程序记下，长期保留，不能手工填写或去掉；要重新登记，用 --readmit",
                 "why an erased person was entered again is noted by the program for good, and "
                 "neither written nor taken out by hand; --readmit enters somebody again"});
}

}  // namespace cunju::registry
