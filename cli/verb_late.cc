// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "cli/roster_act.h"
#include "cli/verbs.h"
#include "node/registry/catalog.h"

namespace cunju::cli {
namespace {

const Option kOptions[] = {kYesOption};

Result<ExitCode> list_late(Invocation& call) {
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_node(call));
  CUNJU_TRY(std::vector<SpaceId> spaces, chosen_spaces(*node, call));
  Terminal& terminal = call.terminal;
  std::size_t count = 0;
  for (const SpaceId& space : spaces) {
    Result<std::shared_ptr<const Roster>> roster = node->replica().roster(space);
    if (roster.has_error()) continue;
    CUNJU_TRY(registry::Catalog catalog, registry::Catalog::load(node->replica(), space));
    CUNJU_TRY(std::vector<replica::LatePart> late, node->replica().late_parts(space));
    for (const replica::LatePart& part : late) {
      ++count;
      const std::string who = author_name(*roster.value(), part.author);
      const registry::Definition* definition = catalog.find(part.registry);
      const std::string table(definition == nullptr ? part.registry
                                                    : terminal.in_language(definition->label));
      const std::string size = std::to_string(part.operations.size());
      terminal.say(
          {short_id(part.change.hex()) + "  " + who + "  自称 " + local_time(part.claimed_ms) +
               "  " + table + " " + short_id(part.record.hex()) + "  " + size + " 处",
           short_id(part.change.hex()) + "  " + who + "  claims " + local_time(part.claimed_ms) +
               "  " + table + " " + short_id(part.record.hex()) + "  " + size + " operations"});
      terminal.object({{"space", space.hex()},
                       {"change", part.change.hex()},
                       {"author", part.author.hex()},
                       {"name", who},
                       {"seq", part.seq.value},
                       {"claimed_ms", part.claimed_ms},
                       {"registry", part.registry},
                       {"record", part.record.hex()},
                       {"operations", part.operations.size()}});
    }
  }
  if (count == 0) terminal.say({"迟到箱是空的。", "The late tray is empty."});
  return ExitCode::kOk;
}

Result<ExitCode> admit_late(Invocation& call) {
  if (call.arguments.size() < 2) return fail(Errc::kInvalidArgument, "CHANGE... | all");
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_unlocked(call));
  CUNJU_TRY(SpaceId space, chosen_space(*node, call));
  CUNJU_TRY(std::vector<replica::LatePart> late, node->replica().late_parts(space));
  std::vector<ChangeId> chosen;
  for (std::size_t i = 1; i < call.arguments.size(); ++i) {
    const std::string& wanted = call.arguments[i];
    const std::size_t before = chosen.size();
    for (const replica::LatePart& part : late) {
      if (wanted == "all" || part.change.hex().starts_with(wanted)) chosen.push_back(part.change);
    }
    if (chosen.size() == before) return fail(Errc::kNotFound, "late change " + wanted);
  }
  std::ranges::sort(chosen);
  chosen.erase(std::unique(chosen.begin(), chosen.end()), chosen.end());
  const std::string count = std::to_string(chosen.size());
  return carry_out(call, *node, space,
                   {.operations = {AdmitLate{.changes = std::move(chosen)}}, .devices = {}},
                   {"将采用 " + count + " 份迟到的改动；与现有内容不同之处列入 cunju conflicts。",
                    count + " late changes come into force; where they differ from what is there, "
                            "cunju conflicts shows both."});
}

Result<ExitCode> run(Invocation& call) {
  const std::string action = call.arguments.empty() ? "list" : call.arguments[0];
  if (action == "list") return list_late(call);
  if (action == "admit") return admit_late(call);
  return fail(Errc::kInvalidArgument, "late " + action + " (list | admit)");
}

}  // namespace

const Verb kLateVerb{
    .name = "late",
    .arguments = "[list | admit CHANGE... | admit all]",
    .min_arguments = 0,
    .max_arguments = kAny,
    .summary = {"迟到箱：权限收回前后离线写下、尚未生效的改动",
                "the late tray: changes written beside an act that took the right away"},
    .details =
        {"迟到的改动一份不丢，只是不显示、不计入；有权限的人看过后可以采用。",
         "Late changes are all kept; they are not shown and count for nothing until somebody "
         "entitled admits them."},
    .options = kOptions,
    .run = run};

}  // namespace cunju::cli
