// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>

#include "cli/roster_act.h"
#include "cli/standing_report.h"
#include "cli/verbs.h"
#include "crdt/base/limits.h"
#include "node/agent/agent_client.h"
#include "node/store/private_file.h"

namespace cunju::cli {
namespace {

const Option kOptions[] = {
    {"--keep",
     "N",
     {"它的前 N 份改动有效，其余进迟到箱；不写：本机已收到的都有效",
      "its first N changes stay in force; unless given, all that are here"}},
    {"--branch",
     "ID",
     {"分叉的钥匙：以哪一支为准（cunju key list 列出各支）",
      "of a forked key: the branch that is to stand (cunju key list shows them)"}},
    {"--node",
     "ID",
     {"revoke：连同这台电脑一起停用，它再也不能交换（丢失、被盗时）",
      "revoke: retire this node as well, which exchanges nothing any more (lost or stolen)"}},
    {"--out", "FILE", {"申请写到哪个文件", "file to write the request to"}},
    kYesOption,
};

/// The branches of a key that has signed two different changes in one place.
Result<void> show_branches(Invocation& call, node::Node& node, const SpaceId& space,
                           const Roster& roster, const AuthorKey& author, Seq fork_point,
                           bool is_settled) {
  const std::string who(roster.name_of(author)), key = short_id(author.hex());
  const std::string at = std::to_string(fork_point.value + 1);
  call.terminal.say(
      {who + " 的钥匙 " + key + " 在第 " + at +
           " 份签了不同的内容（例如从旧备份恢复后又登记过）。各支都保存着；从这一份起，没有旁人"
           "认可的都先进迟到箱。",
       "Key " + key + " of " + who + " has signed different changes as number " + at +
           " (an old backup in use again?). All branches are kept; from there on, what nobody else "
           "rests on is in the late tray."});
  CUNJU_TRY(std::vector<replica::Branch> branches, node.replica().branches(space, author));
  for (const replica::Branch& branch : branches) {
    const std::string id = short_id(branch.head.hex()), end = std::to_string(branch.end);
    const std::string standing = std::to_string(branch.standing);
    call.terminal.say(
        {"  分支 " + id + "：共 " + end + " 份，前 " + standing + " 份有效",
         "  branch " + id + ": " + end + " changes, the first " + standing + " in force"});
    call.terminal.object({{"space", space.hex()},
                          {"author", author.hex()},
                          {"branch", branch.head.hex()},
                          {"from", branch.from.value},
                          {"changes", branch.end},
                          {"standing", branch.standing}});
  }
  if (!is_settled)
    call.terminal.say({"  换钥匙：本人运行 " + call.terminal.command("key replace") +
                           "，负责人再运行 key admit。",
                       "  To go on: the person runs " + call.terminal.command("key replace") +
                           ", then an officer key admit."});
  return ok();
}

Result<ExitCode> list_keys(Invocation& call) {
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_node(call));
  CUNJU_TRY(std::vector<SpaceId> spaces, chosen_spaces(*node, call));
  for (const SpaceId& space : spaces) {
    Result<std::shared_ptr<const Roster>> roster = node->replica().roster(space);
    if (roster.has_error()) continue;
    call.terminal.line(roster.value()->space_name);
    CUNJU_TRY(auto forks, node->replica().forks(space));
    CUNJU_TRY(const std::set<AuthorKey> forked, council::forked_keys(node->replica(), space));
    auto is_settled = [&](const AuthorKey& key) {
      return council::is_fork_settled(*roster.value(), forked, key);
    };
    std::vector<std::vector<std::string>> rows;
    for (const auto& [author, member] : roster.value()->owners) {
      const bool is_in_use = roster.value()->devices.contains(author);
      CUNJU_TRY(Cut end, node->replica().cut_of(space, author, std::nullopt));
      const bool is_forked = forks.contains(author);
      const bool is_replaced = is_forked && is_settled(author);
      const Label state = is_replaced ? Label{"分叉过，已换用别的钥匙或停用", "forked, replaced"}
                          : is_forked ? Label{"分叉，已冻结", "forked and frozen"}
                          : is_in_use ? Label{"使用中", "in use"}
                                      : Label{"已停用", "retired"};
      rows.push_back({"  " + short_id(author.hex()), std::string(roster.value()->name_of(author)),
                      std::string(call.terminal.in_language(state)), std::to_string(end.end)});
      call.terminal.object({{"space", space.hex()},
                            {"author", author.hex()},
                            {"member", member.hex()},
                            {"in_use", is_in_use},
                            {"forked", is_forked},
                            {"replaced", is_replaced},
                            {"changes", end.end}});
    }
    call.terminal.table(rows);
    for (const auto& [author, fork_point] : forks) {
      CUNJU_TRYV(show_branches(call, *node, space, *roster.value(), author, fork_point,
                               is_settled(author)));
    }
  }
  return ExitCode::kOk;
}

Result<std::optional<std::uint64_t>> read_keep(const Invocation& call) {
  std::optional<std::string> text = call.value("--keep");
  if (!text) return std::optional<std::uint64_t>();
  std::uint64_t number = 0;
  auto [end, code] = std::from_chars(text->data(), text->data() + text->size(), number);
  if (code != std::errc() || end != text->data() + text->size())
    return refused(call, Errc::kInvalidArgument,
                   {"--keep " + *text + "：要写份数", "--keep " + *text + ": how many changes"});
  return std::optional<std::uint64_t>(number);
}

/// The branch that --branch names; needed when the log is forked and nothing of a branch stands.
Result<std::optional<ChangeId>> read_branch(const Invocation& call, node::Node& node,
                                            const SpaceId& space, const AuthorKey& author) {
  std::optional<std::string> prefix = call.value("--branch");
  CUNJU_TRY(std::vector<replica::Branch> branches, node.replica().branches(space, author));
  if (!prefix) {
    const bool stands_somewhere = std::ranges::any_of(branches, [](const replica::Branch& branch) {
      return branch.standing > branch.from.value;
    });
    if (branches.size() < 2 || stands_somewhere) return std::optional<ChangeId>();
    return refused(call, Errc::kInvalidArgument,
                   {"这把钥匙分叉了，请用 --branch 写明以哪一支为准（" +
                        call.terminal.command("key list") + "）",
                    "the key is forked: --branch says which branch is to stand (" +
                        call.terminal.command("key list") + ")"});
  }
  if (prefix->size() < council::kFewestDigits)
    return refused(
        call, Errc::kInvalidArgument,
        {"分支编号至少写开头 " + std::to_string(council::kFewestDigits) + " 位",
         "a branch by its first " + std::to_string(council::kFewestDigits) + " digits or more"});
  std::optional<ChangeId> out;
  for (const replica::Branch& branch : branches) {
    if (!branch.head.hex().starts_with(*prefix)) continue;
    if (out)
      return refused(call, Errc::kConflict,
                     {"有几支都以 " + *prefix + " 开头，请多写几位",
                      "several branches begin with " + *prefix + ", write more of it"});
    out = branch.head;
  }
  if (!out)
    return refused(call, Errc::kNotFound,
                   {"没有分支 " + *prefix + "（" + call.terminal.command("key list") + "）",
                    "branch " + *prefix + " (" + call.terminal.command("key list") + ")"});
  return out;
}

/// carry_out() for an act that may decide between the branches of a forked log.
Result<ExitCode> carry_out_on_fork(Invocation& call, node::Node& node, const SpaceId& space,
                                   const council::RosterAct& act, const Label& what) {
  boost::json::object object;
  if (!act.devices.empty()) {
    CUNJU_TRY(object, show_standing_after(call, node, space, act, act.devices.front()));
  }
  CUNJU_TRY(const ExitCode out, carry_out(call, node, space, act, what, std::move(object)));
  if (!act.devices.empty() && call.has("--yes")) {
    CUNJU_TRYV(show_standing_now(call, node, space, act.devices.front()));
  }
  return out;
}

/// A key that ends does not end the computer that it was on. Says which ones go on exchanging, or
/// adds the one that --node names to the act.
Result<void> retire_node(Invocation& call, node::Node& own, const Roster& roster,
                         const MemberId& owner, council::RosterAct& act) {
  const std::string wanted = call.value("--node").value_or("");
  if (call.has("--node")) {
    std::vector<NodeKey> found;
    for (const auto& [key, entry] : roster.nodes)
      if (wanted.size() >= 4 && key.hex().starts_with(wanted)) found.push_back(key);
    if (found.size() != 1)
      return refused(call, Errc::kNotFound,
                     {"--node：名册里没有（或不止一台）编号以 " + wanted + " 开头的电脑",
                      "--node: none, or several, in the roster begin with " + wanted});
    if (found.front() == own.keystore().node())
      return refused(call, Errc::kInvalidArgument,
                     {"--node：这是本机，停用后这里什么也交换不了；请在别的电脑上办",
                      "--node: that is this very node; do it on another one"});
    act.operations.push_back(RetireNode{.node = found.front()});
    call.terminal.say({"电脑 " + short_id(found.front().hex()) +
                           " 一并停用：用它的人都要另用电脑，它收不到以后的内容。",
                       "Node " + short_id(found.front().hex()) +
                           " ends as well: whoever works on it needs another one, and it gets "
                           "nothing that comes after."});
    return ok();
  }
  for (const auto& [key, entry] : roster.nodes) {
    if (entry.member != owner) continue;
    call.terminal.say({"电脑 " + short_id(key.hex()) + "（" + entry.name +
                           "）仍能交换、收到以后的内容；丢失或被盗请加 --node " +
                           short_id(key.hex()),
                       "Node " + short_id(key.hex()) + " (" + entry.name +
                           ") goes on exchanging and gets what comes after; if it is lost, add "
                           "--node " +
                           short_id(key.hex())});
  }
  return ok();
}

Result<ExitCode> revoke_key(Invocation& call) {
  if (call.arguments.size() < 2)
    return refused(call, Errc::kInvalidArgument,
                   {"没有写明哪一把钥匙（" + call.terminal.command("key list") + "）",
                    "which key? (" + call.terminal.command("key list") + ")"});
  CUNJU_TRY(std::optional<std::uint64_t> keep, read_keep(call));
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_node(call));
  CUNJU_TRY(SpaceId space, chosen_space(*node, call));
  CUNJU_TRY(std::shared_ptr<const Roster> roster, node->replica().roster(space));
  CUNJU_TRY(AuthorKey device, require_key(call, *roster, call.arguments[1]));
  CUNJU_TRY(std::optional<ChangeId> branch, read_branch(call, *node, space, device));
  CUNJU_TRY(council::RosterAct act,
            council::plan_retirement(node->replica(), space, device, keep, branch));
  CUNJU_TRYV(retire_node(call, *node, *roster, roster->owners.at(device), act));
  const std::string who(roster->name_of(device)), key = short_id(device.hex());
  return carry_out_on_fork(
      call, *node, space, act,
      {"将停用 " + who + " 的钥匙 " + key + "；本人仍在名册里，可换一把钥匙。",
       "Key " + key + " of " + who + " ends; " + who + " stays a member and can get another key."});
}

