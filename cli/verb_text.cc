// SPDX-License-Identifier: Apache-2.0
#include "cli/editor.h"
#include "cli/record_lookup.h"
#include "cli/verbs.h"
#include "node/text/text_diff.h"

namespace cunju::cli {
namespace {

const Option kOptions[] = {
    {"--version", "V", {"confirm：通读的是哪一版", "confirm: the version that was read"}},
    {"--take",
     "V",
     {"confirm：改成这一版的写法", "confirm: make the text what it says in this version"}},
};

/// The text field that the arguments name.
Result<registry::TextName> named_text(const Invocation& call, const FoundRecord& found) {
  const std::string& registry = call.arguments[1];
  const registry::Definition* definition = found.book.catalog->find(registry);
  const std::string field =
      definition == nullptr ? call.arguments[3] : definition->resolve(call.arguments[3]);
  const registry::FieldDefinition* known =
      definition == nullptr ? nullptr : definition->find_field(field);
  if (known == nullptr || known->kind != registry::FieldKind::kText) {
    return refused(call, Errc::kInvalidArgument,
                   {"这个字段不是长文字：" + field, "this field is not a text: " + field});
  }
  return registry::TextName{.record = found.row.id, .registry = registry, .field = field};
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
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_unlocked(call));
  CUNJU_TRY(FoundRecord found, find_record(*node, call, call.arguments[1], call.arguments[2]));
  CUNJU_TRY(registry::TextName name, named_text(call, found));
  registry::RecordBook& records = *found.book.records;
  Result<registry::TextDraft> draft = records.open_text(name.record, name.registry, name.field);
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
  return report_saved(call, *node, found.book, name.registry,
                      records.save_text(act_of(*node), draft.value(), after.value()));
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
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_unlocked(call));
  CUNJU_TRY(FoundRecord found, find_record(*node, call, call.arguments[1], call.arguments[2]));
  CUNJU_TRY(registry::TextName name, named_text(call, found));
  CUNJU_TRY(std::vector<TextChange> changes,
            node->replica().text_changes(found.book.space, found.row.id));
  CUNJU_TRY(std::vector<ChangeId> seen, find_version(call, changes, *version));
  std::vector<ChangeId> taken;
  if (auto take = call.value("--take")) {
    CUNJU_TRY(taken, find_version(call, changes, *take));
  }
  return report_saved(call, *node, found.book, name.registry,
                      found.book.records->confirm_text(act_of(*node), name, seen, taken));
}

Result<ExitCode> run(Invocation& call) {
  const std::string& action = call.arguments[0];
  if (action == "set") return set(call);
  if (action == "confirm") return confirm(call);
  return refused(call, Errc::kInvalidArgument,
                 {action + "；可用 set、confirm", action + "; there are set, confirm"});
}

}  // namespace

const Verb kTextVerb{
    .name = "text",
    .arguments = "set|confirm REGISTRY ID FIELD [FILE|-]",
    .min_arguments = 4,
    .max_arguments = 5,
    .summary = {"长文字：用文件或标准输入改写，通读合并后确认",
                "texts: set from a file or standard input, confirm that a merge was read"},
    .details =
        {"set 只保存与原文不同的地方，所以能与别人同时写下的内容合并。confirm 只确认 --version "
         "那一版：看过以后才到的内容仍待通读。",
         "set saves only what differs, so it merges with what others write meanwhile. "
         "confirm is about the version of --version: what arrived after it still waits to "
         "be read."},
    .options = kOptions,
    .run = run};

}  // namespace cunju::cli
