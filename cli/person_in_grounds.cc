// SPDX-License-Identifier: Apache-2.0
#include "cli/person_in_grounds.h"

#include <algorithm>
#include <iterator>

#include "node/registry/erased_persons.h"
#include "node/registry/person_limits.h"
#include "node/registry/text_form.h"

namespace cunju::cli {
namespace {

/// Bytes of the shortest text that is taken for a name: two Han characters. One alone stands in too
/// many words.
constexpr std::size_t kLeastNameBytes = 6;
/// Han characters of the longest word that is tried as a name where words are written together.
constexpr std::size_t kMostNameCharacters = 4;

/// What is typed where a name belongs and names nobody: whoever repeats it in a reason has named
/// nobody either, and "asked for by the person" is what the refusal itself proposes.
constexpr std::string_view kNobody[] = {
    "本人",   "同上",       "房主",       "户主",       "房东",       "业主", "租户", "租客",
    "承租人", "出租人",     "申请人",     "被申请人",   "代理人",     "家属", "亲属", "监护人",
    "村委会", "居委会",     "村民委员会", "居民委员会", "村集体",     "集体", "街道", "派出所",
    "物业",   "物业公司",   "公司",       "单位",       "没有",       "暂无", "不详", "未知",
    "其他",   "委托代理人", "法定代理人", "近亲属",     "死者近亲属", "代管", "无",   "none",
    "self",   "same",       "owner",      "unknown"};

/// Whose name is in front of one of these is a place: "高山村委会" has nothing of somebody who is
/// called 高山.
constexpr std::string_view kBodies[] = {"村委会",   "村民委员会", "村民小组",   "村党支部",
                                        "村务监督", "居委会",     "居民委员会", "社区",
                                        "街道",     "镇政府",     "乡政府",     "派出所"};
/// Stand within names, or are put there, and are no part of them.
constexpr std::string_view kWithinNames[] = {"·",      "•",      "・",     "‧",
                                             "\u200b", "\u200c", "\u200d", "\ufeff"};

/// Names and what they are looked for in, as they are compared: nobody hides one by a space.
std::string name_reading(std::string_view text) {
  std::string out = registry::lower_ascii(registry::without_spaces(registry::plain_form(text)));
  for (const std::string_view mark : kWithinNames) {
    for (std::size_t at = out.find(mark); at != std::string::npos; at = out.find(mark, at))
      out.erase(at, mark.size());
  }
  return out;
}

/// `text`: a name_reading().
bool has_name(const std::string& text, const std::string& name) {
  const std::string wanted = name_reading(name);
  if (wanted.empty()) return false;
  for (std::size_t at = text.find(wanted); at != std::string::npos;
       at = text.find(wanted, at + wanted.size())) {
    const std::string_view rest = std::string_view(text).substr(at + wanted.size());
    if (std::ranges::none_of(kBodies,
                             [&](std::string_view body) { return rest.starts_with(body); }))
      return true;
  }
  return false;
}

/// A text as it was typed, and with nothing between its characters.
std::vector<std::string> readings_of(const std::string& text) {
  std::vector<std::string> out{text};
  if (std::string plain = name_reading(text); plain != text) out.push_back(std::move(plain));
  return out;
}

bool names_nobody(const std::string& word) {
  return word.size() < kLeastNameBytes || std::ranges::find(kNobody, word) != std::end(kNobody);
}

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
  const registry::PersonQuery known{.identity = {}, .name = person.name, .phone = person.phone};
  const bool is_known = !known.name.empty() && !known.phone.empty();
  if (is_known && known.name.size() >= kLeastNameBytes && has_name(name_reading(text), known.name))
    return true;
  return std::ranges::any_of(readings_of(text), [&](const std::string& reading) {
    return registry::mentions(person, reading) ||
           (is_known && registry::mentions(known, reading + " " + known.name));
  });
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
  const std::string plain = name_reading(text);
  if (plain != text) add({plain});
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

/// Whether the text has one of the numbers, or of the names, alone or joined to other words.
bool stands_in(const registry::PersonTerms& terms, const std::set<std::string>& names,
               const std::string& text) {
  registry::PersonTerms said;
  for (const std::string& reading : readings_of(text)) said.add(reading, today());
  const auto has = [](const std::set<std::string>& known, const std::set<std::string>& words,
                      const std::set<std::string>& within) {
    return std::ranges::any_of(known, [&](const std::string& each) {
      return words.contains(each) || within.contains(each);
    });
  };
  return has(terms.identities, said.identities, said.identities_within) ||
         has(terms.phones, said.phones, said.phones_within) ||
         std::ranges::any_of(
             names, [&](const std::string& name) { return has_name(name_reading(text), name); });
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
  std::set<std::string> names;
  for (const auto& [name, value] : values) {
    const registry::FieldDefinition* field = definition->find_field(name);
    const auto* text = std::get_if<std::string>(&value);
    if (field == nullptr || text == nullptr || !field->codes.empty()) continue;
    const bool is_personal = field->personal != registry::PersonalData::kNone;
    if (field->party.empty() && !is_personal) continue;
    registry::PersonTerms of_value;
    of_value.add(*text, today());
    terms.identities.merge(of_value.identities);
    terms.phones.merge(of_value.phones);
    // A company is no person, and words of a field that is about nobody in particular are no names.
    if (is_personal && !field->party.empty()) names.merge(of_value.names);
  }
  std::erase_if(names, names_nobody);
  for (const std::string& text : texts)
    if (stands_in(terms, names, text)) return named(call);
  return ok();
}

Result<void> refuse_record_in(const Invocation& call, const Book& book,
                              const registry::RetentionRules& rules, const std::string& registry,
                              const RecordId& record, const GroundTexts& texts) {
  const Result<registry::RecordRow> row = book.records->get(record, registry);
  if (row.has_error() && row.error().code == Errc::kNotFound) return ok();
  if (row.has_error()) return row.error();
  return refuse_values_in(call, rules.describe(registry), row.value().values, texts);
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
  std::set<std::pair<std::string, RecordId>> records;
  for (const replica::ErasureEntry& act : found.acts()) {
    for (const ErasureTarget& target : act.said.targets) {
      const auto content = known.contents.find(target);
      if (content == known.contents.end()) continue;
      const std::string& registry = content->second.registry;
      records.emplace(registry, content->second.record);
      CUNJU_TRYV(
          refuse_values_in(call, known.rules->describe(registry), content->second.values, texts));
    }
  }
  // Of one field's erasure the name stands in a part that is not named.
  CUNJU_TRY(const Book book, open_book(node, known.space));
  for (const auto& [registry, record] : records) {
    CUNJU_TRYV(refuse_record_in(call, book, *known.rules, registry, record, texts));
  }
  return refuse_marked_in(call, node, known.space, {found.erasure}, texts);
}

}  // namespace cunju::cli
