// SPDX-License-Identifier: Apache-2.0
#include "cli/session.h"
#include "cli/verbs.h"
#include "node/store/private_file.h"

namespace cunju::cli {
namespace {

constexpr std::size_t kMaxInvitationBytes = 8192;

Result<ExitCode> run(Invocation& call) {
  CUNJU_TRY(Bytes bytes, store::read_whole_file(call.arguments[0], kMaxInvitationBytes));
  std::string_view text = as_text(bytes);
  // A bad file must not leave a half-made home behind.
  CUNJU_TRY(peers::Invitation preview, peers::parse_invitation_text(text));
  Result<std::unique_ptr<node::Node>> node = node::Node::open(call.home);
  if (node.has_error() && node.error().code == Errc::kNotFound) {
    std::string clerk = call.clerk;
    if (clerk.empty()) clerk = preview.member_name;
    if (clerk.empty()) {
      for (const BuiltinRole& role : builtin_roles()) {
        if (role.id == preview.role) clerk = role.zh;
      }
    }
    CUNJU_TRY(keys::Unlock unlock, ask_unlock(call, true));
    node = node::Node::create(call.home, clerk, unlock);
  } else if (node.has_value()) {
    CUNJU_TRY(keys::Unlock unlock, ask_unlock(call, false));
    CUNJU_TRYV(node.value()->unlock(call.clerk, unlock));
  }
  if (node.has_error()) return node.error();
  CUNJU_TRY(peers::Invitation invitation, node.value()->join(text));
  call.terminal.say(
      {"已收下“" + invitation.space_name + "”的邀请。请对方运行 cunju serve，再在本机运行：" +
           call.terminal.command("sync 对方地址"),
       "Took the invitation to " + invitation.space_name +
           ". Ask them to run cunju serve, then run: " + call.terminal.command("sync ADDRESS")});
  call.terminal.object({{"space", invitation.space.hex()},
                        {"name", invitation.space_name},
                        {"role", invitation.role}});
  return ExitCode::kOk;
}

}  // namespace

const Verb kJoinVerb{
    .name = "join",
    .arguments = "FILE",
    .min_arguments = 1,
    .max_arguments = 1,
    .summary = {"用邀请文件加入别的村（居）", "accept an invitation"},
    .details = {"没有数据文件夹时会新建。配对在第一次 sync 时完成。",
                "Makes the home folder if there is none. Pairing happens at the first sync."},
    .options = {},
    .run = run};

}  // namespace cunju::cli
