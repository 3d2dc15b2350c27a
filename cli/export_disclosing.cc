// SPDX-License-Identifier: Apache-2.0
#include "cli/export_disclosing.h"

#include <tuple>

#include <algorithm>
#include <boost/json/array.hpp>

#include "cli/record_lookup.h"
#include "node/audit/export.h"
#include "node/registry/text_form.h"

namespace cunju::cli {
namespace {

using boost::json::array;
using boost::json::object;

Error refuse_registry(const Invocation& call, const std::string& registry) {
  return refused(call, Errc::kNotFound,
                 {"没有这个登记簿：" + registry, "no such registry: " + registry});
}

/// The records of one registry that are named, in all of the chosen spaces that have it: removed
/// ones too, and those of which nothing is left, which are counted as left out.
Result<void> name_registry(Invocation& call, node::Node& node, const std::vector<SpaceId>& spaces,
                           const std::string& registry, PlannedDisclosures& out) {
  bool is_known = false;
  for (const SpaceId& space : spaces) {
    CUNJU_TRY(const Book book, open_book(node, space));
    if (book.catalog->find(registry) == nullptr) continue;
    is_known = true;
    PlannedDisclosure& planned = out[space];
    planned.registries.insert(registry);
    CUNJU_TRYV(node.replica().scan_scopes(
        space, registry, [&](const RecordId& record, std::span<const replica::ScopedView>) {
          planned.registry_of.emplace(record, registry);
          return true;
        }));
  }
  if (is_known) return ok();
  return refuse_registry(call, registry);
}

Result<void> name_records(Invocation& call, node::Node& node, const std::vector<SpaceId>& spaces,
                          PlannedDisclosures& out) {
  for (const std::string& word : call.values("--disclose")) {
    const std::size_t slash = word.find('/');
    if (slash == std::string::npos) {
      CUNJU_TRYV(name_registry(call, node, spaces, word, out));
      continue;
    }
    const std::string registry = word.substr(0, slash);
    CUNJU_TRY(const FoundRecord found, find_record(node, call, registry, word.substr(slash + 1)));
    // What the program itself writes is in no catalog, and is nobody's to see.
    if (found.book.catalog->find(registry) == nullptr) return refuse_registry(call, registry);
    out[found.book.space].registry_of.emplace(found.row.id, registry);
  }
  return ok();
}

Result<void> require_recipient(const Invocation& call, const Book& book) {
  CUNJU_TRY(const audit::Disclosure said, read_recipient(call, book));
  if (!registry::trim(said.recipient).empty() && !registry::trim(said.purpose).empty()) return ok();
  return refused(
      call, Errc::kInvalidArgument,
      {"公开保密内容要写给哪个单位、为什么：--to 单位 --purpose 目的；给本人的用 subject export",
       "to whom, and what for? Disclosing takes --to ORGANISATION --purpose TEXT; what goes to the "
       "person concerned is for `subject export`"});
}

/// Whoever gets an earlier state would take it for the present one.
Result<void> require_whole(const Invocation& call, const PlannedDisclosure& planned) {
  const std::set<RecordId>& lacking = planned.plan.lacking;
  if (!lacking.empty()) {
    const std::string count = std::to_string(lacking.size());
    const std::string first =
        planned.registry_of.at(*lacking.begin()) + "/" + lacking.begin()->hex();
    return refused(
        call, Errc::kMissing,
        {"所写的记录有 " + count + " 条，这台电脑上可能缺一部分保密内容（如 " + first +
             "）：按流量计费没有带上、按名册不存，或没有钥匙。公开出去的会是旧的，没有导出。"
             "也可以在保存全部内容的电脑上办",
         "of " + count + " records that were named, as " + first +
             ", this computer may lack confidential content (held back over a metered link, not "
             "kept here by the roster, or without its key); what would go out may be out of date, "
             "so nothing was exported. It can be done on a computer that keeps everything as "
             "well"});
  }
  if (planned.plan.unseen == 0) return ok();
  const std::string count = std::to_string(planned.plan.unseen);
  call.terminal.warn(
      {"这台电脑上有 " + count +
           " 处保密内容没有或打不开，看不出是哪条记录的：里面如果有所写的记录，"
           "公开的就是旧的。请先交换数据，或在保存全部内容的电脑上办。",
       count +
           " confidential parts are not here, or their keys are not, and can't be seen to be of "
           "any record. If one is of what was named, what goes out is out of date: exchange "
           "first, or do it on a computer that keeps everything."});
  return ok();
}

/// Nothing can be opened of what was named: why.
Result<void> refuse_nothing(const Invocation& call, node::Node& node,
                            const PlannedDisclosures& planned) {
  bool may_read = false, has_hidden = false;
  for (const auto& [space, each] : planned) {
    CUNJU_TRY(const auto scopes, node.replica().readable_scopes(space));
    may_read = may_read || !scopes.empty();
    has_hidden = has_hidden || !each.plan.hidden.empty();
  }
  if (!may_read)
    return refused(call, Errc::kPermission,
                   {"按名册您不能查看任何保密内容，也就不能公开；没有导出",
                    "by the roster you may read nothing confidential, so you can't disclose it; "
                    "nothing was exported"});
  if (has_hidden)
    return refused(call, Errc::kNotFound,
                   {"所写的记录已清除或封存，不能公开；没有导出",
                    "what was named is erased or restricted and can't be disclosed; nothing was "
                    "exported"});
  return refused(
      call, Errc::kNotFound,
      {"所写的记录没有您按名册可以查看的保密内容；没有导出",
       "what was named has nothing confidential that you may read by the roster; nothing "
       "was exported"});
}

struct RegistryFields {
  std::set<std::string> fields;
  std::uint64_t records = 0;
};

std::map<std::string, RegistryFields> by_registry(const PlannedDisclosure& planned) {
  std::map<std::string, RegistryFields> out;
  for (const auto& [record, fields] : planned.plan.fields) {
    RegistryFields& of = out[planned.registry_of.at(record)];
    of.fields.insert(fields.begin(), fields.end());
    ++of.records;
  }
  return out;
}

std::string fields_in_words(const registry::Definition* definition,
                            const std::set<std::string>& fields, Language language) {
  std::string out;
  for (const std::string& field : fields)
    out += (out.empty()                      ? ""
            : language == Language::kChinese ? "、"
                                             : ", ") +
           field_label(definition, field, language);
  return out;
}

array ids_json(const std::set<RecordId>& ids) {
  array out;
  for (const RecordId& id : ids) out.emplace_back(id.hex());
  return out;
}

void show_registry(Invocation& call, const Book& book, const std::string& registry,
                   const RegistryFields& of) {
  const registry::Definition* definition = book.catalog->find(registry);
  const Label name = definition == nullptr ? Label{registry, registry} : definition->label;
  const std::string count = std::to_string(of.records);
  call.terminal.say({"  " + name.zh + "：" + count + " 条，字段 " +
                         fields_in_words(definition, of.fields, Language::kChinese),
                     "  " + name.in(Language::kEnglish) + ": " + count + " records, fields " +
                         fields_in_words(definition, of.fields, Language::kEnglish)});
}

using Place = std::tuple<RecordId, Scope, ChangeId>;

/// What the records' histories have in force; the late tray and what is void is not among it.
Result<std::set<Place>> places_in_force(node::Node& node, const SpaceId& space,
                                        const std::set<RecordId>& records) {
  std::set<Place> out;
  CUNJU_TRY(const auto scopes, node.replica().readable_scopes(space));
  for (const RecordId& record : records) {
    for (const auto& [scope, name] : scopes) {
      CUNJU_TRY(const std::vector<replica::HistoryEntry> history,
                node.replica().history(space, record, scope));
      for (const replica::HistoryEntry& entry : history)
        if (!entry.is_void && !entry.is_late) out.emplace(record, scope, entry.id);
    }
  }
  return out;
}

}  // namespace

Result<PlannedDisclosures> plan_disclosures(Invocation& call, node::Node& node,
                                            const std::vector<SpaceId>& spaces) {
  PlannedDisclosures out;
  CUNJU_TRYV(name_records(call, node, spaces, out));
  std::size_t parts = 0;
  for (auto& [space, planned] : out) {
    CUNJU_TRY(const Book book, open_book(node, space));
    CUNJU_TRYV(require_recipient(call, book));
    CUNJU_TRY(const std::shared_ptr<const Roster> roster, node.replica().roster(space));
    CUNJU_TRY(const std::vector<Change> changes, audit::read_logs(node.replica(), space));
    std::set<RecordId> records;
    for (const auto& [record, registry] : planned.registry_of) records.insert(record);
    CUNJU_TRY(const std::set<Place> in_force, places_in_force(node, space, records));
    CUNJU_TRY(planned.plan, audit::plan_disclosure(
                                space, changes, *roster, node.unlocked().author, records,
                                [&](const RecordId& record, Scope scope, const ChangeId& change) {
                                  return in_force.contains({record, scope, change});
                                }));
    CUNJU_TRYV(require_whole(call, planned));
    parts += planned.plan.parts.size();
  }
  if (!out.empty() && parts == 0) {
    CUNJU_TRYV(refuse_nothing(call, node, out));
  }
  return out;
}

Result<void> show_disclosures(Invocation& call, node::Node& node,
                              const PlannedDisclosures& disclosures) {
  for (const auto& [space, planned] : disclosures) {
    CUNJU_TRY(const Book book, open_book(node, space));
    CUNJU_TRY(const audit::Disclosure said, read_recipient(call, book));
    const std::string to = visible(said.recipient, false), why = visible(said.purpose, false);
    call.terminal.say(
        {"向 " + (to.empty() ? std::string("对方") : to) + " 公开保密内容（目的：" + why + "）：",
         "Confidential content to be disclosed to " +
             (to.empty() ? std::string("the recipient") : to) + " (" + why + "):"});
    array registries;
    for (const auto& [registry, of] : by_registry(planned)) {
      show_registry(call, book, registry, of);
      array fields;
      for (const std::string& field : of.fields) fields.emplace_back(field);
      registries.push_back(
          object{{"registry", registry}, {"records", of.records}, {"fields", std::move(fields)}});
    }
    const std::string parts = std::to_string(planned.plan.parts.size());
    call.terminal.say(
        {"  连同以前填过的值，共 " + parts + " 处。每处一把钥匙，打不开别处；交出去就收不回来。",
         "  With earlier values: " + parts +
             " parts, each with a key that opens no other. What is handed out can't "
             "be taken back."});
    if (const std::size_t late = planned.plan.not_in_force; late > 0) {
      const std::string count = std::to_string(late);
      call.terminal.warn(
          {"  其中 " + count +
               " 处没有生效（迟到或无效），表里没有，凭钥匙也能读到：后来的登记接着"
               "它写，不能不给。",
           "  Of these, " + count +
               " are not in force (late, or void): in no table, and readable with their keys. What "
               "was written after them needs them."});
    }
    if (const std::size_t without = planned.plan.without_effect; without > 0) {
      const std::string count = std::to_string(without);
      call.terminal.say({"  另有 " + count + " 处没有生效（迟到或无效），不公开。",
                         "  " + count +
                             " more are not in force (late, or void), and are not "
                             "disclosed."});
    }
    if (const std::size_t hidden = planned.plan.hidden.size(); hidden > 0) {
      const std::string count = std::to_string(hidden);
      call.terminal.say({"  另有 " + count + " 条已清除或封存（哪怕只是一部分），不公开。",
                         "  " + count +
                             " more are erased or restricted, at least in part, and "
                             "are not disclosed."});
    }
    call.terminal.object({{"space", space.hex()},
                          {"recipient", said.recipient},
                          {"disclosing", std::move(registries)},
                          {"parts", planned.plan.parts.size()},
                          {"not_in_force", planned.plan.not_in_force},
                          {"without_effect", planned.plan.without_effect},
                          {"left_out", ids_json(planned.plan.hidden)},
                          {"unseen", planned.plan.unseen},
                          {"done", false}});
  }
  return ok();
}

std::vector<audit::Disclosure> entries_of(const PlannedDisclosure& planned, bool with_records,
                                          const audit::Disclosure& said) {
  audit::Disclosure whole = said, single = said;
  for (const auto& [record, fields] : planned.plan.fields) {
    const std::string& registry = planned.registry_of.at(record);
    const bool is_whole = planned.registries.contains(registry);
    audit::Disclosure& entry = is_whole ? whole : single;
    entry.registries.insert(registry);
    entry.fields.insert(fields.begin(), fields.end());
    if (with_records && !is_whole) entry.records.insert(registry + "/" + record.hex());
  }
  std::vector<audit::Disclosure> out;
  for (audit::Disclosure* entry : {&whole, &single})
    if (!entry->registries.empty()) out.push_back(std::move(*entry));
  return out;
}

Result<bool> can_book_records(node::Node& node, const Book& book) {
  const std::string scope =
      registry::scope_of_field(book.catalog->find(audit::kDisclosuresRegistry), "records");
  if (scope.empty()) return true;
  CUNJU_TRY(const auto readable, node.replica().readable_scopes(book.space));
  CUNJU_TRY(const std::vector<replica::ScopeStatus> all, node.replica().scopes(book.space));
  return std::ranges::any_of(all, [&](const replica::ScopeStatus& each) {
    return each.name == scope && readable.contains(each.scope) && !each.epochs.empty() &&
           each.epochs.back().has_key;
  });
}

}  // namespace cunju::cli
