// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <boost/json/array.hpp>
#include <set>

#include "cli/late_erasures.h"
#include "cli/late_texts.h"
#include "cli/roster_act.h"
#include "cli/scope_words.h"
#include "cli/verbs.h"
#include "node/registry/catalog.h"
#include "node/registry/definition_law.h"

namespace cunju::cli {
namespace {

const Option kOptions[] = {{"--taken-back",
                            "",
                            {"有人撤回过的删除也照样采用：撤回不算数，会销毁",
                             "admit also what makes an erasure go that somebody took back"}},
                           kYesOption};

/// Edits of texts that were final: here to be read, and in force again only when a thaw undoes the
/// freeze that they had not seen.
Result<std::size_t> list_late_texts(Invocation& call, const Book& book, const Roster& roster) {
  CUNJU_TRY(std::vector<registry::LateText> late, book.records->late_texts());
  Terminal& terminal = call.terminal;
  for (const registry::LateText& text : late) {
    const registry::Definition* definition = book.catalog->find(text.name.registry);
    const std::string table(definition == nullptr ? text.name.registry
                                                  : terminal.in_language(definition->label));
    const std::string record = short_id(text.name.record.hex());
    const std::string field = field_label(definition, text.name.field, terminal.language);
    terminal.say({table + " " + record + "  " + field + "（" + text.name.field + "）  自称 " +
                      local_time(text.claimed_ms),
                  table + " " + record + "  " + field + " (" + text.name.field + ")  claims " +
                      local_time(text.claimed_ms)});
    say_late_edit(terminal, roster, text.name, text.edit, false);
    boost::json::object object = to_json(roster, text.edit);
    object["space"] = book.space.hex();
    object["registry"] = text.name.registry;
    object["record"] = text.name.record.hex();
    object["field"] = text.name.field;
    object["claimed_ms"] = text.claimed_ms;
    terminal.object(object);
  }
  return late.size();
}

/// What a change that is late by the roster would do to texts; for programs in the end.
boost::json::array say_texts(Terminal& terminal, const Roster& roster,
                             const registry::Definition* definition,
                             const replica::LatePart& part) {
  boost::json::array out;
  for (const auto& [field, edit] :
       registry::read_late_edits(part.change, part.author, part.operations)) {
    const std::string label = field_label(definition, field, terminal.language);
    const std::string added = std::to_string(edit.added), erased = std::to_string(edit.erased);
    terminal.say(
        {"  " + label + "（" + field + "）  写了 " + added + " 字，删了 " + erased + " 字",
         "  " + label + " (" + field + ")  wrote " + added + " characters and took out " + erased});
    say_late_words(terminal, {.record = part.record, .registry = part.registry, .field = field},
                   edit, false);
    boost::json::object object = to_json(roster, edit);
    object["field"] = field;
    out.push_back(std::move(object));
  }
  return out;
}

/// The erasures of the space that the changes speak of, each with these.
struct LateErasures {
  std::optional<KnownErasures> known;  ///< Read only where there are some.
  std::map<RecordId, std::set<ChangeId>> named;
};

Result<LateErasures> read_late_erasures(node::Node& node, const SpaceId& space,
                                        const std::vector<replica::LatePart>& late,
                                        const std::set<ChangeId>& changes) {
  LateErasures out;
  if (std::ranges::none_of(late, [&](const replica::LatePart& part) {
        return part.registry == kErasuresRegistry && changes.contains(part.change);
      }))
    return out;
  CUNJU_TRY(out.known, read_erasures(node, space));
  out.named = erasures_among(*out.known, changes);
  return out;
}

/// Whether it can't be read here of which record the part is, nor of which registry.
bool is_sealed(const replica::LatePart& part) { return part.registry.empty(); }

/// What everybody may know of a part that can't be read here: whose it is, when, and its scope.
void list_sealed(Terminal& terminal, const Book& book, const Roster& roster,
                 const replica::LatePart& part) {
  const std::string who = author_name(roster, part.author), id = short_id(part.change.hex());
  const std::string scope = scope_name(roster, part.scope);
  terminal.say({id + "  " + who + "  自称 " + local_time(part.claimed_ms) + "  保密内容（范围 " +
                    scope + "），写了什么、属于哪条记录，这里看不到",
                id + "  " + who + "  claims " + local_time(part.claimed_ms) +
                    "  confidential (scope " + scope +
                    "): what it says and of which record it is can't be read here"});
  terminal.object({{"space", book.space.hex()},
                   {"change", part.change.hex()},
                   {"author", part.author.hex()},
                   {"name", who},
                   {"seq", part.seq.value},
                   {"claimed_ms", part.claimed_ms},
                   {"scope", scope},
                   {"registry", nullptr},
                   {"record", nullptr},
                   {"operations", nullptr},
                   {"texts", boost::json::array()}});
}

/// Who can look at what is sealed here, before somebody admits it unread.
void advise_on_sealed(const Invocation& call, const Roster& roster,
                      std::span<const replica::LatePart> late) {
  std::set<Scope> scopes;
  for (const replica::LatePart& part : late)
    if (is_sealed(part)) scopes.insert(part.scope);
  for (const Scope scope : scopes) {
    const std::string name = scope_name(roster, scope);
    const std::vector<AuthorKey> readers = roster.entitled_devices(name);
    const std::string who = owners_of(roster, {readers.begin(), readers.end()});
    const std::string command = call.terminal.command("late list");
    call.terminal.warn(
        {"范围 " + name + " 的请先让能看的人（" + who + "）看过（在其电脑上，或用其名登录，" +
             command + "），再由有权的人采用。其中也可能有本来就生效的，采用了没有影响。",
         "Let somebody who may read scope " + name + " (" + who + ") look at it first (" + command +
             " on their computer, or as them), and whoever may admits it then. Some of it may be "
             "in force anyway; to admit that changes nothing."});
  }
}

/// One line of the tray, with what it would do to texts.
void list_part(Terminal& terminal, const Book& book, const Roster& roster,
               const replica::LatePart& part) {
  if (is_sealed(part)) return list_sealed(terminal, book, roster, part);
  const std::string who = author_name(roster, part.author);
  const registry::Definition* definition = book.catalog->find(part.registry);
  const std::string table(definition == nullptr ? part.registry
                                                : terminal.in_language(definition->label));
  const std::string size = std::to_string(part.operations.size());
  terminal.say({short_id(part.change.hex()) + "  " + who + "  自称 " + local_time(part.claimed_ms) +
                    "  " + table + " " + short_id(part.record.hex()) + "  " + size + " 处",
                short_id(part.change.hex()) + "  " + who + "  claims " +
                    local_time(part.claimed_ms) + "  " + table + " " + short_id(part.record.hex()) +
                    "  " + size + " operations"});
  boost::json::array texts = say_texts(terminal, roster, definition, part);
  terminal.object({{"space", book.space.hex()},
                   {"change", part.change.hex()},
                   {"author", part.author.hex()},
                   {"name", who},
                   {"seq", part.seq.value},
                   {"claimed_ms", part.claimed_ms},
                   {"scope", scope_name(roster, part.scope)},
                   {"registry", part.registry},
                   {"record", part.record.hex()},
                   {"operations", part.operations.size()},
                   {"texts", std::move(texts)}});
}

Result<ExitCode> list_late(Invocation& call) {
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_node(call));
  CUNJU_TRY(std::vector<SpaceId> spaces, chosen_spaces(*node, call));
  Terminal& terminal = call.terminal;
  std::size_t count = 0;
  for (const SpaceId& space : spaces) {
    Result<std::shared_ptr<const Roster>> roster = node->replica().roster(space);
    if (roster.has_error()) continue;
    CUNJU_TRY(Book book, open_book(*node, space));
    CUNJU_TRY(std::vector<replica::LatePart> late, node->replica().late_parts(space));
    std::set<ChangeId> changes;
    for (const replica::LatePart& part : late) {
      ++count;
      list_part(terminal, book, *roster.value(), part);
      changes.insert(part.change);
    }
    advise_on_sealed(call, *roster.value(), late);
    CUNJU_TRY(const LateErasures erasures, read_late_erasures(*node, space, late, changes));
    for (const auto& [erasure, named] : erasures.named) {
      CUNJU_TRYV(show_admission(call, *node, *erasures.known, erasure, named));
    }
    CUNJU_TRY(std::size_t texts, list_late_texts(call, book, *roster.value()));
    count += texts;
  }
  if (count == 0) terminal.say({"迟到箱是空的。", "The late tray is empty."});
  return ExitCode::kOk;
}

/// The changes in the tray that a word names: all of them, or the one that begins so.
Result<std::vector<ChangeId>> find_late(const Invocation& call,
                                        const std::vector<replica::LatePart>& late,
                                        const std::string& wanted) {
  std::set<ChangeId> found;
  for (const replica::LatePart& part : late)
    if (wanted == "all" || part.change.hex().starts_with(wanted)) found.insert(part.change);
  const std::vector<ChangeId> out(found.begin(), found.end());
  if (wanted == "all") return out;
  const std::string fewest = std::to_string(council::kFewestDigits);
  if (wanted.size() < council::kFewestDigits)
    return refused(call, Errc::kInvalidArgument,
                   {"编号至少写开头 " + fewest + " 位：" + wanted,
                    "the first " + fewest + " digits of an id, or more: " + wanted});
  if (out.size() > 1)
    return refused(call, Errc::kConflict,
                   {"有几份都以 " + wanted + " 开头，请多写几位",
                    "several changes begin with " + wanted + ", write more of it"});
  if (out.empty())
    return refused(
        call, Errc::kNotFound,
        {"没有可以采用的这一份：" + wanted + "（定稿后到的文字不能这样采用，解除定稿后自动恢复）",
         "no such change to admit: " + wanted +
             " (edits of final texts are not admitted; they are back when the texts are open "
             "again)"});
  return out;
}

/// Shows each erasure that the changes speak of and what becomes of it. kConflict in words where
/// one was taken back meanwhile: who admits it unawares destroys what somebody gave back.
Result<boost::json::array> show_erasures(Invocation& call, node::Node& node,
                                         const LateErasures& erasures) {
  boost::json::array out;
  std::string taken_back;
  for (const auto& [erasure, named] : erasures.named) {
    CUNJU_TRYV(show_admission(call, node, *erasures.known, erasure, named));
    out.push_back(
        boost::json::object{{"erasure", erasure.hex()},
                            {"admitting", admission_of(*erasures.known, erasure, named).id}});
    if (was_taken_back(*erasures.known, erasure, named))
      taken_back += " " + short_id(erasure.hex());
  }
  if (taken_back.empty() || call.has("--taken-back")) return out;
  return refused(call, Errc::kConflict,
                 {"删除" + taken_back +
                      " 后来有人撤回了，采用会让撤回不算数，没有采用；确要销毁的，加 --taken-back",
                  "somebody took erasure" + taken_back +
                      " back meanwhile, and what is admitted would count against that, so nothing "
                      "was; if it is to go all the same, add --taken-back"});
}

/// What definitions among them say is meant to be given up (node/registry/definition_law.h): who
/// admits them says it as well.
std::set<std::string> given_up_by(const std::vector<replica::LatePart>& late) {
  std::set<std::string> out;
  for (const replica::LatePart& part : late) {
    if (part.registry != kDefinitionRegistry) continue;
    for (const Operation& operation : part.operations) {
      const auto* text = std::get_if<std::string>(&operation.value);
      if (text != nullptr && operation.field == registry::kMeantField)
        out.insert(text->substr(0, text->rfind(' ')));
    }
  }
  return out;
}

void warn_of_given_up(Terminal& terminal, const std::set<std::string>& what) {
  if (what.empty()) return;
  Label names;
  for (const std::string& each : what) {
    Label name{"字段“" + each.substr(each.find(':') + 1) + "”的保密范围",
               "the scope of the field " + each.substr(each.find(':') + 1)};
    if (each == registry::kMeantHome) name = {"整个登记簿的保密范围", "the register's own scope"};
    if (each == registry::kMeantRetention)
      name = {"从前较长的保管期限", "the longer retention of before"};
    names.zh += (names.zh.empty() ? "" : "、") + name.zh;
    names.en += (names.en.empty() ? "" : ", ") + name.en;
  }
  terminal.warn(
      {"注意：其中有登记簿的定义。采用它们，就不再保留：" + names.zh +
           "；以后写进去的照新定义，可能人人可看，或更早可以销毁。不是这个意思的，不要采用。",
       "Mind: there are definitions among these. To admit them gives up " + names.en +
           ": what is written from then on goes by the new one, and may be read by everybody, or "
           "may go sooner. If that is not meant, don't admit them."});
}

Result<ExitCode> admit_late(Invocation& call) {
  if (call.arguments.size() < 2)
    return refused(call, Errc::kInvalidArgument,
                   {"没有写明采用哪几份；all 是全部", "which changes? all is all of them"});
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_node(call));
  CUNJU_TRY(SpaceId space, chosen_space(*node, call));
  CUNJU_TRY(std::vector<replica::LatePart> late, node->replica().late_parts(space));
  std::vector<ChangeId> chosen;
  for (std::size_t i = 1; i < call.arguments.size(); ++i) {
    CUNJU_TRY(const std::vector<ChangeId> meant, find_late(call, late, call.arguments[i]));
    chosen.insert(chosen.end(), meant.begin(), meant.end());
  }
  CUNJU_TRY(const LateErasures erasures,
            read_late_erasures(*node, space, late, {chosen.begin(), chosen.end()}));
  CUNJU_TRY(const boost::json::array shown, show_erasures(call, *node, erasures));
  std::erase_if(late, [&](const replica::LatePart& part) {
    return std::ranges::find(chosen, part.change) == chosen.end();
  });
  CUNJU_TRY(const std::shared_ptr<const Roster> roster, node->replica().roster(space));
  const auto sealed = std::ranges::count_if(late, is_sealed);
  if (sealed > 0) {
    const std::string count = std::to_string(sealed);
    call.terminal.warn({"其中 " + count + " 处是保密内容，这里看不到写了什么。",
                        count + " parts of these are confidential and can't be read here."});
    advise_on_sealed(call, *roster, late);
  }
  const std::set<std::string> given_up = given_up_by(late);
  warn_of_given_up(call.terminal, given_up);
  boost::json::array gives_up;
  for (const std::string& each : given_up) gives_up.emplace_back(each);
  const std::vector<council::RosterAct> acts = council::plan_late_admission(std::move(chosen));
  std::size_t number = 0;
  for (const council::RosterAct& act : acts) {
    ++number;
    const std::size_t size = std::get<AdmitLate>(act.operations.front()).changes.size();
    const std::string count = std::to_string(size);
    const std::string part = std::to_string(number) + "/" + std::to_string(acts.size());
    Label what{"将采用 " + count + " 份迟到的改动；与现有内容不同之处列入 " +
                   call.terminal.command("conflicts") + "。",
               count + " late changes come into force; where they differ from what is there, " +
                   call.terminal.command("conflicts") + " shows both."};
    if (acts.size() > 1) {
      what.zh = "（" + part + "）" + what.zh;
      what.en = "(" + part + ") " + what.en;
    }
    CUNJU_TRYV(carry_out(call, *node, space, act, what,
                         {{"erasures", shown}, {"sealed", sealed}, {"gives_up", gives_up}}));
  }
  if (acts.empty()) call.terminal.say({"迟到箱是空的。", "The late tray is empty."});
  return ExitCode::kOk;
}

