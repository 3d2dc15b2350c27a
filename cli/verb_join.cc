// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <iostream>

#include "cli/pairing_lines.h"
#include "cli/record_lookup.h"
#include "cli/session.h"
#include "cli/verbs.h"
#include "node/peers/invitation_text.h"
#include "node/store/private_file.h"

namespace cunju::cli {
namespace {

using Side = peers::InvitationBook::Side;

/// From the file, or, for "-", typed or pasted until an empty line or the end.
Result<std::string> read_text(Invocation& call) {
  if (call.arguments[0] != "-") {
    CUNJU_TRY(const Bytes bytes,
              store::read_whole_file(call.arguments[0], peers::kMaxInvitationTextBytes));
    return std::string(as_text(bytes));
  }
  if (::isatty(STDIN_FILENO) == 1)
    call.terminal.warn({"请输入或粘贴邀请文字（大小写、空格、横线都不要紧），最后按一次空行：",
                        "Type or paste the invitation (capitals, blanks and hyphens do not "
                        "matter), then an empty line:"});
  std::string text, line;
  while (text.size() <= peers::kMaxInvitationTextBytes && std::getline(std::cin, line)) {
    if (line.empty() && !text.empty()) break;
    text += line + "\n";
  }
  return text;
}

Result<peers::Invitation> read_invitation(Invocation& call, std::string_view text) {
  Result<peers::Invitation> out = peers::parse_invitation_text(text);
  if (out.has_value() || out.error().code != Errc::kMalformed) return out;
  const std::vector<std::size_t> groups = peers::find_mistyped_groups(text);
  if (groups.empty()) return out;
  const std::string first = std::to_string(groups.front());
  return refused(call, Errc::kMalformed,
                 {"第 " + first + " 组（CUNJU1 之后每八个字符一组）输错或漏了，请从这一组核对",
                  "group " + first +
                      " (of eight characters, after CUNJU1) is mistyped or left "
                      "out; check from there"});
}

std::string clerk_name(const Invocation& call, const peers::Invitation& invitation) {
  if (!call.clerk.empty()) return call.clerk;
  if (!invitation.member_name.empty()) return invitation.member_name;
  for (const BuiltinRole& role : builtin_roles()) {
    if (role.id == invitation.role) return std::string(role.zh);
  }
  return invitation.role;
}

/// Whether the clerk's key is, or was, in the space's roster as it is here.
bool knows_space(node::Node& node, const SpaceId& space) {
  const Result<std::shared_ptr<const Roster>> roster = node.replica().roster(space);
  return roster.has_value() && roster.value()->owners.contains(node.unlocked().author.author());
}

Result<ExitCode> take_invitation(Invocation& call) {
  CUNJU_TRY(const std::string text, read_text(call));
  // A bad file must not leave a half-made home behind.
  CUNJU_TRY(peers::Invitation preview, read_invitation(call, text));
  Result<std::unique_ptr<node::Node>> node = node::Node::open(call.home);
  if (node.has_error() && node.error().code == Errc::kNotFound) {
    CUNJU_TRY(keys::Unlock unlock, ask_unlock(call, true));
    node = node::Node::create(call.home, clerk_name(call, preview), unlock);
  } else if (node.has_value()) {
    CUNJU_TRY(keys::Unlock unlock, ask_unlock(call, false));
    CUNJU_TRYV(node.value()->unlock(call.clerk, unlock));
  }
  if (node.has_error()) return node.error();
  CUNJU_TRY(peers::Invitation invitation, node.value()->join(text));
  node.value()->wake_server();
  const std::string name = visible(invitation.space_name, false);
  call.terminal.say(
      {"已收下“" + name + "”的邀请。请对方运行 cunju serve，再在本机运行：" +
           call.terminal.command("sync 对方地址"),
       "Took the invitation to " + name +
           ". Ask them to run cunju serve, then run: " + call.terminal.command("sync ADDRESS")});
  const bool was_in = knows_space(*node.value(), invitation.space);
  if (was_in)
    call.terminal.say(
        {"这台电脑以前就在这个村（居）里：退出或停用过的，用这份邀请回来，原来的钥匙和内容都在；没"
         "有"
         "退出过的，用不着邀请，照常 sync 就行。",
         "This computer was in that space before. If it was taken out it comes back with this "
         "invitation, with the keys and records that are here; if it was not, it needs none: just "
         "sync."});
  call.terminal.object({{"was_in", was_in},
                        {"space", invitation.space.hex()},
                        {"name", invitation.space_name},
                        {"role", invitation.role},
                        {"id", invitation.id.hex()}});
  return ExitCode::kOk;
}

Result<ExitCode> confirm_words(Invocation& call) {
  CUNJU_TRY(const peers::PairingWords words, words_argument(call, 1));
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_node(call));
  Result<peers::Invitation> confirmed = node->pairing_desk().confirm_taken(words);
  if (confirmed.has_error()) return wrong_words(call, confirmed.error());
  node->wake_server();
  const peers::Invitation& invitation = confirmed.value();
  call.terminal.say({"本机已确认。对方也确认后，运行：" + call.terminal.command("sync 对方地址") +
                         "；本机在运行 serve 并呼叫对方的，会自己接上。",
                     "Confirmed here. Once they have confirmed too, run: " +
                         call.terminal.command("sync ADDRESS") +
                         "; a serve that calls them goes on by itself."});
  call.terminal.object({{"invitation", invitation.id.hex()}, {"confirmed", true}});
  return ExitCode::kOk;
}

Result<ExitCode> refuse_words(Invocation& call) {
  if (call.arguments.size() != 2) return fail(Errc::kInvalidArgument, "ID");
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_node(call));
  CUNJU_TRY(const wire::InvitationId id, find_invitation(call, *node, Side::kTaken));
  CUNJU_TRYV(node->pairing_desk().refuse_taken(id));
  node->wake_server();
  call.terminal.say({"邀请 " + invitation_name(id) +
                         " 已作废，本机没有加入。再 sync 一次会告诉对方；请对方另发一份邀请。",
                     "Invitation " + invitation_name(id) +
                         " is over, this node did not join. One more sync tells them; ask for a "
                         "new invitation."});
  call.terminal.object({{"invitation", id.hex()}, {"ended", true}});
  return ExitCode::kOk;
}

Result<ExitCode> run(Invocation& call) {
  const std::string& action = call.arguments[0];
  if (action == "confirm") return confirm_words(call);
  if (action == "refuse") return refuse_words(call);
  if (call.arguments.size() != 1) return fail(Errc::kInvalidArgument, call.arguments[1]);
  return take_invitation(call);
}

}  // namespace

const Verb kJoinVerb{
    .name = "join",
    .arguments = "FILE | - | confirm WORDS | refuse ID",
    .min_arguments = 1,
    .max_arguments = 1 + peers::kPairingWords,
    .summary = {"用邀请加入别的村（居），或退出、停用后回来；核对词语",
                "accept an invitation, also to come back; confirm its words"},
    .details =
        {"“-”表示输入或粘贴邀请文字。没有数据文件夹时会新建。第一次 sync 后屏幕上出现四个词，与对方"
         "念的完全一样才 confirm，再 sync 就加入了。",
         "\"-\": type or paste the invitation. Makes the home folder if there is none. The first "
         "sync shows four words; confirm them only if the other side reads out the same, then sync "
         "again."},
    .options = {},
    .run = run};

}  // namespace cunju::cli