/// The old key is gone from this node when it is replaced, and somebody else has to admit the new
/// one. Says who, and refuses when there would be nobody.
Result<void> check_replacement(Invocation& call, node::Node& node, const SpaceId& space,
                               const Roster& roster, const AuthorKey& old_key) {
  const Cut cut{.author = old_key, .end = 0, .last = {}};
  const council::RosterAct act{.operations = {RetireDevice{.cut = cut}},
                               .devices = {{.member = roster.owners.at(old_key), .cut = cut}}};
  CUNJU_TRY(const council::ActOutlook outlook,
            council::read_outlook(node.replica(), space, act, old_key));
  const Label names = names_of(roster, outlook.after.officers);
  call.terminal.say({roster.space_name + "：新钥匙能由这些人认可：" + names.zh,
                     roster.space_name + ": the new key can be admitted by " + names.en});
  show_notes(call.terminal, roster, outlook);
  return refuse_lockout(call, roster, outlook);
}

/// The person's half: a new key here, and a request for it.
Result<ExitCode> replace_key(Invocation& call) {
  std::optional<std::string> out = call.value("--out");
  if (!out)
    return refused(
        call, Errc::kInvalidArgument,
        {"--out：没有写明申请写到哪个文件", "--out: where is the request to be written?"});
  // The keystore is written anew, so the passphrase itself is needed.
  CUNJU_TRY(std::unique_ptr<node::Node> node, node::Node::open(call.home));
  CUNJU_TRY(keys::Unlock unlock, ask_unlock(call, false));
  CUNJU_TRYV(node->unlock(call.clerk, unlock));
  const AuthorKey old_key = node->unlocked().author.author();
  const crypto::SigningKey key = crypto::SigningKey::generate(node->random());
  std::string text;
  CUNJU_TRY(std::vector<SpaceId> spaces, node->replica().spaces());
  for (const SpaceId& space : spaces) {
    Result<std::shared_ptr<const Roster>> roster = node->replica().roster(space);
    if (roster.has_error()) continue;
    auto owner = roster.value()->owners.find(old_key);
    if (owner == roster.value()->owners.end()) continue;
    text += council::encode_key_request(
        {.space = space, .member = owner->second, .old_key = old_key, .new_key = key.author()},
        key);
    CUNJU_TRYV(check_replacement(call, *node, space, *roster.value(), old_key));
  }
  if (text.empty())
    return refused(call, Errc::kNotFound,
                   {"没有哪个村的名册里有钥匙 " + short_id(old_key.hex()),
                    "no space has key " + short_id(old_key.hex()) + " in its roster"});
  const std::string clerk = node->unlocked().clerk;
  call.terminal.say(
      {"将为 " + clerk + " 换一把新钥匙。旧钥匙 " + short_id(old_key.hex()) +
           " 从此不能在本机登记；它登记过的内容都在。新钥匙要等负责人认可（cunju key "
           "admit）才能用。",
       "A new key for " + clerk + ". The old one, " + short_id(old_key.hex()) +
           ", signs nothing here any more; what it wrote stays. The new one can be used when an "
           "officer has admitted it (cunju key admit)."});
  const bool is_confirmed = call.has("--yes");
  if (is_confirmed) {
    // The file first: a key that nobody has asked for would be of no use to anybody.
    CUNJU_TRYV(store::write_new_file(*out, as_bytes(text)));
    CUNJU_TRYV(node->replace_key(key, unlock));
    // A node that serves this home would go on with the old key.
    const Result<agent::Reply> locked =
        agent::ask(call.home, {.kind = agent::RequestKind::kLock, .clerk = {}, .keys = {}});
    if (locked.has_value())
      call.terminal.say(
          {"正在运行的 serve 已上锁，请重新 " + call.terminal.command("unlock") + "。",
           "The node that serves this home was locked; run " + call.terminal.command("unlock") +
               "."});
    call.terminal.say({"已换好，申请写在 " + *out + "。请把它交给负责人，并当面核对新钥匙编号：" +
                           short_id(key.author().hex()),
                       "Done; the request is in " + *out +
                           ". Give it to an officer and compare the new key with them: " +
                           short_id(key.author().hex())});
  } else {
    call.terminal.say({"还没有办理，没有改动任何数据。确认无误后加 --yes 再运行一次。",
                       "Nothing was done. If this is right, run it again with --yes."});
  }
  call.terminal.object({{"done", is_confirmed},
                        {"old_key", old_key.hex()},
                        {"new_key", is_confirmed ? key.author().hex() : std::string()},
                        {"request", *out}});
  return ExitCode::kOk;
}

