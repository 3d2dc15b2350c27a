// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <boost/json/array.hpp>

#include "cli/entering_changes.h"
#include "cli/quorum.h"
#include "cli/verbs.h"
#include "node/store/private_file.h"

namespace cunju::cli {
namespace {

const Option kOptions[] = {
    {"--threshold", "K", {"要几个人签才算数", "how many of them have to sign"}},
    {"--remove", "NAME", {"草案：请某人退出名册，可重复", "draft: remove a member; may repeat"}},
    {"--grant", "NAME=ROLE", {"草案：授予角色，可重复", "draft: grant a role; may repeat"}},
    {"--end", "NAME=ROLE", {"草案：免去角色，可重复", "draft: end a role; may repeat"}},
    {"--retire",
     "KEY[:N]",
     {"草案：停用一把钥匙，其前 N 份有效（不写：本机收到的都有效），可重复",
      "draft: end a key; its first N changes stay in force, or all that are here; may repeat"}},
    {"--admit",
     "FILE",
     {"草案：认可一份换钥匙的申请（key replace），可重复",
      "draft: admit a request of key replace; may repeat"}},
    {"--quorum",
     "NAME",
     {"草案：今后由这些人会签，可重复，另写 --threshold",
      "draft: who signs for recovery from now on; may repeat; needs --threshold"}},
    {"--void",
     "CHANGE",
     {"草案：宣布名册上的一份改动无效（编号见 member history），可重复",
      "draft: void a change of the roster (member history has the ids); may repeat"}},
    {"--seal",
     "",
     {"草案：此前的名册改动就此定局，今后没有人能用旧钥匙推翻",
      "draft: what is in the roster by now is final, and no old key takes anything of it"}},
    {"--as-drafted",
     "",
     {"会签、公布：名册已有起草时没有的改动，也照签",
      "sign, publish: although the roster has moved on since it was drafted"}},
    {"--carrier",
     "NAME",
     {"草案：由谁公布（默认起草人）；只有此人能公布",
      "draft: who publishes it (you); nobody else can"}},
    {"--branch",
     "ID",
     {"草案：分叉的钥匙以哪一支为准（key list 列出各支），可重复",
      "draft: of a forked key that it cuts, the branch that is to stand (key list); may repeat"}},
    kTakenBackOption,
    kYesOption,
};

const ActionOptions kActions[] = {
    {"show", {}},
    {"set", {"--threshold", "--yes"}},
    {"draft",
     {"--threshold", "--remove", "--grant", "--end", "--retire", "--admit", "--quorum", "--void",
      "--seal", "--branch", "--carrier"}},
    {"sign", {"--yes", "--as-drafted"}},
    {"publish", {"--yes", "--as-drafted", "--taken-back"}}};

/// The keys in use of whoever has this one of the quorum; none: they have left.
std::vector<AuthorKey> keys_beside(const Roster& roster, const AuthorKey& key) {
  std::vector<AuthorKey> out;
  auto owner = roster.owners.find(key);
  if (owner == roster.owners.end()) return out;
  auto member = roster.members.find(owner->second);
  if (member == roster.members.end()) return out;
  out.assign(member->second.devices.begin(), member->second.devices.end());
  return out;
}

/// One key of the quorum: whose it is, and whether anybody can sign with it.
boost::json::object show_key(Terminal& terminal, const Roster& roster, const AuthorKey& key) {
  const bool is_in_use = roster.devices.contains(key);
  const std::vector<AuthorKey> beside = keys_beside(roster, key);
  Label state;
  boost::json::array others;
  if (!is_in_use) {
    state = beside.empty()
                ? Label{"  已停用，本人已无钥匙", "  retired, and its owner has no other"}
                : Label{"  已停用，本人现用", "  retired; its owner uses"};
    for (const AuthorKey& other : beside) {
      state.zh += " " + short_id(other.hex());
      state.en += " " + short_id(other.hex());
      others.emplace_back(other.hex());
    }
  }
  const std::string line = "  " + short_id(key.hex()) + "  " + author_name(roster, key);
  terminal.say({line + state.zh, line + state.en});
  return {{"author", key.hex()},
          {"name", author_name(roster, key)},
          {"in_use", is_in_use},
          {"replaced_by", std::move(others)}};
}

void show_quorum_of(Invocation& call, const SpaceId& space, const Roster& roster) {
  const SetQuorum& quorum = roster.quorum;
  const std::string& name = roster.space_name;
  const std::string need = std::to_string(quorum.threshold);
  const std::string all = std::to_string(quorum.keys.size());
  if (quorum.threshold == 0) {
    const Label why = why_no_quorum(call.terminal, roster);
    call.terminal.say({name + "：" + why.zh + "。", name + ": " + why.en + "."});
  } else {
    call.terminal.say({name + "：恢复名册须 " + all + " 人中 " + need + " 人会签",
                       name + ": recovery takes " + need + " of " + all + " signatures"});
  }
  boost::json::array keys, states;
  for (const AuthorKey& key : quorum.keys) {
    keys.emplace_back(key.hex());
    states.push_back(show_key(call.terminal, roster, key));
  }
  const std::size_t usable = council::control_of(roster, {}).quorum_keys;
  if (usable < quorum.keys.size()) {
    const std::string left = std::to_string(usable);
    const std::string draft =
        call.terminal.command("quorum draft FILE --quorum NAME --quorum NAME --threshold N");
    call.terminal.say(
        {"  注意：只有 " + left + " 把钥匙还在使用" +
             (usable < quorum.threshold ? "，凑不够会签的人数" : "") +
             "。旧钥匙还在手里的可以照签；请尽快会签换成现用的钥匙：" + draft,
         "  Note: " + left + " of the keys are in use" +
             (usable < quorum.threshold ? ", too few to reach the threshold" : "") +
             ". Whoever still has an old one can sign with it; name the new keys soon: " + draft});
  }
  call.terminal.object({{"space", space.hex()},
                        {"threshold", quorum.threshold},
                        {"undecided", roster.undecided_quorums},
                        {"keys", keys},
                        {"members", states},
                        {"in_use", usable}});
}

Result<ExitCode> show_quorum(Invocation& call) {
  return show_rosters(call,
                      [&](node::Node&, const SpaceId& space, const Roster& roster) -> Result<void> {
                        show_quorum_of(call, space, roster);
                        return ok();
                      });
}

Result<ExitCode> set(Invocation& call) {
  CUNJU_TRY(const OpenRoster opened, open_roster(call));
  const auto& [node, space, roster] = opened;
  CUNJU_TRY(SetQuorum quorum,
            read_quorum(call, *roster, std::span<const std::string>(call.arguments).subspan(1)));
  const std::string need = std::to_string(quorum.threshold);
  const std::string all = std::to_string(quorum.keys.size());
  return carry_out(call, *node, space, {.operations = {std::move(quorum)}, .devices = {}},
                   {"今后由 " + all + " 人中的 " + need +
                        " 人会签，可以推翻名册上的任何改动；以后要换人，也须他们会签。",
                    "From now on " + need + " of these " + all +
                        " can overrule every act on the roster, and only they can change who they "
                        "are."});
}

Result<ExitCode> show_file(Invocation& call) {
  CUNJU_TRY(std::string path, file_of(call));
  CUNJU_TRY(council::EpochDraft draft, read_draft(path));
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_node(call));
  CUNJU_TRY(std::shared_ptr<const Roster> roster, node->replica().roster(draft.space));
  CUNJU_TRY(const boost::json::object object, show_draft(call, *node, draft, *roster));
  call.terminal.object(object);
  return ExitCode::kOk;
}

/// Who signs has to see what the act is about: a draft can leave out what its author wants to void.
Result<void> require_same_roster(Invocation& call, node::Node& node,
                                 const council::EpochDraft& draft, const std::string& path) {
  CUNJU_TRY(const replica::PinnedRoster pinned,
            node.replica().pinned_roster(draft.space, draft.pins));
  if (pinned != replica::PinnedRoster::kBeside) return require_pinned(call, pinned, path);
  const std::string list = call.terminal.command("member history");
  const Label beside{"起草时没有看到本机名册上的一些改动（" + list +
                         "）。这份决定与那些改动并列生效，可能一并推翻它们。",
                     "Whoever drafted it had not seen some changes of the roster that are here (" +
                         list + "). The act stands beside them and may void them."};
  call.terminal.say(beside);
  if (!call.has("--yes") || call.has("--as-drafted")) return ok();
  return refused(call, Errc::kConflict,
                 {path + "：名册已有起草时没有的改动。确认照签就加 --as-drafted，否则请重新起草",
                  path + ": the roster has moved on since it was drafted. Sign it with "
                         "--as-drafted, or draft it again"});
}

Result<ExitCode> sign(Invocation& call) {
  CUNJU_TRY(std::string path, file_of(call));
  CUNJU_TRY(council::EpochDraft draft, read_draft(path));
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_node(call));
  CUNJU_TRY(std::shared_ptr<const Roster> roster, node->replica().roster(draft.space));
  const bool may_sign = is_of_quorum(*node, *roster), is_confirmed = call.has("--yes");
  CUNJU_TRYV(require_same_roster(call, *node, draft, path));
  if (may_sign && is_confirmed) {
    council::sign_draft(draft, node->unlocked().author);
    CUNJU_TRY(std::filesystem::path beside,
              store::write_beside(path, as_bytes(council::encode_epoch_draft(draft))));
    CUNJU_TRYV(store::move_into_place(beside, path));
  }
  CUNJU_TRY(boost::json::object object, show_draft(call, *node, draft, *roster));
  object["may_act"] = may_sign;
  if (!may_sign) {
    const Label names = quorum_names(*roster);
    if (is_confirmed)
      return refused(call, Errc::kPermission,
                     {"会签：您的钥匙不是会签钥匙。能签的是：" + names.zh,
                      "sign it: your key is not of the quorum. Its keys are those of " + names.en});
    call.terminal.say(
        {"您的钥匙不是会签钥匙，签了也不算数。能签的是：" + names.zh,
         "Your key is not of the quorum and would not count. Its keys are those of " + names.en});
  } else if (!is_confirmed) {
    call.terminal.say({"还没有签。同意就加 --yes 再运行一次。",
                       "Not signed. If you agree, run it again with --yes."});
  }
  call.terminal.object(object);
  return ExitCode::kOk;
}

