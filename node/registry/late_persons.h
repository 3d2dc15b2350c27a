// SPDX-License-Identifier: Apache-2.0
//
// Erased persons whom changes of the late tray would bring back into records: what was written by
// somebody whose right was taken comes into force when it is admitted, and is held against marks
// then (erased_persons.h), as what is typed or imported is when it is written. What a late change
// writes counts where it would be among a record's values, also beside others. Parts that can't be
// read here are passed over, and so are texts. Borrows the replica; single thread.
#pragma once

#include <set>
#include <span>
#include <string>
#include <vector>

#include "node/registry/catalog.h"
#include "node/registry/date.h"
#include "node/registry/readmission.h"

namespace cunju::registry {

/// A record into which they would come, and by which erasures they are known.
struct PersonsOfLate {
  RecordId record;
  std::string registry;
  std::set<RecordId> erasures;
};
/// By record. `late`: the parts that are to be admitted. Errors: those of the replica.
Result<std::vector<PersonsOfLate>> find_persons_of_late(replica::Replica& replica,
                                                        const SpaceId& space,
                                                        const Catalog& catalog,
                                                        std::span<const replica::LatePart> late,
                                                        Date today);

/// Notes in each of the records that they are entered again, and on what ground: before the changes
/// are admitted, so that nobody is in a record without it. Where it is noted already nothing is
/// signed. Errors: those of Replica::append.
Result<void> note_readmissions(replica::Replica& replica, const SpaceId& space,
                               const Catalog& catalog, const crypto::SigningKey& author,
                               std::span<const PersonsOfLate> records, const std::string& basis,
                               std::uint64_t claimed_ms);

}  // namespace cunju::registry
