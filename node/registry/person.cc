// SPDX-License-Identifier: Apache-2.0
#include "node/registry/person.h"

#include <algorithm>
#include <iterator>
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

/// Numbers are written with them for reading.
std::string without_hyphens(std::string_view text) {
  constexpr std::string_view kHyphens[] = {"-", "‐", "‑", "–", "—", "−"};
  std::string out(text);
  for (const std::string_view hyphen : kHyphens) {
    for (std::size_t at = out.find(hyphen); at != std::string::npos; at = out.find(hyphen, at))
      out.erase(at, hyphen.size());
  }
  return out;
}

std::string digits_of(std::string_view text) {
  std::string out;
  std::ranges::copy_if(text, std::back_inserter(out), [](char c) { return c >= '0' && c <= '9'; });
  return out;
}

/// Longest runs of digits; where `takes_hyphens` with hyphens between. An X ends the one that it
/// makes an identity number.
std::vector<std::string> runs_of(std::string_view text, bool takes_hyphens) {
  constexpr std::size_t kDigitsBeforeX = 17;
  std::vector<std::string> out;
  std::string run;
  const auto end = [&] {
    while (run.ends_with('-')) run.pop_back();
    if (!run.empty()) out.push_back(std::exchange(run, {}));
  };
  for (const char c : text) {
    if ((c >= '0' && c <= '9') || (takes_hyphens && c == '-' && !run.empty())) {
      run += c;
      continue;
    }
    if ((c == 'x' || c == 'X') && run.size() == kDigitsBeforeX) run += c;
    end();
  }
  end();
  return out;
}

/// One of those that are held against marks, as long as there are not too many.
void mark(const std::string& term, std::size_t most, std::vector<std::string>& marked) {
  if (marked.size() < most && std::ranges::find(marked, term) == marked.end())
    marked.push_back(term);
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
    if (const std::optional<std::string> phone = parse_phone(word)) {
      phones.insert(*phone);
      mark(*phone, limits::kMaxPersonPhones, marked_phones);
    }
    std::string name = name_form(word);
    mark(name, limits::kMaxPersonNames, marked_names);
    names.insert(std::move(name));
  }
  add_within(words, today);
}

void PersonTerms::add_within(const std::vector<std::string>& words, Date today) {
  for (const std::string& word : words) {
    std::vector<std::string> runs = runs_of(word, true);
    std::ranges::move(runs_of(without_hyphens(without_spaces(word)), false),
                      std::back_inserter(runs));
    for (const std::string& run : runs) {
      if (std::string identity = identity_form(run, today); !identity.empty())
        identities_within.insert(std::move(identity));
      if (const std::optional<std::string> phone = parse_phone(run)) {
        phones_within.insert(*phone);
        mark(*phone, limits::kMaxPersonPhones, marked_phones);
      }
    }
  }
}

void PersonTerms::add(FieldValues values, Date today) {
  std::ranges::stable_sort(values, {}, [](const FieldValue& value) {
    const auto* text = std::get_if<std::string>(&value.second);
    return text == nullptr ? 0 : text->size();
  });
  for (const auto& [field, value] : values) {
    if (const auto* text = std::get_if<std::string>(&value)) add(*text, today);
  }
}

PersonTerms terms_of(const FieldValues& values, Date today) {
  PersonTerms out;
  out.add(values, today);
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
  const std::string digits = without_hyphens(plain);
  const auto has_number = [&](const std::string& number) {
    return !number.empty() && digits.find(without_hyphens(number)) != std::string::npos;
  };
  has_identity_ = has_identity_ || has_number(lower_ascii(person_.identity));
  has_name_ = has_name_ || has(person_.name);
  has_phone_ = has_phone_ || has_number(person_.phone);
}

void PersonSight::add(const PersonTerms& terms) {
  has_identity_ = has_identity_ || terms.identities.contains(person_.identity) ||
                  terms.identities_within.contains(person_.identity);
  has_name_ = has_name_ || (!person_.name.empty() && terms.names.contains(person_.name));
  has_phone_ = has_phone_ || terms.phones.contains(person_.phone) ||
               terms.phones_within.contains(person_.phone);
}

PersonSieve::PersonSieve(const PersonQuery& person) : name_(person.name) {
  // An old identity number has these digits as well, and a telephone number any prefix.
  constexpr std::size_t kIdentityDigits = 6, kPhoneDigits = 4;
  identity_begin_ = digits_of(person.identity).substr(0, kIdentityDigits);
  const std::string phone = digits_of(person.phone);
  phone_end_ = phone.substr(phone.size() - std::min(phone.size(), kPhoneDigits));
}

bool PersonSieve::passes(std::string_view text) const {
  const std::string plain = name_form(text), digits = digits_of(plain);
  const auto has = [](const std::string& all, const std::string& wanted) {
    return !wanted.empty() && all.find(wanted) != std::string::npos;
  };
  return has(digits, identity_begin_) || has(digits, phone_end_) || has(plain, name_);
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

std::vector<std::string> keys_of(const PersonTerms& terms, const PersonTerms& before) {
  std::vector<std::string> out;
  std::set<std::string> identities = terms.identities;
  identities.insert(terms.identities_within.begin(), terms.identities_within.end());
  for (const std::string& identity : identities) {
    if (!before.identities.contains(identity) && !before.identities_within.contains(identity))
      out.push_back(identity_key(identity));
  }
  for (const std::string& phone : terms.marked_phones) {
    const bool had_phone = before.phones.contains(phone) || before.phones_within.contains(phone);
    for (const std::string& name : terms.marked_names)
      if (!had_phone || !before.names.contains(name)) out.push_back(pair_key(name, phone));
  }
  return out;
}

}  // namespace cunju::registry
