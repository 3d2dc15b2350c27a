// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <boost/json/array.hpp>
#include <charconv>
#include <iterator>

#include "cli/roster_act.h"
#include "cli/verbs.h"
#include "crdt/base/limits.h"
#include "node/council/epoch_draft.h"
#include "node/council/roster_copy.h"
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
    kYesOption,
};

const ActionOptions kActions[] = {
    {"show", {}},
    {"set", {"--threshold", "--yes"}},
    {"draft",
     {"--threshold", "--remove", "--grant", "--end", "--retire", "--admit", "--quorum", "--void"}},
    {"sign", {"--yes"}},
    {"publish", {"--yes"}}};

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

Result<ExitCode> show_quorum(Invocation& call) {
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_node(call));
  CUNJU_TRY(std::vector<SpaceId> spaces, chosen_spaces(*node, call));
  for (const SpaceId& space : spaces) {
    Result<std::shared_ptr<const Roster>> found = node->replica().roster(space);
    if (found.has_error()) continue;
    const Roster& roster = *found.value();
    const SetQuorum& quorum = roster.quorum;
    const std::string& name = roster.space_name;
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
               ". Whoever still has an old one can sign with it; name the new keys soon: " +
               draft});
    }
    call.terminal.object({{"space", space.hex()},
                          {"threshold", quorum.threshold},
                          {"keys", keys},
                          {"members", states},
                          {"in_use", usable}});
  }
  return ExitCode::kOk;
}

Result<std::uint16_t> read_threshold(const Invocation& call) {
  const std::string text = call.value("--threshold").value_or("");
  std::uint16_t out = 0;
  auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (code != std::errc() || end != text.data() + text.size() || out == 0)
    return refused(call, Errc::kInvalidArgument,
                   {"--threshold " + text + "：要写几个人签才算数，至少 1",
                    "--threshold " + text + ": how many have to sign, 1 at least"});
  return out;
}

/// The keys of named members, one each: who has several names the key itself.
Result<SetQuorum> read_quorum(const Invocation& call, const Roster& roster,
                              std::span<const std::string> names) {
  SetQuorum out;
  CUNJU_TRY(out.threshold, read_threshold(call));
  for (const std::string& word : names) {
    Result<MemberId> member = council::find_member(roster, word);
    AuthorKey key;
    if (member.has_value()) {
      const std::set<AuthorKey>& devices = roster.members.at(member.value()).devices;
      if (devices.size() != 1)
        return refused(
            call, Errc::kConflict,
            {word + " 有 " + std::to_string(devices.size()) + " 把使用中的钥匙，请写明是哪一把（" +
                 call.terminal.command("key list") + "）",
             word + " has " + std::to_string(devices.size()) + " keys in use; name the key (" +
                 call.terminal.command("key list") + ")"});
      key = *devices.begin();
    } else {
      CUNJU_TRY(key, require_key(call, roster, word));
    }
    if (std::ranges::find(out.keys, key) != out.keys.end())
      return refused(call, Errc::kInvalidArgument, {word + " 写了两次", word + " is there twice"});
    out.keys.push_back(key);
  }
  const std::string need = std::to_string(out.threshold), all = std::to_string(out.keys.size());
  if (out.keys.size() < out.threshold)
    return refused(call, Errc::kInvalidArgument,
                   {"只有 " + all + " 人，--threshold 不能是 " + need,
                    "--threshold " + need + " of " + all + " people"});
  return out;
}

Result<ExitCode> set(Invocation& call) {
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_node(call));
  CUNJU_TRY(SpaceId space, chosen_space(*node, call));
  CUNJU_TRY(std::shared_ptr<const Roster> roster, node->replica().roster(space));
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

