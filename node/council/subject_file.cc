// SPDX-License-Identifier: Apache-2.0
#include "node/council/subject_file.h"

#include <algorithm>
#include <set>

namespace cunju::council {
namespace {

using registry::Definition;
using registry::FieldDefinition;
using registry::PersonalData;
using registry::PersonQuery;
using registry::PersonTerms;

bool is_telling(const PersonQuery& person, const PersonTerms& terms) {
  return (!person.identity.empty() && terms.identities.contains(person.identity)) ||
         (!person.name.empty() && terms.names.contains(person.name));
}

const FieldDefinition* find_field(const Definition* definition, const std::string& field) {
  return definition == nullptr ? nullptr : definition->find_field(field);
}

PersonTerms terms_of(const std::string& text, registry::Date today) {
  PersonTerms out;
  out.add(text, today);
  return out;
}

/// Who of a record the person is.
struct Self {
  std::set<std::string> parties;
  std::set<std::string> words;  ///< What fields of these parties consist of, where it is one word.
};

/// A telephone number is shared in families, so it tells only where neither name nor identity
/// number does.
Self find_self(const PersonQuery& person, const registry::RecordRow& row,
               const Definition* definition, registry::Date today) {
  std::map<std::string, PersonTerms> parties;
  std::map<std::string, std::set<std::string>> words;
  for (const auto& [name, value] : row.values) {
    const FieldDefinition* field = find_field(definition, name);
    const auto* text = std::get_if<std::string>(&value);
    if (field == nullptr || field->party.empty() || text == nullptr) continue;
    parties[field->party].add(*text, today);
    const PersonTerms own = terms_of(*text, today);
    if (field->kind != registry::FieldKind::kSet && field->personal != PersonalData::kNone &&
        own.names.size() == 1)
      words[field->party].insert(*own.names.begin());
  }
  Self out, by_phone;
  for (const auto& [party, terms] : parties) {
    if (is_telling(person, terms)) out.parties.insert(party);
    if (!person.phone.empty() && terms.phones.contains(person.phone))
      by_phone.parties.insert(party);
  }
  if (out.parties.empty()) out = std::move(by_phone);
  for (const std::string& party : out.parties)
    out.words.insert(words[party].begin(), words[party].end());
  return out;
}

enum class Whose : std::uint8_t { kPersons, kMaybeOthers, kOthers };

class Chooser {
 public:
  Chooser(const PersonQuery& person, const registry::RecordRow& row, const Definition* definition,
          registry::Date today)
      : person_(person),
        row_(row),
        definition_(definition),
        self_(find_self(person, row, definition, today)),
        today_(today) {}

  Whose whose(const std::string& name, const Value& value) const {
    const FieldDefinition* field = find_field(definition_, name);
    if (field == nullptr) return has_person(value) ? Whose::kPersons : Whose::kOthers;
    const bool is_own = self_.parties.contains(field->party);
    if (!field->party.empty() && !is_own) return Whose::kOthers;
    const bool is_personal = field->personal != PersonalData::kNone;
    if (field->kind == registry::FieldKind::kSet && is_personal)
      return has_person(value) ? Whose::kPersons : Whose::kOthers;
    if (is_own || !is_personal) return Whose::kPersons;
    return Whose::kMaybeOthers;
  }
  /// An earlier value of personal data may have been another's.
  bool is_given_of_history(const std::string& name, const Value& value) const {
    const FieldDefinition* field = find_field(definition_, name);
    const bool is_open =
        field != nullptr && field->personal == PersonalData::kNone && field->party.empty();
    if (is_open || has_person(value)) return true;
    const bool is_shown =
        std::ranges::find(row_.values, registry::FieldValue(name, value)) != row_.values.end();
    return is_shown && whose(name, value) != Whose::kOthers;
  }

 private:
  bool has_person(const Value& value) const {
    const auto* text = std::get_if<std::string>(&value);
    if (text == nullptr) return false;
    const PersonTerms terms = terms_of(*text, today_);
    return is_telling(person_, terms) ||
           (!person_.phone.empty() && terms.phones.contains(person_.phone)) ||
           std::ranges::any_of(
               self_.words, [&](const std::string& word) { return terms.names.contains(word); }) ||
           registry::mentions(person_, *text);
  }

