// SPDX-License-Identifier: Apache-2.0
//
// What the registers of a space hold on one person, for that person: Personal Information
// Protection Law arts. 17 and 45. Finds the records as an erasure does (person_erasure.h), and says
// of each field whether it is given:
//   a field of a party (FieldDefinition::party) is the person's if that party's values are
//   an element of a set of personal data is the person's if it has the person in it, by what was
//     asked for or by a word that a field of that party consists of
//   personal data of no party is given, and somebody has to read it first: it may be about others
//   what is no personal data is given
//   a field that the definition does not know is given if its value has the person in it
// Everything else is left out, and named. Of earlier values of personal data those are given that
// have the person in them, or are what the field says now. Who may still have it is read from the
// disclosure ledger and the roster. Borrows; single thread.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "node/audit/disclosures.h"
#include "node/council/person_erasure.h"

namespace cunju::council {

/// One value, as the record has it.
struct SubjectValue {
  std::string field;
  Value value;
  bool may_concern_others = false;
};

/// An earlier or present word about a field that is given.
struct SubjectChange {
  std::uint64_t claimed_ms = 0;
  AuthorKey author;
  std::string field;
  Value value;
  bool takes_away = false;  ///< Out of a set.
};

/// A record that is the person's.
struct SubjectRecord {
  std::string registry;
  RecordId record;
  bool is_deleted = false;
  bool has_conflict = false;
  registry::RetentionVerdict retention;
  std::vector<SubjectValue> values;
  std::vector<std::string> left_out;  ///< Names of fields that have something of others.
  std::vector<registry::HiddenParts> hidden;
  std::vector<SubjectChange> history;
};

struct SubjectFile {
  std::vector<SubjectRecord> records;
  /// Where the person is only mentioned, or was once: somebody has to look.
  std::vector<PersonRecord> to_be_read;
  std::uint64_t unsearched = 0;
  std::vector<audit::Disclosure> disclosures;  ///< That may have had one of the records in them.
  std::vector<audit::Grant> grants;
};

struct SubjectFileOptions {
  bool with_history = false;
  registry::Date today;
};

/// `book`: of `space`, with `catalog`. Errors: those of the replica.
Result<SubjectFile> gather_subject_file(replica::Replica& replica, const registry::Catalog& catalog,
                                        registry::RecordBook& book, const SpaceId& space,
                                        const registry::PersonQuery& person,
                                        const SubjectFileOptions& options);

/// Which of the row's values are the person's. Pure.
struct SubjectSelection {
  std::vector<SubjectValue> values;
  std::vector<std::string> left_out;
};
SubjectSelection select_for(const registry::PersonQuery& person, const registry::RecordRow& row,
                            const registry::Definition* definition, registry::Date today);

}  // namespace cunju::council
