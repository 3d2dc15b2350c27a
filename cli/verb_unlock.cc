// SPDX-License-Identifier: Apache-2.0
#include "cli/record_lookup.h"
#include "cli/session.h"
#include "cli/verbs.h"
#include "node/agent/agent_client.h"

namespace cunju::cli {
namespace {

Result<ExitCode> run(Invocation& call) {
  CUNJU_TRY(std::unique_ptr<node::Node> node, node::Node::open(call.home));
  CUNJU_TRY(keys::Unlock unlock, ask_unlock(call, false));
  CUNJU_TRYV(node->unlock(call.clerk, unlock));
  const std::string clerk = node->unlocked().clerk;
  Result<agent::Reply> reply = agent::ask(
      call.home,
      {.kind = agent::RequestKind::kUnlock, .clerk = clerk, .keys = node->unlocked().clone()});
  if (reply.has_error() && reply.error().code == Errc::kNotFound)
    return refused(call, Errc::kNotFound,
                   {"口令正确，但本机没有运行 serve；各条命令会自己问口令",
                    "the passphrase is right, but no node serves this home; each command asks for "
                    "it by itself"});
  if (reply.has_error()) return reply.error();
  if (reply.value().answer != agent::Answer::kDone)
    return fail(Errc::kTampered, "the serving node took no keys");
  call.terminal.say({clerk + " 已解锁本机，之后的命令不再问口令；离开时请 " +
                         call.terminal.command("lock") + "。",
                     clerk + " has unlocked this node; commands ask for nothing until " +
                         call.terminal.command("lock") + "."});
  call.terminal.object({{"clerk", clerk}});
  return ExitCode::kOk;
}

}  // namespace

const Verb kUnlockVerb{
    .name = "unlock",
    .arguments = "",
    .min_arguments = 0,
    .max_arguments = 0,
    .summary = {"把钥匙交给正在运行的 serve", "hand your keys to the node that serves this home"},
    .details = {"几位工作人员可以各自解锁；之后的命令用 --clerk 说明是谁。",
                "Several clerks may each unlock it; commands then say who with --clerk."},
    .options = {},
    .run = run};

}  // namespace cunju::cli
