// SPDX-License-Identifier: Apache-2.0
#include "cli/erasure_outlook.h"

#include <algorithm>
#include <charconv>

#include "cli/known_erasures.h"
#include "cli/roster_words.h"
#include "node/council/roster_outlook.h"

namespace cunju::cli {
namespace {

/// From so many on nobody decides alone.
constexpr std::size_t kNotAlone = 2;

Label names_label(const Roster& roster, const std::set<MemberId>& members) {
  const Label names = names_of(roster, {members.begin(), members.end()});
  return {names.zh, std::string(names.in(Language::kEnglish))};
}

/// The erasures that destroy something once they are approved, and are not.
Result<std::set<RecordId>> waiting_here(node::Node& node, const SpaceId& space) {
  CUNJU_TRY(const replica::ErasureReport report, node.replica().erasures(space));
  std::set<RecordId> out;
  for (const replica::ErasureEntry& act : report.acts)
    if (erases(act) && !act.is_lifted && act.fate == Fate::kHidden) out.insert(act.erasure);
  return out;
}

std::string ids_of(const std::set<RecordId>& erasures) {
  std::string out;
  for (const RecordId& each : erasures) out += (out.empty() ? "" : " ") + short_id(each.hex());
  return out;
}

Result<void> refuse_alone(Invocation& call, const std::set<RecordId>& waiting) {
  const std::string ids = ids_of(waiting);
  const std::string first = short_id(waiting.begin()->hex()),
                    approve = call.terminal.command("erase approve " + first),
                    withdraw = call.terminal.command("erase withdraw " + first + " --reason TEXT");
  call.terminal.explain_whole(
      {{"有删除在等批准（" + ids + "），办理以后能批准的不到两人，再改一行权限就由一个人决定销毁。",
        "Erasures wait for approval (" + ids +
            "), and fewer than two could approve of them: one more line of the policy, and one "
            "member would decide alone on what is destroyed."},
       {"没有改动任何数据，等着批准的照旧。", "Nothing was changed; what waits goes on waiting."},
       {"先办完再改：等够两个人批准（" + approve + "），或者撤回（" + withdraw +
            "），以后可以重新提出。或先让另一人也能批准。",
        "Finish that first: wait until two have approved (" + approve + "), or take it back (" +
            withdraw +
            "); it can be asked for anew. Or let somebody else approve as well first."}});
  return fail(Errc::kConflict, "erasures wait, and one member would decide alone");
}

}  // namespace

std::set<MemberId> able_to_approve(const Roster& roster) {
  std::set<MemberId> out;
  for (const auto& [device, owner] : roster.devices)
    if (roster.may(device, kErasuresRegistry, kApprove) &&
        roster.may(device, kErasuresRegistry, kWrite))
      out.insert(owner);
  return out;
}

Result<void> weigh_erasures(Invocation& call, node::Node& node, const SpaceId& space,
                            const council::RosterAct& act) {
  CUNJU_TRY(const std::shared_ptr<const Roster> before, node.replica().roster(space));
  const Roster after = council::roster_after(*before, act.operations);
  const std::set<MemberId> could = able_to_approve(*before), can = able_to_approve(after);
  const std::size_t needed = members_needed(after);
  if (could == can && members_needed(*before) == needed) return ok();
  const Label was = names_label(*before, could), is = names_label(after, can);
  const std::string count = std::to_string(needed);
  call.terminal.say({"删除：现在能批准的是 " + was.zh + "；办理后是 " + is.zh + "，要 " + count +
                         " 人批准才销毁。",
                     "Erasures: " + was.en + " can approve of them now; afterwards " + is.en +
                         ", and " + count + " have to before anything is destroyed."});
  if (can.size() < needed)
    call.terminal.warn(
        {"  注意：能批准的人不够，以后什么删除都批准不了，提出的只是隐藏。先让另一人也能批准。",
         "  Note: too few could approve: no erasure can be approved any more, and what is asked "
         "for is only hidden. Let somebody else approve as well."});
  if (could.size() < kNotAlone || can.size() >= kNotAlone) return ok();
  // What the quorum signed is several members' decision, and a stolen key can't wait.
  const bool retires_key = std::ranges::any_of(act.operations, [](const RosterOperation& each) {
    return std::holds_alternative<RetireDevice>(each);
  });
  CUNJU_TRY(const std::set<RecordId> waiting, waiting_here(node, space));
  if (waiting.empty()) return ok();
  if (act.pins.empty() && !(retires_key && needed >= kNotAlone)) return refuse_alone(call, waiting);
  const std::string ids = ids_of(waiting);
  call.terminal.warn(
      {"  注意：有删除在等批准（" + ids +
           "），办理以后能批准的不到两人。先让另一人也能批准，再改别的；用不着的，现在撤回。",
       "  Note: erasures wait for approval (" + ids +
           "), and fewer than two could approve of them afterwards. Let somebody else approve as "
           "well before anything else is changed, or take back now what is not needed."});
  return ok();
}

Result<void> require_approvers(const Invocation& call, const Roster& roster,
                               const std::string& number) {
  std::size_t asked = 0;
  const char* const end = number.data() + number.size();
  if (std::from_chars(number.data(), end, asked).ptr != end) return ok();
  const std::set<MemberId> able = able_to_approve(roster);
  if (asked <= able.size()) return ok();
  const std::string has = std::to_string(able.size());
  const Label who = names_label(roster, able);
  return refused(
      call, Errc::kConflict,
      {"要 " + number + " 人批准，而能批准删除的只有 " + has + " 人（" + who.zh +
           "），以后什么都批准不了，没有办理。先让够数的人能批准（erasures 要有 write 和 approve）",
       number + " would have to approve, and only " + has + " could (" + who.en +
           "): nothing could be approved any more, so nothing was done; first let as many "
           "approve (write and approve in erasures)"});
}

}  // namespace cunju::cli
