// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <boost/json/array.hpp>
#include <iterator>
#include <map>

#include "cli/late_texts.h"
#include "cli/meeting.h"
#include "cli/roster_words.h"
#include "cli/verbs.h"
#include "node/council/minutes.h"
#include "node/registry/record_edit.h"
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
    {"--clear", "", {"edit：内容是空的也照存", "edit: save it although nothing is left in it"}},
    {"--discard", "", {"edit：丢弃上次没存的文字", "edit: throw away what was not saved"}},
};

const ActionOptions kActions[] = {
    {"edit", {"--item", "--continue", "--clear", "--discard"}},
    {"show", {"--item", "--version", "--blame"}},
    {"diff", {"--item"}},
};

using Texts = std::map<std::string, std::string>;

/// What `show` shows of the texts.
struct Shown {
  const Meeting& meeting;
  const Roster& roster;
  bool is_now = true;
  registry::VersionName version;
  std::vector<std::string> items;  ///< Of that version.
  const TextsAt* texts = nullptr;  ///< Of that version; there if the history was read.
};

std::string text_heading(const Meeting& meeting, std::span<const std::string> items,
                         const std::string& field, Language language) {
  const bool is_item = std::ranges::find(items, field) != items.end();
  return is_item ? item_heading(items, field, language)
                 : field_label(meeting.definition(), field, language);
}

/// The marks of a text as it is now.
void show_marks(Terminal& terminal, const Shown& shown, const TextField& field,
                std::span<const registry::LateEdit> late) {
  const Meeting& meeting = shown.meeting;
  const registry::TextName name{.record = meeting.found.row.id,
                                .registry = std::string(council::kMinutesRegistry),
                                .field = field.name};
  if (field.is_merged) {
    const std::string sides = terminal.command("conflicts");
    const std::string command =
        terminal.command("text confirm minutes " + short_id(name.record.hex()) + " " + name.field +
                         " --version " + short_version(shown.version));
    terminal.say(
        {"【几个人的修改合并过，请通读；各自写的：" + sides + "；通读后：" + command + "】",
         "[merged from several people's edits, please read; who wrote what: " + sides +
             "; when read: " + command + "]"});
  }
  const std::optional<registry::StateMove> back =
      registry::find_way_back(meeting.definition(), meeting.state());
  if (field.is_merged && back) {
    const std::string command = terminal.command("set minutes " + short_id(name.record.hex()) +
                                                 " " + back->field + "=" + back->code);
    terminal.say({"【定稿时还没有人通读；要改，先退回：" + command + "】",
                  "[nobody had read it when it was made final; to change it, go back first: " +
                      command + "]"});
  }
  if (late.empty()) return;
  const std::string count = std::to_string(late.size());
  terminal.say({"【定稿后到的修改 " + count + " 处，未采用，都在下面】",
                "[" + count + " edits came after the minutes were final; they are below]"});
  for (const registry::LateEdit& edit : late)
    say_late_edit(terminal, shown.roster, name, edit, false);
}

/// The late edits of a text as it is now; only they need the history.
std::vector<registry::LateEdit> late_edits(const Shown& shown, const TextField* field) {
  if (field == nullptr || field->late.empty()) return {};
  return registry::find_late_edits(field->name, *shown.texts);
}

/// What a stretch without words is: whole blank lines, the end of a line that has words, or spaces
/// in one.
Label name_blanks(std::string_view text, bool begins_line) {
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos) return {"（空格）", "(spaces)"};
  if (begins_line || text.find('\n', end + 1) != std::string_view::npos)
    return {"（空行）", "(blank line)"};
  return {"（换行）", "(line end)"};
}

/// As people read it: what one change wrote stands behind its author's name, without the line's end
/// that belongs to it, and what has no words is named.
void show_blame(Terminal& terminal, const std::string& who, const registry::WrittenText& span,
                bool begins_line) {
  std::string_view text = span.text;
  const bool is_blank = text.find_first_not_of(" \n") == std::string_view::npos;
  const std::string blanks(name_blanks(text, begins_line).in(terminal.language));
  if (text.ends_with('\n')) text.remove_suffix(1);
  terminal.line("[" + who + " " + short_id(span.change.hex()) + "] " +
                (is_blank ? blanks : std::string(text)));
}

