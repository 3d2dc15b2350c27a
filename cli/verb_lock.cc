// SPDX-License-Identifier: Apache-2.0
#include "cli/session.h"
#include "cli/verbs.h"
#include "node/agent/agent_client.h"

namespace cunju::cli {
namespace {

Result<ExitCode> run(Invocation& call) {
  Result<agent::Reply> reply =
      agent::ask(call.home, {.kind = agent::RequestKind::kLock, .clerk = {}, .keys = {}});
  const bool is_served = reply.has_value() || reply.error().code != Errc::kNotFound;
  if (reply.has_error() && is_served) return reply.error();
  if (is_served)
    call.terminal.say(
        {"已上锁：本机停止交换，之后的命令要输口令。解锁：" + call.terminal.command("unlock"),
         "Locked: this node exchanges nothing, and commands ask for a passphrase. "
         "Unlock it with " +
             call.terminal.command("unlock")});
  else
    call.terminal.say({"本机没有运行 serve，没有需要上锁的。",
                       "No node serves this home; there is nothing to lock."});
  call.terminal.object({{"locked", is_served}});
  return ExitCode::kOk;
}

}  // namespace

const Verb kLockVerb{
    .name = "lock",
    .arguments = "",
    .min_arguments = 0,
    .max_arguments = 0,
    .summary = {"让正在运行的 serve 忘掉钥匙", "make a serving node forget its keys"},
    .details = {"离开电脑前用。上锁后内存里不留内容和钥匙。",
                "For when you leave the computer. A locked node keeps no record and no key in "
                "memory."},
    .options = {},
    .run = run};

}  // namespace cunju::cli
