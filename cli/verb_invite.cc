// SPDX-License-Identifier: Apache-2.0
#include "cli/pairing_lines.h"
#include "cli/qr_code.h"
#include "cli/record_lookup.h"
#include "cli/roster_words.h"
#include "cli/scope_report.h"
#include "cli/session.h"
#include "cli/verbs.h"
#include "crdt/roster/replication_names.h"
#include "net/wire/pairing.h"
#include "node/council/entry_act.h"
#include "node/peers/invitation_text.h"
#include "node/store/private_file.h"

namespace cunju::cli {
namespace {

using Side = peers::InvitationBook::Side;

const Option kOptions[] = {
    {"--role",
     "ROLE",
     {"角色：chair clerk mediator supervisor teller grid office auditor",
      "role: chair clerk mediator supervisor teller grid office auditor"}},
    {"--name", "NAME", {"对方的称呼，如“翠湖街道办”", "what to call them, e.g. the office's name"}},
    {"--out", "FILE", {"邀请写到哪个文件", "file to write the invitation to"}},
    {"--qr", "", {"在屏幕上显示二维码", "show it as a QR code"}},
    {"--text", "", {"在屏幕上显示邀请文字，可抄写、可粘贴", "show its text, to copy or to type"}},
    {"--yes",
     "",
     {"confirm：邀请没有写姓名，来的是从前移出的电脑，确是其本人回来",
      "confirm: the invitation names nobody, and a computer that was taken out is to come back"}},
};

const ActionOptions kActions[] = {
    {"new", {"--role", "--name", "--out", "--qr", "--text"}},
    {"list", {}},
    {"cancel", {}},
    {"refuse", {}},
    {"confirm", {"--yes"}},
};

Result<void> show_qr(Terminal& terminal, const peers::Invitation& invitation) {
  CUNJU_TRY(const auto modules,
            qr_modules(peers::spell_invitation_tight(peers::invitation_bytes(invitation))));
  for (const std::string& line : draw_qr(modules)) terminal.line(line);
  return ok();
}

Result<ExitCode> make_invitation(Invocation& call) {
  std::string role = call.value("--role").value_or("");
  if (role.empty()) return fail(Errc::kInvalidArgument, "--role");
  const std::optional<std::string> out = call.value("--out");
  const bool shows_text = call.has("--text"), shows_qr = call.has("--qr");
  if (!out && !shows_text && !shows_qr)
    return refused(call, Errc::kInvalidArgument,
                   {"--out 文件、--text、--qr 至少用一个", "one of --out FILE, --text, --qr"});
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_node(call));
  CUNJU_TRY(SpaceId space, chosen_space(*node, call));
  CUNJU_TRY(const peers::Invitation invitation,
            node->invite(space, role, call.value("--name").value_or("")));
  const std::string text = peers::encode_invitation_text(invitation);
  boost::json::object object{{"invitation", out.value_or("")},
                             {"id", invitation.id.hex()},
                             {"space", space.hex()},
                             {"role", role}};
  if (out) {
    if (Result<void> written = store::write_new_file(*out, as_bytes(text + "\n"));
        written.has_error()) {
      // Nobody has it, so nobody is to wait for it.
      CUNJU_TRYV(node->pairing_desk().end_given(invitation.id, peers::PairStage::kCancelled));
      return written.error();
    }
    call.terminal.say({"邀请已写入 " + *out, "The invitation is in " + *out});
  }
  if (shows_text) {
    call.terminal.line(text);
    object["text"] = text;
  }
  if (shows_qr) {
    CUNJU_TRYV(show_qr(call.terminal, invitation));
  }
  call.terminal.say(
      {"只能用一次。请当面或用可靠的方式交给对方；对方加入前，双方还要核对四个词。",
       "It works once. Hand it over in person or over something that both trust; before anybody "
       "comes in, both sides compare four words."});
  call.terminal.say({"对方运行 cunju join 后，本机运行 " + call.terminal.command("serve") +
                         "，对方再 cunju sync 本机地址。",
                     "They run cunju join; then you run " + call.terminal.command("serve") +
                         " and they run cunju sync with this computer's address."});
  CUNJU_TRY(object["scopes"], say_what_role_reads(call, *node, invitation.space, invitation.role));
  call.terminal.object(object);
  return ExitCode::kOk;
}

Result<ExitCode> list_invitations(Invocation& call) {
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_node(call));
  std::size_t count = 0;
  for (Side side : {Side::kGiven, Side::kTaken}) {
    CUNJU_TRY(const std::vector<peers::Invitation> all, node->invitations(side));
    for (const peers::Invitation& invitation : all) {
      std::optional<council::Returning> returning;
      if (side == Side::kGiven) {
        CUNJU_TRY(returning, find_returning(*node, invitation));
      }
      show_invitation(call.terminal, invitation, side, returning);
    }
    count += all.size();
  }
  if (count == 0) call.terminal.say({"没有邀请。", "There are no invitations."});
  return ExitCode::kOk;
}

