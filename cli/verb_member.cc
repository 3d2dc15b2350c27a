// SPDX-License-Identifier: Apache-2.0
#include <boost/json/array.hpp>

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
};

std::string role_label(std::string_view id, Language language) {
  for (const BuiltinRole& role : builtin_roles()) {
    if (role.id == id) return std::string(language == Language::kEnglish ? role.en : role.zh);
  }
  return std::string(id);
}

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
  std::string role = call.value("--role").value_or("clerk");
  bool is_role = false;
  for (const BuiltinRole& known : builtin_roles()) is_role = is_role || known.id == role;
  if (!is_role) return fail(Errc::kInvalidArgument, "--role " + role);
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

Result<ExitCode> run(Invocation& call) {
  const std::string action = call.arguments.empty() ? "list" : call.arguments[0];
  if (action == "list") return list_members(call);
  if (action == "add") return add_member(call);
  return fail(Errc::kInvalidArgument, "member " + action + " (list | add)");
}

}  // namespace

const Verb kMemberVerb{
    .name = "member",
    .arguments = "[list|add]",
    .min_arguments = 0,
    .max_arguments = 1,
    .summary = {"查看人员；为共用本机的同事添加账号", "list members; add a colleague on this node"},
    .details = {},
    .options = kOptions,
    .run = run};

}  // namespace cunju::cli