  const PersonQuery& person_;
  const registry::RecordRow& row_;
  const Definition* definition_;
  Self self_;
  registry::Date today_;
};

bool is_value_operation(const Operation& operation) {
  switch (static_cast<OperationKind>(operation.kind)) {
    case OperationKind::kRegisterSet:
    case OperationKind::kSetAdd:
    case OperationKind::kSetRemove:
    case OperationKind::kStateMove:
      return true;
    default:
      return false;
  }
}

std::vector<SubjectChange> history_of(const std::vector<replica::HistoryEntry>& entries,
                                      const Chooser& chooser) {
  std::vector<SubjectChange> out;
  for (const replica::HistoryEntry& entry : entries) {
    if (entry.is_void || entry.is_late) continue;
    for (const Operation& operation : entry.operations) {
      if (!is_value_operation(operation) ||
          !chooser.is_given_of_history(operation.field, operation.value))
        continue;
      out.push_back(
          {.claimed_ms = entry.claimed_ms,
           .author = entry.author,
           .field = operation.field,
           .value = operation.value,
           .takes_away = operation.kind == static_cast<std::uint16_t>(OperationKind::kSetRemove)});
    }
  }
  return out;
}

}  // namespace

SubjectSelection select_for(const PersonQuery& person, const registry::RecordRow& row,
                            const Definition* definition, registry::Date today) {
  SubjectSelection out;
  const Chooser chooser(person, row, definition, today);
  for (const auto& [name, value] : row.values) {
    const Whose whose = chooser.whose(name, value);
    if (whose == Whose::kOthers) {
      if (std::ranges::find(out.left_out, name) == out.left_out.end()) out.left_out.push_back(name);
      continue;
    }
    out.values.push_back(
        {.field = name, .value = value, .may_concern_others = whose == Whose::kMaybeOthers});
  }
  return out;
}

Result<SubjectFile> gather_subject_file(replica::Replica& replica, const registry::Catalog& catalog,
                                        registry::RecordBook& book, const SpaceId& space,
                                        const PersonQuery& person,
                                        const SubjectFileOptions& options) {
  SubjectFile out;
  CUNJU_TRY(PersonSearch found, find_person(replica, catalog, space, person, options.today));
  out.unsearched = found.unsearched;
  for (PersonRecord& record : found.records) {
    if (record.place != PersonPlace::kFields) {
      out.to_be_read.push_back(std::move(record));
      continue;
    }
    const Definition* definition = catalog.find(record.registry);
    CUNJU_TRY(const registry::RecordRow row, book.get(record.record, record.registry));
    SubjectSelection selection = select_for(person, row, definition, options.today);
    SubjectRecord item{.registry = record.registry,
                       .record = record.record,
                       .is_deleted = row.is_deleted,
                       .has_conflict = row.has_conflict,
                       .retention = record.retention,
                       .values = std::move(selection.values),
                       .left_out = std::move(selection.left_out),
                       .hidden = row.hidden,
                       .history = {}};
    if (options.with_history) {
      CUNJU_TRY(const auto entries, book.history(record.record, record.registry));
      item.history = history_of(entries, Chooser(person, row, definition, options.today));
    }
    out.records.push_back(std::move(item));
  }
  CUNJU_TRY(std::vector<audit::Disclosure> all, audit::read_disclosures(book));
  for (audit::Disclosure& each : all) {
    // What the committee keeps for itself went to nobody.
    if (each.recipient_kind == audit::kOwnRecipient) continue;
    if (std::ranges::any_of(out.records, [&](const SubjectRecord& record) {
          return audit::concerns(each, record.registry, record.record);
        }))
      out.disclosures.push_back(std::move(each));
  }
  CUNJU_TRY(const std::shared_ptr<const Roster> roster, replica.roster(space));
  out.grants = audit::find_grants(*roster);
  return out;
}

}  // namespace cunju::council
