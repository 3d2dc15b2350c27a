// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <boost/json/array.hpp>

#include "cli/editor.h"
#include "cli/late_texts.h"
#include "cli/verbs.h"
#include "cli/version_names.h"
#include "node/council/minutes.h"
#include "node/text/text_diff.h"

namespace cunju::cli {
namespace {

const Option kOptions[] = {
    {"--version",
     "V",
     {"show：哪一版；confirm：通读的是哪一版；set：照着哪一版改的，此后别人写的会合并进来",
      "show: as of which version; confirm: the version that was read; set: the version that the "
      "file was made from, with which all that came since is merged"}},
    {"--clear", "", {"set：内容是空的也照存", "set: save it although there is nothing in it"}},
    {"--take",
     "V",
     {"confirm：改成这一版的写法", "confirm: make the text what it says in this version"}},
};

const ActionOptions kActions[] = {
    {"set", {"--version", "--clear"}},
    {"show", {"--version"}},
    {"confirm", {"--version", "--take"}},
};

/// The texts under a repeated field that the record has, for a person.
std::string list_texts(const RecordState& state, std::string_view field) {
  std::string out;
  const std::string prefix = std::string(field) + ".";
  for (const TextField& text : state.texts()) {
    if (text.name.starts_with(prefix)) out += (out.empty() ? "" : "、") + text.name;
  }
  return out;
}

/// Of a field that repeats, such as an agenda item, only texts that are there have a name: a
/// mistyped one would become an item that no agenda counts.
Error no_such_text(const Invocation& call, const RecordState& state, const std::string& registry,
                   std::string_view field) {
  const std::string there = list_texts(state, field.substr(0, field.find('.')));
  const bool is_agenda = registry == council::kMinutesRegistry &&
                         field.substr(0, field.find('.')) == council::kItemField;
  const std::string add =
      is_agenda ? call.terminal.command("minutes edit " + call.arguments[2] + " --item new") : "";
  return refused(
      call, Errc::kNotFound,
      {std::string(field) + (there.empty() ? "；还一个也没有" : "；现有：" + there) +
           (add.empty() ? "" : "；新增用 " + add),
       std::string(field) + (there.empty() ? "; there are none" : "; there are " + there) +
           (add.empty() ? "" : "; a new one is added by " + add)});
}

/// The text that the arguments name, and the record as it is.
struct NamedText {
  registry::TextName name;
  bool is_repeated = false;                  ///< One of a list, such as an agenda item.
  std::vector<registry::PlacedText> places;  ///< RecordBook::text_places().
  std::size_t at = 0;                        ///< The place that is meant.