Result<ExitCode> run(Invocation& call) {
  const std::string action = call.arguments.empty() ? "list" : call.arguments[0];
  if (action == "list") return list_late(call);
  if (action == "admit") return admit_late(call);
  return refused(call, Errc::kInvalidArgument,
                 {action + "；可用 list、admit", action + "; there are list, admit"});
}

}  // namespace

const Verb kLateVerb{
    .name = "late",
    .arguments = "[list | admit CHANGE... | admit all]",
    .min_arguments = 0,
    .max_arguments = kAny,
    .summary = {"迟到箱：权限收回前后、定稿前后离线写下、未生效的改动",
                "the late tray: what was written beside an act that took the right away, or beside "
                "the making final of a text"},
    .details =
        {"迟到的改动一份不丢，只是不显示、不计入；有权限的人看过后可以采用。改了长文字的，写了什么"
         "、"
         "怎样看全文都列出。定稿后到的文字列在后面"
         "，"
         "附有看全文的命令；解除定稿后自动恢复。迟到的删除或批准，列出是哪些记录、采用后会不会立即"
         "销毁。",
         "Late changes are all kept; they are not shown and count for nothing until somebody "
         "entitled admits them. What they write in texts is shown, with the command that shows the "
         "whole. Edits that came when their text was final follow, with the command "
         "that shows them; they are back when the texts are open again. Of an erasure it is said "
         "what "
         "it is about, and whether it destroys as soon as it is admitted."},
    .options = kOptions,
    .run = run};

}  // namespace cunju::cli
