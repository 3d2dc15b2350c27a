// SPDX-License-Identifier: Apache-2.0
//
// `minutes edit`: an item in the person's editor, and what an earlier, interrupted edit left.
#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "cli/editor.h"
#include "cli/meeting.h"
#include "node/council/minutes.h"
#include "node/registry/text_operations.h"
#include "node/registry/text_reading.h"
#include "node/text/text_diff.h"
#include "node/text/three_way.h"

namespace cunju::cli {
namespace {

/// What a later run needs to go on with a text: where it belongs, and what its author had seen.
std::string write_about(const SpaceId& space, const registry::TextDraft& draft) {
  boost::json::array seen;
  for (const ChangeId& id : draft.seen.heads) seen.emplace_back(id.hex());
  boost::json::array left_out;
  for (const ChangeId& id : draft.seen.left_out) left_out.emplace_back(id.hex());
  return boost::json::serialize(boost::json::object{{"space", space.hex()},
                                                    {"record", draft.name.record.hex()},
                                                    {"registry", draft.name.registry},
                                                    {"field", draft.name.field},
                                                    {"seen", seen},
                                                    {"left_out", left_out}});
}

/// A text that an earlier run left, of the meeting at hand.
struct LeftText {
  EditedFile file;
  std::string field;
  registry::Seen seen;
};

/// What write_about() wrote; what does not parse is passed by.
std::vector<ChangeId> read_left_out(const boost::json::object& about) {
  std::vector<ChangeId> out;
  const boost::json::value* found = about.if_contains("left_out");
  if (found == nullptr || !found->is_array()) return out;
  for (const boost::json::value& value : found->get_array()) {
    if (!value.is_string()) continue;
    const std::optional<Bytes> bytes = parse_hex(std::string_view(value.get_string()));
    const std::optional<ChangeId> id = bytes ? ChangeId::from(*bytes) : std::nullopt;
    if (id) out.push_back(*id);
  }
  std::ranges::sort(out);
  return out;
}

std::string read_string(const boost::json::object& object, const char* key) {
  const boost::json::value* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

/// Empty when the file is of another record, or nobody can tell.
std::optional<LeftText> read_left(EditedFile file, const Meeting& meeting, bool& is_readable) {
  boost::system::error_code failed;
  const boost::json::value parsed = boost::json::parse(file.about(), failed);
  const boost::json::object* about = failed ? nullptr : parsed.if_object();
  const boost::json::value* seen = about == nullptr ? nullptr : about->if_contains("seen");
  is_readable = seen != nullptr && seen->is_array();
  if (!is_readable || read_string(*about, "space") != meeting.found.book.space.hex() ||
      read_string(*about, "record") != meeting.found.row.id.hex()) {
    return std::nullopt;
  }
  LeftText out{.file = std::move(file), .field = read_string(*about, "field"), .seen = {}};
  out.seen.left_out = read_left_out(*about);
  for (const boost::json::value& id : seen->get_array()) {
    const auto found = std::ranges::find_if(meeting.changes, [&](const TextChange& change) {
      return id.is_string() && std::string_view(id.get_string()) == change.id.hex();
    });
    if (found != meeting.changes.end()) out.seen.heads.push_back(found->id);
  }
  // A store that was set back lacks what the author had seen; the rest is not what they saw.
  if (out.seen.heads.size() != seen->get_array().size()) out.seen.heads.clear();
  return out;
}

/// Whether the change did `edit` to the text: alone, or merged with what the same key wrote
/// meanwhile in another window.
bool says_edit(const LeftText& left, const Meeting& meeting, const TextChange& change,
               std::span<const Operation> edit) {
  const std::string_view registry = council::kMinutesRegistry;
  const bool edits_text = std::ranges::any_of(change.operations, [&](const Operation& operation) {
    return operation.field == left.field && is_text_edit(operation);
  });
  const bool has_seen = std::ranges::all_of(meeting.changes, [&](const TextChange& other) {
    return std::ranges::find(left.seen.heads, other.id) == left.seen.heads.end() ||
           change.node.clock.covers(other.dot);
  });
  if (!edits_text || !has_seen || change.parents.empty()) return false;
  Result<std::string> expected = registry::merge_edit(
      {.field = left.field, .registry = registry}, meeting.changes,
      {.seen = left.seen.heads, .operations = edit}, change.parents, &left.seen.left_out);
  Result<std::string> text =
      registry::text_at_version(left.field, registry, meeting.changes, {&change.id, 1});
  return expected.has_value() && text.has_value() && expected.value() == text.value();
}

/// Whether nothing is lost with the file: nothing was typed, or it was saved and only the file
/// outlived a crash. Saved again it would be in the text twice.
bool is_superfluous(const LeftText& left, const Meeting& meeting, const AuthorKey& author) {
  Result<Bytes> bytes = store::read_whole_file(left.file.path(), 2 * registry::kMaxTextBytes);
  if (bytes.has_error() || left.seen.heads.empty()) return false;
  const std::string_view registry = council::kMinutesRegistry;
  Result<std::string> before = registry::text_at_version(left.field, registry, meeting.changes,
                                                         left.seen.heads, &left.seen.left_out);
  if (before.has_error()) return false;
  if (left.file.is_untouched(before.value())) return true;
  Result<std::string> typed = text::text_from_editor(as_text(bytes.value()), before.value());
  if (typed.has_error() || typed.value() == before.value()) return false;
  const std::vector<Operation> edit =
      registry::plan_text(left.field, before.value(), typed.value());
  return std::ranges::any_of(meeting.changes, [&](const TextChange& change) {
    return change.author == author && says_edit(left, meeting, change, edit);
  });
}

/// The command line that goes on with an item, or throws away what was left of it.
std::string command_of(const Invocation& call, const Meeting& meeting, const std::string& field,
                       std::string_view option) {
  const auto at = std::ranges::find(meeting.items, field);
  const std::string item =
      at == meeting.items.end() ? "new" : std::to_string(at - meeting.items.begin() + 1);
  return call.terminal.command("minutes edit " + call.arguments[1] + " --item " + item + " " +
                               std::string(option));
}

/// What earlier runs left of one item; empty `item`: of a new one.
Result<std::vector<LeftText>> find_left(Invocation& call, node::Node& node, Meeting& meeting,
                                        const std::string& item) {
  const AuthorKey author = node.unlocked().author.author();
  std::vector<LeftText> out;
  std::vector<EditedFile> files = EditedFile::find_left(call.home);
  if (!files.empty()) {
    CUNJU_TRYV(read_history(node, meeting));
  }
  for (EditedFile& file : files) {
    bool is_readable = false;
    const std::string path = file.path().string();
    std::optional<LeftText> left = read_left(std::move(file), meeting, is_readable);
    if (!is_readable) {
      call.terminal.warn({"这里有没有保存的文字，不知属于哪个议题，没有动它：" + path,
                          "unsaved text of an item that is not known is left alone: " + path});
      continue;
    }
    const bool is_new =
        left && std::ranges::find(meeting.items, left->field) == meeting.items.end();
    if (!left || (item.empty() ? !is_new : left->field != item)) continue;
    if (left->file.is_open_elsewhere()) {
      call.terminal.warn(
          {"这个议题还开着另一个编辑窗口：" + path, "another editor has this item open: " + path});
    } else if (is_superfluous(*left, meeting, author)) {
      // Stays until the next time when it can't be removed.
      (void)left->file.remove();
    } else {
      out.push_back(std::move(*left));
    }
  }
  return out;
}

Error left_over(const Invocation& call, const Meeting& meeting, const LeftText& left) {
  const std::string path = left.file.path().string(), time = local_time(left.file.written_ms());
  const std::string go_on = command_of(call, meeting, left.field, "--continue");
  const std::string discard = command_of(call, meeting, left.field, "--discard");
  return refused(call, Errc::kConflict,
                 {"上次写的还没有保存，都在：" + path + "（" + time + "）\n接着写：" + go_on +
                      "\n不要了：" + discard,
                  "what was typed last time is not saved yet, all of it is in " + path + " (" +
                      time + ")\ngo on with it: " + go_on + "\nthrow it away: " + discard});
}

Result<registry::Saved> save_edited(Invocation& call, registry::RecordBook& records,
                                    const registry::Act& act, const registry::TextDraft& draft,
                                    EditedFile& file) {
  Result<std::string> left = file.edit();
  if (left.has_error()) {
    if (left.error().code == Errc::kIo) {
      // The words for this kind of error are about disks.
      call.terminal.explain_whole(
          {.what = {"编辑器没有正常结束：" + editor_command(),
                    "The editor did not end well: " + editor_command()},
           .safe = {"没有改动任何数据。", "Nothing was changed."},
           .next = {"编辑器由环境变量 VISUAL 或 EDITOR 指定，请核对后再试。",
                    "VISUAL or EDITOR in the environment names the editor; check it and try "
                    "again."}});
    }
    if (left.error().code == Errc::kNotFound) {
      call.terminal.explain_whole(
          {.what = {"编辑器没有留下文件：" + editor_command(),
                    "The editor left no file: " + editor_command()},
           .safe = {"没有改动任何数据。", "Nothing was changed."},
           .next = {"请再试一次；编辑器若改了文件名，请存回原来的名字。",
                    "Try again; if the editor saved under another name, save under the one that "
                    "it was given."}});
    }
    return left.error();
  }
  Result<std::string> after = text::text_from_editor(left.value(), draft.before);
  if (after.has_value() && is_emptied(draft.before, after.value()) && !call.has("--clear")) {
    return refused(call, Errc::kInvalidArgument,
                   {"编辑后内容是空的，会清空这段文字；确实要清空请加 --clear",
                    "nothing is left, and the text would be emptied; if that is meant, add "
                    "--clear"});
  }
  if (after.has_value()) return records.save_text(act, draft, after.value());
  if (after.error().code != Errc::kMalformed) return after.error();
  return refused(call, Errc::kInvalidArgument,
                 {"写的内容里有不是 UTF-8 的字节", "what was typed is not UTF-8"});
}

Result<ExitCode> run_editor(Invocation& call, node::Node& node, const Meeting& meeting,
                            const registry::TextDraft& draft, EditedFile& file) {
  Result<registry::Saved> saved =
      save_edited(call, *meeting.found.book.records, act_of(node), draft, file);
  const std::string path = file.path().string();
  const std::string go_on = command_of(call, meeting, draft.name.field, "--continue");
  if (saved.has_error() && !file.is_untouched(draft.before) && !file.is_gone()) {
    // What somebody typed for an hour is not thrown away.
    call.terminal.warn({"没有保存；您写的内容在：" + path + "\n接着写：" + go_on,
                        "Not saved; what you wrote is in " + path + "\ngo on with it: " + go_on});
  } else if (file.is_open_elsewhere()) {
    // An editor that goes on in the background: what is typed from now on would go with the file.
    call.terminal.warn({"编辑器好像还开着；以后写进去的还没有保存，都在：" + path,
                        "the editor seems to be open still; what is typed from now on is not saved "
                        "and lies in " +
                            path});
  } else if (Result<void> removed = file.remove(); removed.has_error()) {
    call.terminal.warn({"这个文件不用了，但删不掉：" + path,
                        "this file is not needed any more, but still there: " + path});
  }
  return report_saved(call, node, meeting.found.book, council::kMinutesRegistry, saved);
}

/// Whether an edit of what was shown then would be refused now, however often it is tried: somebody
/// else's edit came before something that the same key wrote, or what was shown has fallen.
Result<bool> has_no_place(const Meeting& meeting, const AuthorKey& author, const LeftText& left) {
  const registry::OwnWindow own =
      registry::join_own_window({.field = left.field, .registry = council::kMinutesRegistry},
                                meeting.changes, author, left.seen.heads);
  if (own.has_met_others) return true;
  return registry::has_lost_since(meeting.changes, left.seen.heads, left.seen.left_out);
}

/// Puts what was typed into the text as it is now, which the file is an edit of from here on.
Result<void> move_to_now(Invocation& call, const Meeting& meeting, const registry::TextDraft& then,
                         const registry::TextDraft& now, LeftText& left) {
  CUNJU_TRY(const Bytes bytes,
            store::read_whole_file(left.file.path(), 2 * registry::kMaxTextBytes));
  CUNJU_TRY(const std::string typed, text::text_from_editor(as_text(bytes), then.before));
  CUNJU_TRY(const std::string merged, text::merge_texts(then.before, typed, now.before));
  CUNJU_TRYV(left.file.replace(merged, write_about(meeting.found.book.space, now)));
  left.seen = now.seen;
  call.terminal.warn(
      {"您写的时候这段文字变了，照原来那一版存不进去。打开的是现在的文字，您写的已并入；请通读后存"
       "盘",
       "the text changed while you wrote, and what you wrote can't be saved as an edit of what it "
       "was. What opens is the text as it is now with what you typed put into it: read it, then "
       "save"});
  return ok();
}

Result<ExitCode> go_on(Invocation& call, node::Node& node, const Meeting& meeting, LeftText& left) {
  const std::string path = left.file.path().string();
  if (left.seen.heads.empty()) {
    return refused(
        call, Errc::kMissing,
        {"写这段文字时看到的内容不在本机；先同步，文字还在：" + path,
         "what this text was written from is not here; sync first, it is still in " + path});
  }
  CUNJU_TRYV(require_writer(call, node, meeting.found.book, council::kMinutesRegistry));
  registry::RecordBook& records = *meeting.found.book.records;
  const auto open = [&](const registry::Seen& version) {
    return records.open_text(meeting.found.row.id, council::kMinutesRegistry, left.field, version);
  };
  Result<registry::TextDraft> draft = open(left.seen);
  CUNJU_TRY(const bool is_misplaced, has_no_place(meeting, node.unlocked().author.author(), left));
  if (draft.has_value() && is_misplaced) {
    const registry::TextDraft then = std::move(draft).value();
    draft = open({});
    if (draft.has_value()) {
      Result<void> moved = move_to_now(call, meeting, then, draft.value(), left);
      // What is not UTF-8 has to be mended first, in the text that it was typed in.
      if (moved.has_error() && moved.error().code == Errc::kMalformed) draft = then;
      if (moved.has_error() && moved.error().code != Errc::kMalformed) draft = moved.error();
    }
  }
  if (draft.has_error()) {
    call.terminal.warn({"您写的内容还在：" + path, "what you wrote is still in " + path});
    explain_refusal(call, meeting.found.book, council::kMinutesRegistry);
    return draft.error();
  }
  return run_editor(call, node, meeting, draft.value(), left.file);
}

Result<ExitCode> discard(Invocation& call, LeftText& left) {
  const std::string path = left.file.path().string();
  CUNJU_TRYV(left.file.remove());
  call.terminal.say({"已丢弃：" + path, "thrown away: " + path});
  call.terminal.object({{"discarded", path}});
  return ExitCode::kOk;
}

}  // namespace

Result<ExitCode> edit_minutes(Invocation& call) {
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_node(call));
  CUNJU_TRY(Meeting meeting, open_meeting(*node, call, call.arguments[1]));
  std::string item;
  if (call.value("--item") != "new" && (call.value("--item") || !meeting.items.empty())) {
    CUNJU_TRY(std::vector<std::string> items, chosen_items(call, meeting.items, false));
    item = items.front();
  }
  CUNJU_TRY(std::vector<LeftText> left, find_left(call, *node, meeting, item));
  if (call.has("--continue") || call.has("--discard")) {
    if (left.empty()) {
      return refused(call, Errc::kNotFound,
                     {"这个议题没有上次没存的文字", "nothing unsaved was left of this item"});
    }
    return call.has("--continue") ? go_on(call, *node, meeting, left.front())
                                  : discard(call, left.front());
  }
  if (!left.empty()) return left_over(call, meeting, left.front());
  CUNJU_TRYV(require_writer(call, *node, meeting.found.book, council::kMinutesRegistry));
  if (item.empty()) {
    const std::string suffix = node->replica().new_record_id().hex().substr(0, 6);
    item = council::new_item_name(meeting.state(), suffix);
  }
  registry::RecordBook& records = *meeting.found.book.records;
  Result<registry::TextDraft> draft =
      records.open_text(meeting.found.row.id, council::kMinutesRegistry, item);
  if (draft.has_error()) {
    explain_refusal(call, meeting.found.book, council::kMinutesRegistry);
    return draft.error();
  }
  CUNJU_TRY(EditedFile file,
            EditedFile::create(call.home, draft.value().before,
                               write_about(meeting.found.book.space, draft.value())));
  return run_editor(call, *node, meeting, draft.value(), file);
}

}  // namespace cunju::cli
