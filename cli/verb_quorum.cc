// SPDX-License-Identifier: Apache-2.0
#include <boost/json/array.hpp>
#include <charconv>

#include "cli/roster_act.h"
#include "cli/verbs.h"
#include "crdt/base/limits.h"
#include "node/council/epoch_draft.h"
#include "node/store/private_file.h"

namespace cunju::cli {
namespace {

const Option kOptions[] = {
    {"--threshold", "K", {"要几个人签才算数", "how many of them have to sign"}},
    {"--remove", "NAME", {"草案：请某人退出名册，可重复", "draft: remove a member; may repeat"}},
    {"--grant", "NAME=ROLE", {"草案：授予角色，可重复", "draft: grant a role; may repeat"}},
    {"--void",
     "CHANGE",
     {"草案：宣布名册上的一份改动无效，可重复", "draft: void a change of the roster; may repeat"}},
    kYesOption,
};

Result<ExitCode> show(Invocation& call) {
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_node(call));
  CUNJU_TRY(std::vector<SpaceId> spaces, chosen_spaces(*node, call));
  for (const SpaceId& space : spaces) {
    Result<std::shared_ptr<const Roster>> roster = node->replica().roster(space);
    if (roster.has_error()) continue;
    const SetQuorum& quorum = roster.value()->quorum;
    const std::string& name = roster.value()->space_name;
    const std::string need = std::to_string(quorum.threshold);
    const std::string all = std::to_string(quorum.keys.size());
    if (quorum.threshold == 0) {
      call.terminal.say({name + "：还没有指定恢复名册的人，请建账人用 " +
                             call.terminal.command("quorum set") + " 指定。",
                         name + ": nobody is named for recovery; the founder can: " +
                             call.terminal.command("quorum set")});
    } else {
      call.terminal.say({name + "：恢复名册须 " + all + " 人中 " + need + " 人会签",
                         name + ": recovery takes " + need + " of " + all + " signatures"});
    }
    boost::json::array keys;
    for (const AuthorKey& key : quorum.keys) {
      call.terminal.line("  " + short_id(key.hex()) + "  " +
                         std::string(roster.value()->name_of(key)));
      keys.emplace_back(key.hex());
    }
    call.terminal.object({{"space", space.hex()}, {"threshold", quorum.threshold}, {"keys", keys}});
  }
  return ExitCode::kOk;
}

Result<std::uint16_t> read_threshold(const Invocation& call) {
  const std::string text = call.value("--threshold").value_or("");
  std::uint16_t out = 0;
  auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (code != std::errc() || end != text.data() + text.size() || out == 0)
    return fail(Errc::kInvalidArgument, "--threshold " + text);
  return out;
}

/// The keys of named members, one each: who has several names the key itself.
Result<SetQuorum> read_quorum(const Invocation& call, const Roster& roster) {
  SetQuorum out;
  CUNJU_TRY(out.threshold, read_threshold(call));
  for (std::size_t i = 1; i < call.arguments.size(); ++i) {
    const std::string& word = call.arguments[i];
    Result<MemberId> member = council::find_member(roster, word);
    if (member.has_value() && roster.members.at(member.value()).devices.size() == 1) {
      out.keys.push_back(*roster.members.at(member.value()).devices.begin());
      continue;
    }
    CUNJU_TRY(AuthorKey key, council::find_device(roster, word));
    out.keys.push_back(key);
  }
  if (out.keys.size() < out.threshold)
    return fail(Errc::kInvalidArgument, "--threshold > " + std::to_string(out.keys.size()));
  return out;
}

Result<ExitCode> set(Invocation& call) {
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_unlocked(call));
  CUNJU_TRY(SpaceId space, chosen_space(*node, call));
  CUNJU_TRY(std::shared_ptr<const Roster> roster, node->replica().roster(space));
  CUNJU_TRY(SetQuorum quorum, read_quorum(call, *roster));
  const std::string need = std::to_string(quorum.threshold);
  const std::string all = std::to_string(quorum.keys.size());
  return carry_out(call, *node, space, {.operations = {std::move(quorum)}, .devices = {}},
                   {"今后由 " + all + " 人中的 " + need +
                        " 人会签，可以推翻名册上的任何改动；以后要换人，也须他们会签。",
                    "From now on " + need + " of these " + all +
                        " can overrule every act on the roster, and only they can change who they "
                        "are."});
}

