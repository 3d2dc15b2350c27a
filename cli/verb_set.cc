// SPDX-License-Identifier: Apache-2.0
#include "cli/edits.h"
#include "cli/meant_definition.h"
#include "cli/readmission.h"
#include "cli/record_lookup.h"
#include "cli/verbs.h"
#include "node/registry/record_edit.h"

namespace cunju::cli {
namespace {

const Option kOptions[] = {
    kExtraOption,   {"--restore", "", {"恢复已删除的记录", "bring a deleted record back"}},
    kReadmitOption, kReadmitBasisOption,
    kMeantOption,
};

Result<ExitCode> run(Invocation& call) {
  CUNJU_TRY(std::vector<registry::Edit> edits, parse_edits(std::span(call.arguments).subspan(2)));
  if (edits.empty() && !call.has("--restore")) return fail(Errc::kInvalidArgument, "FIELD=VALUE");
  CUNJU_TRYV(require_definition_for_yes(call));
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_node(call));
  CUNJU_TRY(FoundRecord found, find_record(*node, call, call.arguments[0], call.arguments[1]));
  registry::RecordBook& records = *found.book.records;
  registry::Act act = act_of(*node);
  CUNJU_TRY(registry::Readmission readmission, read_readmission(call, *node, found.book.space));
  if (edits.empty()) {
    const bool is_definition = call.arguments[0] == kDefinitionRegistry;
    if (is_definition) {
      CUNJU_TRYV(require_meant_act(call, *node, found, registry::touch_operation(),
                                   {"没有恢复", "Nothing was brought back"}));
    }
    const Result<registry::Saved> restored = records.restore(act, call.arguments[0], found.row.id);
    CUNJU_TRY(const ExitCode code,
              report_saved(call, *node, found.book, call.arguments[0], restored));
    if (is_definition) {
      CUNJU_TRYV(say_definition(call, *node, found.book.space, registry_of(found.row)));
    }
    return code;
  }
  Result<registry::Saved> saved = records.set(act, call.arguments[0], found.row.id, edits,
                                              {.allow_extra = call.has("--extra"),
                                               .restores = call.has("--restore"),
                                               .readmission = std::move(readmission)});
  return report_saved(call, *node, found.book, call.arguments[0], saved);
}

}  // namespace

const Verb kSetVerb{
    .name = "set",
    .arguments = "REGISTRY ID FIELD=VALUE...",
    .min_arguments = 2,
    .max_arguments = kAny,
    .summary = {"修改一条记录", "change a record"},
    .details =
        {"“字段=”清空；多值字段用 字段+=值、字段-=值 增减。编号可只写开头几位。",
         "FIELD= clears; for sets FIELD+=VALUE adds and FIELD-=VALUE removes. The start of an id "
         "is enough."},
    .options = kOptions,
    .run = run};

}  // namespace cunju::cli
