// SPDX-License-Identifier: Apache-2.0
#include "cli/session.h"
#include "cli/verbs.h"
#include "node/registry/identifiers.h"

namespace cunju::cli {
namespace {

const Option kOptions[] = {
    {"--name", "NAME", {"村（居）的名称", "name of the village or community"}},
    {"--code", "CODE", {"12 位统计用区划代码", "12-digit division code"}},
};

Result<ExitCode> run(Invocation& call) {
  std::string name = call.value("--name").value_or("");
  std::string code = call.value("--code").value_or("");
  if (name.empty()) return fail(Errc::kInvalidArgument, "--name");
  if (name.size() > limits::kMaxNameBytes || !is_utf8(name))
    return fail(Errc::kInvalidArgument, "--name " + name);
  std::string clerk = call.clerk.empty() ? "文书" : call.clerk;
  if (!code.empty() && !registry::parse_division_code(code)) {
    // A code may be newer than our knowledge of the form: kept, but said.
    call.terminal.warn(
        {"提醒：区划代码应为 12 位数字：" + code, "note: a division code has 12 digits: " + code});
  }
  CUNJU_TRY(keys::Unlock unlock, ask_unlock(call, true));
  Result<std::unique_ptr<node::Node>> node = node::Node::create(call.home, clerk, unlock);
  if (node.has_error() && node.error().code == Errc::kExists) {
    // A home whose first space was not founded, because the power failed, goes on from there.
    node = node::Node::open(call.home);
    if (node.has_error()) return node.error();
    // Who is not a clerk of this home gets to know that there is one, not that his name is wrong.
    Result<void> unlocked = node.value()->unlock(call.clerk, unlock);
    if (unlocked.has_error()) {
      const bool is_stranger =
          unlocked.error().code == Errc::kBadPassphrase || unlocked.error().code == Errc::kNotFound;
      return is_stranger ? Error{Errc::kExists, call.home.string()} : unlocked.error();
    }
    CUNJU_TRY(std::vector<SpaceId> spaces, node.value()->replica().spaces());
    for (const SpaceId& space : spaces) {
      CUNJU_TRY(std::optional<ChangeId> first,
                node.value()->replica().find_change(space, node.value()->unlocked().author.author(),
                                                    Seq{0}));
      if (first && first->value == space.value)
        return fail(Errc::kExists, call.home.string() + ": " + space_name(*node.value(), space));
    }
  }
  if (node.has_error()) return node.error();
  CUNJU_TRY(SpaceId space, node.value()->found_space(name, code));
  call.terminal.say(
      {"已建立“" + name + "”，编号 " + short_id(space.hex()) + "，文书 " + clerk + "。",
       "Founded " + name + ", id " + short_id(space.hex()) + ", clerk " + clerk + "."});
  call.terminal.say(
      {"请记牢口令：忘记后没有人能找回。下一步：" + call.terminal.command("import") + "、" +
           call.terminal.command("add") + "，或 " + call.terminal.command("invite") + " 邀请街道。",
       "Keep the passphrase safe: nobody can recover it. Next: " + call.terminal.command("import") +
           ", " + call.terminal.command("add") + ", or " + call.terminal.command("invite") +
           " for the street office."});
  call.terminal.object({{"space", space.hex()}, {"name", name}, {"code", code}, {"clerk", clerk}});
  return ExitCode::kOk;
}

}  // namespace

const Verb kInitVerb{.name = "init",
                     .arguments = "",
                     .min_arguments = 0,
                     .max_arguments = 0,
                     .summary = {"在一个新文件夹里建立本村（居）的登记簿",
                                 "found a village's book in a new home folder"},
                     .details = {"创建者同时是主任和文书，可以再用 member 增加人员。",
                                 "The founder is chair and clerk; add people with member."},
                     .options = kOptions,
                     .run = run};

}  // namespace cunju::cli
