// SPDX-License-Identifier: Apache-2.0
#include "cli/session.h"
#include "cli/verbs.h"
#include "node/store/private_file.h"

namespace cunju::cli {
namespace {

const Option kOptions[] = {
    {"--role",
     "ROLE",
     {"角色：chair clerk mediator supervisor teller grid office auditor",
      "role: chair clerk mediator supervisor teller grid office auditor"}},
    {"--name", "NAME", {"对方的称呼，如“翠湖街道办”", "what to call them, e.g. the office's name"}},
    {"--out", "FILE", {"邀请写到哪个文件", "file to write the invitation to"}},
};

Result<ExitCode> run(Invocation& call) {
  std::string role = call.value("--role").value_or("");
  if (role.empty()) return fail(Errc::kInvalidArgument, "--role");
  std::optional<std::string> out = call.value("--out");
  if (!out) return fail(Errc::kInvalidArgument, "--out");
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_node(call));
  CUNJU_TRY(SpaceId space, chosen_space(*node, call));
  CUNJU_TRY(std::string text, node->invite(space, role, call.value("--name").value_or("")));
  CUNJU_TRYV(store::write_new_file(*out, as_bytes(text + "\n")));
  call.terminal.say({"邀请已写入 " + *out +
                         "（只能用一次）。请当面或用可靠的方式交给对方；谁拿到它，谁就能加入。",
                     "The invitation is in " + *out +
                         " and works once. Hand it over in person: whoever "
                         "holds it can join."});
  call.terminal.say({"对方运行 cunju join 后，本机运行 " + call.terminal.command("serve") +
                         "，对方再 cunju sync。",
                     "They run cunju join; then you run " + call.terminal.command("serve") +
                         " and they run cunju sync."});
  call.terminal.object({{"invitation", *out}, {"space", space.hex()}, {"role", role}});
  return ExitCode::kOk;
}

}  // namespace

const Verb kInviteVerb{.name = "invite",
                       .arguments = "",
                       .min_arguments = 0,
                       .max_arguments = 0,
                       .summary = {"邀请街道、邻村或同事的电脑加入",
                                   "invite another node: the office, a peer, a colleague"},
                       .details = {},
                       .options = kOptions,
                       .run = run};

}  // namespace cunju::cli
