// SPDX-License-Identifier: Apache-2.0
//
// Puts an act that the recovery quorum has signed into the log of whoever carries it.
#include <algorithm>
#include <boost/json/array.hpp>

#include "cli/quorum.h"
#include "node/council/carriers.h"

namespace cunju::cli {
namespace {

/// Keys of scopes that the draft has wrapped are for who may read there still.
Result<void> require_entitled(Invocation& call, node::Node& node, const council::EpochDraft& draft,
                              const std::string& path) {
  CUNJU_TRY(std::shared_ptr<const Roster> roster, node.replica().roster(draft.space));
  const Roster after = council::roster_after(*roster, draft.operations);
  for (const RosterOperation& operation : draft.operations) {
    const auto* opening = std::get_if<OpenEpoch>(&operation);
    if (opening == nullptr) continue;
    for (const EpochWrap& wrap : opening->wraps)
      if (!after.may_read_scope(wrap.recipient, opening->name))
        return refused(call, Errc::kConflict,
                       {path + "：起草之后有人不再能看保密范围 " + opening->name +
                            "，草案却给其新钥匙，请重新起草",
                        path + ": somebody may not read the scope " + opening->name +
                            " any more, and the draft has a key for them; draft it again"});
  }
  return ok();
}

/// The draft's signatures are for the roster that it pins, and for the quorum that spoke there.
Result<void> require_current(Invocation& call, node::Node& node, const council::EpochDraft& draft,
                             const std::string& path) {
  CUNJU_TRY(const replica::PinnedRoster pinned,
            node.replica().pinned_roster(draft.space, draft.pins));
  if (pinned == replica::PinnedRoster::kBeside) {
    call.terminal.say(
        {"起草之后名册又有改动，会签的人没有看到。这份决定与那些改动并列生效："
         "它收回的，后来给的也一并收回。",
         "The roster has moved on since it was drafted, and who signed has not "
         "seen that. The act stands beside it: what it takes is taken from what "
         "was given since as well."});
    CUNJU_TRYV(require_entitled(call, node, draft, path));
  }
  return require_pinned(call, pinned, path);
}

/// Whoever publishes and is of the quorum signs by that.
Result<void> require_meant(Invocation& call, node::Node& node, const council::EpochDraft& draft,
                           const std::string& path) {
  CUNJU_TRY(const replica::PinnedRoster pinned,
            node.replica().pinned_roster(draft.space, draft.pins));
  if (pinned != replica::PinnedRoster::kBeside || !call.has("--yes") || call.has("--as-drafted"))
    return ok();
  return refused(call, Errc::kConflict,
                 {path + "：您公布即是会签，而名册已有起草时没有的改动。确认照签就加 --as-drafted，"
                         "否则请重新起草",
                  path + ": publishing it signs it with your key, and the roster has moved on "
                         "since it was drafted. Do so with --as-drafted, or draft it again"});
}

/// Why a key can't carry the draft.
Label reason_of(replica::Carrying carrying) {
  switch (carrying) {
    case replica::Carrying::kCan:
      return {"可以公布", "can publish it"};
    case replica::Carrying::kNotInRoster:
      return {"草案依据的名册里没有这把钥匙（已退出名册或已停用）",
              "it is not in the roster that the draft rests on (removed or retired)"};
    case replica::Carrying::kForked:
      return {"这把钥匙已分叉，不能再签", "it is forked and signs nothing any more"};
    case replica::Carrying::kBehind:
      return {"别的电脑见过这把钥匙更多的改动，取回之前不能签",
              "a peer knows more of its log, and until that is here it signs nothing"};
    case replica::Carrying::kPinsMore:
      return {
          "起草之后这把钥匙写过改动，引用了名册上更新的、或现在不作准的内容；它的改动总要连那些"
          "一起引用，与会签的草案对不上",
          "it has written since, on what came to the roster later or does not stand any more, and "
          "would have to pin that again, which the signatures do not cover"};
  }
  return {};
}

/// Who else can carry it, a key each.
Label names_of_able(const Roster& roster, const std::vector<council::Carrier>& carriers) {
  std::vector<Label> out;
  for (const council::Carrier& carrier : carriers) {
    if (carrier.carrying != replica::Carrying::kCan) continue;
    const std::string who = member_name(roster, carrier.member);
    const std::string key = short_id(carrier.key.hex());
    out.push_back({who + "（" + key + "）", who + " (" + key + ")"});
  }
  return out.empty() ? Label{"没有人", "nobody"} : joined(out);
}

boost::json::array carriers_json(const std::vector<council::Carrier>& carriers) {
  boost::json::array out;
  for (const council::Carrier& carrier : carriers)
    if (carrier.carrying == replica::Carrying::kCan)
      out.push_back(
          boost::json::object{{"member", carrier.member.hex()}, {"author", carrier.key.hex()}});
  return out;
}

/// Says whether the unlocked key can carry the draft, and if not who can; refuses under --yes.
Result<void> check_carrier(Invocation& call, node::Node& node, const council::EpochDraft& draft,
                           const Roster& roster, boost::json::object& out) {
  const AuthorKey own = node.unlocked().author.author();
  CUNJU_TRY(const std::vector<council::Carrier> carriers,
            council::read_carriers(node.replica(), draft.space, draft.pins));
  CUNJU_TRY(const replica::Carrying carrying,
            node.replica().carrying(draft.space, own, draft.pins));
  const bool is_carrier = own == draft.carrier;
  const bool can_carry = is_carrier && carrying == replica::Carrying::kCan;
  out["can_carry"] = can_carry;
  out["carriers"] = carriers_json(carriers);
  if (can_carry) return ok();
  const std::string carrier(roster.name_of(draft.carrier));
  const Label reason =
      is_carrier ? reason_of(carrying)
                 : Label{"草案写明由 " + carrier + "（" + short_id(draft.carrier.hex()) + "）公布",
                         "it says that " + carrier + " (" + short_id(draft.carrier.hex()) +
                             ") publishes it"};
  const Label others = names_of_able(roster, carriers);
  const std::string key = short_id(own.hex());
  const Label what{"您的钥匙 " + key + " 不能公布这份草案：" + reason.zh,
                   "Your key " + key + " can't publish this draft: " + reason.en};
  const std::string redraft = call.terminal.command("quorum draft FILE --carrier NAME");
  const Label next =
      is_carrier
          ? Label{"能公布的：" + others.zh + "。换人公布须重新起草会签：" + redraft,
                  "These can: " + others.en +
                      ". For somebody else to publish it, draft and sign it "
                      "again: " +
                      redraft}
          : Label{"请把文件交给此人。如今能公布的：" + others.zh + "；换人公布须重新起草会签：" +
                      redraft,
                  "Give it the file. These can publish one now: " + others.en +
                      "; for somebody else to publish it, draft and sign it again: " + redraft};
  call.terminal.say(what);
  call.terminal.say(next);
  if (!call.has("--yes")) return ok();
  call.terminal.explain_whole({what, {"没有改动任何数据。", "Nothing was changed."}, next});
  if (!is_carrier) return fail(Errc::kPermission, what.en);
  switch (carrying) {
    case replica::Carrying::kForked:
      return fail(Errc::kFork, what.en);
    case replica::Carrying::kBehind:
      return fail(Errc::kMissing, what.en);
    case replica::Carrying::kPinsMore:
      return fail(Errc::kConflict, what.en);
    default:
      return fail(Errc::kPermission, what.en);
  }
}

}  // namespace

Result<void> require_pinned(Invocation& call, replica::PinnedRoster pinned,
                            const std::string& path) {
  switch (pinned) {
    case replica::PinnedRoster::kCurrent:
    case replica::PinnedRoster::kBeside:
      return ok();
    case replica::PinnedRoster::kNotHere:
      return refused(call, Errc::kMissing,
                     {path + "：起草的电脑有名册的改动，本机还没有收到",
                      path + ": whoever drafted it had changes of the roster that are not here"});
    case replica::PinnedRoster::kOlder:
      return refused(call, Errc::kConflict,
                     {path + "：起草之后会签组换了人，请重新起草",
                      path + ": another recovery quorum speaks now, draft it again"});
    case replica::PinnedRoster::kFallen:
      return refused(call, Errc::kConflict,
                     {path + "：起草时依据的名册里有分叉的一支，现在不作准了，请重新起草",
                      path + ": it rests on a branch of a forked log that does not stand any more, "
                             "draft it again"});
  }
  return ok();
}

Result<ExitCode> publish_draft(Invocation& call) {
  CUNJU_TRY(std::string path, file_of(call));
  CUNJU_TRY(council::EpochDraft draft, read_draft(path));
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_node(call));
  CUNJU_TRY(std::shared_ptr<const Roster> roster, node->replica().roster(draft.space));
  CUNJU_TRYV(require_current(call, *node, draft, path));
  CUNJU_TRY(boost::json::object object, show_draft(call, *node, draft, *roster));
  const Result<void> carrier = check_carrier(call, *node, draft, *roster, object);
  call.terminal.object(object);
  CUNJU_TRYV(carrier);
  // Whoever publishes signs with the change.
  std::vector<AuthorKey> signers = council::signers_of(draft, roster->quorum);
  const AuthorKey own = node->unlocked().author.author();
  if (is_of_quorum(*node, *roster) && std::ranges::find(signers, own) == signers.end()) {
    CUNJU_TRYV(require_meant(call, *node, draft, path));
    signers.push_back(own);
  }
  if (signers.size() < roster->quorum.threshold) {
    const std::string count = std::to_string(signers.size());
    const std::string need = std::to_string(roster->quorum.threshold);
    const Label names = quorum_names(*roster);
    const Label missing{
        "会签的人不够：算上您 " + count + " 人，须 " + need + " 人（" + names.zh + "）",
        count + " signatures count with yours where it takes " + need + " (" + names.en + ")"};
    if (call.has("--yes")) return refused(call, Errc::kPermission, missing);
    call.terminal.say(missing);
  }
  CUNJU_TRY(std::vector<council::CutDevice> devices,
            council::devices_of(node->replica(), draft.space, draft.operations));
  return carry_out(
      call, *node, draft.space,
      {.operations = draft.signed_operations(), .devices = std::move(devices), .pins = draft.pins},
      {"将公布这份会签的决定。", "This act of the quorum will be published."});
}

}  // namespace cunju::cli
