// SPDX-License-Identifier: Apache-2.0
#include <boost/json/array.hpp>
#include <charconv>

#include "cli/editor.h"
#include "cli/record_lookup.h"
#include "cli/verbs.h"
#include "node/council/minutes.h"
#include "node/registry/text_reading.h"
#include "node/text/text_diff.h"

namespace cunju::cli {
namespace {

const Option kOptions[] = {
    {"--item", "N|new", {"第几个议题；new 新增一个", "which agenda item; new adds one"}},
    {"--version", "V", {"哪一版（history 里的编号开头）", "as of a change of `history`"}},
    {"--blame", "", {"标明每段是谁写的", "say who wrote each stretch"}},
};

/// A meeting with everything that its texts are made of.
struct Meeting {
  FoundRecord found;
  RecordView view;
  std::vector<TextChange> changes;
  std::vector<std::string> items;

  const RecordState& state() const { return *view.find(council::kMinutesRegistry); }
  const registry::Definition* definition() const {
    return found.book.catalog->find(council::kMinutesRegistry);
  }
};

Result<Meeting> open_meeting(node::Node& node, const Invocation& call, std::string_view id) {
  CUNJU_TRY(FoundRecord found, find_record(node, call, council::kMinutesRegistry, id));
  Meeting out{.found = std::move(found), .view = {}, .changes = {}, .items = {}};
  const SpaceId& space = out.found.book.space;
  CUNJU_TRY(std::optional<RecordView> view, node.replica().view(space, out.found.row.id));
  CUNJU_TRY(out.changes, node.replica().text_changes(space, out.found.row.id));
  if (!view || view->find(council::kMinutesRegistry) == nullptr)
    return fail(Errc::kNotFound, std::string(id));
  out.view = std::move(*view);
  out.items = council::item_names(out.state());
  return out;
}

/// The item that --item names. Without it: the only one, or all when `all` is allowed.
Result<std::vector<std::string>> chosen_items(const Meeting& meeting, const Invocation& call,
                                              bool all) {
  const std::optional<std::string> text = call.value("--item");
  if (!text) {
    if (all || meeting.items.size() == 1) return meeting.items;
    return fail(Errc::kInvalidArgument,
                "--item N | new (1.." + std::to_string(meeting.items.size()) + ")");
  }
  std::size_t number = 0;
  auto [end, code] = std::from_chars(text->data(), text->data() + text->size(), number);
  if (code != std::errc() || end != text->data() + text->size() || number == 0)
    return fail(Errc::kInvalidArgument, "--item " + *text);
  if (number > meeting.items.size()) return fail(Errc::kNotFound, "--item " + *text);
  return std::vector<std::string>{meeting.items[number - 1]};
}

/// A change of the meeting by the beginning of its id.
Result<ChangeId> find_version(const Meeting& meeting, const std::string& prefix) {
  std::optional<ChangeId> out;
  for (const TextChange& change : meeting.changes) {
    if (!change.id.hex().starts_with(prefix)) continue;
    if (out) return fail(Errc::kConflict, "--version " + prefix);
    out = change.id;
  }
  if (!out || prefix.size() < 4) return fail(Errc::kNotFound, "--version " + prefix);
  return *out;
}

std::string heading(const Meeting& meeting, const std::string& item, Language language) {
  const auto at = std::ranges::find(meeting.items, item) - meeting.items.begin();
  const std::string number = std::to_string(at + 1);
  return Label{"议题 " + number, "Item " + number}.in(language);
}

Result<void> show_item(Invocation& call, const Meeting& meeting, const Roster& roster,
                       const std::string& item, const std::optional<ChangeId>& version) {
  Terminal& terminal = call.terminal;
  const TextField* field = meeting.state().find_text(item);
  CUNJU_TRY(std::string text,
            registry::text_at_version(item, council::kMinutesRegistry, meeting.changes, version));
  boost::json::object object{{"item", item}, {"text", text}};
  terminal.line("— " + heading(meeting, item, terminal.language) + " —");
  const bool is_merged = !version && field != nullptr && field->is_merged;
  if (is_merged) {
    terminal.say({"【几个人的修改合并过，请通读：cunju conflicts；读后 cunju minutes confirm】",
                  "[merged from several people's edits, please read: cunju conflicts; then "
                  "cunju minutes confirm]"});
  }
  if (!version && field != nullptr && !field->late.empty()) {
    const std::string count = std::to_string(field->late.size());
    terminal.say({"【定稿后到的修改 " + count + " 处，未采用：cunju history】",
                  "[" + count + " edits came after the minutes were final: cunju history]"});
  }
  if (call.has("--blame")) {
    CUNJU_TRY(
        std::vector<registry::WrittenText> spans,
        registry::blame_at_version(item, council::kMinutesRegistry, meeting.changes, version));
    boost::json::array blame;
    for (const registry::WrittenText& span : spans) {
      const std::string who = author_name(roster, span.author);
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
  object["merged"] = is_merged;
  object["late"] = field == nullptr ? 0 : field->late.size();
  terminal.object(object);
  return ok();
}

Result<ExitCode> show(Invocation& call) {
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_node(call));
  CUNJU_TRY(Meeting meeting, open_meeting(*node, call, call.arguments[1]));
  CUNJU_TRY(std::shared_ptr<const Roster> roster, node->replica().roster(meeting.found.book.space));
  CUNJU_TRY(std::vector<std::string> items, chosen_items(meeting, call, true));
  std::optional<ChangeId> version;
  if (auto text = call.value("--version")) {
    CUNJU_TRY(version, find_version(meeting, *text));
  }
  Terminal& terminal = call.terminal;
  for (const auto& [field, value] : meeting.found.row.values) {
    const registry::FieldDefinition* known = meeting.definition()->find_field(field);
    const bool is_item = known != nullptr && known->is_repeated;
    if (!is_item && !call.value("--item"))
      terminal.line(field_label(meeting.definition(), field, terminal.language) + "：" +
                    shown(meeting.definition(), field, value, terminal.language));
  }
  for (const std::string& item : items) {
    CUNJU_TRYV(show_item(call, meeting, *roster, item, version));
  }
  if (items.empty())
    terminal.say({"还没有议题：cunju minutes edit 编号 --item new",
                  "No agenda items yet: cunju minutes edit ID --item new"});
  return ExitCode::kOk;
}

Result<registry::Saved> save_edited(registry::RecordBook& records, const registry::Act& act,
                                    const registry::TextDraft& draft, const EditedFile& file) {
  CUNJU_TRY(std::string left, file.edit());
  CUNJU_TRY(std::string after, text::text_from_editor(left, draft.before));
  return records.save_text(act, draft, after);
}

Result<ExitCode> edit(Invocation& call) {
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_unlocked(call));
  CUNJU_TRY(Meeting meeting, open_meeting(*node, call, call.arguments[1]));
  std::string item;
  if (call.value("--item") == "new" || (!call.value("--item") && meeting.items.empty())) {
    const std::string suffix = node->replica().new_record_id().hex().substr(0, 6);
    item = council::new_item_name(meeting.state(), suffix);
  } else {
    CUNJU_TRY(std::vector<std::string> items, chosen_items(meeting, call, false));
    item = items.front();
  }
  registry::RecordBook& records = *meeting.found.book.records;
  CUNJU_TRY(registry::TextDraft draft,
            records.open_text(meeting.found.row.id, council::kMinutesRegistry, item));
  CUNJU_TRY(EditedFile file, EditedFile::create(call.home, "minutes.txt", draft.before));
  Result<registry::Saved> saved = save_edited(records, act_of(*node), draft, file);
  // What somebody typed for an hour is not thrown away.
  if (saved.has_error() && file.differs_from(draft.before)) {
    file.keep();
    call.terminal.warn({"没有保存；您写的内容在：" + file.path().string(),
                        "Not saved; what you wrote is in " + file.path().string()});
  }
  return report_saved(call, *node, meeting.found.book, council::kMinutesRegistry, saved);
}

Result<ExitCode> confirm(Invocation& call) {
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_unlocked(call));
  CUNJU_TRY(Meeting meeting, open_meeting(*node, call, call.arguments[1]));
  CUNJU_TRY(std::vector<std::string> items, chosen_items(meeting, call, false));
  Result<registry::Saved> saved = meeting.found.book.records->confirm_text(
      act_of(*node), meeting.found.row.id, council::kMinutesRegistry, items.front());
  return report_saved(call, *node, meeting.found.book, council::kMinutesRegistry, saved);
}

void show_difference(Terminal& terminal, std::string_view before, std::string_view after) {
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
    terminal.object({{"position", edit.position}, {"removed", removed}, {"added", edit.inserted}});
    shift_removed += edit.deleted;
    shift_added += TextBuffer(edit.inserted).length();
  }
}