Label describe(const RosterOperation& operation, const Roster& roster) {
  auto name = [&](const MemberId& member) {
    auto found = roster.names.find(member);
    return found == roster.names.end() ? short_id(member.hex()) : found->second;
  };
  if (const auto* removal = std::get_if<RemoveMember>(&operation))
    return {"  " + name(removal->member) + " 退出名册", "  remove " + name(removal->member)};
  if (const auto* grant = std::get_if<GrantRole>(&operation))
    return {"  " + name(grant->member) + " 担任" + role_label(grant->role, Language::kChinese),
            "  make " + name(grant->member) + " " + role_label(grant->role, Language::kEnglish)};
  if (const auto* epoch = std::get_if<Epoch>(&operation)) {
    Label out{"  由恢复名册的人会签", "  an act of the recovery quorum"};
    for (const ChangeId& id : epoch->voided) {
      out.zh += "；作废 " + short_id(id.hex());
      out.en += "; voids " + short_id(id.hex());
    }
    return out;
  }
  const std::string kind = std::to_string(operation.index());
  return {"  其他（第 " + kind + " 类），请勿在看不懂时签字",
          "  something else (kind " + kind + "): do not sign what you do not understand"};
}

void show_draft(Invocation& call, const council::EpochDraft& draft, const Roster& roster) {
  call.terminal.say({"草案内容：", "The draft says:"});
  for (const RosterOperation& operation : draft.operations)
    call.terminal.say(describe(operation, roster));
  std::string signers;
  boost::json::array authors;
  for (const Cosignature& cosignature : draft.signatures) {
    signers += " " + author_name(roster, cosignature.author);
    authors.emplace_back(cosignature.author.hex());
  }
  const std::string count = std::to_string(draft.signatures.size());
  const std::string need = std::to_string(roster.quorum.threshold);
  call.terminal.say({"已签 " + count + " 人（须 " + need + " 人）：" + signers,
                     "signed by " + count + " of " + need + " needed:" + signers});
  call.terminal.object({{"space", draft.space.hex()},
                        {"operations", draft.operations.size()},
                        {"signers", authors},
                        {"threshold", roster.quorum.threshold}});
}

Result<std::string> file_of(const Invocation& call) {
  if (call.arguments.size() != 2) return fail(Errc::kInvalidArgument, "FILE");
  return call.arguments[1];
}

Result<council::EpochDraft> read_draft(const std::string& path) {
  CUNJU_TRY(Bytes text, store::read_whole_file(path, limits::kMaxEpochDraftBytes));
  return council::parse_epoch_draft(as_text(text));
}

Result<void> add_operations(const Invocation& call, node::Node& node, const SpaceId& space,
                            const Roster& roster, std::vector<RosterOperation>& out) {
  for (const std::string& name : call.values("--remove")) {
    CUNJU_TRY(MemberId member, council::find_member(roster, name));
    CUNJU_TRY(council::RosterAct act, council::plan_removal(node.replica(), space, member));
    out.insert(out.end(), act.operations.begin(), act.operations.end());
  }
  for (const std::string& text : call.values("--grant")) {
    const std::size_t at = text.rfind('=');
    if (at == std::string::npos) return fail(Errc::kInvalidArgument, "--grant " + text);
    CUNJU_TRY(MemberId member, council::find_member(roster, text.substr(0, at)));
    CUNJU_TRY(std::string role, require_role(text.substr(at + 1), "--grant"));
    out.push_back(GrantRole{.member = member, .role = role, .term_from = {}, .term_until = {}});
  }
  Epoch epoch;
  for (const std::string& hex : call.values("--void")) {
    std::optional<ChangeId> id = ChangeId::from_hex(hex);
    if (!id) return fail(Errc::kInvalidArgument, "--void " + hex);
    epoch.voided.push_back(*id);
  }
  out.push_back(std::move(epoch));
  return ok();
}

