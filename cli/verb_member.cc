// SPDX-License-Identifier: Apache-2.0
#include <boost/json/array.hpp>

#include "cli/roster_act.h"
#include "cli/session.h"
#include "cli/verbs.h"

namespace cunju::cli {
namespace {

const Option kOptions[] = {
    {"--name", "NAME", {"新人员的姓名", "name of the new person"}},
    {"--role", "ROLE", {"角色，可重复；默认 clerk", "role; clerk unless given"}},
    {"--new-passphrase-file",
     "FILE",
     {"新人员的口令文件（无人值守时）",
      "file with the new person's passphrase, for unattended use"}},
    {"--from", "DATE", {"任期开始（仅供显示）", "first day of the term, shown only"}},
    {"--until", "DATE", {"任期届满（仅供显示）", "last day of the term, shown only"}},
    kYesOption,
};

Result<ExitCode> list_members(Invocation& call) {
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_node(call));
  CUNJU_TRY(std::vector<SpaceId> spaces, chosen_spaces(*node, call));
  Terminal& terminal = call.terminal;
  for (const SpaceId& space : spaces) {
    Result<std::shared_ptr<const Roster>> found = node->replica().roster(space);
    if (found.has_error()) continue;
    const Roster& roster = *found.value();
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
  }
  return ExitCode::kOk;
}

Result<ExitCode> add_member(Invocation& call) {
  std::string name = call.value("--name").value_or("");
  if (name.empty()) return fail(Errc::kInvalidArgument, "--name");
  CUNJU_TRY(std::string role, require_role(call.value("--role").value_or("clerk"), "--role"));
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_unlocked(call));
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
struct Meant {
  std::unique_ptr<node::Node> node;
  SpaceId space;
  MemberId member;
  std::string name;
};

Result<Meant> find_meant(Invocation& call) {
  if (call.arguments.size() < 2) return fail(Errc::kInvalidArgument, "NAME");
  Meant out;
  CUNJU_TRY(out.node, open_unlocked(call));
  CUNJU_TRY(out.space, chosen_space(*out.node, call));
  CUNJU_TRY(std::shared_ptr<const Roster> roster, out.node->replica().roster(out.space));
  CUNJU_TRY(out.member, council::find_member(*roster, call.arguments[1]));
  out.name = roster->members.at(out.member).name;
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

Result<ExitCode> grant_role(Invocation& call) {
  CUNJU_TRY(std::string role, require_role(call.value("--role").value_or(""), "--role"));
  CUNJU_TRY(Meant meant, find_meant(call));
  council::RosterAct act{
      .operations = {GrantRole{.member = meant.member,
                               .role = role,
                               .term_from = call.value("--from").value_or(""),
                               .term_until = call.value("--until").value_or("")}},
      .devices = {}};
  return carry_out(call, *meant.node, meant.space, act,
                   {meant.name + " 将担任" + role_label(role, Language::kChinese) + "。",
                    meant.name + " becomes " + role_label(role, Language::kEnglish) + "."});
}

Result<ExitCode> end_role(Invocation& call) {
  CUNJU_TRY(std::string role, require_role(call.value("--role").value_or(""), "--role"));
  CUNJU_TRY(Meant meant, find_meant(call));
  CUNJU_TRY(council::RosterAct act,
            council::plan_role_end(meant.node->replica(), meant.space, meant.member, role));
  return carry_out(
      call, *meant.node, meant.space, act,
      {meant.name + " 将不再担任" + role_label(role, Language::kChinese) + "。",
       meant.name + " will no longer be " + role_label(role, Language::kEnglish) + "."});
}

Result<ExitCode> run(Invocation& call) {
  const std::string action = call.arguments.empty() ? "list" : call.arguments[0];
  if (action == "list") return list_members(call);
  if (action == "add") return add_member(call);
  if (action == "remove") return remove_member(call);
  if (action == "grant") return grant_role(call);
  if (action == "end") return end_role(call);
  return fail(Errc::kInvalidArgument, "member " + action + " (list | add | remove | grant | end)");
}

}  // namespace

const Verb kMemberVerb{
    .name = "member",
    .arguments = "[list | add | remove NAME | grant NAME | end NAME]",
    .min_arguments = 0,
    .max_arguments = 2,
    .summary = {"查看人员；添加同事；任免角色；请人退出名册",
                "list members; add a colleague; grant and end roles; remove a member"},
    .details =
        {"免去角色和退出名册先说明影响，加 --yes 才办理。办理之后对方离线写下的内容不丢，进迟到"
         "箱，由有权限的人决定是否采用（cunju late）。任期日期只供显示，到期不会自动免去。",
         "Ending a role and removing a member first say what they do; --yes does it. What the "
         "person wrote offline beside that is not lost: it waits in the late tray (cunju "
         "late). Dates of a term are shown and end nothing."},
    .options = kOptions,
    .run = run};

}  // namespace cunju::cli
