// SPDX-License-Identifier: Apache-2.0
#include "node/council/subject_file.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>

#include "node/registry/field_scope.h"

namespace cunju::council {
namespace {

using registry::Definition;
using registry::FieldDefinition;
using registry::PersonalData;
using registry::PersonQuery;
using registry::PersonTerms;

const FieldDefinition* find_field(const Definition* definition, const std::string& field) {
  return definition == nullptr ? nullptr : definition->find_field(field);
}

PersonTerms terms_of(const std::string& text, registry::Date today) {
  PersonTerms out;
  out.add(text, today);
  return out;
}

/// The words of a text; without the whole of it where that is more than one.
std::set<std::string> words_of(const PersonTerms& terms) {
  std::set<std::string> out = terms.names;
  if (out.size() > 1)
    out.erase(std::ranges::max_element(out, {}, [](const auto& word) { return word.size(); }));
  return out;
}

/// As a list of persons is written. An address has digits or longer words.
bool is_list_of_names(const std::string& text, const std::set<std::string>& words) {
  constexpr std::size_t kMaxNameBytes = 15;
  constexpr std::size_t kHanBytes = 3;
  // One name: with a dot between its parts, or two characters that a space sets apart.
  const bool is_one = text.find("·") != std::string::npos && text.find("、") == std::string::npos;
  const bool is_padded =
      std::ranges::all_of(words, [](const std::string& word) { return word.size() <= kHanBytes; });
  return words.size() > 1 && !is_one && !is_padded &&
         std::ranges::all_of(words, [](const std::string& word) {
           return word.size() <= kMaxNameBytes &&
                  word.find_first_of("0123456789") == std::string::npos;
         });
}

/// What the fields of one party have.
struct Party {
  PersonTerms terms;
  std::set<std::string> words;  ///< What a field consists of, where it is one word.
  std::size_t elements = 0;     ///< Of sets of personal data.
  bool has_many = false;        ///< More than one person.
};

std::map<std::string, Party> parties_of(const PersonQuery& person, const registry::RecordRow& row,
                                        const Definition* definition, registry::Date today) {
  std::map<std::string, Party> out;
  for (const auto& [name, value] : row.values) {
    const FieldDefinition* field = find_field(definition, name);
    const auto* text = std::get_if<std::string>(&value);
    if (field == nullptr || field->party.empty() || text == nullptr) continue;
    Party& party = out[field->party];
    party.terms.add(*text, today);
    if (field->personal == PersonalData::kNone) continue;
    if (field->kind == registry::FieldKind::kSet && ++party.elements > 1) party.has_many = true;
    const std::set<std::string> words = words_of(terms_of(*text, today));
    if (field->type == registry::FieldType::kText && words.size() > 1 &&
        (is_list_of_names(*text, words) || (!person.name.empty() && words.contains(person.name))))
      party.has_many = true;
    if (field->kind != registry::FieldKind::kSet && words.size() == 1)
      party.words.insert(*words.begin());
  }
  return out;
}

/// By the identity number, or by the name with the telephone number: a name alone is anybody's, and
/// a telephone number is shared in families. Another's number speaks against name and telephone.
bool is_persons(const PersonQuery& person, const Party& party) {
  if (!person.identity.empty() && party.terms.identities.contains(person.identity)) return true;
  if (!person.identity.empty() && !party.terms.identities.empty()) return false;
  return !person.name.empty() && party.terms.names.contains(person.name) &&
         party.terms.phones.contains(person.phone);
}

/// Names of fields that number a record.
bool is_number_of_record(const Definition& definition, const std::string& field) {
  return field == "no" || field.ends_with("_no") || field.ends_with("_id") ||
         std::ranges::find(definition.key, field) != definition.key.end();
}

/// Whether somebody could have written about anybody in it. What a typed field does not take for a
/// value of its type is kept as text.
bool is_free(const Definition& definition, const FieldDefinition& field, const Value& value) {
  const auto* text = std::get_if<std::string>(&value);
  if (text == nullptr) return std::holds_alternative<Bytes>(value);
  if (field.kind == registry::FieldKind::kText || field.kind == registry::FieldKind::kBlob)
    return true;
  if (field.kind == registry::FieldKind::kState || field.type == registry::FieldType::kCode)
    return field.find_code(*text) == nullptr;
  switch (field.type) {
    case registry::FieldType::kPhone:
    case registry::FieldType::kIdentityNumber:
      return true;
    case registry::FieldType::kText:
      if (field.kind == registry::FieldKind::kRef) break;
      return field.kind == registry::FieldKind::kSet || !is_number_of_record(definition, field.id);
    default:
      break;
  }
  constexpr std::string_view kTyped =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-:";
  return text->find_first_not_of(kTyped) != std::string::npos;
}

class Chooser {
 public:
  Chooser(const PersonQuery& person, const registry::RecordRow& row, const Definition* definition,
          registry::Date today)
      : person_(person), row_(row), definition_(definition), today_(today) {
    for (auto& [name, party] : parties_of(person, row, definition, today)) {
      if (!is_persons(person, party)) continue;
      parties_.emplace(name, party.has_many);
      if (!party.has_many) words_.insert(party.words.begin(), party.words.end());
    }
  }

