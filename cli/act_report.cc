// SPDX-License-Identifier: Apache-2.0
#include "cli/act_report.h"

#include <algorithm>

#include "cli/known_log.h"

namespace cunju::cli {
namespace {

using boost::json::array;
using boost::json::object;

void say_cut(Terminal& terminal, const Roster& roster, const council::CutDevice& device,
             bool is_forked) {
  const std::string who(roster.name_of(device.cut.author));
  const std::string key = short_id(device.cut.author.hex());
  const std::string kept = std::to_string(device.cut.end);
  Label line{"  " + who + " 的钥匙 " + key + "：前 " + kept + " 份改动继续有效",
             "  key " + key + " of " + who + ": its first " + kept + " changes stay in force"};
  // Which branch of a forked log stands is not for the cut alone to say.
  if (is_forked)
    line = {"  " + who + " 的钥匙 " + key + "（分叉）：截在第 " + kept + " 份之后",
            "  key " + key + " of " + who + " (forked): cut after " + kept + " changes"};
  if (device.cut.end > 0) {
    const std::string last = short_id(device.cut.last.hex());
    line.zh += "（到 " + last + " 为止）";
    line.en += " (up to " + last + ")";
  }
  if (device.late() > 0) {
    const std::string late = std::to_string(device.late());
    line.zh += "，其后 " + late + " 份转入迟到箱";
    line.en += ", the next " + late + " go to the late tray";
  }
  line.zh += "；还没收到的一律先进迟到箱。";
  line.en += "; what has not arrived yet goes to the late tray.";
  terminal.say(line);
  if (!device.is_here)
    terminal.say(
        {"  注意：截止的那一份本机还没有收到，看不出截得对不对，请先交换再签。",
         "  Note: the last change that is to stay is not here, so nobody can see from here "
         "whether that is right; exchange first."});
}

/// Receipts beyond what is here: whoever acts now cuts off what somebody else has.
bool say_beyond(Terminal& terminal, const Roster& roster, std::uint64_t held,
                const std::map<AuthorKey, std::uint64_t>& stated) {
  bool out = false;
  for (const auto& [witness, count] : stated) {
    if (count <= held) continue;
    out = true;
    const AddNode* node = roster.find_node(witness);
    const std::string who = node == nullptr ? short_id(witness.hex()) : node->name;
    const std::string all = std::to_string(count), here = std::to_string(held);
    terminal.say({"  注意：" + who + " 确认到第 " + all + " 份，本机只有 " + here +
                      " 份，请先交换再办理（" + terminal.command("sync") + "）。",
                  "  Note: " + who + " has acknowledged " + all + " changes and only " + here +
                      " are here; exchange first (" + terminal.command("sync") + ")."});
  }
  return out;
}

std::string quorum_command(const Terminal& terminal) {
  return terminal.command("quorum draft FILE --quorum NAME --quorum NAME --threshold N");
}

}  // namespace

Result<array> show_devices(Invocation& call, node::Node& node, const SpaceId& space,
                           const std::vector<council::CutDevice>& devices,
                           std::span<const council::ForkOutlook> forks, bool is_done) {
  array out;
  if (devices.empty()) return out;
  Terminal& terminal = call.terminal;
  CUNJU_TRY(std::shared_ptr<const Roster> roster, node.replica().roster(space));
  CUNJU_TRY(auto forked, node.replica().forks(space));
  CUNJU_TRY(council::StatedCounts stated,
            council::read_stated_counts(node.replica(), space, *roster));
  for (const council::CutDevice& device : devices) {
    const AuthorKey& author = device.cut.author;
    const bool is_forked = forked.contains(author);
    say_cut(terminal, *roster, device, is_forked);
    object standing;
    if (const council::ForkOutlook* fork = council::find_fork(forks, author)) {
      show_standing(terminal, *fork, standing);
    } else if (is_forked) {
      const std::string command = terminal.command("key list"), key = short_id(author.hex());
      terminal.say({"  注意：钥匙 " + key + " 已分叉，以哪一支为准见 " + command,
                    "  Note: key " + key + " is forked; which branch counts: " + command});
    }
    CUNJU_TRY(const KnownLog log, read_known_log(node.replica(), space, author));
    CUNJU_TRY(const std::uint64_t held, council::held_of(node.replica(), space, author));
    object line{{"member", device.member.hex()},
                {"author", author.hex()},
                {"keep", device.cut.end},
                {"last", device.cut.last.hex()},
                {"late", device.late()},
                {"here", device.is_here},
                {"forked", is_forked}};
    for (const auto& [name, value] : standing) line[name] = value;
    line["receipts"] = show_receipts(terminal, *roster, log);
    line["peers"] = show_told(terminal, *roster, log);
    line["acknowledged_beyond"] = say_beyond(terminal, *roster, held, stated[author]);
    out.push_back(std::move(line));
  }
  if (!is_done) {
    const std::string sync = terminal.command("sync");
    terminal.say(
        {"  本人写下、本机还没收到的，办理后进迟到箱，不会丢。请先与其电脑交换：" + sync + " 地址",
         "  What they wrote and this node does not have yet goes to the late tray and is "
         "not lost. Exchange with their nodes first: " +
             sync + " ADDRESS"});
  }
  return out;
}

void show_needs(Terminal& terminal, const Roster& roster, const council::ActOutlook& outlook) {
  const Label names = names_of(roster, outlook.able);
  const Label may = outlook.may_act ? Label{"，您可以办理。", "; you may."}
                                    : Label{"；您没有这项权限。", "; you may not."};
  switch (outlook.authority) {
    case council::Authority::kOfficer:
      terminal.say({"办理条件：能改名册的人（" + names.zh + "）" + may.zh,
                    "Needs somebody who may change the roster (" + names.en + ")" + may.en});
      break;
    case council::Authority::kFounder:
      terminal.say({"办理条件：建账人的钥匙（" + names.zh + "）" + may.zh,
                    "Needs the founder's key (" + names.en + ")" + may.en});
      break;
    case council::Authority::kQuorum:
      terminal.say({"办理条件：恢复名册的人会签（" + names.zh + "）",
                    "Needs the recovery quorum (" + names.en + ")"});
      break;
  }
  if (outlook.needs_quorum)
    terminal.say(
        {"  "
         "有的日志截在见证的电脑确认过的份数之前，或截在另一支上，一个人办不了，须由恢复名册的人会"
         "签：" +
             terminal.command("quorum draft"),
         "  A log is cut before what a witness has acknowledged, or on another branch: no officer "
         "alone can do that, the recovery quorum can: " +
             terminal.command("quorum draft")});
}

void show_notes(Terminal& terminal, const Roster& roster, const council::ActOutlook& outlook) {
  for (const AuthorKey& key : outlook.quorum_keys) {
    const std::string who(roster.name_of(key)), id = short_id(key.hex());
    terminal.say({"  注意：" + who + " 的钥匙 " + id +
                      " 是恢复名册的会签钥匙，这次办理不改这一点；换人换钥匙须会签：" +
                      quorum_command(terminal),
                  "  Note: key " + id + " of " + who +
                      " signs for recovery and goes on doing so until the quorum names another: " +
                      quorum_command(terminal)});
  }
  for (const council::BothSides& both : outlook.both_sides) {
    const std::string who = member_name(roster, both.member);
    terminal.say(
        {"  注意：" + who + " 将既是" + role_label(both.supervising, Language::kChinese) + "又是" +
             role_label(both.supervised, Language::kChinese) +
             "。村（居）委会成员及其近亲属不得担任监督机构成员（村委会组织法第三十七条、居委会组织"
             "法第三十六条），请核对。",
         "  Note: " + who + " would be both " + role_label(both.supervising, Language::kEnglish) +
             " and " + role_label(both.supervised, Language::kEnglish) +
             ". No member of the committee or near relative may be of its supervisory body (VCL "
             "art. 37, RCL art. 36); please check."});
  }
  if (outlook.after.officers.empty() && outlook.after.quorum_can_act)
    terminal.say(
        {"  注意：办理之后没有负责人能改名册，只能由恢复名册的人会签：" +
             terminal.command("quorum"),
         "  Note: no officer can change the roster afterwards, only the recovery quorum: " +
             terminal.command("quorum")});
}

void add_outlook(const council::ActOutlook& outlook, object& out) {
  array officers, keys, both_sides;
  for (const MemberId& id : outlook.able) officers.emplace_back(id.hex());
  for (const AuthorKey& key : outlook.quorum_keys) keys.emplace_back(key.hex());
  for (const council::BothSides& both : outlook.both_sides)
    both_sides.push_back(object{{"member", both.member.hex()},
                                {"supervising", both.supervising},
                                {"supervised", both.supervised}});
  out["officers"] = std::move(officers);
  out["may_act"] = outlook.may_act;
  out["needs_quorum"] = outlook.needs_quorum;
  out["quorum_keys"] = std::move(keys);
  out["both_sides"] = std::move(both_sides);
  out["only_quorum_left"] = outlook.after.officers.empty() && outlook.after.quorum_can_act;
}

Result<void> refuse_lockout(Invocation& call, const Roster& roster,
                            const council::ActOutlook& outlook) {
  if (!outlook.locks_out()) return ok();
  Terminal& terminal = call.terminal;
  Label what{
      "办理之后再没有人能改名册：没有一位负责人有能签名的钥匙，",
      "Nobody could change the roster any more: no officer would have a key that can sign, "};
  if (roster.quorum.threshold == 0) {
    what.zh += "也没有指定恢复名册的人。";
    what.en += "and nobody is named for recovery.";
  } else {
    const std::string left = std::to_string(outlook.after.quorum_keys);
    const std::string need = std::to_string(roster.quorum.threshold);
    what.zh += "恢复名册的钥匙也只剩 " + left + " 把，须 " + need + " 把。";
    what.en += "and " + left + " keys of the recovery quorum are left where it takes " + need + ".";
  }
  terminal.explain_whole(
      {what,
       {"没有改动任何数据。", "Nothing was changed."},
       {"先让另一位有钥匙的人担任主任：" +
            terminal.command("member grant NAME --role chair --yes") + "，或邀请：" +
            terminal.command("invite --role chair --out FILE") +
            "；或先由建账人指定恢复名册的人：" +
            terminal.command("quorum set NAME... --threshold N --yes"),
        "First make somebody else chair who has a key: " +
            terminal.command("member grant NAME --role chair --yes") +
            ", or invite them: " + terminal.command("invite --role chair --out FILE") +
            "; or let the founder name people for recovery: " +
            terminal.command("quorum set NAME... --threshold N --yes")}});
  return fail(Errc::kConflict, "nobody could change the roster any more");
}

Result<void> refuse_unentitled(Invocation& call, const Roster& roster,
                               const council::ActOutlook& outlook) {
  if (outlook.may_act) return ok();
  if (outlook.is_key_forked)
    return refused(call, Errc::kFork, {"本机的钥匙", "the key of this computer"});
  const Label names = names_of(roster, outlook.able);
  if (outlook.authority == council::Authority::kQuorum)
    return refused(
        call, Errc::kPermission,
        {"须由恢复名册的人会签（" + names.zh + "）：" + quorum_command(call.terminal),
         "this takes the recovery quorum (" + names.en + "): " + quorum_command(call.terminal)});
  return refused(call, Errc::kPermission,
                 {"改名册。能办理的人：" + names.zh, "change the roster. These may: " + names.en});
}

void explain_cut(Invocation& call) {
  // Who admits another key for the old one goes on with that.
  const bool admits =
      call.verb.name == "key" && call.arguments.size() > 1 && call.arguments.front() == "admit";
  const std::string request = admits ? shell_word(call.arguments[1]) : std::string();
  const std::string keys = call.terminal.command("key list");
  const std::string branch = call.terminal.command(admits ? "key admit " + request + " --branch ID"
                                                          : "key revoke KEY --branch ID");
  const std::string sync = call.terminal.command("sync");
  const std::string quorum = call.terminal.command(
      "quorum draft FILE " + (admits ? "--admit " + request : "--retire KEY:N"));
  call.terminal.explain_whole(
      {{"有一本日志，见证的电脑确认过的比这里有效的多，或在另一支上；截在确认之前或别的一支上，须由"
        "恢复名册的人会签。",
        "A witness has acknowledged more of a log than would count here, or another branch of it; "
        "only the recovery quorum may cut it before that, or on a branch without it."},
       {"没有改动任何数据。", "Nothing was changed."},
       {"钥匙分叉的（" + keys + "），写明以见证确认过的那一支为准：" + branch + "；否则先交换（" +
            sync + "），或由会签人办理（" + quorum + "）。",
        "If a key is forked (" + keys + "), name the branch that the witness has: " + branch +
            ". Else exchange first (" + sync + "), or let the quorum do it (" + quorum + ")."}});
}

}  // namespace cunju::cli