Result<ExitCode> end_invitation(Invocation& call, peers::PairStage stage) {
  if (call.arguments.size() != 2) return fail(Errc::kInvalidArgument, "ID");
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_node(call));
  CUNJU_TRY(const wire::InvitationId id, find_invitation(call, *node, Side::kGiven));
  Result<void> ended = node->pairing_desk().end_given(id, stage);
  if (ended.has_error() && ended.error().code == Errc::kExists)
    return refused(call, Errc::kExists,
                   {"用它的电脑已在名册里；要让它出去，用 member remove",
                    "its computer is in the roster already; member remove takes it out"});
  CUNJU_TRYV(ended);
  call.terminal.say(
      {"邀请 " + invitation_name(id) + " 已作废，没有让任何人加入。要再邀请，另发一份。",
       "Invitation " + invitation_name(id) +
           " is over; it let nobody in. To invite them again, make a new one."});
  call.terminal.object({{"invitation", id.hex()}, {"ended", true}});
  return ExitCode::kOk;
}

/// Why a computer whose words are right is not let in, in words.
Error not_let_in(const Invocation& call, const Error& error) {
  const std::string who = visible(error.context, false);
  Label why, next;
  if (error.code == Errc::kExists) {
    why = {"那台电脑上的签名钥匙是 " + who + " 的，邀请写的是别人。",
           "The key on that computer belongs to " + who + ", and the invitation is for another."};
    next = {"请 " + who + " 回来的，发一份写 --name " + who +
                " 的邀请；换了人用那台电脑的，请新人用新的数据文件夹（--home）join。",
            "To have them back, invite with --name " + who +
                "; somebody else who uses that computer now joins with a new home."};
  } else if (error.code == Errc::kPermission && error.context == council::kRetiredKey) {
    const std::string admit = call.terminal.command("key admit FILE");
    why = {"那台电脑上的签名钥匙停用过，不再启用。",
           "The signing key on that computer was retired, and stays so."};
    next = {
        "请本人在那台电脑上运行 cunju key replace --out FILE 换钥匙；本人还在名册里的，您运行 " +
            admit + "；已不在的，换好以后另发一份邀请。电脑也停用了的，之后再用邀请回来。",
        "Let them run cunju key replace --out FILE there; if they are a member still, run " +
            admit +
            ", and if not, make a new invitation. A computer that was retired as well comes "
            "back by an invitation afterwards."};
  } else {
    return wrong_words(call, error);
  }
  call.terminal.explain_whole(
      {why,
       {"没有让任何人加入，没有改动任何数据。", "Nobody was let in; nothing was changed."},
       next});
  return Error{Errc::kConflict, error.context};
}

/// Whom an invitation without a name would bring back is said before, and --yes lets them in. Words
/// of nothing that waits pass, and are refused and counted as that.
Result<void> require_meant_return(Invocation& call, node::Node& node,
                                  const peers::PairingWords& words) {
  CUNJU_TRY(const std::vector<peers::Invitation> all, node.invitations(Side::kGiven));
  for (const peers::Invitation& invitation : all) {
    if (invitation.state.stage != peers::PairStage::kWaiting ||
        peers::pairing_words(invitation.state.transcript) != words)
      continue;
    CUNJU_TRY(const std::optional<council::Returning> returning, find_returning(node, invitation));
    if (!returning) return ok();
    const Label whose = returning_text(*returning);
    call.terminal.warn({whose.zh + "。", whose.en + "."});
    if (!invitation.member_name.empty() || call.has("--yes")) return ok();
    const std::string name = visible(returning->name, false);
    return refused(
        call, Errc::kConflict,
        {"邀请没有写姓名。确认以后 " + name +
             " 就回到名册，没有让任何人加入；确是其本人回来，加 --yes 再运行一次，不是的，用 "
             "invite refuse " +
             invitation_name(invitation.id),
         "the invitation names nobody. " + name +
             " would be back in the roster by that, and nobody was let in: run it again with "
             "--yes if it is them, and if not, invite refuse " +
             invitation_name(invitation.id)});
  }
  return ok();
}

