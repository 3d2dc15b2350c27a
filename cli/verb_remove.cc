// SPDX-License-Identifier: Apache-2.0
#include "cli/record_lookup.h"
#include "cli/verbs.h"

namespace cunju::cli {
namespace {

Result<ExitCode> run(Invocation& call) {
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_node(call));
  CUNJU_TRY(FoundRecord found, find_record(*node, call, call.arguments[0], call.arguments[1]));
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
    .options = {},
    .run = run};

}  // namespace cunju::cli