Result<ExitCode> run(Invocation& call) {
  const std::string action = call.arguments.empty() ? "show" : call.arguments[0];
  CUNJU_TRYV(require_options_of(call, action, kActions));
  if (action == "show") return call.arguments.size() > 1 ? show_file(call) : show_quorum(call);
  if (action == "set") return set(call);
  if (action == "draft") return write_draft(call);
  if (action == "sign") return sign(call);
  if (action == "publish") return publish_draft(call);
  return refused(call, Errc::kInvalidArgument,
                 {action + "；可用 show、set、draft、sign、publish",
                  action + "; there are show, set, draft, sign, publish"});
}

}  // namespace

const Verb kQuorumVerb{
    .name = "quorum",
    .arguments = "[show [FILE] | set NAME... | draft FILE | sign FILE | publish FILE]",
    .min_arguments = 0,
    .max_arguments = kAny,
    .summary = {"恢复名册：几人会签，推翻越权的改动",
                "recovery: several people overrule the roster"},
    .details =
        {"先由建账人用 set "
         "指定哪几个人、几人同意算数，宜包括主任、监督委员会和街道。有人越权时，用 "
         "draft 写草案，交 U "
         "盘传签（sign），够数后由其中一人公布（publish）。公布的人须仍在名册里。会签的人换了钥匙的"
         "，用 draft "
         "--quorum 改定；要截断分叉的钥匙，用 draft --branch 写明以哪一支为准。",
         "The founder names the people and how many of them suffice (set), best chair, "
         "supervisor and office. When somebody abuses their rights, one drafts, the others "
         "sign the file, and one of them, who must still be in the roster, publishes it. When "
         "one of them has a new key, draft --quorum names it; where a forked key is cut, draft "
         "--branch says which branch is to stand."},
    .options = kOptions,
    .run = run};

}  // namespace cunju::cli