  bool is_party() const { return !parties_.empty(); }

  bool is_given(const std::string& name, const Value& value) const {
    const FieldDefinition* field = find_field(definition_, name);
    if (field == nullptr) return is_whole(value);
    const bool may_name =
        field->personal != PersonalData::kNone || is_free(*definition_, *field, value);
    if (!field->party.empty()) {
      const auto own = parties_.find(field->party);
      if (own == parties_.end()) return false;
      const bool has_many = own->second;
      if (has_many || (field->kind == registry::FieldKind::kSet && may_name))
        return is_whole(value);
      return !names_other_number(value);
    }
    if (may_name || !registry::scope_of_field(definition_, name).empty()) return is_whole(value);
    return true;
  }
  /// An earlier value may be of whoever was in the record before.
  bool is_given_of_history(const std::string& name, const Value& value) const {
    const bool is_shown =
        std::ranges::find(row_.values, registry::FieldValue(name, value)) != row_.values.end();
    if (is_shown) return is_given(name, value);
    const FieldDefinition* field = find_field(definition_, name);
    const bool is_others =
        field != nullptr && !field->party.empty() && !parties_.contains(field->party);
    return !is_others && is_whole(value);
  }

 private:
  /// Whether the value consists of the person's name, identity number or telephone number.
  bool is_whole(const Value& value) const {
    const auto* text = std::get_if<std::string>(&value);
    if (text == nullptr) return false;
    const PersonTerms terms = terms_of(*text, today_);
    const std::set<std::string> words = words_of(terms);
    if (words.size() == 1 && has_number(terms)) return true;
    return std::ranges::any_of(words, [&](const auto& word) { return is_own(word); }) &&
           std::ranges::all_of(words,
                               [&](const auto& word) { return is_own(word) || word == "本人"; });
  }
  bool has_number(const PersonTerms& terms) const {
    return (!person_.identity.empty() && terms.identities.contains(person_.identity)) ||
           (!person_.phone.empty() && terms.phones.contains(person_.phone));
  }
  bool is_own(const std::string& word) const {
    return (!person_.name.empty() && word == person_.name) || words_.contains(word) ||
           has_number(terms_of(word, today_));
  }
  bool names_other_number(const Value& value) const {
    const auto* text = std::get_if<std::string>(&value);
    if (text == nullptr || person_.identity.empty()) return false;
    return std::ranges::any_of(terms_of(*text, today_).identities,
                               [&](const auto& number) { return number != person_.identity; });
  }

