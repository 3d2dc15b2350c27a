// SPDX-License-Identifier: Apache-2.0
#include "node/council/record_parties.h"

#include <algorithm>

#include "node/council/subject_file.h"

namespace cunju::council {

using registry::Definition;
using registry::FieldDefinition;

namespace {

/// A party that has the person's name, or telephone number, and what is missing stands in a field
/// of no party. Another's number speaks against it.
bool is_completed_by(const registry::PersonQuery& person, const registry::PersonTerms& party,
                     const registry::PersonTerms& shared) {
  if (person.name.empty() || (!person.identity.empty() && !party.identities.empty())) return false;
  const bool has_name = party.names.contains(person.name);
  const bool has_phone = party.phones.contains(person.phone);
  if (has_name && !person.identity.empty() && shared.identities.contains(person.identity))
    return true;
  return (has_name && shared.phones.contains(person.phone)) ||
         (has_phone && shared.names.contains(person.name));
}

}  // namespace

std::set<std::string> parties_of(const registry::PersonQuery& person,
                                 const registry::RecordRow& row, const Definition* definition,
                                 registry::Date today) {
  std::set<std::string> out, beside;
  const auto parties = registry::terms_by_party(definition, row.values, today);
  const auto shared = parties.find("");
  for (const auto& [party, terms] : parties) {
    if (party.empty()) continue;
    if (registry::is_of(person, terms)) out.insert(party);
    if (shared != parties.end() && is_completed_by(person, terms, shared->second))
      beside.insert(party);
  }
  // A number of no party that would make several parties the person's tells them not apart.
  if (out.empty() && beside.size() == 1) return beside;
  return out;
}

registry::Label role_of(const Definition& definition, const std::string& party) {
  const auto first = std::ranges::find(definition.fields, party, &FieldDefinition::party);
  return first == definition.fields.end() ? registry::Label{party, party} : first->label;
}

std::vector<OtherPerson> others_in(const registry::PersonQuery& person,
                                   const registry::RecordRow& row, const Definition* definition,
                                   registry::Date today) {
  std::vector<OtherPerson> out;
  if (definition == nullptr ||
      std::ranges::all_of(definition->fields,
                          [](const FieldDefinition& field) { return field.party.empty(); }))
    return out;
  const std::set<std::string> own = parties_of(person, row, definition, today);
  const SubjectSelection selection = select_for(person, row, definition, today);
  for (const FieldDefinition& field : definition->fields) {
    const bool has_value = std::ranges::any_of(row.values, [&](const registry::FieldValue& value) {
      return definition->find_field(value.first) == &field;
    });
    if (!has_value || own.contains(field.party)) continue;
    const bool is_partys = !field.party.empty();
    const bool may_be_others =
        is_partys || (field.personal != registry::PersonalData::kNone &&
                      std::ranges::any_of(selection.left_out, [&](const std::string& name) {
                        return definition->find_field(name) == &field;
                      }));
    const std::string& id = is_partys ? field.party : field.id;
    if (!may_be_others || std::ranges::find(out, id, &OtherPerson::id) != out.end()) continue;
    out.push_back({id, is_partys ? role_of(*definition, field.party) : field.label});
  }
  return out;
}

}  // namespace cunju::council
