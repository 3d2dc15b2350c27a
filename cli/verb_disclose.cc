// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "cli/disclosure_list.h"
#include "cli/erase_request.h"
#include "cli/person_options.h"
#include "cli/roster_words.h"
#include "cli/verbs.h"
#include "node/council/roster_copy.h"

namespace cunju::cli {
namespace {

using boost::json::array;
using boost::json::object;

const Option kOptions[] = {
    {"--kind",
     "CODE",
     {"方式：print 打印件、copy 复印抄录、oral 口头、letter U 盘信件、grant 名册授权、other 其他",
      "how: print, copy, oral, letter, grant, other"}},
    kToOption,
    kRecipientKindOption,
    {"--person",
     "NAME",
     {"接收的个人（保密；写 - 则从标准输入读）",
      "the person who got it; confidential; - reads it from input"}},
    kPurposeOption,
    kBasisOption,
    kUntilOption,
    {"--on", "DATE", {"哪一天提供的，默认今天", "on which day; else today"}},
    {"--registry", "ID", {"涉及的登记簿，可重复", "a registry that it was of; may repeat"}},
    {"--field", "ID", {"涉及的字段，可重复", "a field that it had; may repeat"}},
    {"--record", "REGISTRY/ID", {"涉及的记录，可重复", "a record that it was of; may repeat"}},
    {"--request", "ID", {"哪一件个人信息请求", "for which request"}},
};
const ActionOptions kActions[] = {
    {"note",
     {"--kind", "--to", "--recipient-kind", "--person", "--purpose", "--basis", "--until", "--on",
      "--registry", "--field", "--record", "--request"}},
    {"list", {}}};

Result<void> add_records(Invocation& call, node::Node& node, audit::Disclosure& out) {
  for (const std::string& word : call.values("--record")) {
    const std::size_t slash = word.find('/');
    if (slash == std::string::npos)
      return refused(call, Errc::kInvalidArgument,
                     {"--record 写成 登记簿/编号：" + word, "--record REGISTRY/ID: " + word});
    const std::string registry = word.substr(0, slash);
    CUNJU_TRY(const FoundRecord found, find_record(node, call, registry, word.substr(slash + 1)));
    out.registries.insert(registry);
    out.records.insert(registry + "/" + found.row.id.hex());
  }
  return ok();
}

/// How, to which person, when, and of what.
Result<void> read_note(const Invocation& call, const Book& book, audit::Disclosure& out) {
  constexpr std::array<std::string_view, 6> kByHand = {"print",  "copy",  "oral",
                                                       "letter", "grant", "other"};
  out.kind = call.value("--kind").value_or("");
  if (std::ranges::find(kByHand, out.kind) == kByHand.end() || !call.has("--purpose"))
    return refused(call, Errc::kInvalidArgument,
                   {"要写 --kind 方式（print、copy、oral、letter、grant、other）和 --purpose 目的",
                    "--kind (print, copy, oral, letter, grant, other) and --purpose are needed"});
  out.recipient_person = private_value(call, "--person");
  if (!call.has("--to") && !call.has("--recipient-kind")) {
    if (out.recipient_person.empty())
      return refused(call, Errc::kInvalidArgument,
                     {"要写给了谁：--to 单位，或 --person 个人",
                      "to whom? --to for an organisation, --person for somebody"});
    out.recipient_kind = audit::kIndividualRecipient;
  }
  CUNJU_TRY(out.on, read_day(call, "--on"));
  if (out.on > registry::format_date(today()))
    return refused(call, Errc::kInvalidArgument,
                   {"--on 还没有到这一天", "--on: that day has not come yet"});
  for (const std::string& registry : call.values("--registry")) {
    if (book.catalog->find(registry) == nullptr)
      return refused(call, Errc::kNotFound,
                     {"没有这个登记簿：" + registry, "no such registry: " + registry});
    out.registries.insert(registry);
  }
  for (const std::string& field : call.values("--field")) {
    const bool is_known = std::ranges::any_of(out.registries, [&](const std::string& registry) {
      return book.catalog->find(registry)->find_field(field) != nullptr;
    });
    if (!is_known)
      return refused(call, Errc::kInvalidArgument,
                     {"--field 不是 --registry 里的字段：" + field,
                      "--field: none of the fields of --registry: " + field});
    out.fields.insert(field);
  }
  return ok();
}

Result<ExitCode> note(Invocation& call) {
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_node(call));
  CUNJU_TRY(const SpaceId space, chosen_space(*node, call));
  CUNJU_TRY(const Book book, open_book(*node, space));
  CUNJU_TRY(audit::Disclosure said, read_recipient(call, book));
  CUNJU_TRYV(read_note(call, book, said));
  CUNJU_TRYV(add_records(call, *node, said));
  if (const std::optional<std::string> request = call.value("--request")) {
    CUNJU_TRY(const FoundRecord found, find_record(*node, call, kRequestsRegistry, *request));
    said.request = found.row.id.hex();
  }
  if (audit::is_out(said)) said.copy = "out";
  CUNJU_TRY(const RecordId booked, book_disclosure(call, *node, book, said));
  const std::string id = booked.hex();
  call.terminal.say({"已记入披露登记 " + id, "booked in the disclosure ledger: " + id});
  call.terminal.object({{"space", space.hex()}, {"disclosure", id}});
  return ExitCode::kOk;
}

array names_json(const std::set<std::string>& names) {
  array out;
  for (const std::string& name : names) out.emplace_back(name);
  return out;
}

std::string joined_names(const std::set<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : "、") + name;
  return out;
}