boost::json::array show_authors(Terminal& terminal, const Shown& shown, const std::string& name) {
  boost::json::array out;
  bool begins_line = true;
  for (const registry::WrittenText& span : registry::blame_of(name, *shown.texts)) {
    show_blame(terminal, author_among(shown.roster, span.author), span, begins_line);
    begins_line = span.text.ends_with('\n');
    out.push_back(boost::json::object{{"change", span.change.hex()},
                                      {"author", span.author.hex()},
                                      {"name", author_name(shown.roster, span.author)},
                                      {"text", span.text}});
  }
  return out;
}

void show_text(Invocation& call, const Shown& shown, const std::string& name) {
  Terminal& terminal = call.terminal;
  const Meeting& meeting = shown.meeting;
  const TextField* field = shown.is_now ? meeting.state().find_text(name) : nullptr;
  std::string text;
  if (field != nullptr) text = field->text;
  if (!shown.is_now) text = registry::text_of(name, *shown.texts);
  const std::vector<registry::LateEdit> late = late_edits(shown, field);
  boost::json::object object{{"item", name}, {"text", text}};
  terminal.line("— " + text_heading(meeting, shown.items, name, terminal.language) + " —");
  if (field != nullptr) show_marks(terminal, shown, *field, late);
  if (call.has("--blame")) {
    object["blame"] = show_authors(terminal, shown, name);
  } else {
    terminal.line(text);
  }
  object["merged"] = field != nullptr && field->is_merged;
  object["late"] = late.size();
  boost::json::array late_objects;
  for (const registry::LateEdit& edit : late) late_objects.push_back(to_json(shown.roster, edit));
  object["late_edits"] = std::move(late_objects);
  object["deleted"] = meeting.state().is_deleted();
  object["version"] = whole_version(shown.version);
  terminal.object(object);
}

void show_fields(Terminal& terminal, const Meeting& meeting) {
  for (const auto& [field, value] : meeting.found.row.values) {
    if (meeting.state().find_text(field) != nullptr) continue;
    terminal.line(field_label(meeting.definition(), field, terminal.language) + "：" +
                  cli::shown(meeting.definition(), field, value, terminal.language));
  }
}

/// What of the record as a whole a reader must not miss.
void show_record_marks(Terminal& terminal, const Meeting& meeting) {
  const RecordState& state = meeting.state();
  if (state.is_deleted()) {
    const std::string command =
        terminal.command("set minutes " + short_id(meeting.found.row.id.hex()) + " --restore");
    terminal.say({"【这份记录已删除；要恢复：" + command + "】",
                  "[these minutes are deleted; to bring them back: " + command + "]"});
  }
  std::string fields;
  const auto add = [&](const std::string& name) { fields += (fields.empty() ? "" : "、") + name; };
  if (state.has_delete_conflict())
    add(std::string(Label{"是否删除", "deleted or not"}.in(terminal.language)));
  for (const Field& field : state.fields()) {
    if (field.kind != cunju::FieldKind::kFreeze && field.has_conflict())
      add(field_label(meeting.definition(), field.name, terminal.language));
  }
  if (fields.empty()) return;
  const std::string command = terminal.command("conflicts");
  terminal.say({"【有不同说法，等待决定：" + fields + "；各种说法：" + command + "】",
                "[people wrote different things, to be decided: " + fields +
                    "; all of them: " + command + "]"});
}