Result<ExitCode> write_draft(Invocation& call) {
  CUNJU_TRY(std::string path, file_of(call));
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_unlocked(call));
  council::EpochDraft draft;
  CUNJU_TRY(draft.space, chosen_space(*node, call));
  CUNJU_TRY(std::shared_ptr<const Roster> roster, node->replica().roster(draft.space));
  if (roster->quorum.threshold == 0) return fail(Errc::kNotFound, "cunju quorum set");
  CUNJU_TRY(draft.pins, node->replica().roster_heads(draft.space));
  CUNJU_TRYV(add_operations(call, *node, draft.space, *roster, draft.operations));
  council::sign_draft(draft, node->unlocked().author);
  CUNJU_TRYV(store::write_new_file(path, as_bytes(council::encode_epoch_draft(draft))));
  show_draft(call, draft, *roster);
  call.terminal.say({"草案在 " + path + "，请其他人用 cunju quorum sign 会签。",
                     "The draft is in " + path + "; the others sign it with cunju quorum sign."});
  return ExitCode::kOk;
}

Result<ExitCode> sign(Invocation& call) {
  CUNJU_TRY(std::string path, file_of(call));
  CUNJU_TRY(council::EpochDraft draft, read_draft(path));
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_unlocked(call));
  CUNJU_TRY(std::shared_ptr<const Roster> roster, node->replica().roster(draft.space));
  if (!call.has("--yes")) {
    show_draft(call, draft, *roster);
    call.terminal.say({"还没有签。同意就加 --yes 再运行一次。",
                       "Not signed. If you agree, run it again with --yes."});
    return ExitCode::kOk;
  }
  council::sign_draft(draft, node->unlocked().author);
  CUNJU_TRY(std::filesystem::path beside,
            store::write_beside(path, as_bytes(council::encode_epoch_draft(draft))));
  CUNJU_TRYV(store::move_into_place(beside, path));
  show_draft(call, draft, *roster);
  return ExitCode::kOk;
}

Result<ExitCode> publish(Invocation& call) {
  CUNJU_TRY(std::string path, file_of(call));
  CUNJU_TRY(council::EpochDraft draft, read_draft(path));
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_unlocked(call));
  CUNJU_TRY(std::vector<ChangeId> heads, node->replica().roster_heads(draft.space));
  if (heads != draft.pins)
    return fail(Errc::kConflict, path + ": the roster has moved on, draft it again");
  CUNJU_TRY(std::shared_ptr<const Roster> roster, node->replica().roster(draft.space));
  show_draft(call, draft, *roster);
  return carry_out(call, *node, draft.space,
                   {.operations = draft.signed_operations(), .devices = {}},
                   {"将公布这份会签的决定。", "This act of the quorum will be published."});
}

Result<ExitCode> run(Invocation& call) {
  const std::string action = call.arguments.empty() ? "show" : call.arguments[0];
  if (action == "show") return show(call);
  if (action == "set") return set(call);
  if (action == "draft") return write_draft(call);
  if (action == "sign") return sign(call);
  if (action == "publish") return publish(call);
  return fail(Errc::kInvalidArgument,
              "quorum " + action + " (show | set | draft | sign | publish)");
}

}  // namespace

const Verb kQuorumVerb{
    .name = "quorum",
    .arguments = "[show | set NAME... | draft FILE | sign FILE | publish FILE]",
    .min_arguments = 0,
    .max_arguments = kAny,
    .summary = {"恢复名册：几人会签，推翻越权的改动",
                "recovery: several people overrule the roster"},
    .details = {"先由建账人用 set "
                "指定哪几个人、几人同意算数，宜包括主任、监督委员会和街道。有人越权时，用 "
                "draft 写草案，交 U 盘传签（sign），够数后由其中一人公布（publish）。",
                "The founder names the people and how many of them suffice (set), best chair, "
                "supervisor and office. When somebody abuses their rights, one drafts, the others "
                "sign the file, and one of them publishes it."},
    .options = kOptions,
    .run = run};

}  // namespace cunju::cli
