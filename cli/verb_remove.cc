// SPDX-License-Identifier: Apache-2.0
#include "cli/meant_definition.h"
#include "cli/record_lookup.h"
#include "cli/verbs.h"
#include "node/registry/record_edit.h"

namespace cunju::cli {
namespace {

const Option kOptions[] = {kMeantOption};

Result<ExitCode> run(Invocation& call) {
  const bool is_definition = call.arguments[0] == kDefinitionRegistry;
  CUNJU_TRYV(require_definition_for_yes(call));
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_node(call));
  CUNJU_TRY(FoundRecord found, find_record(*node, call, call.arguments[0], call.arguments[1]));
  if (is_definition) {
    CUNJU_TRYV(require_meant_act(call, *node, found, registry::delete_operation(),
                                 {"没有删除", "Nothing was removed"}));
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
