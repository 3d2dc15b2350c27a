// SPDX-License-Identifier: Apache-2.0
#include "cli/person_in_grounds.h"

#include <algorithm>

#include "cli/record_lookup.h"
#include "node/registry/erased_persons.h"
#include "node/registry/person_limits.h"

namespace cunju::cli {
namespace {

/// Bytes of the shortest text that is taken for a name: two Han characters. One alone stands in too
/// many words.
constexpr std::size_t kLeastNameBytes = 6;
/// Han characters of the longest word that is tried as a name where words are written together.
constexpr std::size_t kMostNameCharacters = 4;

Error named(const Invocation& call) {
  return refused(
      call, Errc::kInvalidArgument,
      {"理由、依据和要求方里有此人的姓名、电话或证件号码：这些文字各村各机都看得到，永久保"
       "留，删不掉。请改写（如“本人要求”），什么也没有做",
       "the reason, the basis or who asked has the person's name, telephone or identity "
       "number in it: these texts are open, stay for ever and can't be erased. Write "
       "them without (\"asked for by the person\"); nothing was done"});
}

/// mentions() asks for name and telephone number together, which is what tells a person from
/// others; here the person is known, and either is too much. So the other one is put beside it.
bool has_any_of(const registry::PersonQuery& person, const std::string& text) {
  if (registry::mentions(person, text)) return true;
  const registry::PersonQuery known{.identity = {}, .name = person.name, .phone = person.phone};
  if (known.name.empty() || known.phone.empty()) return false;
  const bool has_name =
      known.name.size() >= kLeastNameBytes && registry::mentions(known, text + " " + known.phone);
  return has_name || registry::mentions(known, text + " " + known.name);
}

/// The beginnings of the characters of a text of UTF-8, and its end.
std::vector<std::size_t> characters_of(const std::string& text) {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < text.size(); ++i)
    if ((static_cast<unsigned char>(text[i]) & 0xC0) != 0x80) out.push_back(i);
  out.push_back(text.size());
  return out;
}

/// Under which keys somebody may be marked whose name stands in the text, joined to other words or
/// not: every short run of characters may be one. So many at a time as one record's names are held
/// against marks.
std::set<std::string> keys_in(const std::string& text) {
  std::set<std::string> out;
  const auto add = [&](const std::vector<std::string>& names) {
    registry::PersonTerms terms;
    for (const std::string& name : names) terms.add(name, today());
    terms.add(text, today());
    for (std::string& key : registry::keys_of(terms)) out.insert(std::move(key));
  };
  add({});
  const std::vector<std::size_t> at = characters_of(text);
  std::vector<std::string> names;
  for (std::size_t i = 0; i + 1 < at.size(); ++i) {
    for (std::size_t count = 2; count <= kMostNameCharacters && i + count < at.size(); ++count)
      names.push_back(text.substr(at[i], at[i + count] - at[i]));
    if (names.size() + kMostNameCharacters < limits::kMaxPersonNames / 2) continue;
    add(names);
    names.clear();
  }
  if (!names.empty()) add(names);
  return out;
}

}  // namespace

GroundTexts texts_of(const council::ErasureGrounds& grounds) {
  return {grounds.reason, grounds.basis, grounds.asked_by};
}

Result<void> refuse_person_in(const Invocation& call, const registry::PersonQuery& person,
                              const GroundTexts& texts) {
  for (const std::string& text : texts)
    if (has_any_of(person, text)) return named(call);
  return ok();
}

Result<void> refuse_values_in(const Invocation& call, const registry::Definition* definition,
                              const registry::FieldValues& values, const GroundTexts& texts) {
  if (definition == nullptr) return ok();
  registry::PersonTerms terms;
  for (const auto& [name, value] : values) {
    const registry::FieldDefinition* field = definition->find_field(name);
    const auto* text = std::get_if<std::string>(&value);
    if (field == nullptr || field->party.empty() || text == nullptr || !field->codes.empty() ||
        text->size() > limits::kMaxPersonTextBytes)
      continue;
    terms.add(*text, today());
  }
  for (const std::string& text : texts) {
    registry::PersonTerms said;
    said.add(text, today());
    const auto has = [](const std::set<std::string>& known, const std::set<std::string>& words,
                        const std::set<std::string>& within) {
      return std::ranges::any_of(known, [&](const std::string& each) {
        return words.contains(each) || within.contains(each);
      });
    };
    if (has(terms.identities, said.identities, said.identities_within) ||
        has(terms.phones, said.phones, said.phones_within) ||
        std::ranges::any_of(terms.names, [&](const std::string& name) {
          return name.size() >= kLeastNameBytes && text.find(name) != std::string::npos;
        }))
      return named(call);
  }
  return ok();
}

Result<void> refuse_marked_in(const Invocation& call, node::Node& node, const SpaceId& space,
                              const std::set<RecordId>& erasures, const GroundTexts& texts) {
  CUNJU_TRY(std::vector<registry::ErasedPerson> erased,
            registry::read_erased_persons(node.replica(), space));
  std::erase_if(
      erased, [&](const registry::ErasedPerson& each) { return !erasures.contains(each.erasure); });
  if (erased.empty()) return ok();
  for (const std::string& text : texts)
    for (const std::string& key : keys_in(text))
      for (const registry::ErasedPerson& person : erased)
        if (person.marks.has(key)) return named(call);
  return ok();
}

Result<void> refuse_erased_in(const Invocation& call, node::Node& node, const FoundErasure& found,
                              const GroundTexts& texts) {
  const KnownErasures& known = found.known;
  for (const replica::ErasureEntry& act : found.acts()) {
    for (const ErasureTarget& target : act.said.targets) {
      const auto content = known.contents.find(target);
      if (content == known.contents.end()) continue;
      CUNJU_TRYV(refuse_values_in(call, known.catalog->find(content->second.registry),
                                  content->second.values, texts));
    }
  }
  return refuse_marked_in(call, node, known.space, {found.erasure}, texts);
}

}  // namespace cunju::cli
