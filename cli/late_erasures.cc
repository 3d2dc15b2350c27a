// SPDX-License-Identifier: Apache-2.0
#include "cli/late_erasures.h"

#include <algorithm>
#include <boost/json/array.hpp>

#include "cli/erasure_list.h"
#include "cli/record_lookup.h"
#include "node/council/erasure_acts.h"

namespace cunju::cli {
namespace {

using boost::json::array;
using boost::json::object;

/// Approved, so nobody takes it back, and with somebody late in what confirms it.
bool is_stuck(const replica::ErasureEntry& act) {
  return erases(act) && !act.is_lifted && act.fate == Fate::kConfirmed;
}

/// The act's change and those of its approvals that are in `changes`.
std::set<ChangeId> voices_in(const replica::ErasureEntry& act, const std::set<ChangeId>& changes) {
  std::set<ChangeId> out;
  if (changes.contains(act.act)) out.insert(act.act);
  for (const replica::HeardApproval& each : act.approvals)
    if (changes.contains(each.id)) out.insert(each.id);
  return out;
}

std::set<ChangeId> voices_in(const ErasureActs& acts, const std::set<ChangeId>& changes) {
  std::set<ChangeId> out;
  for (const replica::ErasureEntry& act : acts) out.merge(voices_in(act, changes));
  return out;
}

/// "cunju late admit 1a2b3c4d 5e6f7a8b".
std::string admit_command(const Invocation& call, const std::set<ChangeId>& changes) {
  std::string words = "late admit";
  for (const ChangeId& change : changes) words += " " + short_id(change.hex());
  return call.terminal.command(words);
}

/// The ways out of an erasure that is approved and not destroyed.
Label ways_out(const Invocation& call, const KnownErasures& known, const ErasureActs& acts) {
  std::set<ChangeId> late;
  bool is_act_late = false;
  for (const replica::ErasureEntry& act : acts) {
    if (!is_stuck(act)) continue;
    late.merge(voices_in(act, known.late));
    is_act_late = is_act_late || known.late.contains(act.act);
  }
  const std::string command = admit_command(call, late);
  Label out{"已批准的收不回来，内容不再显示，也没有销毁。要各台电脑销毁：" + command,
            "What is approved can't be taken back: it is not shown any more, and not destroyed. To "
            "destroy it on every node: " +
                command};
  if (is_act_late) return out;
  out.zh += "，或请还没有批准的另一位有批准权的人批准";
  out.en += ", or let another member who may approve, and has not, do so";
  return out;
}

/// What admitting does to one act. `needed`: members that have to approve.
Admission admission_of_act(const KnownErasures& known, const replica::ErasureEntry& act,
                           const ErasureActs& acts, const std::set<ChangeId>& admitted) {
  if (takes_back(act, acts))
    return {"withdraws",
            {"采用以后：撤回生效，还没有批准的恢复显示",
             "admitted, it takes the erasure back, and what is not approved is shown again"}};
  if (act.said.effect == ErasureEffect::kLift)
    return {"lifts",
            {"采用以后：解除封存算数，批准够数的立即恢复显示",
             "admitted, the end of the restriction counts, and with enough approvals it is shown "
             "again at once"}};
  if (restricts(act))
    return {"restricts",
            {"采用以后：立即封存，任何人都看不到",
             "admitted, it restricts at once: stored, and shown to nobody"}};
  std::set<ChangeId> left = known.late;
  for (const ChangeId& change : admitted) left.erase(change);
  if (act.fate == Fate::kConfirmed && voices_in(act, left).empty())
    return {"destroys",
            {"采用以后：批准够数，各台电脑立即销毁，谁也恢复不了",
             "admitted, it is approved by enough: every node destroys it at once, and nobody can "
             "bring it back"}};
  if (act.fate == Fate::kConfirmed || act.approvers.size() >= members_needed(*known.roster))
    return {"may_destroy",
            {"采用以后：批准可能够数，各台电脑就立即销毁，谁也恢复不了",
             "admitted, it may be approved by enough: then every node destroys it at once, and "
             "nobody can bring it back"}};
  if (admitted.contains(act.act))
    return {"hides",
            {"采用以后：立即隐藏，等待批准", "admitted, it hides at once and waits for approval"}};
  return {"approves",
          {"采用以后：这一份批准算数，还要别人批准",
           "admitted, the approval counts, and others have to approve besides"}};
}

}  // namespace

void say_late_voices(const Invocation& call, const KnownErasures& known, const RecordId& erasure,
                     object& out) {
  const ErasureActs& acts = known.all.at(erasure);
  const Roster& roster = *known.roster;
  array late;
  std::set<ChangeId> said;
  const auto say = [&](const ChangeId& change, const char* kind, const Label& what) {
    if (!known.late.contains(change) || !said.insert(change).second) return;
    const std::string id = short_id(change.hex());
    call.terminal.say({"  迟到：" + what.zh + "（" + id + "），其权限已收回",
                       "  late: " + what.en + " (" + id + "), whose right was taken"});
    late.push_back(object{{"change", change.hex()}, {"kind", kind}});
  };
  for (const replica::ErasureEntry& act : acts) {
    const std::string who = author_among(roster, act.author);
    if (takes_back(act, acts)) {
      say(act.act, "withdraw", {who + " 的撤回", "taken back by " + who});
    } else {
      say(act.act, "act", {"提出人 " + who + " 的提出", "asked for by " + who});
    }
    for (const replica::HeardApproval& each : act.approvals) {
      const std::string name = member_name(roster, each.member);
      say(each.id, "approval", {name + " 的批准", "the approval of " + name});
    }
  }
  out["late"] = std::move(late);
  if (said.empty()) return;
  if (std::ranges::any_of(acts, is_stuck)) {
    const Label ways = ways_out(call, known, acts);
    call.terminal.say({"  " + ways.zh, "  " + ways.en});
    return;
  }
  const std::string command = admit_command(call, said);
  call.terminal.say({"  迟到的不算数；看过以后可以采用：" + command + "，或由有权的人重新办理",
                     "  What is late does not count; who has looked at it may admit it: " +
                         command + ", or somebody entitled does it anew"});
}

Result<void> require_approval_counts(Invocation& call, node::Node& node, const FoundErasure& found,
                                     const MemberId& member) {
  const ErasureActs& acts = found.acts();
  const std::set<ChangeId>& late = found.known.late;
  if (council::does_approval_count(acts, late, member, members_needed(*found.known.roster)))
    return ok();
  std::set<ChangeId> voices;
  bool is_open = false, is_any_stuck = false;
  for (const replica::ErasureEntry& act : acts) {
    is_open = is_open || council::may_be_approved(act, acts, late);
    is_any_stuck = is_any_stuck || is_stuck(act);
    if (!takes_back(act, acts)) voices.merge(voices_in(act, late));
  }
  // It waits for others: whoever approves twice does no harm.
  if (is_open && !is_any_stuck) return ok();
  CUNJU_TRYV(show_erasure(call, node, found.known, found.erasure));
  if (is_any_stuck) {
    const Label ways = ways_out(call, found.known, acts);
    return refused(
        call, Errc::kConflict,
        {"再批准一次改变不了什么，什么也没有做。" + ways.zh,
         "one more approval of yours changes nothing, and nothing was done. " + ways.en});
  }
  const std::string command = admit_command(call, voices);
  return refused(call, Errc::kConflict,
                 {"提出人的权限已收回，这一项不生效，没有什么可批准：由有权的人重新提出；或看过以后"
                  "采用迟到的这一份（" +
                      command + "），再批准",
                  "its author's right was taken, so it is without effect and there is nothing to "
                  "approve: let somebody entitled ask for it anew; or admit what is late (" +
                      command + "), having looked at it, and approve then"});
}

std::map<RecordId, std::set<ChangeId>> erasures_among(const KnownErasures& known,
                                                      const std::set<ChangeId>& changes) {
  std::map<RecordId, std::set<ChangeId>> out;
  for (const auto& [erasure, acts] : known.all) {
    std::set<ChangeId> named = voices_in(acts, changes);
    if (!named.empty()) out.emplace(erasure, std::move(named));
  }
  return out;
}

Admission admission_of(const KnownErasures& known, const RecordId& erasure,
                       const std::set<ChangeId>& admitted) {
  constexpr std::string_view kByWeight[] = {"destroys", "may_destroy", "withdraws", "lifts",
                                            "hides",    "restricts",   "approves"};
  Admission out{"nothing", {"采用以后：没有变化", "admitted, it changes nothing"}};
  const ErasureActs& acts = known.all.at(erasure);
  for (const replica::ErasureEntry& act : acts) {
    if (voices_in(act, admitted).empty()) continue;
    Admission each = admission_of_act(known, act, acts, admitted);
    if (std::ranges::find(kByWeight, each.id) < std::ranges::find(kByWeight, out.id))
      out = std::move(each);
  }
  return out;
}

Result<void> show_admission(Invocation& call, node::Node& node, const KnownErasures& known,
                            const RecordId& erasure, const std::set<ChangeId>& admitted) {
  CUNJU_TRYV(show_erasure(call, node, known, erasure));
  const Admission admission = admission_of(known, erasure, admitted);
  const std::string id = short_id(erasure.hex());
  call.terminal.warn({id + "  " + admission.text.zh + "。", id + "  " + admission.text.en + "."});
  return ok();
}

bool was_taken_back(const KnownErasures& known, const RecordId& erasure,
                    const std::set<ChangeId>& admitted) {
  const ErasureActs& acts = known.all.at(erasure);
  for (const replica::ErasureEntry& lift : acts) {
    // A late one counts as little as the act: whoever admits the act alone goes past it.
    const bool is_admitted_too = known.late.contains(lift.act) && admitted.contains(lift.act);
    if (!takes_back(lift, acts) || is_admitted_too) continue;
    for (const replica::ErasureEntry& act : acts)
      if (std::ranges::find(lift.said.lifted, act.act) != lift.said.lifted.end() &&
          !voices_in(act, admitted).empty())
        return true;
  }
  return false;
}

Result<void> check_erasures(DoctorReport& doctor, const Invocation& call, node::Node& node,
                            const SpaceId& space) {
  if (node.replica().roster(space).has_error()) return ok();
  CUNJU_TRY(const replica::ErasureReport report, node.replica().erasures(space));
  if (std::ranges::none_of(report.acts, is_stuck)) return ok();
  CUNJU_TRY(const KnownErasures known, read_erasures(node, space));
  for (const auto& [erasure, acts] : known.all) {
    if (std::ranges::none_of(acts, is_stuck)) continue;
    const std::string name = space_name(node, space), id = short_id(erasure.hex());
    const std::string status = call.terminal.command("erase status " + id);
    doctor.add(
        false, "erasures",
        {name + "：删除 " + id + " 已批准而没有销毁，提出人或批准人的权限已收回（" + status + "）",
         name + ": erasure " + id +
             " is approved and not destroyed, since whoever asked or approved has no right "
             "any more (" +
             status + ")"},
        ways_out(call, known, acts), {{"erasure", erasure.hex()}});
  }
  return ok();
}

}  // namespace cunju::cli