void show_entry(const Invocation& call, const Book& book, const SpaceId& space,
                const audit::Disclosure& each, const std::string& by) {
  const registry::Definition* definition = book.catalog->find(audit::kDisclosuresRegistry);
  const Language language = call.terminal.language;
  const auto word = [&](const char* field, const std::string& code) {
    return code.empty() ? std::string() : shown(definition, field, Value(code), language);
  };
  std::string line = short_id(each.id.hex()) + "  " + each.on + "  " + word("kind", each.kind) +
                     "  " + word("recipient_kind", each.recipient_kind);
  for (const std::string& more : {each.recipient, each.recipient_person})
    if (!more.empty()) line += " " + visible(more, false);
  line += "  " + visible(each.purpose, false);
  if (!each.copy.empty()) line += "  " + word("copy", each.copy);
  call.terminal.line(line);
  call.terminal.say({"    登记簿：" + joined_names(each.registries) + "  字段：" +
                         (each.fields.empty() ? "全部开放字段" : joined_names(each.fields)) +
                         "  依据：" + each.legal_basis + "  经手：" + by,
                     "    registries: " + joined_names(each.registries) + "  fields: " +
                         (each.fields.empty() ? "all open ones" : joined_names(each.fields)) +
                         "  basis: " + each.legal_basis + "  by: " + by});
  object out{{"space", space.hex()},
             {"disclosure", each.id.hex()},
             {"on", each.on},
             {"kind", each.kind},
             {"recipient_kind", each.recipient_kind},
             {"recipient", each.recipient},
             {"purpose", each.purpose},
             {"legal_basis", each.legal_basis},
             {"registries", names_json(each.registries)},
             {"fields", names_json(each.fields)},
             {"until", each.until},
             {"copy", each.copy},
             {"request", each.request},
             {"by", by}};
  if (!each.records.empty()) out["records"] = names_json(each.records);
  if (!each.recipient_person.empty()) out["recipient_person"] = each.recipient_person;
  call.terminal.object(out);
}

/// Who gave the member the role, and when that was, by what the act claims; the first in force.
const council::RosterEntry* find_granting(const council::RosterCopy& copy,
                                          const audit::Grant& grant) {
  for (const council::RosterEntry& entry : copy.entries()) {
    if (!entry.is_in_force) continue;
    for (const RosterOperation& operation : entry.operations) {
      const auto* granted = std::get_if<GrantRole>(&operation);
      if (granted != nullptr && granted->member == grant.member && granted->role == grant.role)
        return &entry;
    }
  }
  return nullptr;
}

/// The purpose that a record of kind `grant` names for that organisation; null: nobody wrote one.
const audit::Disclosure* find_purpose(const std::vector<audit::Disclosure>& all,
                                      const audit::Grant& grant) {
  // By their day: the newest counts.
  const audit::Disclosure* out = nullptr;
  for (const audit::Disclosure& each : all)
    if (each.kind == audit::kGrantKind && each.recipient == grant.name) out = &each;
  return out;
}

