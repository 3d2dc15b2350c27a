// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>

#include "cli/meant_definition.h"
#include "cli/readmission.h"
#include "cli/record_lookup.h"
#include "cli/verbs.h"
#include "node/registry/record_edit.h"

namespace cunju::cli {
namespace {

const Option kOptions[] = {
    {"--take", "N", {"采用 conflicts 列出的第几个", "take this candidate of `conflicts`"}},
    {"--value", "TEXT", {"都不对：写下正确的值", "none is right: the right value"}},
    kReadmitOption,
    kReadmitBasisOption,
    kMeantOption,
};

Result<registry::Choice> read_choice(const Invocation& call) {
  if (auto text = call.value("--value")) return registry::Choice(*text);
  std::optional<std::string> take = call.value("--take");
  if (!take) return fail(Errc::kInvalidArgument, "--take | --value");
  std::size_t number = 0;
  auto [end, code] = std::from_chars(take->data(), take->data() + take->size(), number);
  if (code != std::errc() || end != take->data() + take->size())
    return fail(Errc::kInvalidArgument, "--take " + *take);
  return registry::Choice(number);
}

/// Asks before a definition that was chosen gives something up. What can't be chosen passes, and is
/// refused as that.
Result<void> require_meant_choice(Invocation& call, node::Node& node, const FoundRecord& found,
                                  const std::string& field, const registry::Choice& choice) {
  const auto* number = std::get_if<std::size_t>(&choice);
  CUNJU_TRY(const std::vector<registry::ConflictRow> rows,
            found.book.records->conflicts(found.row.id));
  const auto row = std::ranges::find(rows, field, &registry::ConflictRow::field);
  if (number == nullptr || row == rows.end() || *number == 0 || *number > row->candidates.size())
    return ok();
  const registry::Candidate& chosen = row->candidates[*number - 1];
  const Operation whole =
      chosen.is_deletion ? registry::delete_operation() : registry::touch_operation();
  return require_meant_act(
      call, node, found,
      field.empty() ? whole : make_operation(OperationKind::kRegisterSet, field, chosen.value),
      {"没有办理", "Nothing was settled"});
}

Result<ExitCode> run(Invocation& call) {
  CUNJU_TRY(registry::Choice choice, read_choice(call));
  CUNJU_TRYV(require_definition_for_yes(call));
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_node(call));
  CUNJU_TRY(FoundRecord found, find_record(*node, call, call.arguments[0], call.arguments[1]));
  CUNJU_TRY(const registry::Readmission readmission,
            read_readmission(call, *node, found.book.space));
  if (!readmission.erasures.empty() && !call.has("--value"))
    return refused(call, Errc::kInvalidArgument,
                   {"--readmit 要与 --value 同用", "--readmit goes with --value"});
  std::string field = call.arguments.size() > 2 ? call.arguments[2] : "";
  const bool is_definition = call.arguments[0] == kDefinitionRegistry;
  if (is_definition) {
    CUNJU_TRYV(require_meant_choice(call, *node, found, field, choice));
  }
  Result<registry::Saved> saved = found.book.records->settle(
      act_of(*node), call.arguments[0], found.row.id, field, choice, readmission);
  CUNJU_TRY(const ExitCode code, report_saved(call, *node, found.book, call.arguments[0], saved));
  if (is_definition) {
    CUNJU_TRYV(say_definition(call, *node, found.book.space, registry_of(found.row)));
  }
  return code;
}

}  // namespace

const Verb kSettleVerb{
    .name = "settle",
    .arguments = "REGISTRY ID [FIELD]",
    .min_arguments = 2,
    .max_arguments = 3,
    .summary = {"对不同说法作出决定", "decide between concurrent values"},
    .details = {"不写字段：决定记录是否删除。长文字不用 settle，用 text confirm。",
                "Without a field: decides whether the record stays deleted. "
                "Texts are not settled: see text."},
    .options = kOptions,
    .run = run};

}  // namespace cunju::cli
