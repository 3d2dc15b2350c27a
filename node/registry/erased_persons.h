// SPDX-License-Identifier: Apache-2.0
//
// What keeps an erased person from being entered again unawares, by an import or by hand: the marks
// (crdt/erasure/person_marks.h) that the erasure left in the confidential scopes in which whoever
// asked for it can write, in the field `marks` of the erasure's record. They travel like any part
// of the scope, count as long as an act that erases or restricts is in force, and are read by
// whoever reads the scope. Who is to be entered all the same is named by the erasure, with the
// ground (readmission.h). Registers that prove what was done (Definition::is_ledger) are not held
// against marks: somebody who was erased may ask again, and that has to be written down. Borrows
// the replica; single thread.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "crdt/erasure/person_marks.h"
#include "node/registry/import_plan.h"
#include "node/registry/person.h"
#include "node/registry/readmission.h"
#include "node/replica/replica.h"

namespace cunju::registry {

/// Code of the finding that refuses a row, or an edit.
inline constexpr std::string_view kErasedPerson = "erased_person";

struct ErasedPerson {
  RecordId erasure;
  PersonMarks marks;
};

/// The parts that keep the person out, one for each scope that can be written in here; none where
/// there is no such scope. Each has a key of its own. Errors: those of the replica.
Result<std::vector<replica::PartDraft>> mark_person(replica::Replica& replica, const SpaceId& space,
                                                    const RecordId& erasure,
                                                    const PersonQuery& person,
                                                    crypto::RandomSource& random);

/// Of all erasures in force whose marks can be read here. What does not parse marks nobody.
Result<std::vector<ErasedPerson>> read_erased_persons(replica::Replica& replica,
                                                      const SpaceId& space);

/// Refuses the plan's rows of erased persons, but of erasures that are readmitted. What a row adds
/// to a record that is there already: refuse_erased_updates() (import.h).
void refuse_erased_rows(ImportPlan& plan, const std::vector<ErasedPerson>& erased,
                        const std::set<RecordId>& readmitted, Date today);

/// The erasures among these whose person an edit brings into a record: those of its values, as they
/// are to be, that stand for somebody who was not in it before.
std::set<RecordId> erasures_of_edit(const std::vector<ErasedPerson>& erased,
                                    const FieldValues& before, const FieldValues& after,
                                    Date today);
/// The same of all erasures in force. Errors: those of the replica.
Result<std::set<RecordId>> find_erasures_of_edit(replica::Replica& replica, const SpaceId& space,
                                                 const FieldValues& before,
                                                 const FieldValues& after, Date today);

/// Refuses the rows for which `find` gives an erasure.
void refuse_rows_of(ImportPlan& plan,
                    const std::function<std::optional<RecordId>(std::size_t row)>& find);

/// Why nothing of the erasure's person is entered, and how it is.
Label erased_person_text(const RecordId& erasure);

}  // namespace cunju::registry