Result<ExitCode> confirm_words(Invocation& call) {
  CUNJU_TRY(const peers::PairingWords words, words_argument(call, 1));
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_node(call));
  CUNJU_TRYV(require_meant_return(call, *node, words));
  Result<peers::Invitation> confirmed = node->pairing_desk().confirm_given(words);
  if (confirmed.has_error()) return not_let_in(call, confirmed.error());
  node->wake_server();
  const peers::Invitation& invitation = confirmed.value();
  CUNJU_TRY(const wire::PairRequest request, wire::decode_pair_request(invitation.state.request));
  CUNJU_TRY(const std::shared_ptr<const Roster> roster, node->replica().roster(invitation.space));
  const std::string name = visible(
      council::entering_name(*roster, request.author, invitation.member_name, request.name), false);
  const std::string role = visible(invitation.role, false);
  const bool came_back =
      council::entering_member(*roster, request.author, invitation.member) != invitation.member;
  call.terminal.say(
      {"已加入名册：" + name + "（" + role + "）。请对方像刚才那样再 sync 一次（加上次的地址）。",
       "In the roster now: " + name + " (" + role +
           "). Ask them to run sync once more, with the address as before."});
  const AddNode* computer = roster->find_wire(request.wire);
  const Replication keeps = computer == nullptr ? Replication::kFull : computer->replication;
  if (keeps != Replication::kFull) {
    const Label kept = replication_name(keeps);
    const std::string widen = call.terminal.command("node scope NODE full");
    call.terminal.say({"这台电脑只保存" + kept.zh + (came_back ? "，与从前一样或更少" : "") +
                           "；要改的，用 " + widen + "。",
                       "The computer keeps " + kept.en + (came_back ? ", as before or less" : "") +
                           "; " + widen + " changes it."});
  }
  if (came_back)
    call.terminal.say({"这是 " + name + " 原来的电脑和钥匙，以前登记过的仍是 " + name + " 的。",
                       "It is the computer and the key of before: what they signed stays theirs."});
  CUNJU_TRY(boost::json::array scopes,
            say_what_role_reads(call, *node, invitation.space, invitation.role));
  call.terminal.object({{"invitation", invitation.id.hex()},
                        {"confirmed", true},
                        {"name", name},
                        {"came_back", came_back},
                        {"replication", replication_id(keeps)},
                        {"scopes", std::move(scopes)}});
  return ExitCode::kOk;
}

Result<ExitCode> run(Invocation& call) {
  const std::string action = call.arguments.empty() ? "new" : call.arguments[0];
  CUNJU_TRYV(require_options_of(call, action, kActions));
  if (action == "new") return make_invitation(call);
  if (action == "list") return list_invitations(call);
  if (action == "cancel") return end_invitation(call, peers::PairStage::kCancelled);
  if (action == "refuse") return end_invitation(call, peers::PairStage::kMistaken);
  if (action == "confirm") return confirm_words(call);
  return refused(call, Errc::kInvalidArgument,
                 {action + "；可用 new、list、confirm、refuse、cancel",
                  action + "; there are new, list, confirm, refuse, cancel"});
}

}  // namespace

const Verb kInviteVerb{
    .name = "invite",
    .arguments = "[new | list | confirm WORDS | refuse ID | cancel ID]",
    .min_arguments = 0,
    .max_arguments = 1 + peers::kPairingWords,
    .summary = {"邀请街道、邻村或同事的电脑加入；核对词语",
                "invite another node: the office, a peer, a colleague; confirm its words"},
    .details =
        {"对方第一次连上后，双方屏幕上出现四个词。打电话或当面念给对方听，完全一样才 "
         "confirm；不一样用 "
         "refuse。没有核对，谁也进不来。一份邀请最多换 8 次词，错三次作废。cancel 收回邀请。",
         "Once they have called, both screens show four words. Read them to each other; confirm "
         "only what is the same, refuse what differs. Nobody comes in without. An invitation gives "
         "words 8 times at most and is over after three wrong ones. cancel takes one back."},
    .options = kOptions,
    .run = run};

}  // namespace cunju::cli
