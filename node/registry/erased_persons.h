// SPDX-License-Identifier: Apache-2.0
//
// What keeps an erased person's rows out of later imports: the marks (crdt/erasure/person_marks.h)
// that the erasure left in the confidential scopes in which whoever asked for it can write, in the
// field `marks` of the erasure's record. They travel like any part of the scope, count as long as
// an act of the erasure is in force, and are read by whoever reads the scope. An import that is to
// bring such a row back all the same names the erasure and the ground (ImportRun::readmitted).
// Borrows the replica; single thread.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "crdt/erasure/person_marks.h"
#include "node/registry/import_plan.h"
#include "node/registry/person.h"
#include "node/replica/replica.h"

namespace cunju::registry {

/// Code of the finding that refuses a row.
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

/// Refuses the plan's rows of erased persons, but of erasures that are readmitted.
void refuse_erased_rows(ImportPlan& plan, const std::vector<ErasedPerson>& erased,
                        const std::set<RecordId>& readmitted, Date today);

}  // namespace cunju::registry
