// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <boost/json/array.hpp>
#include <iterator>
#include <map>

#include "cli/meeting.h"
#include "cli/verbs.h"
#include "node/council/minutes.h"
#include "node/registry/text_reading.h"
#include "node/text/text_diff.h"

namespace cunju::cli {
namespace {

const Option kOptions[] = {
    {"--item", "N|new", {"第几个议题；new 新增一个", "which agenda item; new adds one"}},
    {"--version",
     "V",
     {"哪一版（show 或 history 里的编号）", "as of a version of show or history"}},
    {"--blame", "", {"标明每段是谁写的", "say who wrote each stretch"}},
    {"--continue", "", {"edit：接着写上次没存的文字", "edit: go on with what was not saved"}},
    {"--discard", "", {"edit：丢弃上次没存的文字", "edit: throw away what was not saved"}},
};

using Texts = std::map<std::string, std::string>;

/// What `show` shows of the texts.
struct Shown {
  const Meeting& meeting;
  const Roster& roster;
  std::vector<ChangeId> version;   ///< Empty: now.
  std::vector<std::string> items;  ///< Of that version.
};

std::string text_heading(const Shown& shown, const std::string& field, Language language) {
  const bool is_item = std::ranges::find(shown.items, field) != shown.items.end();
  return is_item ? item_heading(shown.items, field, language)
                 : field_label(shown.meeting.definition(), field, language);
}

/// The marks of a text as it is now.
void show_marks(Terminal& terminal, const Meeting& meeting, const TextField& field) {
  if (field.is_merged) {
    const std::string command = "cunju text confirm minutes " +
                                short_id(meeting.found.row.id.hex()) + " " + field.name +
                                " --version " + short_version(meeting.version);
    terminal.say(
        {"【几个人的修改合并过，请通读；各自写的：cunju conflicts；通读后：" + command + "】",
         "[merged from several people's edits, please read; who wrote what: cunju "
         "conflicts; when read: " +
             command + "]"});
  }
  if (!field.late.empty()) {
    const std::string count = std::to_string(field.late.size());
    terminal.say({"【定稿后到的修改 " + count + " 处，未采用：cunju history】",
                  "[" + count + " edits came after the minutes were final: cunju history]"});
  }
}

Result<void> show_text(Invocation& call, const Shown& shown, const std::string& name) {
  Terminal& terminal = call.terminal;
  const Meeting& meeting = shown.meeting;
  const TextField* field = shown.version.empty() ? meeting.state().find_text(name) : nullptr;
  CUNJU_TRY(std::string text, registry::text_at_version(name, council::kMinutesRegistry,
                                                        meeting.changes, shown.version));
  boost::json::object object{{"item", name}, {"text", text}};
  terminal.line("— " + text_heading(shown, name, terminal.language) + " —");
  if (field != nullptr) show_marks(terminal, meeting, *field);
  if (call.has("--blame")) {
    CUNJU_TRY(std::vector<registry::WrittenText> spans,
              registry::blame_at_version(name, council::kMinutesRegistry, meeting.changes,
                                         shown.version));
    boost::json::array blame;
    for (const registry::WrittenText& span : spans) {
      const std::string who = author_name(shown.roster, span.author);
      terminal.line("[" + who + " " + short_id(span.change.hex()) + "] " + span.text);
      blame.push_back(boost::json::object{{"change", span.change.hex()},
                                          {"author", span.author.hex()},
                                          {"name", who},
                                          {"text", span.text}});
    }
    object["blame"] = std::move(blame);
  } else {
    terminal.line(text);
  }
  object["merged"] = field != nullptr && field->is_merged;
  object["late"] = field == nullptr ? 0 : field->late.size();
  object["version"] = whole_version(shown.version.empty() ? meeting.version : shown.version);
  terminal.object(object);
  return ok();
}

void show_fields(Terminal& terminal, const Meeting& meeting) {
  for (const auto& [field, value] : meeting.found.row.values) {
    if (meeting.state().find_text(field) != nullptr) continue;
    terminal.line(field_label(meeting.definition(), field, terminal.language) + "：" +
                  cli::shown(meeting.definition(), field, value, terminal.language));
  }
}

/// Every text of the record that `shown` has something to say of: first those that are not items.
Result<std::vector<std::string>> shown_texts(const Invocation& call, Shown& shown) {
  const Meeting& meeting = shown.meeting;
  std::vector<std::string> names;
  if (shown.version.empty()) {
    shown.items = meeting.items;
    for (const TextField& text : meeting.state().texts()) {
      if (!text.text.empty() || text.is_merged || !text.late.empty()) names.push_back(text.name);
    }
  } else {
    CUNJU_TRY(Texts texts, registry::texts_at_version(council::kMinutesRegistry, meeting.changes,
                                                      shown.version));
    shown.items = council::item_names(texts);
    for (const auto& [name, text] : texts) names.push_back(name);
  }
  CUNJU_TRY(std::vector<std::string> out, chosen_items(call, shown.items, true));
  if (call.value("--item")) return out;
  std::erase_if(names, [&](const std::string& name) {
    return std::ranges::find(shown.items, name) != shown.items.end();
  });
  std::ranges::move(out, std::back_inserter(names));
  return names;
}

Result<ExitCode> show(Invocation& call) {
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_node(call));
  CUNJU_TRY(Meeting meeting, open_meeting(*node, call, call.arguments[1]));
  CUNJU_TRY(std::shared_ptr<const Roster> roster, node->replica().roster(meeting.found.book.space));
  Shown shown{.meeting = meeting, .roster = *roster, .version = {}, .items = {}};
  if (auto text = call.value("--version")) {
    CUNJU_TRY(shown.version, find_version(call, meeting.changes, *text));
  }
  CUNJU_TRY(std::vector<std::string> names, shown_texts(call, shown));
  Terminal& terminal = call.terminal;
  // The other fields are known as they are now only.
  if (shown.version.empty() && !call.value("--item")) show_fields(terminal, meeting);
  for (const std::string& name : names) {
    CUNJU_TRYV(show_text(call, shown, name));
  }
  if (shown.items.empty() && shown.version.empty())
    terminal.say({"还没有议题：cunju minutes edit 编号 --item new",
                  "No agenda items yet: cunju minutes edit ID --item new"});
  const std::string version =
      short_version(shown.version.empty() ? meeting.version : shown.version);
  terminal.say({"版本 " + version, "version " + version});
  return ExitCode::kOk;
}

void show_difference(Terminal& terminal, const std::string& item, std::string_view before,
                     std::string_view after) {
  Result<std::vector<text::Replacement>> edits = text::diff_texts(before, after);
  if (edits.has_error()) return;
  const TextBuffer old_text(before);
  std::size_t shift_added = 0, shift_removed = 0;
  for (const text::Replacement& edit : edits.value()) {
    // Positions count in the text as the edits before it left it.
    const std::size_t at = edit.position + shift_removed - shift_added;
    const std::string removed = old_text.slice(at, edit.deleted);
    if (!removed.empty()) terminal.line("- " + removed);
    if (!edit.inserted.empty()) terminal.line("+ " + edit.inserted);
    terminal.object({{"item", item},
                     {"position", edit.position},
                     {"removed", removed},
                     {"added", edit.inserted}});
    shift_removed += edit.deleted;
    shift_added += TextBuffer(edit.inserted).length();
  }
}

Result<ExitCode> diff(Invocation& call) {
  if (call.arguments.size() != 4) {
    return refused(
        call, Errc::kInvalidArgument,
        {"要写两个版本：minutes diff 编号 A B", "give two versions: minutes diff ID A B"});
  }
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_node(call));
  CUNJU_TRY(Meeting meeting, open_meeting(*node, call, call.arguments[1]));
  Texts texts[2];
  for (std::size_t i : {0, 1}) {
    CUNJU_TRY(std::vector<ChangeId> version,
              find_version(call, meeting.changes, call.arguments[2 + i]));
    CUNJU_TRY(texts[i],
              registry::texts_at_version(council::kMinutesRegistry, meeting.changes, version));
  }
  auto& [before, after] = texts;
  const std::vector<std::string> old_items = council::item_names(before);
  const std::vector<std::string> items = council::item_names(after);
  // Numbers count the newer agenda; what is not in it any more keeps the number that it had.
  std::vector<std::string> names;
  if (call.value("--item")) {
    CUNJU_TRY(names, chosen_items(call, items, true));
  } else {
    std::ranges::set_union(items, old_items, std::back_inserter(names));
  }
  Terminal& terminal = call.terminal;
  for (const std::string& name : names) {
    if (before[name] == after[name]) continue;
    const bool is_gone = after[name].empty();
    terminal.line("— " + item_heading(is_gone ? old_items : items, name, terminal.language) +
                  (is_gone ? Label{"（已删去）", " (gone)"}.in(terminal.language) : "") + " —");
    show_difference(terminal, name, before[name], after[name]);
  }
  return ExitCode::kOk;
}

