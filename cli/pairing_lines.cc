// SPDX-License-Identifier: Apache-2.0
#include "cli/pairing_lines.h"

#include <boost/json/array.hpp>

#include "cli/record_lookup.h"
#include "cli/session.h"
#include "net/wire/pairing.h"

namespace cunju::cli {
namespace {

using Kind = peers::PairingNews::Kind;
using peers::PairStage;

std::string_view kind_name(Kind kind) {
  switch (kind) {
    case Kind::kNewWords:
      return "new_words";
    case Kind::kStillWaiting:
      return "still_waiting";
    case Kind::kOver:
      return "over";
    case Kind::kRival:
      return "rival";
    case Kind::kRegretted:
      return "regretted";
  }
  return "unknown";
}

std::string_view stage_name(PairStage stage) {
  switch (stage) {
    case PairStage::kOpen:
      return "open";
    case PairStage::kWaiting:
      return "waiting";
    case PairStage::kConfirmed:
      return "confirmed";
    case PairStage::kMistaken:
      return "mistaken";
    case PairStage::kUsedUp:
      return "used_up";
    case PairStage::kCancelled:
      return "cancelled";
  }
  return "unknown";
}

Label stage_text(PairStage stage, bool is_given) {
  switch (stage) {
    case PairStage::kOpen:
      return is_given ? Label{"还没有人使用", "nobody has used it"}
                      : Label{"还没有与邀请方连接", "the inviting side was not called yet"};
    case PairStage::kWaiting:
      return {"等待本机的人核对词语", "waits for the person here to compare the words"};
    case PairStage::kConfirmed:
      return is_given
                 ? Label{"已加入名册", "is in the roster"}
                 : Label{"本机已核对，等待对方核对", "compared here, waits for the other side"};
    case PairStage::kMistaken:
      return {"词语不一致，作废，没有让任何人加入", "over: the words differed, nobody was let in"};
    case PairStage::kUsedUp:
      return {"作废：试的次数太多，或已被别的电脑使用",
              "over: too many attempts, or used by another computer"};
    case PairStage::kCancelled:
      return {"作废：邀请方已收回", "over: taken back by the inviting side"};
  }
  return {};
}

void put_words(boost::json::object& out, const peers::PairingWords& words) {
  out["words"] = peers::words_in_chinese(words);
  out["pinyin"] = peers::words_in_pinyin(words);
}

void say_words(Terminal& terminal, const peers::PairingWords& words) {
  terminal.line("    " + peers::words_in_chinese(words));
  terminal.line("    " + peers::words_in_pinyin(words));
}

void show_new_words(Terminal& terminal, const peers::PairingNews& news) {
  const std::string name = visible(news.name, false), role = visible(news.role, false);
  if (news.is_inviter) {
    terminal.say({"“" + name + "”的电脑请求以 " + role + " 加入。请打电话或当面对一对这四个词：",
                  "The computer of " + name + " asks to join as " + role +
                      ". Compare these four words, in person or by telephone:"});
  } else {
    terminal.say({"已联系到“" + name + "”的邀请方。请打电话或当面与对方对一对这四个词：",
                  "Reached the inviting side of " + name +
                      ". Compare these four words with them, in person or by telephone:"});
  }
  say_words(terminal, *news.words);
  const std::string words = peers::words_in_chinese(*news.words);
  const std::string id = invitation_name(news.invitation);
  const std::string yes =
      terminal.command((news.is_inviter ? "invite confirm " : "join confirm ") + words);
  const std::string no =
      terminal.command((news.is_inviter ? "invite refuse " : "join refuse ") + id);
  terminal.say({"对方念的完全一样，才运行：" + yes, "Only if they read out the same, run: " + yes});
  terminal.say({"不一样就运行：" + no + "，再发一份新邀请。",
                "If they differ, run: " + no + ", and make a new invitation."});
}

}  // namespace

std::string invitation_name(const wire::InvitationId& id) { return id.hex().substr(0, 8); }

void show_pairing_news(Terminal& terminal, const peers::PairingNews& news,
                       const std::string& address) {
  const std::string name = visible(news.name, false), id = invitation_name(news.invitation);
  switch (news.kind) {
    case Kind::kNewWords:
      return show_new_words(terminal, news);
    case Kind::kStillWaiting: {
      // Nobody here has compared them either: that comes first.
      if (news.is_inviter || news.stage == PairStage::kWaiting)
        return show_new_words(terminal, news);
      const std::string sync = terminal.command("sync " + address);
      const Label again = address.empty() ? Label{"像上次那样 sync 一次（加上次的地址）",
                                                  "sync once more, with the address as before"}
                                          : Label{"运行 " + sync, "run " + sync + " again"};
      terminal.say({"对方还没有核对词语。等对方确认后再" + again.zh + "。词语是：",
                    "The other side has not confirmed the words yet. Once it has, " + again.en +
                        ". The words:"});
      return say_words(terminal, *news.words);
    }
    case Kind::kOver: {
      const Label why = stage_text(news.stage, news.is_inviter);
      terminal.say({"邀请 " + id + "（" + name + "）：" + why.zh + "。请另发一份新邀请。",
                    "Invitation " + id + " (" + name + "): " + why.en + ". A new one is needed."});
      return;
    }
    case Kind::kRival:
      terminal.warn({"注意：又有一台电脑用邀请 " + id +
                         " 请求加入，没有理会。邀请可能被人抄走了："
                         "核对词语要格外小心，拿不准就运行 " +
                         terminal.command("invite cancel " + id) + "，换一份新邀请。",
                     "Note: another computer asked with invitation " + id +
                         " and was refused. Somebody may have copied it: be careful about the "
                         "words, or run " +
                         terminal.command("invite cancel " + id) + " and make a new one."});
      return;
    case Kind::kRegretted:
      terminal.warn({"注意：已加入的“" + name + "”说词语不一致。请查看 " +
                         terminal.command("member list") + "，必要时移除。",
                     "Note: " + name + " was let in and says that the words differed. See " +
                         terminal.command("member list") + " and remove them if need be."});
      return;
  }
}

boost::json::object pairing_object(const peers::PairingNews& news) {
  boost::json::object out{{"invitation", news.invitation.hex()},
                          {"side", news.is_inviter ? "given" : "taken"},
                          {"name", news.name},
                          {"role", news.role},
                          {"kind", kind_name(news.kind)}};
  if (news.kind == Kind::kOver) out["stage"] = stage_name(news.stage);
  if (news.words) put_words(out, *news.words);
  return out;
}

std::optional<peers::PairingNews> waiting_words(const peers::Invitation& invitation,
                                                peers::InvitationBook::Side side) {
  const bool is_inviter = side == peers::InvitationBook::Side::kGiven;
  const peers::PairState& state = invitation.state;
  if (state.stage != PairStage::kWaiting && (is_inviter || state.stage != PairStage::kConfirmed))
    return std::nullopt;
  std::string name = is_inviter ? invitation.member_name : invitation.space_name;
  if (name.empty()) {
    const Result<wire::PairRequest> asked = wire::decode_pair_request(state.request);
    if (asked.has_value()) name = asked.value().name;
  }
  return peers::PairingNews{.kind = Kind::kStillWaiting,
                            .invitation = invitation.id,
                            .is_inviter = is_inviter,
                            .name = name,
                            .role = invitation.role,
                            .words = peers::pairing_words(state.transcript),
                            .stage = state.stage};
}

Result<std::optional<council::Returning>> find_returning(node::Node& node,
                                                         const peers::Invitation& invitation) {
  if (invitation.state.stage != PairStage::kWaiting) return std::optional<council::Returning>();
  CUNJU_TRY(const wire::PairRequest request, wire::decode_pair_request(invitation.state.request));
  return council::find_returning(node.replica(), invitation.space, request.author, request.node,
                                 request.wire);
}

Label returning_text(const council::Returning& returning) {
  const std::string name = visible(returning.name, false);
  Label out{"这是 " + name + " 原来的电脑和签名钥匙",
            "It is the computer and the signing key of " + name};
  if (!returning.taken_out) return out;
  const council::Returning::TakenOut& taken = *returning.taken_out;
  const std::string by = visible(taken.by, false), when = local_time(taken.claimed_ms);
  out.zh += "，" + by + " 于 " + when +
            (taken.is_member ? "把 " + name + " 移出了名册" : "停用了这台电脑");
  out.en += ", " +
            (taken.is_member ? "who was taken out of the roster"
                             : std::string("and the computer was retired")) +
            " by " + by + " (claims " + when + ")";
  return out;
}

void show_invitation(Terminal& terminal, const peers::Invitation& invitation,
                     peers::InvitationBook::Side side,
                     const std::optional<council::Returning>& returning) {
  const bool is_given = side == peers::InvitationBook::Side::kGiven;
  const peers::PairState& state = invitation.state;
  const Label text = stage_text(state.stage, is_given);
  const std::string what =
      invitation_name(invitation.id) + "  " + visible(invitation.space_name, false) + "  " +
      visible(invitation.role, false) + "  " + visible(invitation.member_name, false) + "  " +
      local_time(invitation.made_ms) + "  ";
  terminal.say({(is_given ? "发出 " : "收到 ") + what + text.zh,
                (is_given ? "given " : "taken ") + what + text.en});
  boost::json::object out{{"invitation", invitation.id.hex()},
                          {"side", is_given ? "given" : "taken"},
                          {"space", invitation.space.hex()},
                          {"space_name", invitation.space_name},
                          {"role", invitation.role},
                          {"name", invitation.member_name},
                          {"made_ms", invitation.made_ms},
                          {"stage", stage_name(state.stage)},
                          {"attempts_left", peers::kMaxPairAttempts - state.attempts},
                          {"wrong_words_left", peers::kMaxWrongWords - state.wrong_words},
                          {"rivals", state.rivals},
                          {"peer_confirmed", state.is_peer_sure}};
  if (state.stage == PairStage::kWaiting || (!is_given && state.stage == PairStage::kConfirmed)) {
    const peers::PairingWords words = peers::pairing_words(state.transcript);
    say_words(terminal, words);
    put_words(out, words);
  }
  if (returning) {
    const Label whose = returning_text(*returning);
    terminal.warn({"    " + whose.zh + "。", "    " + whose.en + "."});
    boost::json::object object{{"name", returning->name}};
    if (returning->taken_out) {
      object["taken_out_by"] = returning->taken_out->by;
      object["taken_out_ms"] = returning->taken_out->claimed_ms;
      object["member_removed"] = returning->taken_out->is_member;
    }
    out["returning"] = std::move(object);
  }
  if (state.is_peer_sure && state.stage == PairStage::kWaiting)
    terminal.say({"    对方已确认一致", "    the other side has said that they are the same"});
  if (state.rivals > 0) {
    const std::string rivals = std::to_string(state.rivals);
    terminal.say({"    另有 " + rivals + " 次别的电脑用它请求加入",
                  "    other computers asked with it " + rivals + " times"});
  }
  terminal.object(out);
}

Result<wire::InvitationId> find_invitation(const Invocation& call, node::Node& node,
                                           peers::InvitationBook::Side side) {
  constexpr std::size_t kFewestDigits = 4;
  const std::string& typed = call.arguments[1];
  if (typed.size() < kFewestDigits)
    return refused(call, Errc::kInvalidArgument,
                   {"编号至少写四位", "at least four digits of the id"});
  CUNJU_TRY(const std::vector<peers::Invitation> all, node.invitations(side));
  std::optional<wire::InvitationId> out;
  for (const peers::Invitation& invitation : all) {
    if (!invitation.id.hex().starts_with(typed)) continue;
    if (out)
      return refused(call, Errc::kInvalidArgument,
                     {"有几份邀请的编号这样开头", "several invitations begin like this"});
    out = invitation.id;
  }
  if (!out) return fail(Errc::kNotFound, "invitation " + typed);
  return *out;
}

Result<peers::PairingWords> words_argument(const Invocation& call, std::size_t first) {
  std::string text;
  for (std::size_t i = first; i < call.arguments.size(); ++i) text += call.arguments[i] + " ";
  Result<peers::PairingWords> words = peers::parse_pairing_words(text);
  if (words.has_error())
    return refused(call, Errc::kInvalidArgument,
                   {"要四个词，都在词表里；请对照屏幕上的词再输一遍（可以输拼音）。这次不算数",
                    "four words of the list are needed; look at the screen and type them again, in "
                    "Chinese or pinyin. This does not count as a try"});
  return words;
}

Error wrong_words(const Invocation& call, const Error& error) {
  if (error.code == Errc::kNotFound)
    return refused(call, error.code,
                   {"没有等待核对的配对；见 invite list",
                    "no pairing waits for its words; see "
                    "invite list"});
  if (error.code != Errc::kConflict) return error;
  return refused(call, error.code,
                 {"这不是本机屏幕上的词，没有让任何人加入。若是输错，再输一遍；若对方念的就是这样，"
                  "说明中间可能有人：请作废这份邀请，换一份新的。错三次自动作废（见 invite list）",
                  "these are not the words on this side; nobody was let in. If you mistyped, try "
                  "again; if this is what they read out, somebody may be in between: end this "
                  "invitation and make a new one. Three wrong tries end it (see invite list)"});
}

}  // namespace cunju::cli