/// Why there can be no such replacement, in words.
Result<council::RosterAct> explained(const Invocation& call, Result<council::RosterAct> plan) {
  if (plan.has_value()) return plan;
  if (plan.error().code == Errc::kConflict)
    return refused(call, Errc::kConflict,
                   {"申请里的人不是旧钥匙的主人，或新钥匙已经是名册里别的或停用过的钥匙",
                    "the request's member is not the old key's, or the new key is another's or was "
                    "retired"});
  if (plan.error().code == Errc::kNotFound)
    return refused(call, Errc::kNotFound,
                   {"名册里没有申请所说的旧钥匙", "the request's old key in the roster"});
  return plan;
}

/// The officer's half.
Result<ExitCode> admit_key(Invocation& call) {
  if (call.arguments.size() < 2)
    return refused(
        call, Errc::kInvalidArgument,
        {"没有写明申请文件（由 key replace 写出）", "the file of key replace is missing"});
  CUNJU_TRY(std::optional<std::uint64_t> keep, read_keep(call));
  CUNJU_TRY(Bytes file, store::read_whole_file(call.arguments[1], limits::kMaxKeyRequestBytes));
  CUNJU_TRY(std::vector<council::KeyRequest> requests, council::parse_key_requests(as_text(file)));
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_node(call));
  CUNJU_TRY(SpaceId space, chosen_space(*node, call));
  auto request = std::ranges::find(requests, space, &council::KeyRequest::space);
  if (request == requests.end())
    return refused(call, Errc::kNotFound,
                   {"文件里没有 " + space_name(*node, space) + " 的申请",
                    "a request for " + space_name(*node, space)});
  CUNJU_TRY(std::shared_ptr<const Roster> roster, node->replica().roster(space));
  if (auto known = roster->devices.find(request->new_key);
      known != roster->devices.end() && known->second == request->member) {
    const std::string name(roster->name_of(request->new_key));
    const std::string id = short_id(request->new_key.hex());
    return say_unchanged(
        call, space,
        {name + " 的钥匙 " + id + " 早已认可，没有改动任何数据。",
         "Key " + id + " of " + name + " is admitted already; nothing was changed."});
  }
  CUNJU_TRY(std::optional<ChangeId> branch, read_branch(call, *node, space, request->old_key));
  CUNJU_TRY(council::RosterAct act,
            explained(call, council::plan_replacement(node->replica(), *request, keep, branch)));
  const std::string who(roster->name_of(request->old_key));
  const std::string old_key = short_id(request->old_key.hex());
  const std::string new_key = short_id(request->new_key.hex());
  return carry_out_on_fork(call, *node, space, act,
                           {"将停用 " + who + " 的旧钥匙 " + old_key + "，改用新钥匙 " + new_key +
                                "。请当面与本人核对新钥匙编号。",
                            "The old key " + old_key + " of " + who + " ends and " + new_key +
                                " takes its place. Compare the new key with the person."});
}

