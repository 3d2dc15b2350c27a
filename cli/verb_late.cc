// SPDX-License-Identifier: Apache-2.0
#include <boost/json/array.hpp>
#include <set>

#include "cli/entering_changes.h"
#include "cli/late_admission.h"
#include "cli/late_erasures.h"
#include "cli/late_texts.h"
#include "cli/readmission.h"
#include "cli/roster_act.h"
#include "cli/scope_words.h"
#include "cli/verbs.h"
#include "node/registry/catalog.h"

namespace cunju::cli {
namespace {

const Option kOptions[] = {kTakenBackOption, kReadmitOption, kReadmitBasisOption, kYesOption};

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

/// A part of the tray for programs. Of one that is sealed: whose it is, when, and its scope.
boost::json::object to_json(const Book& book, const Roster& roster, const replica::LatePart& part,
                            boost::json::array texts) {
  boost::json::object out{{"space", book.space.hex()},
                          {"change", part.change.hex()},
                          {"author", part.author.hex()},
                          {"name", author_name(roster, part.author)},
                          {"seq", part.seq.value},
                          {"claimed_ms", part.claimed_ms},
                          {"scope", scope_name(roster, part.scope)},
                          {"registry", nullptr},
                          {"record", nullptr},
                          {"operations", nullptr},
                          {"texts", std::move(texts)}};
  if (is_sealed(part)) return out;
  out["registry"] = part.registry;
  out["record"] = part.record.hex();
  out["operations"] = part.operations.size();
  return out;
}

/// One line of the tray, with what it would do to texts. What is sealed is neither named nor sized.
void list_part(Terminal& terminal, const Book& book, const Roster& roster,
               const replica::LatePart& part) {
  const std::string begin = short_id(part.change.hex()) + "  " + author_name(roster, part.author);
  const std::string time = local_time(part.claimed_ms) + "  ";
  const Label head{begin + "  自称 " + time, begin + "  claims " + time};
  if (is_sealed(part)) {
    const std::string scope = scope_name(roster, part.scope);
    terminal.say({head.zh + "保密内容（范围 " + scope + "），写了什么、属于哪条记录，这里看不到",
                  head.en + "confidential (scope " + scope +
                      "): what it says and of which record it is can't be read here"});
    return terminal.object(to_json(book, roster, part, {}));
  }
  const registry::Definition* definition = book.catalog->find(part.registry);
  const std::string table(definition == nullptr ? part.registry
                                                : terminal.in_language(definition->label));
  const std::string what =
      table + " " + short_id(part.record.hex()) + "  " + std::to_string(part.operations.size());
  terminal.say({head.zh + what + " 处", head.en + what + " operations"});
  boost::json::array texts = say_texts(terminal, roster, definition, part);
  terminal.object(to_json(book, roster, part, std::move(texts)));
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