Result<ExitCode> run(Invocation& call) {
  const std::string& action = call.arguments[0];
  if (action == "show") return show(call);
  if (action == "edit") return edit_minutes(call);
  if (action == "diff") return diff(call);
  return refused(call, Errc::kInvalidArgument,
                 {action + "；可用 edit、show、diff", action + "; there are edit, show, diff"});
}

}  // namespace

const Verb kMinutesVerb{
    .name = "minutes",
    .arguments = "edit|show|diff ID [A B]",
    .min_arguments = 2,
    .max_arguments = 4,
    .summary = {"会议记录的议题：编辑、查看、比较版本",
                "agenda items of minutes: edit, show, compare versions"},
    .details =
        {"edit 用 $EDITOR 打开一个议题，只保存改动的地方；没有保存的文字留在数据文件夹里，下次用 "
         "--continue 接着写。几个人同时改的会自动合并并标出，通读后用 text confirm 确认。diff 的 "
         "A、B 和 --version 用 show 或 history 里的编号。",
         "edit opens an item in $EDITOR and saves what you changed; what could not be saved "
         "stays in the home folder, and --continue goes on with it. Edits that people made "
         "at once are merged and marked until somebody has read them and says so with text "
         "confirm. A and B of diff, and --version, are ids of show or history."},
    .options = kOptions,
    .run = run};

}  // namespace cunju::cli