Result<ExitCode> run(Invocation& call) {
  const std::string action = call.arguments.empty() ? "list" : call.arguments[0];
  if (action == "list") return list_keys(call);
  if (action == "revoke") return revoke_key(call);
  if (action == "replace") return replace_key(call);
  if (action == "admit") return admit_key(call);
  return refused(call, Errc::kInvalidArgument,
                 {action + "；可用 list、revoke、replace、admit",
                  action + "; there are list, revoke, replace, admit"});
}

}  // namespace

const Verb kKeyVerb{
    .name = "key",
    .arguments = "[list | revoke KEY | replace | admit FILE]",
    .min_arguments = 0,
    .max_arguments = 2,
    .summary = {"查看签名钥匙；停用丢失电脑的钥匙；换钥匙",
                "list signing keys; end the key of a lost laptop; go on with a new one"},
    .details =
        {"先说明影响，加 --yes 才办理。被盗的电脑可用 --keep 指定从哪一份起不算数；不算数的都进"
         "迟到箱（cunju late），不会丢。分叉的钥匙，或旁人见过更多内容的钥匙，可以换：本人 "
         "replace，负责人 "
         "admit。",
         "First says what it does; --yes does it. For a stolen laptop --keep says how much of "
         "its log still counts; the rest is not lost, it goes to the late tray (cunju late)."
         " A key that is forked, or whose log a peer knows better, is replaced: replace here, then "
         "admit by an officer."},
    .options = kOptions,
    .run = run};

}  // namespace cunju::cli
