// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>

#include "cli/branch_choice.h"
#include "cli/entering_changes.h"
#include "cli/roster_act.h"
#include "cli/scope_report.h"
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
    kTakenBackOption,
    kLeaveUnreadOption,
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

Result<void> list_keys_of(Invocation& call, node::Node& node, const SpaceId& space,
                          const Roster& roster) {
  call.terminal.line(roster.space_name);
  CUNJU_TRY(auto forks, node.replica().forks(space));
  CUNJU_TRY(const std::set<AuthorKey> forked, council::forked_keys(node.replica(), space));
  auto is_settled = [&](const AuthorKey& key) {
    return council::is_fork_settled(roster, forked, key);
  };
  std::vector<std::vector<std::string>> rows;
  for (const auto& [author, member] : roster.owners) {
    const bool is_in_use = roster.devices.contains(author);
    CUNJU_TRY(Cut end, node.replica().cut_of(space, author, std::nullopt));
    const bool is_forked = forks.contains(author);
    const bool is_replaced = is_forked && is_settled(author);
    const Label state = is_replaced ? Label{"分叉过，已换用别的钥匙或停用", "forked, replaced"}
                        : is_forked ? Label{"分叉，已冻结", "forked and frozen"}
                        : is_in_use ? Label{"使用中", "in use"}
                                    : Label{"已停用", "retired"};
    rows.push_back({"  " + short_id(author.hex()), std::string(roster.name_of(author)),
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
    CUNJU_TRYV(show_branches(call, node, space, roster, author, fork_point, is_settled(author)));
  }
  return ok();
}

Result<ExitCode> list_keys(Invocation& call) {
  return show_rosters(call, [&](node::Node& node, const SpaceId& space, const Roster& roster) {
    return list_keys_of(call, node, space, roster);
  });
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

/// Refuses to keep more of a log than there is, in words.
Result<void> check_keep(const Invocation& call, node::Node& node, const SpaceId& space,
                        const AuthorKey& device, const std::optional<std::uint64_t>& keep,
                        const std::optional<ChangeId>& branch) {
  if (!keep) return ok();
  CUNJU_TRY(const Cut all, node.replica().cut_of(space, device, std::nullopt, branch));
  if (*keep <= all.end) return ok();
  const std::string wanted = std::to_string(*keep), there = std::to_string(all.end);
  return refused(call, Errc::kInvalidArgument,
                 {"--keep " + wanted + "：这里有效的只有前 " + there + " 份",
                  "--keep " + wanted + ": only the first " + there + " are in force here"});
}

/// A key that ends does not end the computer that it was on. Says which ones go on exchanging, or
/// adds the one that --node names to the act.
Result<void> retire_node(Invocation& call, node::Node& own, const Roster& roster,
                         const MemberId& owner, council::RosterAct& act) {
  if (call.has("--node")) {
    CUNJU_TRY(const NodeKey node, require_node(call, roster, call.value("--node").value_or("")));
    if (node == own.keystore().node())
      return refused(call, Errc::kInvalidArgument,
                     {"--node：那是本机，停用后这里什么也交换不了；请在别的电脑上办",
                      "--node: that is this very node; do it on another one"});
    act.operations.push_back(RetireNode{.node = node});
    call.terminal.say(
        {"电脑 " + short_id(node.hex()) + " 一并停用：用它的人都要另用电脑，它收不到以后的内容。",
         "Node " + short_id(node.hex()) +
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
  CUNJU_TRY(const OpenRoster opened, open_roster(call));
  const auto& [node, space, roster] = opened;
  CUNJU_TRY(AuthorKey device, require_key(call, *roster, call.arguments[1]));
  CUNJU_TRY(std::optional<ChangeId> branch, read_branch(call, *node, space, device));
  CUNJU_TRYV(check_keep(call, *node, space, device, keep, branch));
  CUNJU_TRY(council::RosterAct act,
            council::plan_retirement(node->replica(), space, device, keep, branch));
  CUNJU_TRYV(retire_node(call, *node, *roster, roster->owners.at(device), act));
  const std::string who(roster->name_of(device)), key = short_id(device.hex());
  return carry_out(
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
    text +=
        council::encode_key_request(council::request_key(space, owner->second, old_key, key), key);
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

/// Refuses in words what no act could make of the request: each reason by itself, because each
/// wants something else done.
Result<void> check_request(Invocation& call, const Roster& roster,
                           const council::KeyRequest& request) {
  const std::string old_key = short_id(request.old_key.hex());
  const std::string new_key = short_id(request.new_key.hex());
  const std::string who = member_name(roster, request.member);
  const std::string replace = call.terminal.command("key replace --out FILE");
  const std::string invite = call.terminal.command("invite --role ROLE --out FILE");
  Label what, next;
  const auto owner = roster.owners.find(request.old_key);
  const auto known = roster.owners.find(request.new_key);
  if (owner == roster.owners.end()) {
    what = {"申请要换的旧钥匙 " + old_key + " 从来不在这个村的名册里。",
            "The old key " + old_key + " of the request was never in this space's roster."};
    next = {"请核对申请文件；本机还没有收到名册改动的，先交换。",
            "Check the file; if this node lacks changes of the roster, exchange first."};
  } else if (owner->second != request.member) {
    const std::string whose(roster.name_of(request.old_key));
    what = {
        "旧钥匙 " + old_key + " 是 " + whose + " 的，申请却写着 " + who + "。",
        "The old key " + old_key + " is that of " + whose + ", and the request says " + who + "."};
    next = {"不要认可这份申请，请向本人核实。", "Do not admit it; ask the person."};
  } else if (!roster.members.contains(request.member)) {
    what = {who + " 已不在名册里，认可新钥匙也不能让人回来。",
            who + " is no member any more, and a key brings nobody back."};
    next = {"要请人回来，重新邀请：" + invite, "To have them back, invite them: " + invite};
  } else if (known != roster.owners.end() && known->second == request.member) {
    what = {"新钥匙 " + new_key + " 是 " + who + " 停用过的钥匙，停用了的不再启用。",
            "The new key " + new_key + " is one of " + who + " that was retired already."};
    next = {"请本人再换一把：" + replace, "Let them make another one: " + replace};
  } else if (known != roster.owners.end()) {
    const std::string whose(roster.name_of(request.new_key));
    what = {"新钥匙 " + new_key + " 已经是 " + whose + " 的钥匙。",
            "The new key " + new_key + " is that of " + whose + " already."};
    next = {"请本人在自己的电脑上换：" + replace, "Let them make one of their own: " + replace};
  } else {
    return ok();
  }
  call.terminal.explain_whole({what, {"没有改动任何数据。", "Nothing was changed."}, next});
  return fail(owner == roster.owners.end() ? Errc::kNotFound : Errc::kConflict, what.en);
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
  CUNJU_TRY(const OpenRoster opened, open_roster(call));
  const auto& [node, space, roster] = opened;
  auto request = std::ranges::find(requests, space, &council::KeyRequest::space);
  if (request == requests.end())
    return refused(call, Errc::kNotFound,
                   {"文件里没有 " + space_name(*node, space) + " 的申请",
                    "a request for " + space_name(*node, space)});
  const std::string who(roster->name_of(request->old_key));
  const std::string old_key = short_id(request->old_key.hex());
  const std::string new_key = short_id(request->new_key.hex());
  if (auto known = roster->devices.find(request->new_key);
      known != roster->devices.end() && known->second == request->member) {
    const std::string name(roster->name_of(request->new_key));
    return say_unchanged(
        call, space,
        {name + " 的钥匙 " + new_key + " 早已认可，没有改动任何数据。",
         "Key " + new_key + " of " + name + " is admitted already; nothing was changed."});
  }
  CUNJU_TRYV(check_request(call, *roster, *request));
  // A key that is out of use already is not cut again, so nobody has to say where.
  std::optional<ChangeId> branch;
  const bool is_in_use = roster->devices.contains(request->old_key);
  if (is_in_use) {
    CUNJU_TRY(branch, read_branch(call, *node, space, request->old_key));
    CUNJU_TRYV(check_keep(call, *node, space, request->old_key, keep, branch));
  } else if (keep || call.has("--branch")) {
    return refused(
        call, Errc::kInvalidArgument,
        {"旧钥匙 " + old_key + " 早已停用，截在哪里已经定了，不能再用 --keep 或 --branch",
         "the old key " + old_key +
             " is retired already and cut there; --keep and --branch change nothing"});
  }
  CUNJU_TRY(council::RosterAct act,
            council::plan_replacement(node->replica(), *request, keep, branch));
  return carry_out(call, *node, space, act,
                   is_in_use
                       ? Label{"将停用 " + who + " 的旧钥匙 " + old_key + "，改用新钥匙 " +
                                   new_key + "。请当面与本人核对新钥匙编号。",
                               "The old key " + old_key + " of " + who + " ends and " + new_key +
                                   " takes its place. Compare the new key with the person."}
                       : Label{"将认可 " + who + " 的新钥匙 " + new_key + "（旧钥匙 " + old_key +
                                   " 早已停用）。请当面与本人核对新钥匙编号。",
                               "The new key " + new_key + " of " + who +
                                   " is admitted; the old one, " + old_key +
                                   ", is retired already. Compare the new key with the "
                                   "person."});
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
