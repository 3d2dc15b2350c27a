// SPDX-License-Identifier: Apache-2.0
//
// What the registers of a space hold on one person, for that person: Personal Information
// Protection Law arts. 17 and 45. Finds the records as an erasure does (person_erasure.h). A record
// is given where the person is one of its parties (FieldDefinition::party): a party that has the
// person's identity number, or the name and the telephone number both. Of that record is given:
//   a field of that party; where more than one person is in it, only a value that is the person's
//   an element of a set, an attachment, a free text, what the definition does not know, personal
//   data of no party, and a field of a confidential scope of no party: only if the whole value is
//   the person's name, number or telephone number
//   what is left, which is numbers, dates, codes and the record's own number, is given
// Everything else is left out and named, for it may be about others; so are earlier values that
// neither stand now nor are the person's. Of all other records the person is told only that they
// mention the person. Who may still have a record is read from the disclosure ledger and the
// roster. Borrows; single thread.
#pragma once

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "node/audit/disclosures.h"
#include "node/council/person_erasure.h"

namespace cunju::council {

/// One value, as the record has it.
struct SubjectValue {
  std::string field;
  Value value;
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
  std::vector<std::string> left_out;          ///< Fields with what may be about others.
  std::vector<std::string> left_out_earlier;  ///< Fields with earlier values that may be.
  std::vector<registry::HiddenParts> hidden;
  std::vector<SubjectChange> history;
};

/// A record that mentions the person, or did once: somebody has to look.
struct SubjectMention {
  std::string registry;
  RecordId record;
  /// Of a record without parties; else these would say something of others.
  std::string number, day;
};

struct SubjectFile {
  std::vector<SubjectRecord> records;
  std::vector<SubjectMention> to_be_read;
  std::uint64_t unsearched = 0;
  bool has_restricted = false;  ///< Parts of the space are stored and read by nobody.
  /// That had one of the records in them, or may have. Of the latter only what they say in general:
  /// the day, how, what kind of recipient, which organisation, which of the person's registers.
  std::vector<audit::Disclosure> disclosures;
  std::vector<audit::Grant> grants;

  std::string request;  ///< Id of the request that it answers.

  /// All was looked at, and the person is nowhere but in the request.
  bool is_nothing() const {
    return to_be_read.empty() && unsearched == 0 && !has_restricted &&
           std::ranges::all_of(records, [&](const SubjectRecord& record) {
             return record.record.hex() == request;
           });
  }
};

struct SubjectFileOptions {
  bool with_history = false;
  registry::Date today;
  std::string request = {};  ///< Id.
};

/// `book`: of `space`, with `catalog`. Errors: those of the replica.
Result<SubjectFile> gather_subject_file(replica::Replica& replica, const registry::Catalog& catalog,
                                        registry::RecordBook& book, const SpaceId& space,
                                        const registry::PersonQuery& person,
                                        const SubjectFileOptions& options);

/// Which of the row's values are the person's. Pure.
struct SubjectSelection {
  bool is_party = false;  ///< The person is one of the record's parties; else nothing is selected.
  std::vector<SubjectValue> values;
  std::vector<std::string> left_out;
};
SubjectSelection select_for(const registry::PersonQuery& person, const registry::RecordRow& row,
                            const registry::Definition* definition, registry::Date today);
/// The parties in whose fields more persons than one stand, or may well: several applicants, or a
/// tenant with a companion. Pure.
std::set<std::string> shared_parties(const registry::PersonQuery& person,
                                     const registry::RecordRow& row,
                                     const registry::Definition* definition, registry::Date today);

}  // namespace cunju::council
