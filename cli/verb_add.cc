// SPDX-License-Identifier: Apache-2.0
#include "cli/edits.h"
#include "cli/readmission.h"
#include "cli/record_lookup.h"
#include "cli/verbs.h"

namespace cunju::cli {
namespace {

const Option kOptions[] = {
    kExtraOption,
    kReadmitOption,
    kReadmitBasisOption,
};

Result<ExitCode> run(Invocation& call) {
  CUNJU_TRY(std::vector<registry::Edit> edits, parse_edits(std::span(call.arguments).subspan(1)));
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_node(call));
  CUNJU_TRY(SpaceId space, chosen_space(*node, call));
  CUNJU_TRY(Book book, open_book(*node, space));
  CUNJU_TRY(registry::Readmission readmission, read_readmission(call, *node, space));
  Result<registry::Saved> saved = book.records->add(
      act_of(*node), call.arguments[0], edits,
      {.allow_extra = call.has("--extra"), .readmission = std::move(readmission)});
  return report_saved(call, *node, book, call.arguments[0], saved);
}

}  // namespace

const Verb kAddVerb{.name = "add",
                    .arguments = "REGISTRY FIELD=VALUE...",
                    .min_arguments = 2,
                    .max_arguments = kAny,
                    .summary = {"登记一条新记录", "add a record"},
                    .details = {"字段可用编号或中文名。示例：cunju add mediation 案由=漏水。"
                                "已依法删除或封存的人不会登记，先说明怎么办。",
                                "Fields by id or label. Example: cunju add votes title=roof. A "
                                "person who was erased or restricted is not entered unawares."},
                    .options = kOptions,
                    .run = run};

}  // namespace cunju::cli