Result<ExitCode> diff(Invocation& call) {
  if (call.arguments.size() != 4) return fail(Errc::kInvalidArgument, "minutes diff ID A B");
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_node(call));
  CUNJU_TRY(Meeting meeting, open_meeting(*node, call, call.arguments[1]));
  CUNJU_TRY(ChangeId before, find_version(meeting, call.arguments[2]));
  CUNJU_TRY(ChangeId after, find_version(meeting, call.arguments[3]));
  CUNJU_TRY(std::vector<std::string> items, chosen_items(meeting, call, true));
  for (const std::string& item : items) {
    CUNJU_TRY(std::string old_text,
              registry::text_at_version(item, council::kMinutesRegistry, meeting.changes, before));
    CUNJU_TRY(std::string new_text,
              registry::text_at_version(item, council::kMinutesRegistry, meeting.changes, after));
    if (old_text == new_text) continue;
    call.terminal.line("— " + heading(meeting, item, call.terminal.language) + " —");
    show_difference(call.terminal, old_text, new_text);
  }
  return ExitCode::kOk;
}

Result<ExitCode> run(Invocation& call) {
  const std::string& action = call.arguments[0];
  if (action == "show") return show(call);
  if (action == "edit") return edit(call);
  if (action == "confirm") return confirm(call);
  if (action == "diff") return diff(call);
  return fail(Errc::kInvalidArgument, action + " (edit | show | diff | confirm)");
}

}  // namespace

const Verb kMinutesVerb{
    .name = "minutes",
    .arguments = "edit|show|diff|confirm ID [A B]",
    .min_arguments = 2,
    .max_arguments = 4,
    .summary = {"会议记录的议题：编辑、查看、比较版本、确认合并",
                "agenda items of minutes: edit, show, compare versions, confirm a merge"},
    .details = {"edit 用 $EDITOR 打开一个议题，只保存改动的地方；几个人同时改的会自动合并并"
                "标出，有人通读后用 confirm 确认。diff 的 A、B 是 cunju history 里的编号。",
                "edit opens an item in $EDITOR and saves what you changed. Edits that people made "
                "at once are merged and marked until somebody has read them and confirms. A and B "
                "of diff are ids of cunju history."},
    .options = kOptions,
    .run = run};

}  // namespace cunju::cli
