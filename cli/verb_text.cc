// SPDX-License-Identifier: Apache-2.0
#include "cli/editor.h"
#include "cli/record_lookup.h"
#include "cli/verbs.h"
#include "node/text/text_diff.h"

namespace cunju::cli {
namespace {

Result<ExitCode> run(Invocation& call) {
  if (call.arguments[0] != "set") return fail(Errc::kInvalidArgument, call.arguments[0]);
  const std::string& registry = call.arguments[1];
  CUNJU_TRY(std::string file, read_text_argument(call.arguments[4]));
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_unlocked(call));
  CUNJU_TRY(FoundRecord found, find_record(*node, call, registry, call.arguments[2]));
  const registry::Definition* definition = found.book.catalog->find(registry);
  const std::string field =
      definition == nullptr ? call.arguments[3] : definition->resolve(call.arguments[3]);
  const registry::FieldDefinition* known =
      definition == nullptr ? nullptr : definition->find_field(field);
  if (known == nullptr || known->kind != registry::FieldKind::kText)
    return fail(Errc::kInvalidArgument, "not a text: " + field);
  registry::RecordBook& records = *found.book.records;
  CUNJU_TRY(registry::TextDraft draft, records.open_text(found.row.id, registry, field));
  CUNJU_TRY(std::string after, text::text_from_editor(file, draft.before));
  return report_saved(call, *node, found.book, registry,
                      records.save_text(act_of(*node), draft, after));
}

}  // namespace

const Verb kTextVerb{
    .name = "text",
    .arguments = "set REGISTRY ID FIELD FILE|-",
    .min_arguments = 5,
    .max_arguments = 5,
    .summary = {"把一个文件或标准输入的内容写进记录的长文字",
                "make a file or standard input the text of a record"},
    .details = {"只保存与原文不同的地方，所以能与别人同时写下的内容合并。",
                "Only what differs is saved, so it merges with what others write meanwhile."},
    .options = {},
    .run = run};

}  // namespace cunju::cli
