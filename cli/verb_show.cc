// SPDX-License-Identifier: Apache-2.0
#include <boost/json/object.hpp>

#include "cli/attachments.h"
#include "cli/verbs.h"

namespace cunju::cli {
namespace {

void show_hidden(Terminal& terminal, const registry::RecordRow& row) {
  for (const registry::HiddenParts& hidden : row.hidden) {
    const std::string parts = std::to_string(hidden.parts);
    terminal.say({"另有保密内容，您看不到：" + hidden.scope + "，至少 " + parts + " 份",
                  "There is more that you can't read: scope " + hidden.scope + ", " + parts +
                      " parts or more"});
  }
}

Result<ExitCode> run(Invocation& call) {
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_node(call));
  CUNJU_TRY(FoundRecord found, find_record(*node, call, call.arguments[0], call.arguments[1]));
  Terminal& terminal = call.terminal;
  const registry::Definition* definition = found.book.catalog->find(call.arguments[0]);
  terminal.line(found.row.id.hex());
  if (found.row.is_deleted) terminal.say({"（已删除）", "(deleted)"});
  CUNJU_TRY(const auto blobs, open_blobs(*node));
  std::vector<std::vector<std::string>> rows;
  for (const auto& [field, value] : found.row.values) {
    std::string text = shown(definition, field, value, terminal.language);
    const std::optional<attachment::Reference> attached = attachment::find_reference(value);
    if (attached)
      text +=
          "  " + field + "  " + std::string(terminal.in_language(whereabouts(*blobs, *attached)));
    rows.push_back({"  " + field_label(definition, field, terminal.language), std::move(text)});
  }
  terminal.table(rows);
  if (found.row.has_conflict)
    terminal.say({"有不同说法，请看：" + terminal.command("conflicts"),
                  "There are concurrent values: " + terminal.command("conflicts")});
  show_hidden(terminal, found.row);
  boost::json::object object = registry::row_json(found.row);
  object["space"] = found.book.space.hex();
  boost::json::object here;
  for (const AttachedField& each : attached_fields(found.row))
    here[each.field] = blobs->seems_whole(each.reference.blob());
  if (!here.empty()) object["attachments_here"] = here;
  terminal.object(object);
  return ExitCode::kOk;
}

}  // namespace

const Verb kShowVerb{.name = "show",
                     .arguments = "REGISTRY ID",
                     .min_arguments = 2,
                     .max_arguments = 2,
                     .summary = {"查看一条记录", "show a record"},
                     .details = {},
                     .options = {},
                     .run = run};

}  // namespace cunju::cli
