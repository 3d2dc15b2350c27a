// SPDX-License-Identifier: Apache-2.0
//
// Where a person stands in the registers of a space, and what an erasure makes of each record: it
// goes, or a rule of retention keeps it, restricted. Looks at every record of every register for
// people, and at the history of those that don't name the person now, texts with every version of
// theirs (text_search.h), and in the late tray. Each value is compared, however many there are, and
// the names of attachments with them. What can't be read here can't be searched. Borrows what it is
// given; single thread.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "node/registry/person.h"
#include "node/registry/retention_rules.h"
#include "node/replica/replica.h"

namespace cunju::council {

/// How a record is the person's.
enum class PersonPlace : std::uint8_t {
  kFields,   ///< A value is the person's; of a conflict each candidate is one. An erasure takes it.
  kMention,  ///< A long text mentions the person: somebody has to read it and decide.
  kHistory,  ///< An earlier value was the person's: what stands there now may be another's.
  /// An earlier version of a text mentions the person, or could not be looked at; or words that
  /// were written for it and never stood there do.
  kTextHistory,
  /// Only what lies in the late tray is the person's, or mentions the person: nothing of the record
  /// is in force.
  kLate,
};

struct PersonRecord {
  std::string registry;
  RecordId record;
  PersonPlace place = PersonPlace::kFields;
  bool is_deleted = false;
  registry::RetentionVerdict retention;
};

struct PersonSearch {
  std::vector<PersonRecord> records;  ///< By (registry, record).
  /// Parts of confidential scopes that can't be read here; whoever reads them has to search too.
  std::uint64_t unsearched = 0;
};

/// Errors: those of the replica.
Result<PersonSearch> find_person(replica::Replica& replica, const registry::Catalog& catalog,
                                 const SpaceId& space, const registry::PersonQuery& person,
                                 registry::Date today);

/// What is laid down of the record's retention, as record_judge.h has it. Errors: those of the
/// replica.
Result<registry::RetentionVerdict> retention_of(replica::Replica& replica,
                                                const registry::RetentionRules& rules,
                                                const SpaceId& space, std::string_view registry,
                                                const RecordId& record, registry::Date today);

}  // namespace cunju::council
