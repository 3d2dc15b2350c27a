// SPDX-License-Identifier: Apache-2.0
#include <boost/json/object.hpp>

#include "cli/roster_act.h"
#include "cli/verbs.h"
#include "node/council/roster_acts.h"

namespace cunju::cli {
namespace {

const Option kOptions[] = {kYesOption};
const ActionOptions kActions[] = {{"list", {}}, {"retire", {"--yes"}}};

const char* replication_id(Replication replication) {
  switch (replication) {
    case Replication::kFull:
      return "full";
    case Replication::kShell:
      return "shell";
    case Replication::kWitness:
      return "witness";
  }
  return "";
}

Result<ExitCode> list_nodes(Invocation& call) {
  return show_rosters(
      call, [&](node::Node& node, const SpaceId& space, const Roster& roster) -> Result<void> {
        call.terminal.line(roster.space_name);
        std::vector<std::vector<std::string>> rows;
        for (const auto& [key, entry] : roster.nodes) {
          const bool is_own = key == node.keystore().node();
          const bool is_witness = roster.may(AuthorKey{key.value}, kWitnessRegistry, kWrite);
          const std::string who = member_name(roster, entry.member);
          const Label witness = is_witness ? Label{"见证", "witness"} : Label{};
          const Label own = is_own ? Label{"本机", "this node"} : Label{};
          rows.push_back({"  " + short_id(key.hex()), entry.name, who,
                          std::string(call.terminal.in_language(witness)),
                          std::string(call.terminal.in_language(own))});
          call.terminal.object({{"space", space.hex()},
                                {"node", key.hex()},
                                {"wire", entry.wire.hex()},
                                {"name", entry.name},
                                {"member", entry.member.hex()},
                                {"replication", replication_id(entry.replication)},
                                {"witness", is_witness},
                                {"own", is_own}});
        }
        call.terminal.table(rows);
        return ok();
      });
}

Result<ExitCode> retire_node(Invocation& call) {
  if (call.arguments.size() < 2)
    return refused(call, Errc::kInvalidArgument,
                   {"没有写明哪一台电脑（" + call.terminal.command("node list") + "）",
                    "which node? (" + call.terminal.command("node list") + ")"});
  CUNJU_TRY(const OpenRoster opened, open_roster(call));
  const auto& [node, space, roster] = opened;
  CUNJU_TRY(const NodeKey key, require_node(call, *roster, call.arguments[1]));
  if (key == node->keystore().node())
    return refused(call, Errc::kInvalidArgument,
                   {"那是本机，停用后这里什么也交换不了；请在别的电脑上办",
                    "that is this very node; do it on another one"});
  CUNJU_TRY(const council::RosterAct act,
            council::plan_node_retirement(node->replica(), space, key));
  const AddNode& entry = roster->nodes.at(key);
  const std::string id = short_id(key.hex()), who = member_name(*roster, entry.member);
  if (roster->may(AuthorKey{key.value}, kWitnessRegistry, kWrite))
    call.terminal.say({"  注意：它是见证的电脑，从此不再确认什么；以前确认过的仍然有效。",
                       "  Note: it is a witness and states nothing any more; what it has "
                       "acknowledged stays so."});
  return carry_out(call, *node, space, act,
                   {"将停用 " + who + " 的电脑 " + id + "（" + entry.name +
                        "）：用它的人都要另用电脑，它收不到以后的内容。人和钥匙不受影响。",
                    "Node " + id + " (" + entry.name + ") of " + who +
                        " ends: whoever works on it needs another one, and it gets nothing that "
                        "comes after. People and keys are not touched."},
                   boost::json::object{{"node", key.hex()}});
}

Result<ExitCode> run(Invocation& call) {
  const std::string action = call.arguments.empty() ? "list" : call.arguments[0];
  CUNJU_TRYV(require_options_of(call, action, kActions));
  if (action == "list") return list_nodes(call);
  if (action == "retire") return retire_node(call);
  return refused(call, Errc::kInvalidArgument,
                 {action + "；可用 list、retire", action + "; there are list, retire"});
}

}  // namespace

const Verb kNodeVerb{
    .name = "node",
    .arguments = "[list | retire NODE]",
    .min_arguments = 0,
    .max_arguments = 2,
    .summary = {"查看电脑；停用一台电脑", "list nodes; end one"},
    .details =
        {"停用的电脑什么也交换不了，见证的电脑也不再确认；先说明影响，加 --yes 才办理。要连同上面"
         "的钥匙一起停用，用 key revoke --node。它还没有交出来的内容收不到了：能交换的先交换。",
         "A node that has ended exchanges nothing, and as a witness states nothing. First says "
         "what "
         "it does; --yes does it. key revoke --node ends a key and the node together. What it has "
         "not handed over yet is out of reach: exchange with it first if you can."},
    .options = kOptions,
    .run = run};

}  // namespace cunju::cli
