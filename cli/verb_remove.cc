// SPDX-License-Identifier: Apache-2.0
#include "cli/record_lookup.h"
#include "cli/verbs.h"
#include "node/registry/field_scope.h"

namespace cunju::cli {
namespace {

const Option kOptions[] = {
    {"--yes",
     "",
     {"只用于 remove definition：定义里有保密字段，已看过说明，确要删除",
      "of a definition with confidential fields alone: its removal is meant"}},
};

/// kConflict in words, unless --yes says that it is meant, where a definition that is in use keeps
/// fields confidential: without it nothing can be written in the registry any more.
Result<void> require_meant(Invocation& call, const FoundRecord& found) {
  const Value* id = found.row.find(registry::kDefinitionIdField);
  const auto* text = id == nullptr ? nullptr : std::get_if<std::string>(id);
  const registry::Catalog::Item* item =
      text == nullptr ? nullptr : found.book.catalog->find_item(*text);
  if (item == nullptr || !item->is_custom || item->record != found.row.id) return ok();
  const std::vector<std::string> scopes = registry::scopes_of(&item->definition);
  // The definition of what is proof is not removed at all, whatever is meant.
  if (scopes.empty() || item->definition.is_ledger) return ok();
  const Label what{
      "登记簿“" + item->definition.label.zh + "”有保密字段（范围 " + scopes.front() +
          "）。删除定义以后，这个登记簿不能再登记，也不能修改，除非用 define 重新登记；"
          "已经填的照旧保密",
      "the registry \"" + std::string(item->definition.label.in(Language::kEnglish)) +
          "\" has confidential fields (scope " + scopes.front() +
          "). Without its definition nothing can be entered or changed in it until somebody "
          "defines it again; what was entered stays confidential"};
  if (call.has("--yes")) {
    call.terminal.warn({what.zh + "。", what.en + "."});
    return ok();
  }
  return refused(call, Errc::kConflict,
                 {what.zh + "。没有删除；确要这样，加 --yes 再运行一次",
                  what.en + ". Nothing was removed: run it again with --yes if that is meant"});
}

Result<ExitCode> run(Invocation& call) {
  const bool is_definition = call.arguments[0] == kDefinitionRegistry;
  if (call.has("--yes") && !is_definition)
    return refused(call, Errc::kInvalidArgument,
                   {"--yes 只用于 remove definition", "--yes is for remove definition alone"});
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_node(call));
  CUNJU_TRY(FoundRecord found, find_record(*node, call, call.arguments[0], call.arguments[1]));
  if (is_definition) {
    CUNJU_TRYV(require_meant(call, found));
  }
  Result<registry::Saved> saved =
      found.book.records->remove(act_of(*node), call.arguments[0], found.row.id);
  return report_saved(call, *node, found.book, call.arguments[0], saved);
}

}  // namespace

const Verb kRemoveVerb{
    .name = "remove",
    .arguments = "REGISTRY ID",
    .min_arguments = 2,
    .max_arguments = 2,
    .summary = {"删除一条记录（历史保留，可用 set --restore 恢复）",
                "delete a record (its history stays; set --restore brings it back)"},
    .details = {},
    .options = kOptions,
    .run = run};

}  // namespace cunju::cli