  const registry::PlacedText& place() const { return places[at]; }
  const RecordView& view() const { return place().view; }
  Scope scope() const { return place().scope; }
  const RecordState& state() const { return *view().find(name.registry); }
  const TextField* text() const { return state().find_text(name.field); }
  bool is_merged() const { return text() != nullptr && text()->is_merged; }
  registry::VersionedRecord told_from(std::span<const TextChange> changes) const {
    return {.registry = name.registry, .changes = changes, .now = view()};
  }
};

Result<NamedText> named_text(const Invocation& call, const FoundRecord& found) {
  const std::string& registry = call.arguments[1];
  const registry::Definition* definition = found.book.catalog->find(registry);
  const std::string field =
      definition == nullptr ? call.arguments[3] : definition->resolve(call.arguments[3]);
  NamedText out{.name = {.record = found.row.id, .registry = registry, .field = field},
                .is_repeated = false,
                .places = {}};
  CUNJU_TRY(out.places, found.book.records->text_places(found.row.id, registry, field));
  // The field without its place in the list, also when the place is left out or misspelt.
  const registry::FieldDefinition* known = nullptr;
  if (definition != nullptr) {
    const auto at = std::ranges::find(definition->fields, field.substr(0, field.find('.')),
                                      &registry::FieldDefinition::id);
    if (at != definition->fields.end()) known = &*at;
  }
  // Of a definition that is not here any more the texts stay.
  const bool is_text =
      known == nullptr ? out.text() != nullptr : known->kind == registry::FieldKind::kText;
  if (!is_text || (known != nullptr && !known->is_repeated && field != known->id)) {
    return refused(call, Errc::kInvalidArgument,
                   {"这个字段不是长文字：" + field, "this field is not a text: " + field});
  }
  // An older version, or that of a late change, may have texts that are not there now: then
  // require_text_then() looks.
  out.is_repeated = known != nullptr && known->is_repeated;
  if (out.is_repeated && out.text() == nullptr && !call.value("--version"))
    return no_such_text(call, out.state(), registry, field);
  return out;
}

Result<std::vector<TextChange>> changes_of(node::Node& node, const FoundRecord& found,
                                           const NamedText& named) {
  return node.replica().text_changes(found.book.space, found.row.id, named.scope());
}

/// One of a list of texts is there now or was written to in that version.
Result<void> require_text_then(const Invocation& call, const NamedText& named,
                               std::span<const TextChange> changes, const registry::Seen& version) {
  const registry::TextName& name = named.name;
  if (named.text() != nullptr || !named.is_repeated) return ok();
  const RecordTexts texts(name.registry, changes);
  CUNJU_TRY(const TextsAt then, texts.at({.heads = version.heads, .left_out = &version.left_out}));
  if (std::ranges::binary_search(then.names(), name.field)) return ok();
  return no_such_text(call, named.state(), name.registry, name.field);
}

/// A version may be one of before the text came into its registry's scope.
Result<void> go_to_version(const Invocation& call, node::Node& node, const FoundRecord& found,
                           std::string_view version, NamedText& named) {
  for (std::size_t i = 0; i < named.places.size(); ++i) {
    named.at = i;
    CUNJU_TRY(const std::vector<TextChange> changes, changes_of(node, found, named));
    const auto seen =
        find_version(call, named.told_from(changes), version, registry::VersionUse::kRead);
    if (seen.has_value() || seen.error().code != Errc::kNotFound) return ok();
  }
  named.at = 0;
  return ok();
}

Result<ExitCode> set(Invocation& call) {
  if (call.arguments.size() != 5) {
    return refused(call, Errc::kInvalidArgument,
                   {"没有写明文件；- 表示标准输入", "which file? - is standard input"});
  }
  Result<std::string> file = read_text_argument(call.arguments[4]);
  if (file.has_error()) {
    // The path, and not what the operating system calls it.
    if (file.error().code == Errc::kNotFound)
      call.terminal.explain({call.arguments[4], call.arguments[4]});
    if (file.error().code == Errc::kLimit)
      call.terminal.explain({"文字过长，超过 4 MiB", "longer than 4 MiB"});
    return file.error();
  }
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_node(call));
  CUNJU_TRY(FoundRecord found, find_record(*node, call, call.arguments[1], call.arguments[2]));
  CUNJU_TRY(const NamedText named, named_text(call, found));
  const registry::TextName& name = named.name;
  CUNJU_TRYV(require_writer(call, *node, found.book, name.registry));
  registry::RecordBook& records = *found.book.records;
  registry::Seen version;
  if (auto wanted = call.value("--version")) {
    CUNJU_TRY(const std::vector<TextChange> changes, changes_of(*node, found, named));
    CUNJU_TRY(version,
              find_version(call, named.told_from(changes), *wanted, registry::VersionUse::kWrite));
    CUNJU_TRYV(require_text_then(call, named, changes, version));
  }
  Result<registry::TextDraft> draft =
      records.open_text(name.record, name.registry, name.field, version);
  if (draft.has_error()) {
    explain_refusal(call, found.book, name.registry);
    return draft.error();
  }
  Result<std::string> after = text::text_from_editor(file.value(), draft.value().before);
  if (after.has_error()) {
    if (after.error().code != Errc::kMalformed) return after.error();
    return refused(call, Errc::kInvalidArgument,
                   {"文件不是 UTF-8 文字：" + call.arguments[4],
                    "the file is not UTF-8 text: " + call.arguments[4]});
  }
  if (is_emptied(draft.value().before, after.value()) && !call.has("--clear")) {
    return refused(call, Errc::kInvalidArgument,
                   {"内容是空的，会清空这段文字；确实要清空请加 --clear",
                    "there is nothing in it, and the text would be emptied; if that is meant, add "
                    "--clear"});
  }
  return report_saved(call, *node, found.book, name.registry,
                      records.save_text(act_of(*node), draft.value(), after.value()));
}

Result<ExitCode> show(Invocation& call) {
  if (call.arguments.size() != 4)
    return refused(call, Errc::kInvalidArgument, {"多写了一项", "one argument too many"});
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_node(call));
  CUNJU_TRY(FoundRecord found, find_record(*node, call, call.arguments[1], call.arguments[2]));
  CUNJU_TRY(NamedText named, named_text(call, found));
  CUNJU_TRY(std::shared_ptr<const Roster> roster, node->replica().roster(found.book.space));
  const registry::TextName& name = named.name;
  const std::optional<std::string> wanted = call.value("--version");
  if (wanted) {
    CUNJU_TRYV(go_to_version(call, *node, found, *wanted, named));
  }
  const TextField* field = named.text();
  std::string text = field == nullptr ? std::string() : field->text;
  std::vector<registry::LateEdit> late;
  std::vector<TextChange> changes;
  if (wanted || !named.view().left_out.empty() || (field != nullptr && !field->late.empty())) {
    CUNJU_TRY(changes, changes_of(*node, found, named));
  }
  const registry::VersionedRecord record = named.told_from(changes);
  registry::VersionName version;
  if (wanted) {
    CUNJU_TRY(const registry::Seen seen,
              find_version(call, record, *wanted, registry::VersionUse::kRead));
    CUNJU_TRYV(require_text_then(call, named, changes, seen));
    CUNJU_TRY(text, registry::text_at_version(name.field, name.registry, changes, seen.heads,
                                              &seen.left_out));
    CUNJU_TRY(version, name_version(seen, record));
    field = nullptr;
  } else {
    CUNJU_TRY(version, name_version_now(record));
    if (field != nullptr && !field->late.empty()) {
      const RecordTexts texts(name.registry, changes);
      late = registry::find_late_edits(name.field, texts.now());
    }
  }
  Terminal& terminal = call.terminal;
  terminal.line(text);
  if (field != nullptr && field->is_merged) {
    const std::string command = terminal.command("conflicts");
    terminal.say({"【几个人的修改合并过，请通读；各自写的和确认的命令：" + command + "】",
                  "[merged from several people's edits, please read; who wrote what, and how to "
                  "confirm: " +
                      command + "]"});
  }
  boost::json::array late_objects;
  for (const registry::LateEdit& edit : late) {
    say_late_edit(terminal, *roster, name, edit, true);
    late_objects.push_back(to_json(*roster, edit));
  }
  terminal.say({"版本 " + short_version(version), "version " + short_version(version)});
  terminal.object({{"space", found.book.space.hex()},
                   {"registry", name.registry},
                   {"id", name.record.hex()},
                   {"field", name.field},
                   {"text", text},
                   {"merged", field != nullptr && field->is_merged},
                   {"late_edits", std::move(late_objects)},
                   {"version", whole_version(version)}});
  return ExitCode::kOk;
}

