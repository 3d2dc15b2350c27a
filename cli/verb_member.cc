// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <boost/json/array.hpp>
#include <iterator>

#include "cli/entering_changes.h"
#include "cli/roster_act.h"
#include "cli/scope_report.h"
#include "cli/session.h"
#include "cli/verbs.h"
#include "node/council/roster_copy.h"

namespace cunju::cli {
namespace {

const Option kOptions[] = {
    {"--name", "NAME", {"新人员的姓名", "name of the new person"}},
    {"--role",
     "ROLE",
     {"角色；add 默认 clerk，grant 和 end 可重复",
      "role; of add clerk unless given; of grant and end may repeat"}},
    {"--new-passphrase-file",
     "FILE",
     {"新人员的口令文件（无人值守时）",
      "file with the new person's passphrase, for unattended use"}},
    {"--from",
     "DATE",
     {"任期开始，如 2026-03-01（仅供显示）", "first day of the term, like 2026-03-01; shown only"}},
    {"--until", "DATE", {"任期届满（仅供显示）", "last day of the term; shown only"}},
    kTakenBackOption,
    kLeaveUnreadOption,
    kYesOption,
};

Result<ExitCode> list_members(Invocation& call) {
  return show_rosters(
      call, [&](node::Node&, const SpaceId& space, const Roster& roster) -> Result<void> {
        Terminal& terminal = call.terminal;
        terminal.line(roster.space_name);
        std::vector<std::vector<std::string>> rows;
        for (const auto& [id, member] : roster.members) {
          std::string roles;
          boost::json::array role_ids;
          for (const RoleGrant& grant : member.roles) {
            roles += (roles.empty() ? "" : " ") + role_label(grant.role, terminal.language);
            role_ids.emplace_back(grant.role);
          }
          boost::json::array devices;
          for (const AuthorKey& device : member.devices) devices.emplace_back(device.hex());
          rows.push_back({"  " + member.name, roles, std::to_string(member.devices.size())});
          terminal.object({{"space", space.hex()},
                           {"member", id.hex()},
                           {"name", member.name},
                           {"roles", role_ids},
                           {"devices", devices}});
        }
        terminal.table(rows);
        return ok();
      });
}

Result<ExitCode> add_member(Invocation& call) {
  std::string name = call.value("--name").value_or("");
  if (name.empty())
    return refused(call, Errc::kInvalidArgument, {"--name：没有写明新人员的姓名", "--name: whom?"});
  const std::vector<std::string> given = call.values("--role");
  if (given.size() > 1)
    return refused(
        call, Errc::kInvalidArgument,
        {"--role：加入时只给一个角色，其余用 " + call.terminal.command("member grant") + " 添加",
         "--role: one when somebody is added; " + call.terminal.command("member grant") +
             " gives more"});
  CUNJU_TRY(std::string role,
            require_role(call, given.empty() ? "clerk" : given.front(), "--role"));
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_node(call));
  CUNJU_TRY(SpaceId space, chosen_space(*node, call));
  std::optional<keys::Unlock> unlock;
  if (auto file = call.value("--new-passphrase-file")) {
    CUNJU_TRY(keys::Passphrase passphrase, keys::read_passphrase_file(*file));
    unlock.emplace(std::move(passphrase));
  } else {
    Label prompt{"请 " + name + " 设定口令", "Passphrase of " + name};
    CUNJU_TRY(keys::Passphrase passphrase, ask_passphrase(call.terminal, prompt, true));
    unlock.emplace(std::move(passphrase));
  }
  CUNJU_TRY(MemberId member, node->add_local_member(space, name, role, *unlock));
  node->wake_server();
  call.terminal.say(
      {name + " 可以在这台电脑上用自己的口令登记了（--clerk " + name + "）。",
       name + " can now write on this node with their own passphrase (--clerk " + name + ")."});
  call.terminal.object(
      {{"space", space.hex()}, {"member", member.hex()}, {"name", name}, {"role", role}});
  return ExitCode::kOk;
}

/// The member named by the second word, and the name to show.
struct Meant : OpenRoster {
  MemberId member;
  std::string name;
};

Result<Meant> find_meant(Invocation& call) {
  if (call.arguments.size() < 2)
    return refused(call, Errc::kInvalidArgument, {"没有写明是谁", "whom?"});
  CUNJU_TRY(OpenRoster opened, open_roster(call));
  Meant out{std::move(opened), {}, {}};
  CUNJU_TRY(out.member, require_member(call, *out.roster, call.arguments[1]));
  out.name = out.roster->members.at(out.member).name;
  return out;
}

Result<ExitCode> remove_member(Invocation& call) {
  CUNJU_TRY(Meant meant, find_meant(call));
  CUNJU_TRY(council::RosterAct act,
            council::plan_removal(meant.node->replica(), meant.space, meant.member));
  return carry_out(call, *meant.node, meant.space, act,
                   {meant.name + " 将退出名册：角色、钥匙、电脑一并停用，写过的记录保留。",
                    meant.name + " leaves the roster: roles, keys and nodes end, what they wrote "
                                 "stays."});
}

/// What --role names, each once.
Result<std::vector<std::string>> read_roles(const Invocation& call) {
  std::vector<std::string> out;
  std::vector<std::string> given = call.values("--role");
  if (given.empty()) given.emplace_back();
  for (const std::string& text : given) {
    CUNJU_TRY(std::string role, require_role(call, text, "--role"));
    if (std::ranges::find(out, role) == out.end()) out.push_back(std::move(role));
  }
  return out;
}

std::string role_names(const std::vector<std::string>& roles, Language language) {
  std::vector<Label> out;
  for (const std::string& role : roles)
    out.push_back({role_label(role, Language::kChinese), role_label(role, Language::kEnglish)});
  return std::string(joined(out).in(language));
}

Result<ExitCode> grant_role(Invocation& call) {
  CUNJU_TRY(const std::vector<std::string> roles, read_roles(call));
  CUNJU_TRY(const std::string from, read_day(call, "--from"));
  CUNJU_TRY(const std::string until, read_day(call, "--until"));
  if (!from.empty() && !until.empty() && until < from)
    return refused(call, Errc::kInvalidArgument,
                   {"任期届满（" + until + "）早于开始（" + from + "）",
                    "the term ends (" + until + ") before it begins (" + from + ")"});
  CUNJU_TRY(Meant meant, find_meant(call));
  council::RosterAct act;
  std::vector<std::string> news;
  for (const std::string& role : roles) {
    if (meant.roster->members.at(meant.member).roles.contains({role, from, until})) continue;
    act.operations.emplace_back(
        GrantRole{.member = meant.member, .role = role, .term_from = from, .term_until = until});
    news.push_back(role);
  }
  if (news.empty())
    return say_unchanged(call, meant.space,
                         {meant.name + " 已经担任" + role_names(roles, Language::kChinese) +
                              "，任期也一样，没有改动任何数据。",
                          meant.name + " is " + role_names(roles, Language::kEnglish) +
                              " already, with the same term; nothing was changed."});
  return carry_out(call, *meant.node, meant.space, act,
                   {meant.name + " 将担任" + role_names(news, Language::kChinese) + "。",
                    meant.name + " becomes " + role_names(news, Language::kEnglish) + "."});
}

Result<ExitCode> end_role(Invocation& call) {
  CUNJU_TRY(const std::vector<std::string> roles, read_roles(call));
  CUNJU_TRY(Meant meant, find_meant(call));
  council::RosterAct act;
  for (const std::string& role : roles) {
    Result<council::RosterAct> end =
        council::plan_role_end(meant.node->replica(), meant.space, meant.member, role);
    if (end.has_error() && end.error().code == Errc::kNotFound)
      return refused(call, Errc::kNotFound,
                     {meant.name + " 没有担任" + role_label(role, Language::kChinese),
                      meant.name + " is not " + role_label(role, Language::kEnglish)});
    if (end.has_error()) return end.error();
    std::ranges::move(end.value().operations, std::back_inserter(act.operations));
    act.devices = std::move(end.value().devices);
  }
  return carry_out(
      call, *meant.node, meant.space, act,
      {meant.name + " 将不再担任" + role_names(roles, Language::kChinese) + "。",
       meant.name + " will no longer be " + role_names(roles, Language::kEnglish) + "."});
}

void show_act(Terminal& terminal, const SpaceId& space, const Roster& roster,
              const council::RosterEntry& entry) {
  const std::string id = short_id(entry.id.hex());
  const std::string who = author_name(roster, entry.author);
  const std::string when = local_time(entry.claimed_ms);
  const Label state = entry.is_in_force ? Label{"有效", "in force"} : Label{"无效", "void"};
  terminal.say({"  " + id + "  " + state.zh + "  " + who + "  自称 " + when,
                "  " + id + "  " + state.en + "  " + who + "  claims " + when});
  boost::json::object out{{"space", space.hex()},           {"change", entry.id.hex()},
                          {"author", entry.author.hex()},   {"name", who},
                          {"claimed_ms", entry.claimed_ms}, {"in_force", entry.is_in_force}};
  say_operations(terminal, entry.operations, roster, "    ", out);
  terminal.object(out);
}

/// Everything that was ever said on the roster, with what it is worth today.
Result<ExitCode> list_acts(Invocation& call) {
  return show_rosters(
      call, [&](node::Node& node, const SpaceId& space, const Roster& roster) -> Result<void> {
        call.terminal.line(roster.space_name);
        CUNJU_TRY(const council::RosterCopy copy, council::RosterCopy::read(node.replica(), space));
        for (const council::RosterEntry& entry : copy.entries())
          show_act(call.terminal, space, roster, entry);
        return ok();
      });
}

Result<ExitCode> run(Invocation& call) {
  const std::string action = call.arguments.empty() ? "list" : call.arguments[0];
  if (action == "list") return list_members(call);
  if (action == "add") return add_member(call);
  if (action == "remove") return remove_member(call);
  if (action == "grant") return grant_role(call);
  if (action == "end") return end_role(call);
  if (action == "history") return list_acts(call);
  return refused(call, Errc::kInvalidArgument,
                 {action + "；可用 list、add、remove、grant、end、history",
                  action + "; there are list, add, remove, grant, end, history"});
}

}  // namespace

const Verb kMemberVerb{
    .name = "member",
    .arguments = "[list | add | remove NAME | grant NAME | end NAME | history]",
    .min_arguments = 0,
    .max_arguments = 2,
    .summary = {"查看人员；添加同事；任免角色；请人退出名册；名册上的历次改动",
                "list members; add a colleague; grant and end roles; remove a member; what was "
                "done to the roster"},
    .details =
        {"免去角色和退出名册先说明影响，加 --yes 才办理。办理之后对方离线写下的内容不丢，进迟到"
         "箱，由有权限的人决定是否采用（cunju late）。任期日期只供显示，到期不会自动免去。history "
         "列出名册上的"
         "每一份改动、编号和是否有效。",
         "Ending a role and removing a member first say what they do; --yes does it. What the "
         "person wrote offline beside that is not lost: it waits in the late tray (cunju "
         "late). Dates of a term are shown and end nothing. history lists every change of the "
         "roster with its id, and whether it is in force."},
    .options = kOptions,
    .run = run};

}  // namespace cunju::cli