/// What a draft says and takes, and who has signed it. Only keys of the quorum in force count.
Result<boost::json::object> show_draft(Invocation& call, node::Node& node,
                                       const council::EpochDraft& draft, const Roster& roster) {
  Terminal& terminal = call.terminal;
  terminal.say({"草案内容：", "The draft says:"});
  boost::json::array zh, en;
  for (const RosterOperation& operation : draft.operations) {
    const Label words = describe(operation, roster);
    terminal.say({"  " + words.zh, "  " + words.en});
    zh.emplace_back(words.zh);
    en.emplace_back(words.en);
  }
  CUNJU_TRY(const std::vector<council::CutDevice> devices,
            council::devices_of(node.replica(), draft.space, draft.operations));
  boost::json::object out{{"space", draft.space.hex()},
                          {"operations", draft.operations.size()},
                          {"threshold", roster.quorum.threshold},
                          {"zh", std::move(zh)},
                          {"en", std::move(en)}};
  CUNJU_TRY(out["devices"], show_devices(call, node, draft.space, devices, true));
  if (std::ranges::any_of(devices, [](const auto& device) { return device.late() > 0; }))
    terminal.say(
        {"  注意：本机收到的比草案保留的多，多出的那些将转入迟到箱。起草的电脑也许还没有收到；不是"
         "有意如此的，请交换后重新起草。",
         "  Note: this node holds more than the draft keeps, and the rest goes to the late tray. "
         "Whoever drafted it may not have had that: unless it is meant so, exchange and draft it "
         "again."});
  Label signers;
  boost::json::array authors, others;
  for (const AuthorKey& key : council::signers_of(draft, roster.quorum)) {
    signers.zh += " " + author_name(roster, key);
    authors.emplace_back(key.hex());
  }
  signers.en = signers.zh;
  for (const Cosignature& cosignature : draft.signatures) {
    if (std::ranges::find(roster.quorum.keys, cosignature.author) != roster.quorum.keys.end())
      continue;
    const std::string who = author_name(roster, cosignature.author);
    const std::string key = short_id(cosignature.author.hex());
    signers.zh += "；不算数：" + who + "（" + key + " 不是会签钥匙）";
    signers.en += "; does not count: " + who + " (" + key + " is not of the quorum)";
    others.emplace_back(cosignature.author.hex());
  }
  const std::string count = std::to_string(authors.size());
  const std::string need = std::to_string(roster.quorum.threshold);
  terminal.say({"已签 " + count + " 人（须 " + need + " 人）：" + signers.zh,
                "signed by " + count + " of " + need + " needed:" + signers.en});
  out["signers"] = std::move(authors);
  out["not_of_quorum"] = std::move(others);
  return out;
}

Result<std::string> file_of(const Invocation& call) {
  if (call.arguments.size() != 2)
    return refused(call, Errc::kInvalidArgument, {"要写草案的文件", "the draft's file is missing"});
  return call.arguments[1];
}

Result<council::EpochDraft> read_draft(const std::string& path) {
  CUNJU_TRY(Bytes text, store::read_whole_file(path, limits::kMaxEpochDraftBytes));
  return council::parse_epoch_draft(as_text(text));
}

Result<void> add_retirement(const Invocation& call, node::Node& node, const SpaceId& space,
                            const Roster& roster, const std::string& text,
                            std::vector<RosterOperation>& out) {
  const std::size_t at = text.find(':');
  std::optional<std::uint64_t> keep;
  if (at != std::string::npos) {
    const std::string digits = text.substr(at + 1);
    std::uint64_t number = 0;
    auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (code != std::errc() || end != digits.data() + digits.size())
      return refused(call, Errc::kInvalidArgument,
                     {"--retire " + text + "：冒号后写前几份有效", "--retire " + text + ": KEY:N"});
    keep = number;
  }
  CUNJU_TRY(const AuthorKey key, require_key(call, roster, text.substr(0, at)));
  CUNJU_TRY(council::RosterAct act, council::plan_retirement(node.replica(), space, key, keep));
  std::ranges::move(act.operations, std::back_inserter(out));
  return ok();
}

Result<void> add_requested_key(const Invocation& call, node::Node& node, const SpaceId& space,
                               const std::string& path, std::vector<RosterOperation>& out) {
  CUNJU_TRY(Bytes file, store::read_whole_file(path, limits::kMaxKeyRequestBytes));
  CUNJU_TRY(std::vector<council::KeyRequest> requests, council::parse_key_requests(as_text(file)));
  auto request = std::ranges::find(requests, space, &council::KeyRequest::space);
  if (request == requests.end())
    return refused(call, Errc::kNotFound,
                   {path + " 里没有 " + space_name(node, space) + " 的申请",
                    path + " has no request for " + space_name(node, space)});
  CUNJU_TRY(council::RosterAct act,
            council::plan_replacement(node.replica(), *request, std::nullopt, std::nullopt));
  std::ranges::move(act.operations, std::back_inserter(out));
  return ok();
}

