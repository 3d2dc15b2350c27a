// SPDX-License-Identifier: Apache-2.0
#include <boost/json/object.hpp>

#include "cli/roster_act.h"
#include "cli/roster_words.h"
#include "cli/scope_report.h"
#include "cli/verbs.h"
#include "crdt/roster/replication_names.h"
#include "node/council/replication_act.h"

namespace cunju::cli {
namespace {

const Option kOptions[] = {kLeaveUnreadOption, kYesOption};
const ActionOptions kActions[] = {
    {"list", {}}, {"retire", {"--yes", "--leave-unread"}}, {"scope", {"--yes", "--leave-unread"}}};

Label confirmation_of(const replica::NodeScope& scope) {
  if (scope.replication == Replication::kFull || !scope.act) return {};
  if (scope.is_confirmed) return {"已回执：不再保存其余内容", "receipt: holds no more than that"};
  return {"尚无回执", "no receipt yet"};
}

Result<ExitCode> list_nodes(Invocation& call) {
  return show_rosters(
      call, [&](node::Node& node, const SpaceId& space, const Roster& roster) -> Result<void> {
        call.terminal.line(roster.space_name);
        std::vector<std::vector<std::string>> rows;
        CUNJU_TRY(auto scopes, node.replica().node_scopes(space));
        for (const auto& [key, entry] : roster.nodes) {
          const bool is_own = key == node.keystore().node();
          const bool is_witness = roster.may(AuthorKey{key.value}, kWitnessRegistry, kWrite);
          const std::string who = member_name(roster, entry.member);
          const Label witness = is_witness ? Label{"见证", "witness"} : Label{};
          const Label own = is_own ? Label{"本机", "this node"} : Label{};
          const replica::NodeScope& scope = scopes[key];
          rows.push_back(
              {"  " + short_id(key.hex()), entry.name, who,
               std::string(call.terminal.in_language(replication_name(entry.replication))),
               std::string(call.terminal.in_language(confirmation_of(scope))),
               std::string(call.terminal.in_language(witness)),
               std::string(call.terminal.in_language(own))});
          call.terminal.object({{"space", space.hex()},
                                {"node", key.hex()},
                                {"wire", entry.wire.hex()},
                                {"name", entry.name},
                                {"member", entry.member.hex()},
                                {"replication", replication_id(entry.replication)},
                                {"replication_change", scope.act ? scope.act->hex() : ""},
                                {"replication_receipt", scope.is_confirmed},
                                {"witness", is_witness},
                                {"own", is_own}});
        }
        call.terminal.table(rows);
        return ok();
      });
}

Result<void> require_node_named(const Invocation& call) {
  if (call.arguments.size() >= 2) return ok();
  const std::string list = call.terminal.command("node list");
  return refused(call, Errc::kInvalidArgument,
                 {"没有写明哪一台电脑（" + list + "）", "which node? (" + list + ")"});
}

Result<ExitCode> retire_node(Invocation& call) {
  CUNJU_TRYV(require_node_named(call));
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
                        "）：用它的人都要另用电脑，它收不到以后的内容。人和签名钥匙不受影响。",
                    "Node " + id + " (" + entry.name + ") of " + who +
                        " ends: whoever works on it needs another one, and it gets nothing that "
                        "comes after. People and signing keys are not touched."},
                   boost::json::object{{"node", key.hex()}});
}

Result<Replication> require_replication(const Invocation& call) {
  if (call.arguments.size() == 3)
    if (const auto found = find_replication(call.arguments[2])) return *found;
  return refused(call, Errc::kInvalidArgument,
                 {"保存范围写 full（全部）、shell（公开内容）或 witness（名册和见证）",
                  "what it is to keep: full (everything), shell (what is open) or witness (the "
                  "roster and statements)"});
}

/// What comes of it for people, beyond what the sentence about the act says.
void warn_of_scope(Terminal& terminal, const council::ReplicationPlan& plan) {
  if (!plan.is_narrower()) return;
  if (plan.is_readers)
    terminal.say(
        {"  注意：用这台电脑的人有权看保密内容，以后在这台电脑上看不到了，要在别的电脑上看。",
         "  Note: who works on it may read confidential parts, and can do so only on "
         "another node from then on."});
  if (plan.after == Replication::kWitness)
    terminal.say({"  注意：各登记簿在这台电脑上不再显示，也不能在上面登记已有的记录。",
                  "  Note: it shows no registries any more, and no record that is there can be "
                  "edited on it."});
  if (plan.is_witness)
    terminal.say({"  注意：它是见证的电脑，照常签收；它的回执从此不再说明它保存着内容。",
                  "  Note: it is a witness and goes on stating which logs it has; that does not "
                  "mean any more that it keeps what they say."});
  if (plan.other_full_nodes == 1)
    terminal.say({"  注意：此后只有一台电脑保存全部内容，请留好它的备份。",
                  "  Note: one node is left that keeps everything; keep a copy of it."});
}

