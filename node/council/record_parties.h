// SPDX-License-Identifier: Apache-2.0
//
// Which persons of a record a request is of, and whom it concerns besides: by the parties that the
// definition gives its fields. Only roles come out of it, in the words of the definition, and never
// what stands in a field. Pure.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "node/registry/person.h"
#include "node/registry/record_row.h"

namespace cunju::council {

/// The parties that have the person's identity number, or name and telephone number: one that has
/// both, and another number, is still whom somebody may ask to have put right. Where no party has
/// it all, the one that has the name, or the telephone number, and the rest stands in a field of no
/// party. A number of no party alone says of nobody which party that is.
std::set<std::string> parties_of(const registry::PersonQuery& person,
                                 const registry::RecordRow& row,
                                 const registry::Definition* definition, registry::Date today);

struct OtherPerson {
  std::string id;  ///< Of the party; of a field of no party, the field's.
  registry::Label role;
};

/// What a party is called: as the first of its fields is.
registry::Label role_of(const registry::Definition& definition, const std::string& party);

/// Whose data stand in the record beside the person's: other parties with a value, other persons of
/// the person's own party, and fields of personal data of no party, which may be about anybody. In
/// the order of the definition; none where the definition has no parties.
std::vector<OtherPerson> others_in(const registry::PersonQuery& person,
                                   const registry::RecordRow& row,
                                   const registry::Definition* definition, registry::Date today);

/// The elements of a set of a party that stands for several persons which are not the person's
/// alone: whoever takes one of them out takes out what is of another.
std::vector<Value> others_elements(const registry::PersonQuery& person,
                                   const registry::RecordRow& row,
                                   const registry::Definition& definition,
                                   const registry::FieldDefinition& field, registry::Date today);

}  // namespace cunju::council