Result<Epoch> read_voided(const Invocation& call, node::Node& node, const SpaceId& space) {
  Epoch out;
  const std::vector<std::string> words = call.values("--void");
  if (words.empty()) return out;
  CUNJU_TRY(const council::RosterCopy copy, council::RosterCopy::read(node.replica(), space));
  for (const std::string& word : words) {
    Result<ChangeId> id = copy.find(word);
    if (id.has_value()) {
      out.voided.push_back(id.value());
      continue;
    }
    const std::string list = call.terminal.command("member history");
    const std::string fewest = std::to_string(council::kFewestDigits);
    return refused(call, id.error().code,
                   {"--void " + word + "：名册上没有恰好一份改动以此开头，至少写 " + fewest +
                        " 位（" + list + "）",
                    "--void " + word + ": not exactly one change of the roster begins so; " +
                        fewest + " digits at least (" + list + ")"});
  }
  return out;
}

Result<void> add_operations(const Invocation& call, node::Node& node, const SpaceId& space,
                            const Roster& roster, std::vector<RosterOperation>& out) {
  for (const std::string& name : call.values("--remove")) {
    CUNJU_TRY(MemberId member, require_member(call, roster, name));
    CUNJU_TRY(council::RosterAct act, council::plan_removal(node.replica(), space, member));
    std::ranges::move(act.operations, std::back_inserter(out));
  }
  for (const std::string& text : call.values("--end")) {
    CUNJU_TRY(const MemberRole end, read_member_role(call, roster, "--end", text));
    Result<council::RosterAct> act =
        council::plan_role_end(node.replica(), space, end.member, end.role);
    if (act.has_error() && act.error().code == Errc::kNotFound)
      return refused(call, Errc::kNotFound,
                     {"--end " + text + "：没有担任这一角色", "--end " + text + ": no such role"});
    if (act.has_error()) return act.error();
    std::ranges::move(act.value().operations, std::back_inserter(out));
  }
  for (const std::string& text : call.values("--retire")) {
    CUNJU_TRYV(add_retirement(call, node, space, roster, text, out));
  }
  for (const std::string& path : call.values("--admit")) {
    CUNJU_TRYV(add_requested_key(call, node, space, path, out));
  }
  for (const std::string& text : call.values("--grant")) {
    CUNJU_TRY(const MemberRole grant, read_member_role(call, roster, "--grant", text));
    out.emplace_back(
        GrantRole{.member = grant.member, .role = grant.role, .term_from = {}, .term_until = {}});
  }
  if (const std::vector<std::string> names = call.values("--quorum"); !names.empty()) {
    // The keys that the draft admits take the place of those that it ends.
    const Roster after = council::roster_after(roster, out);
    CUNJU_TRY(SetQuorum quorum, read_quorum(call, after, names));
    out.emplace_back(std::move(quorum));
  }
  CUNJU_TRY(Epoch epoch, read_voided(call, node, space));
  if (out.empty() && epoch.voided.empty())
    return refused(call, Errc::kInvalidArgument,
                   {"草案是空的，请写明要做什么", "the draft says nothing; what is it to do?"});
  out.emplace_back(std::move(epoch));
  return ok();
}

/// Who can sign for recovery, for whoever can't.
Label quorum_names(const Roster& roster) {
  std::vector<Label> out;
  for (const AuthorKey& key : roster.quorum.keys)
    out.push_back({author_name(roster, key), author_name(roster, key)});
  return joined(out);
}

bool is_of_quorum(const node::Node& node, const Roster& roster) {
  return std::ranges::find(roster.quorum.keys, node.unlocked().author.author()) !=
         roster.quorum.keys.end();
}