/// Every text of the record that `shown` has something to say of: first those that are not items.
Result<std::vector<std::string>> shown_texts(const Invocation& call, Shown& shown) {
  const Meeting& meeting = shown.meeting;
  std::vector<std::string> names;
  if (shown.is_now) {
    shown.items = meeting.items;
    for (const TextField& text : meeting.state().texts()) {
      if (!text.text.empty() || text.is_merged || !text.late.empty()) names.push_back(text.name);
    }
  } else {
    const Texts texts = registry::texts_of(*shown.texts);
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
  const bool has_late = std::ranges::any_of(
      meeting.state().texts(), [](const TextField& text) { return !text.late.empty(); });
  if (has_late || call.has("--blame") || call.value("--version") ||
      !meeting.view.left_out.empty()) {
    CUNJU_TRYV(read_history(*node, meeting));
  }
  Shown shown{.meeting = meeting, .roster = *roster, .version = {}, .items = {}};
  // Without heads: all that is here.
  registry::Seen seen{.heads = {}, .left_out = meeting.view.left_out_ids()};
  if (auto text = call.value("--version")) {
    CUNJU_TRY(seen, find_version(call, meeting.told_from(), *text, registry::VersionUse::kRead));
    CUNJU_TRY(shown.version, name_version(seen, meeting.told_from()));
    shown.is_now = false;
  } else {
    CUNJU_TRY(shown.version, name_version_now(meeting.told_from()));
  }
  const RecordTexts record(council::kMinutesRegistry, meeting.changes);
  CUNJU_TRY(const TextsAt texts, record.at({.heads = seen.heads, .left_out = &seen.left_out}));
  shown.texts = &texts;
  CUNJU_TRY(std::vector<std::string> names, shown_texts(call, shown));
  Terminal& terminal = call.terminal;
  show_record_marks(terminal, meeting);
  // The other fields are known as they are now only.
  if (shown.is_now && !call.value("--item")) show_fields(terminal, meeting);
  for (const std::string& name : names) {
    show_text(call, shown, name);
  }
  if (shown.items.empty() && shown.is_now)
    terminal.say({"还没有议题：" + terminal.command("minutes edit 编号 --item new"),
                  "No agenda items yet: " + terminal.command("minutes edit ID --item new")});
  const std::string version = short_version(shown.version);
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

/// First those that are no agenda items, as `show` has them, then the agenda.
std::vector<std::string> texts_of_both(const Texts& before, const Texts& after) {
  Texts both = after;
  both.insert(before.begin(), before.end());
  const std::vector<std::string> items = council::item_names(both);
  std::vector<std::string> out;
  for (const auto& [name, text] : both) {
    if (!text.empty() && std::ranges::find(items, name) == items.end()) out.push_back(name);
  }
  out.insert(out.end(), items.begin(), items.end());
  return out;
}

Result<ExitCode> diff(Invocation& call) {
  if (call.arguments.size() != 4) {
    return refused(
        call, Errc::kInvalidArgument,
        {"要写两个版本：minutes diff 编号 A B", "give two versions: minutes diff ID A B"});
  }
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_node(call));
  CUNJU_TRY(Meeting meeting, open_meeting(*node, call, call.arguments[1]));
  CUNJU_TRYV(read_history(*node, meeting));
  Texts texts[2];
  for (std::size_t i : {0, 1}) {
    CUNJU_TRY(const registry::Seen version,
              find_version(call, meeting.told_from(), call.arguments[2 + i],
                           registry::VersionUse::kRead));
    const RecordTexts record(council::kMinutesRegistry, meeting.changes);
    CUNJU_TRY(const TextsAt then,
              record.at({.heads = version.heads, .left_out = &version.left_out}));
    texts[i] = registry::texts_of(then);
  }
  auto& [before, after] = texts;
  const std::vector<std::string> old_items = council::item_names(before);
  const std::vector<std::string> items = council::item_names(after);
  // Numbers count the newer agenda; what is not in it any more keeps the number that it had.
  std::vector<std::string> names;
  if (call.value("--item")) {
    CUNJU_TRY(names, chosen_items(call, items, true));
  } else {
    names = texts_of_both(before, after);
  }
  Terminal& terminal = call.terminal;
  std::size_t different = 0;
  for (const std::string& name : names) {
    if (before[name] == after[name]) continue;
    ++different;
    const bool is_gone = after[name].empty();
    terminal.line("— " +
                  text_heading(meeting, is_gone ? old_items : items, name, terminal.language) +
                  (is_gone ? Label{"（已删去）", " (gone)"}.in(terminal.language) : "") + " —");
    show_difference(terminal, name, before[name], after[name]);
  }
  // Nothing would look as if nothing had been compared.
  if (different == 0) terminal.say({"两版的文字相同。", "The texts of both versions are equal."});
  return ExitCode::kOk;
}

Result<ExitCode> run(Invocation& call) {
  const std::string& action = call.arguments[0];
  CUNJU_TRYV(require_options_of(call, action, kActions));
  if (action != "diff" && call.arguments.size() > 2)
    return refused(call, Errc::kInvalidArgument, {"多写了一项", "one argument too many"});
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
