// SPDX-License-Identifier: Apache-2.0
#include <charconv>

#include "cli/roster_act.h"
#include "cli/verbs.h"

namespace cunju::cli {
namespace {

const Option kOptions[] = {
    {"--keep",
     "N",
     {"它的前 N 份改动有效，其余进迟到箱；不写：本机已收到的都有效",
      "its first N changes stay in force; unless given, all that are here"}},
    kYesOption,
};

Result<ExitCode> list_keys(Invocation& call) {
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_node(call));
  CUNJU_TRY(std::vector<SpaceId> spaces, chosen_spaces(*node, call));
  for (const SpaceId& space : spaces) {
    Result<std::shared_ptr<const Roster>> roster = node->replica().roster(space);
    if (roster.has_error()) continue;
    call.terminal.line(roster.value()->space_name);
    std::vector<std::vector<std::string>> rows;
    for (const auto& [author, member] : roster.value()->owners) {
      const bool is_in_use = roster.value()->devices.contains(author);
      CUNJU_TRY(Cut end, node->replica().cut_of(space, author, std::nullopt));
      const Label state{is_in_use ? "使用中" : "已停用", is_in_use ? "in use" : "retired"};
      rows.push_back({"  " + short_id(author.hex()), std::string(roster.value()->name_of(author)),
                      std::string(call.terminal.in_language(state)), std::to_string(end.end)});
      call.terminal.object({{"space", space.hex()},
                            {"author", author.hex()},
                            {"member", member.hex()},
                            {"in_use", is_in_use},
                            {"changes", end.end}});
    }
    call.terminal.table(rows);
  }
  return ExitCode::kOk;
}

Result<std::optional<std::uint64_t>> read_keep(const Invocation& call) {
  std::optional<std::string> text = call.value("--keep");
  if (!text) return std::optional<std::uint64_t>();
  std::uint64_t number = 0;
  auto [end, code] = std::from_chars(text->data(), text->data() + text->size(), number);
  if (code != std::errc() || end != text->data() + text->size())
    return fail(Errc::kInvalidArgument, "--keep " + *text);
  return std::optional<std::uint64_t>(number);
}

Result<ExitCode> revoke_key(Invocation& call) {
  if (call.arguments.size() < 2) return fail(Errc::kInvalidArgument, "KEY (cunju key list)");
  CUNJU_TRY(std::optional<std::uint64_t> keep, read_keep(call));
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_unlocked(call));
  CUNJU_TRY(SpaceId space, chosen_space(*node, call));
  CUNJU_TRY(std::shared_ptr<const Roster> roster, node->replica().roster(space));
  CUNJU_TRY(AuthorKey device, council::find_device(*roster, call.arguments[1]));
  CUNJU_TRY(council::RosterAct act, council::plan_retirement(node->replica(), space, device, keep));
  const std::string who(roster->name_of(device)), key = short_id(device.hex());
  return carry_out(
      call, *node, space, act,
      {"将停用 " + who + " 的钥匙 " + key + "；本人仍在名册里，可换一把钥匙。",
       "Key " + key + " of " + who + " ends; " + who + " stays a member and can get another key."});
}

Result<ExitCode> run(Invocation& call) {
  const std::string action = call.arguments.empty() ? "list" : call.arguments[0];
  if (action == "list") return list_keys(call);
  if (action == "revoke") return revoke_key(call);
  return fail(Errc::kInvalidArgument, "key " + action + " (list | revoke)");
}

}  // namespace

const Verb kKeyVerb{
    .name = "key",
    .arguments = "[list | revoke KEY]",
    .min_arguments = 0,
    .max_arguments = 2,
    .summary = {"查看签名钥匙；电脑丢失时停用它的钥匙",
                "list signing keys; end the key of a lost laptop"},
    .details =
        {"先说明影响，加 --yes 才办理。被盗的电脑可用 --keep 指定从哪一份起不算数；不算数的都进"
         "迟到箱（cunju late），不会丢。",
         "First says what it does; --yes does it. For a stolen laptop --keep says how much of "
         "its log still counts; the rest is not lost, it goes to the late tray (cunju late)."},
    .options = kOptions,
    .run = run};

}  // namespace cunju::cli