Result<void> show_grants(const Invocation& call, node::Node& node, const SpaceId& space,
                         const Roster& roster, const std::vector<audit::Disclosure>& all) {
  const std::vector<audit::Grant> grants = audit::find_grants(roster);
  if (grants.empty()) return ok();
  CUNJU_TRY(const council::RosterCopy copy, council::RosterCopy::read(node.replica(), space));
  call.terminal.say({"按名册可以读取的其他单位（每次交换都会得到新内容）：",
                     "Other organisations that read by the roster (each exchange brings them what "
                     "is new):"});
  for (const audit::Grant& grant : grants) {
    const council::RosterEntry* by = find_granting(copy, grant);
    const audit::Disclosure* purpose = find_purpose(all, grant);
    const std::string giver = by == nullptr ? "" : author_name(roster, by->author);
    const std::string when = by == nullptr ? "" : local_time(by->claimed_ms);
    const std::string what = purpose == nullptr ? "" : purpose->purpose;
    std::string zh = "  " + grant.name + "（" + role_label(grant.role, Language::kChinese) +
                     "）  " + (grant.reads_all ? "全部开放字段" : joined_names(grant.registries));
    std::string en = "  " + grant.name + " (" + role_label(grant.role, Language::kEnglish) + ")  " +
                     (grant.reads_all ? "all open fields" : joined_names(grant.registries));
    if (!grant.scopes.empty()) {
      zh += "，保密范围 " + joined_names(grant.scopes);
      en += ", scopes " + joined_names(grant.scopes);
    }
    zh += "  " + giver + " 授权，自称 " + when + "  目的：" + (what.empty() ? "没有写明" : what);
    en += "  by " + giver + ", claims " + when + "  purpose: " + (what.empty() ? "not said" : what);
    call.terminal.say({zh, en});
    if (what.empty()) {
      const std::string words = call.terminal.command("disclose note --kind grant --to " +
                                                      shell_word(grant.name) + " --purpose …");
      call.terminal.say({"    写明目的：" + words, "    say what for: " + words});
    }
    object out{{"space", space.hex()},
               {"grant", grant.member.hex()},
               {"name", grant.name},
               {"role", grant.role},
               {"term_from", grant.term_from},
               {"term_until", grant.term_until},
               {"all_open", grant.reads_all},
               {"registries", names_json(grant.registries)},
               {"scopes", names_json(grant.scopes)},
               {"by", giver},
               {"purpose", what},
               {"legal_basis", purpose == nullptr ? "" : purpose->legal_basis}};
    if (by != nullptr) out["claimed_ms"] = by->claimed_ms;
    call.terminal.object(out);
  }
  return ok();
}

Result<ExitCode> list(Invocation& call) {
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_node(call));
  CUNJU_TRY(const std::vector<SpaceId> spaces, chosen_spaces(*node, call));
  for (const SpaceId& space : spaces) {
    const Result<std::shared_ptr<const Roster>> roster = node->replica().roster(space);
    if (roster.has_error()) continue;
    if (spaces.size() > 1) call.terminal.line(space_name(*node, space));
    CUNJU_TRY(const Book book, open_book(*node, space));
    CUNJU_TRY(const std::vector<audit::Disclosure> all, audit::read_disclosures(*book.records));
    for (const audit::Disclosure& each : all) {
      CUNJU_TRY(const auto entries, book.records->history(each.id, audit::kDisclosuresRegistry));
      show_entry(call, book, space, each,
                 entries.empty() ? "" : author_name(*roster.value(), entries.front().author));
    }
    if (all.empty()) call.terminal.say({"披露登记里还没有。", "The ledger is empty."});
    CUNJU_TRYV(show_grants(call, *node, space, *roster.value(), all));
  }
  return ExitCode::kOk;
}

Result<ExitCode> run(Invocation& call) {
  const std::string action = call.arguments.empty() ? "list" : call.arguments[0];
  CUNJU_TRYV(require_options_of(call, action, kActions));
  if (action == "note") return note(call);
  if (action == "list") return list(call);
  return refused(call, Errc::kInvalidArgument,
                 {action + "；可用 list、note", action + "; there are list, note"});
}

}  // namespace

const Verb kDiscloseVerb{
    .name = "disclose",
    .arguments = "[list | note]",
    .min_arguments = 0,
    .max_arguments = 1,
    .summary = {"披露登记：给了谁、为什么；打印、复印、口头告知的也记一笔",
                "the disclosure ledger: who got what, and what for; note prints and what was told"},
    .details =
        {"导出和本人副本由程序自己记。打印件、复印件、口头告知用 note 记。list "
         "另外列出按名册可以读取的街道、审计等单位。副本收回后：cunju set disclosures 编号 "
         "copy=returned。公开的栏目里不写人名。",
         "Exports and copies for a person book themselves; `note` books prints, copies and what "
         "was told. `list` also has the organisations that read by the roster. When a copy comes "
         "back: cunju set disclosures ID copy=returned. Open fields name nobody."},
    .options = kOptions,
    .run = run};

}  // namespace cunju::cli
