// SPDX-License-Identifier: Apache-2.0
//
// What a RecordBook holds an act against before it writes: persons who were erased, and records
// that are proof.
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

}  // namespace cunju::registry
