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

/// Whether the text is about the person and nobody else: the person's own number, or name and
/// telephone number, and no other number or word that could be a name.
bool is_of_alone(const registry::PersonQuery& person, const Value& value, registry::Date today) {
  const auto* text = std::get_if<std::string>(&value);
  if (text == nullptr) return false;
  registry::PersonTerms terms;
  terms.add(*text, today);
  const auto names = std::ranges::count_if(terms.names, [](const std::string& word) {
    return word.find_first_of("0123456789") == std::string::npos;
  });
  return registry::is_of(person, terms) && terms.identities.size() < 2 && terms.phones.size() < 2 &&
         names < 2;
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
  const std::set<std::string> shared = shared_parties(person, row, definition, today);
  const SubjectSelection selection = select_for(person, row, definition, today);
  for (const FieldDefinition& field : definition->fields) {
    const bool has_value = std::ranges::any_of(row.values, [&](const registry::FieldValue& value) {
      return definition->find_field(value.first) == &field;
    });
    const bool is_own = own.contains(field.party);
    if (!has_value || (is_own && !shared.contains(field.party))) continue;
    const bool is_partys = !field.party.empty();
    const bool may_be_others =
        is_partys || (field.personal != registry::PersonalData::kNone &&
                      std::ranges::any_of(selection.left_out, [&](const std::string& name) {
                        return definition->find_field(name) == &field;
                      }));
    const std::string& id = is_partys ? field.party : field.id;
    if (!may_be_others || std::ranges::find(out, id, &OtherPerson::id) != out.end()) continue;
    registry::Label role = is_partys ? role_of(*definition, field.party) : field.label;
    if (is_own)
      role = {"同为“" + role.zh + "”的其他人",
              "others who are " + role.in(registry::Language::kEnglish) + " as well"};
    out.push_back({id, std::move(role)});
  }
  return out;
}

std::vector<Value> others_elements(const registry::PersonQuery& person,
                                   const registry::RecordRow& row, const Definition& definition,
                                   const FieldDefinition& field, registry::Date today) {
  std::vector<Value> out;
  if (field.kind != registry::FieldKind::kSet || field.party.empty() ||
      !shared_parties(person, row, &definition, today).contains(field.party))
    return out;
  const SubjectSelection own = select_for(person, row, &definition, today);
  for (const auto& [name, value] : row.values) {
    const bool is_own = std::ranges::any_of(own.values, [&](const SubjectValue& given) {
      return given.field == name && given.value == value;
    });
    if (name == field.id && !is_own && !is_of_alone(person, value, today)) out.push_back(value);
  }
  return out;
}

}  // namespace cunju::council