  const PersonQuery& person_;
  const registry::RecordRow& row_;
  const Definition* definition_;
  registry::Date today_;
  std::map<std::string, bool> parties_;  ///< The person's; whether more persons are in them.
  std::set<std::string> words_;          ///< What fields of these consist of, where it is one word.
};

void add_once(std::vector<std::string>& names, const std::string& name) {
  if (std::ranges::find(names, name) == names.end()) names.push_back(name);
}

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

void add_history(const std::vector<replica::HistoryEntry>& entries, const Chooser& chooser,
                 SubjectRecord& out) {
  for (const replica::HistoryEntry& entry : entries) {
    if (entry.is_void || entry.is_late) continue;
    for (const Operation& operation : entry.operations) {
      if (!is_value_operation(operation) || std::holds_alternative<NoValue>(operation.value))
        continue;
      if (!chooser.is_given_of_history(operation.field, operation.value)) {
        add_once(out.left_out_earlier, operation.field);
        continue;
      }
      out.history.push_back(
          {.claimed_ms = entry.claimed_ms,
           .author = entry.author,
           .field = operation.field,
           .value = operation.value,
           .takes_away = operation.kind == static_cast<std::uint16_t>(OperationKind::kSetRemove)});
    }
  }
}

bool has_parties(const Definition* definition) {
  return definition != nullptr &&
         std::ranges::any_of(definition->fields,
                             [](const FieldDefinition& field) { return !field.party.empty(); });
}

/// By what a record is known again, without a word about anybody.
SubjectMention mention_of(const PersonRecord& record, const registry::RecordRow& row,
                          const Definition* definition) {
  SubjectMention out{.registry = record.registry, .record = record.record, .number = {}, .day = {}};
  if (definition == nullptr || has_parties(definition)) return out;
  bool is_day_required = false;
  for (const FieldDefinition& field : definition->fields) {
    const Value* value = row.find(field.id);
    const auto* text = value == nullptr ? nullptr : std::get_if<std::string>(value);
    if (text == nullptr || field.kind != registry::FieldKind::kRegister ||
        field.personal != PersonalData::kNone || is_free(*definition, field, *value) ||
        !registry::scope_of_field(definition, field.id).empty())
      continue;
    const bool is_day =
        field.type == registry::FieldType::kDate || field.type == registry::FieldType::kDatetime;
    if (is_day && (out.day.empty() || (field.required && !is_day_required))) {
      out.day = *text;
      is_day_required = field.required;
    }
    if (field.type == registry::FieldType::kText && out.number.empty()) out.number = *text;
  }
  return out;
}

/// Whether bodies lie in the store that are hidden from everybody.
bool has_restricted(const replica::ErasureReport& report) {
  return std::ranges::any_of(report.acts, [](const replica::ErasureEntry& act) {
    return act.said.effect != ErasureEffect::kLift && !act.is_lifted && act.fate != Fate::kNone &&
           act.here > 0;
  });
}

bool is_organisation(std::string_view recipient_kind) {
  constexpr std::array<std::string_view, 4> kKinds = {"office", "department", "judicial",
                                                      "organisation"};
  return std::ranges::find(kKinds, recipient_kind) != kKinds.end();
}

/// As the person is told of it; none if it had nothing of the person's in it. What an entry for
/// whole registers says of its purpose may be about others.
std::optional<audit::Disclosure> told_of(audit::Disclosure each,
                                         const std::vector<SubjectRecord>& records,
                                         const std::string& request) {
  // What the committee keeps for itself went to nobody.
  if (each.recipient_kind == audit::kOwnRecipient) return std::nullopt;
  std::set<std::string> held;
  bool is_named = !request.empty() && each.request == request;
  for (const SubjectRecord& record : records) {
    if (!audit::concerns(each, record.registry, record.record)) continue;
    held.insert(record.registry);
    is_named = is_named || !each.records.empty();
  }
  if (is_named) {
    each.registries = std::move(held);
    return each;
  }
  // Without its records, another's copy is nobody else's business.
  if (held.empty() || each.kind == audit::kPersonCopyKind) return std::nullopt;
  audit::Disclosure out;
  out.id = each.id;
  out.on = each.on;
  out.kind = each.kind;
  out.recipient_kind = each.recipient_kind;
  if (is_organisation(each.recipient_kind)) out.recipient = each.recipient;
  out.registries = std::move(held);
  return out;
}

}  // namespace

SubjectSelection select_for(const PersonQuery& person, const registry::RecordRow& row,
                            const Definition* definition, registry::Date today) {
  SubjectSelection out;
  const Chooser chooser(person, row, definition, today);
  out.is_party = chooser.is_party();
  if (!out.is_party) return out;
  for (const auto& [name, value] : row.values) {
    if (chooser.is_given(name, value))
      out.values.push_back({.field = name, .value = value});
    else
      add_once(out.left_out, name);
  }
  return out;
}

std::set<std::string> shared_parties(const PersonQuery& person, const registry::RecordRow& row,
                                     const Definition* definition, registry::Date today) {
  std::set<std::string> out;
  for (const auto& [name, party] : parties_of(person, row, definition, today))
    if (party.has_many) out.insert(name);
  return out;
}

Result<SubjectFile> gather_subject_file(replica::Replica& replica, const registry::Catalog& catalog,
                                        registry::RecordBook& book, const SpaceId& space,
                                        const PersonQuery& person,
                                        const SubjectFileOptions& options) {
  SubjectFile out;
  out.request = options.request;
  CUNJU_TRY(PersonSearch found, find_person(replica, catalog, space, person, options.today));
  out.unsearched = found.unsearched;
  CUNJU_TRY(const replica::ErasureReport report, replica.erasures(space));
  out.has_restricted = has_restricted(report);
  for (const PersonRecord& record : found.records) {
    const Definition* definition = catalog.find(record.registry);
    if (record.place == PersonPlace::kLate) {
      out.to_be_read.push_back(
          {.registry = record.registry, .record = record.record, .number = {}, .day = {}});
      continue;
    }
    CUNJU_TRY(const registry::RecordRow row, book.get(record.record, record.registry));
    SubjectSelection selection = select_for(person, row, definition, options.today);
    if (record.place != PersonPlace::kFields || !selection.is_party) {
      out.to_be_read.push_back(mention_of(record, row, definition));
      continue;
    }
    SubjectRecord item{.registry = record.registry,
                       .record = record.record,
                       .is_deleted = row.is_deleted,
                       .has_conflict = row.has_conflict,
                       .retention = record.retention,
                       .values = std::move(selection.values),
                       .left_out = std::move(selection.left_out),
                       .left_out_earlier = {},
                       .hidden = row.hidden,
                       .history = {}};
    if (options.with_history) {
      CUNJU_TRY(const auto entries, book.history(record.record, record.registry));
      add_history(entries, Chooser(person, row, definition, options.today), item);
    }
    out.records.push_back(std::move(item));
  }
  CUNJU_TRY(std::vector<audit::Disclosure> all, audit::read_disclosures(book));
  for (audit::Disclosure& each : all) {
    if (auto told = told_of(std::move(each), out.records, options.request))
      out.disclosures.push_back(*std::move(told));
  }
  CUNJU_TRY(const std::shared_ptr<const Roster> roster, replica.roster(space));
  out.grants = audit::find_grants(*roster);
  return out;
}

}  // namespace cunju::council
