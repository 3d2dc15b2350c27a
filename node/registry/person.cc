// SPDX-License-Identifier: Apache-2.0
#include "node/registry/person.h"

#include <utility>

#include "node/registry/identifiers.h"
#include "node/registry/person_limits.h"
#include "node/registry/text_form.h"

namespace cunju::registry {
namespace {

/// Marks that part words, beside ASCII ones; half_width() has made the others ASCII.
constexpr std::string_view kChineseMarks[] = {"、", "。", "《", "》", "“", "”", "·", "—"};

std::string identity_key(const std::string& identity) { return "identity:" + identity; }

std::string pair_key(const std::string& name, const std::string& phone) {
  return "name:" + name + "|phone:" + phone;
}

/// Names as they are compared: half width, without spaces, small letters.
std::string name_form(std::string_view text) {
  return lower_ascii(without_spaces(plain_form(text)));
}

/// Empty: it is none. An old number is the new one that it became.
std::string identity_form(std::string_view text, Date today) {
  const ParsedIdentity parsed = parse_identity_number(text, today);
  return parsed.form == IdentityForm::kLegacy ? modern_identity_number(parsed.canonical)
                                              : parsed.canonical;
}

bool parts_words(char c) {
  constexpr std::string_view kMarks = " \t\r\n,;:/\\|()[]<>\"'";
  return kMarks.find(c) != std::string_view::npos;
}

std::vector<std::string> split_words(std::string_view text) {
  std::string spaced = plain_form(text);
  for (const std::string_view mark : kChineseMarks) {
    for (std::size_t at = spaced.find(mark); at != std::string::npos; at = spaced.find(mark, at))
      spaced.replace(at, mark.size(), " ");
  }
  std::vector<std::string> out;
  std::string word;
  for (const char c : spaced) {
    if (!parts_words(c)) {
      word += c;
    } else if (!word.empty()) {
      out.push_back(std::exchange(word, {}));
    }
  }
  if (!word.empty()) out.push_back(std::move(word));
  return out;
}

}  // namespace

Result<PersonQuery> parse_person(std::string_view identity, std::string_view name,
                                 std::string_view phone, Date today) {
  PersonQuery out;
  if (!identity.empty()) {
    out.identity = identity_form(plain_form(identity), today);
    if (out.identity.empty()) return fail(Errc::kInvalidArgument, "the identity number");
  }
  out.name = name_form(name);
  if (!phone.empty()) {
    const std::optional<std::string> parsed = parse_phone(plain_form(phone));
    if (!parsed) return fail(Errc::kInvalidArgument, "the telephone number");
    out.phone = *parsed;
  }
  if (out.name.empty() != out.phone.empty() || keys_of(out).empty())
    return fail(Errc::kInvalidArgument, "an identity number, or a name with a telephone number");
  return out;
}

void PersonTerms::add(std::string_view text, Date today) {
  if (text.empty() || text.size() > limits::kMaxPersonTextBytes) return;
  std::vector<std::string> words = split_words(text);
  words.push_back(plain_form(text));
  for (const std::string& word : words) {
    if (std::string identity = identity_form(word, today); !identity.empty())
      identities.insert(std::move(identity));
    if (std::optional<std::string> phone = parse_phone(word);
        phone && phones.size() < limits::kMaxPersonPhones)
      phones.insert(std::move(*phone));
    if (names.size() < limits::kMaxPersonNames) names.insert(name_form(word));
  }
}

PersonTerms terms_of(const FieldValues& values, Date today) {
  PersonTerms out;
  for (const auto& [field, value] : values) {
    if (const auto* text = std::get_if<std::string>(&value)) out.add(*text, today);
  }
  return out;
}

std::map<std::string, PersonTerms> terms_by_party(const Definition* definition,
                                                  const FieldValues& values, Date today) {
  std::map<std::string, PersonTerms> out;
  for (const auto& [name, value] : values) {
    const FieldDefinition* field = definition == nullptr ? nullptr : definition->find_field(name);
    const auto* text = std::get_if<std::string>(&value);
    if (text != nullptr) out[field == nullptr ? std::string() : field->party].add(*text, today);
  }
  return out;
}

bool is_of(const PersonQuery& person, const PersonTerms& terms) {
  if (!person.identity.empty() && terms.identities.contains(person.identity)) return true;
  return !person.name.empty() && terms.names.contains(person.name) &&
         terms.phones.contains(person.phone);
}

void PersonSight::look(std::string_view text) {
  const std::string plain = name_form(text);
  const auto has = [&](const std::string& word) {
    return !word.empty() && plain.find(word) != std::string::npos;
  };
  has_identity_ = has_identity_ || has(lower_ascii(person_.identity));
  has_name_ = has_name_ || has(person_.name);
  has_phone_ = has_phone_ || has(person_.phone);
}

bool mentions(const PersonQuery& person, std::string_view text) {
  PersonSight sight(person);
  sight.look(text);
  return sight.is_mentioned();
}

std::vector<std::string> keys_of(const PersonQuery& person) {
  std::vector<std::string> out;
  if (!person.identity.empty()) out.push_back(identity_key(person.identity));
  if (!person.name.empty() && !person.phone.empty())
    out.push_back(pair_key(person.name, person.phone));
  return out;
}

std::vector<std::string> keys_of(const PersonTerms& terms) {
  std::vector<std::string> out;
  for (const std::string& identity : terms.identities) out.push_back(identity_key(identity));
  for (const std::string& name : terms.names)
    for (const std::string& phone : terms.phones) out.push_back(pair_key(name, phone));
  return out;
}

}  // namespace cunju::registry