Label scope_sentence(const council::ReplicationPlan& plan, const Label& which) {
  const Label now = replication_name(plan.before), then = replication_name(plan.after);
  Label out{which.zh + " 现在保存：" + now.zh + "；将改为保存：" + then.zh + "。",
            which.en + " keeps " + now.en + " and will keep " + then.en + "."};
  if (plan.is_narrower()) {
    out.zh +=
        "它得知后，先等另一台保存全部内容的电脑确认有了，再销毁不该保存的内容并签回执；"
        "只有它才有的登记内容一样不丢。这些内容提到的附件文件不销毁，留在它的磁盘上，仍是加密的："
        "钥匙随内容一起销毁，在它上面打不开，也不再从它那里取得到。别的电脑还没有的附件，请先取"
        "（fetch --all），或留好备份；它改回 full 后又能用。";
    out.en +=
        " When it hears of this it waits until another node that keeps everything has "
        "confirmed to hold it, destroys what it is not to keep, and signs a receipt. No record "
        "that it alone has is lost. Files of attachments that this refers to are not destroyed: "
        "they "
        "stay on its disk, sealed, while their keys go with what refers to them, so nobody opens "
        "them on it or gets them from it. First fetch on other nodes those that only it has (fetch "
        "--all), or keep a copy; set to full again it can use them again.";
  } else {
    out.zh += "它下次与保存全部内容的电脑交换时，补上所缺的内容。";
    out.en += " With its next exchange with a node that keeps everything it gets what it lacks.";
  }
  return out;
}

Result<ExitCode> set_scope(Invocation& call) {
  CUNJU_TRYV(require_node_named(call));
  CUNJU_TRY(const Replication replication, require_replication(call));
  CUNJU_TRY(const OpenRoster opened, open_roster(call));
  const auto& [node, space, roster] = opened;
  CUNJU_TRY(const NodeKey key, require_node(call, *roster, call.arguments[1]));
  const AddNode& entry = roster->nodes.at(key);
  const std::string id = short_id(key.hex());
  const Label which{id + "（" + entry.name + "）", id + " (" + entry.name + ")"};
  if (entry.replication == replication) {
    const Label name = replication_name(replication);
    return say_unchanged(call, space,
                         {which.zh + " 本来就保存：" + name.zh + "。",
                          which.en + " keeps " + name.en + " already."});
  }
  const Result<council::ReplicationPlan> plan =
      council::plan_replication(node->replica(), space, key, replication);
  if (plan.has_error() && plan.error().code == Errc::kConflict)
    return refused(call, Errc::kConflict,
                   {"除了它没有保存全部内容的电脑了，它一缩小，有的内容就再也没有地方去取。"
                    "先请另一台电脑加入或改为 full",
                    "no other node keeps everything: what only this one has could be fetched "
                    "nowhere. First let another one join, or set one to full"});
  if (plan.has_error()) return plan.error();
  warn_of_scope(call.terminal, plan.value());
  return carry_out(call, *node, space, plan.value().act, scope_sentence(plan.value(), which),
                   boost::json::object{{"node", key.hex()},
                                       {"replication_before", replication_id(plan.value().before)},
                                       {"replication", replication_id(plan.value().after)},
                                       {"other_full_nodes", plan.value().other_full_nodes}});
}

Result<ExitCode> run(Invocation& call) {
  const std::string action = call.arguments.empty() ? "list" : call.arguments[0];
  CUNJU_TRYV(require_options_of(call, action, kActions));
  if (action == "list") return list_nodes(call);
  if (action == "retire") return retire_node(call);
  if (action == "scope") return set_scope(call);
  return refused(
      call, Errc::kInvalidArgument,
      {action + "；可用 list、retire、scope", action + "; there are list, retire, scope"});
}

}  // namespace

const Verb kNodeVerb{
    .name = "node",
    .arguments = "[list | retire NODE | scope NODE full|shell|witness]",
    .min_arguments = 0,
    .max_arguments = 3,
    .summary = {"查看电脑；停用一台电脑；改定它保存多少",
                "list nodes; end one; set what one keeps"},
    .details =
        {"停用的电脑什么也交换不了，见证的电脑也不再确认；先说明影响，加 --yes 才办理。要连同上面"
         "的钥匙一起停用，用 key revoke --node。它还没有交出来的内容收不到了：能交换的先交换。"
         "保存范围：full 全部；shell 公开内容，保密内容只留凭据；witness 只有名册和见证。"
         "扩大的，下次交换补上所缺；缩小的，等别处确认有了才销毁，并签回执（node list）。",
         "A node that has ended exchanges nothing, and as a witness states nothing. First says "
         "what "
         "it does; --yes does it. key revoke --node ends a key and the node together. What it has "
         "not handed over yet is out of reach: exchange with it first if you can. Scopes: full "
         "keeps everything, shell what is open and of the confidential parts their hashes, witness "
         "the roster and statements. A wider one is filled by the next exchange; a narrower one "
         "destroys what is confirmed to be elsewhere, and signs a receipt (node list)."},
    .options = kOptions,
    .run = run};

}  // namespace cunju::cli
