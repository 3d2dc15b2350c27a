// SPDX-License-Identifier: Apache-2.0
#include "cli/roster_act.h"

namespace cunju::cli {
void show_devices(Invocation& call, const Roster& roster, const council::RosterAct& act) {
  for (const council::CutDevice& device : act.devices) {
    const std::string who(roster.name_of(device.cut.author));
    const std::string key = short_id(device.cut.author.hex());
    const std::string kept = std::to_string(device.cut.end);
    const std::uint64_t late = device.held - device.cut.end;
    Label line{"  " + who + " 的钥匙 " + key + "：前 " + kept + " 份改动继续有效",
               "  key " + key + " of " + who + ": its first " + kept + " changes stay in force"};
    if (device.cut.end > 0) {
      const std::string last = short_id(device.cut.last.hex());
      line.zh += "（到 " + last + " 为止）";
      line.en += " (up to " + last + ")";
    }
    if (late > 0) {
      line.zh += "，其后 " + std::to_string(late) + " 份转入迟到箱";
      line.en += ", the next " + std::to_string(late) + " go to the late tray";
    }
    line.zh += "；还没收到的一律先进迟到箱。";
    line.en += "; what has not arrived yet goes to the late tray.";
    call.terminal.say(line);
  }
}

boost::json::array devices_json(const council::RosterAct& act) {
  boost::json::array out;
  for (const council::CutDevice& device : act.devices)
    out.push_back(boost::json::object{{"member", device.member.hex()},
                                      {"author", device.cut.author.hex()},
                                      {"keep", device.cut.end},
                                      {"last", device.cut.last.hex()},
                                      {"late", device.held - device.cut.end}});
  return out;
}

Result<std::optional<ChangeId>> sign_if_confirmed(Invocation& call, node::Node& node,
                                                  const SpaceId& space,
                                                  const council::RosterAct& act) {
  std::optional<ChangeId> change;
  if (call.has("--yes")) {
    CUNJU_TRY(replica::Appended done,
              node.replica().append_roster(space, node.unlocked().author, act.operations,
                                           node::Node::now_ms()));
    node.wake_server();
    change = done.ids.front();
    call.terminal.say({"已办理并保存；下次交换后，别的电脑也照此执行。",
                       "Done and saved; other nodes follow after the next exchange."});
  } else {
    call.terminal.say({"还没有办理，没有改动任何数据。确认无误后加 --yes 再运行一次。",
                       "Nothing was done. If this is right, run it again with --yes."});
  }
  return change;
}

Result<ExitCode> carry_out(Invocation& call, node::Node& node, const SpaceId& space,
                           const council::RosterAct& act, const Label& what) {
  CUNJU_TRY(std::shared_ptr<const Roster> roster, node.replica().roster(space));
  call.terminal.say(what);
  show_devices(call, *roster, act);
  CUNJU_TRY(const std::optional<ChangeId> change, sign_if_confirmed(call, node, space, act));
  call.terminal.object({{"space", space.hex()},
                        {"done", change.has_value()},
                        {"change", change ? change->hex() : std::string()},
                        {"devices", devices_json(act)}});
  return ExitCode::kOk;
}

std::string role_label(std::string_view id, Language language) {
  for (const BuiltinRole& role : builtin_roles()) {
    if (role.id == id) return std::string(language == Language::kEnglish ? role.en : role.zh);
  }
  return std::string(id);
}

Result<std::string> require_role(std::string_view role, std::string_view what) {
  for (const BuiltinRole& known : builtin_roles())
    if (known.id == role) return std::string(role);
  return fail(Errc::kInvalidArgument, std::string(what) + " " + std::string(role));
}

}  // namespace cunju::cli