Result<ExitCode> confirm(Invocation& call) {
  if (call.arguments.size() != 4)
    return refused(call, Errc::kInvalidArgument, {"多写了一项", "one argument too many"});
  const std::optional<std::string> version = call.value("--version");
  if (!version) {
    return refused(call, Errc::kInvalidArgument,
                   {"请用 --version 写明通读的是哪一版；minutes show 和 conflicts 会列出",
                    "say with --version which version was read; minutes show and conflicts "
                    "print it"});
  }
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_node(call));
  CUNJU_TRY(FoundRecord found, find_record(*node, call, call.arguments[1], call.arguments[2]));
  CUNJU_TRY(NamedText named, named_text(call, found));
  const registry::TextName& name = named.name;
  // A merge is confirmed where it is, also when the text has a scope since.
  while (!named.is_merged() && named.at + 1 < named.places.size()) ++named.at;
  if (!named.is_merged()) named.at = 0;
  CUNJU_TRY(const std::vector<TextChange> changes, changes_of(*node, found, named));
  const registry::VersionedRecord record = named.told_from(changes);
  CUNJU_TRY(const registry::Seen seen,
            find_version(call, record, *version, registry::VersionUse::kConfirm));
  registry::Seen taken;
  if (auto take = call.value("--take")) {
    CUNJU_TRY(taken, find_version(call, record, *take, registry::VersionUse::kTake));
  }
  return report_saved(call, *node, found.book, name.registry,
                      found.book.records->confirm_text(act_of(*node), name, seen, taken));
}

Result<ExitCode> run(Invocation& call) {
  const std::string& action = call.arguments[0];
  CUNJU_TRYV(require_options_of(call, action, kActions));
  if (action == "set") return set(call);
  if (action == "confirm") return confirm(call);
  if (action == "show") return show(call);
  return refused(call, Errc::kInvalidArgument,
                 {action + "；可用 set、show、confirm", action + "; there are set, show, confirm"});
}

}  // namespace

const Verb kTextVerb{
    .name = "text",
    .arguments = "set|show|confirm REGISTRY ID FIELD [FILE|-]",
    .min_arguments = 4,
    .max_arguments = 5,
    .summary = {"长文字：用文件或标准输入改写，查看任何一版，通读合并后确认",
                "texts: set from a file or standard input, show any version, confirm that a merge "
                "was read"},
    .details =
        {"set 只保存与原文不同的地方。文件是照着哪一版改的，请用 --version 写明：这一版以后别人写的"
         "会合并进来并标出；不写明就是照着本机现在的文字改的，文件里没有的都算删去。show 显示一版的"
         "全文，也列出"
         "定稿后才到的字。confirm 只确认 --version 那一版：看过以后才到的内容仍待通读。",
         "set saves only what differs. Say with --version which version the file was made from: "
         "what others wrote since is merged and marked. Without it the file is taken to be made "
         "from the text as it is here now, and what it lacks is deleted. show has a "
         "text as of any version, and what came when it was final. "
         "confirm is about the version of --version: what arrived after it still waits to "
         "be read."},
    .options = kOptions,
    .run = run};

}  // namespace cunju::cli