Result<ExitCode> write_draft(Invocation& call) {
  CUNJU_TRY(std::string path, file_of(call));
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_node(call));
  council::EpochDraft draft;
  CUNJU_TRY(draft.space, chosen_space(*node, call));
  CUNJU_TRY(std::shared_ptr<const Roster> roster, node->replica().roster(draft.space));
  if (roster->quorum.threshold == 0)
    return refused(
        call, Errc::kNotFound,
        {"还没有指定恢复名册的人，请建账人先指定：" + call.terminal.command("quorum set"),
         "nobody is named for recovery; the founder can do so: " +
             call.terminal.command("quorum set")});
  CUNJU_TRY(draft.pins, node->replica().roster_heads(draft.space));
  CUNJU_TRYV(add_operations(call, *node, draft.space, *roster, draft.operations));
  CUNJU_TRY(const council::ActOutlook outlook,
            council::read_outlook(node->replica(), draft.space,
                                  {.operations = draft.operations, .devices = {}},
                                  node->unlocked().author.author()));
  CUNJU_TRYV(refuse_lockout(call, *roster, outlook));
  // Somebody else may write it for them.
  const bool may_sign = is_of_quorum(*node, *roster);
  if (may_sign) council::sign_draft(draft, node->unlocked().author);
  CUNJU_TRYV(store::write_new_file(path, as_bytes(council::encode_epoch_draft(draft))));
  CUNJU_TRY(boost::json::object object, show_draft(call, *node, draft, *roster));
  show_notes(call.terminal, *roster, outlook);
  add_outlook(outlook, object);
  call.terminal.object(object);
  if (!may_sign)
    call.terminal.say({"您的钥匙不是会签钥匙，草案还没有人签。",
                       "Your key is not of the quorum; nobody has signed the draft yet."});
  call.terminal.say(
      {"草案在 " + path + "，请会签的人用 " + call.terminal.command("quorum sign") + " 签。",
       "The draft is in " + path + "; those of the quorum sign it with " +
           call.terminal.command("quorum sign") + "."});
  return ExitCode::kOk;
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

Result<ExitCode> sign(Invocation& call) {
  CUNJU_TRY(std::string path, file_of(call));
  CUNJU_TRY(council::EpochDraft draft, read_draft(path));
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_node(call));
  CUNJU_TRY(std::shared_ptr<const Roster> roster, node->replica().roster(draft.space));
  const bool may_sign = is_of_quorum(*node, *roster), is_confirmed = call.has("--yes");
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

Result<ExitCode> publish(Invocation& call) {
  CUNJU_TRY(std::string path, file_of(call));
  CUNJU_TRY(council::EpochDraft draft, read_draft(path));
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_node(call));
  CUNJU_TRY(std::vector<ChangeId> heads, node->replica().roster_heads(draft.space));
  if (heads != draft.pins)
    return refused(call, Errc::kConflict,
                   {path + "：起草之后名册又有改动，请重新起草",
                    path + ": the roster has moved on, draft it again"});
  CUNJU_TRY(std::shared_ptr<const Roster> roster, node->replica().roster(draft.space));
  CUNJU_TRY(const boost::json::object object, show_draft(call, *node, draft, *roster));
  call.terminal.object(object);
  // Whoever publishes signs with the change.
  std::vector<AuthorKey> signers = council::signers_of(draft, roster->quorum);
  const AuthorKey own = node->unlocked().author.author();
  if (is_of_quorum(*node, *roster) && std::ranges::find(signers, own) == signers.end())
    signers.push_back(own);
  if (signers.size() < roster->quorum.threshold) {
    const std::string count = std::to_string(signers.size());
    const std::string need = std::to_string(roster->quorum.threshold);
    const Label names = quorum_names(*roster);
    const Label missing{
        "会签的人不够：算上您 " + count + " 人，须 " + need + " 人（" + names.zh + "）",
        count + " signatures count with yours where it takes " + need + " (" + names.en + ")"};
    if (call.has("--yes")) return refused(call, Errc::kPermission, missing);
    call.terminal.say(missing);
  }
  CUNJU_TRY(std::vector<council::CutDevice> devices,
            council::devices_of(node->replica(), draft.space, draft.operations));
  return carry_out(call, *node, draft.space,
                   {.operations = draft.signed_operations(), .devices = std::move(devices)},
                   {"将公布这份会签的决定。", "This act of the quorum will be published."});
}

Result<ExitCode> run(Invocation& call) {
  const std::string action = call.arguments.empty() ? "show" : call.arguments[0];
  CUNJU_TRYV(require_options_of(call, action, kActions));
  if (action == "show") return call.arguments.size() > 1 ? show_file(call) : show_quorum(call);
  if (action == "set") return set(call);
  if (action == "draft") return write_draft(call);
  if (action == "sign") return sign(call);
  if (action == "publish") return publish(call);
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
         "盘传签（sign），够数后由其中一人公布（publish）。会签的人换了钥匙的，用 draft "
         "--quorum 改定。",
         "The founder names the people and how many of them suffice (set), best chair, "
         "supervisor and office. When somebody abuses their rights, one drafts, the others "
         "sign the file, and one of them publishes it. When one of them has a new key, draft "
         "--quorum names it."},
    .options = kOptions,
    .run = run};

}  // namespace cunju::cli
