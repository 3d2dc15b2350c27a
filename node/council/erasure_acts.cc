// SPDX-License-Identifier: Apache-2.0
#include "node/council/erasure_acts.h"

#include <algorithm>
#include <map>

#include "crdt/base/check.h"

namespace cunju::council {
namespace {

Result<void> check_text(const std::string& text) {
  if (!is_utf8(text)) return fail(Errc::kInvalidArgument, "a text that is no UTF-8");
  if (text.size() > limits::kMaxErasureTextBytes) return fail(Errc::kLimit, "kMaxErasureTextBytes");
  return ok();
}

replica::ChangeDraft draft_of(const RecordId& erasure, Operation operation) {
  return {.parts = {{.record = erasure,
                     .registry = std::string(kErasuresRegistry),
                     .scope = kOpenScope,
                     .operations = {std::move(operation)}}}};
}

Result<void> check_grounds(const ErasureGrounds& grounds) {
  for (const std::string* text : {&grounds.reason, &grounds.basis, &grounds.asked_by}) {
    CUNJU_TRYV(check_text(*text));
  }
  return ok();
}

}  // namespace

Result<std::vector<replica::ChangeDraft>> plan_erasure(const RecordId& erasure,
                                                       const ErasureGrounds& grounds,
                                                       const ErasureTargets& targets) {
  CUNJU_TRYV(check_grounds(grounds));
  std::vector<replica::ChangeDraft> out;
  const auto add_acts = [&](ErasureEffect effect, std::span<const ErasureTarget> left) {
    while (!left.empty()) {
      const auto some = left.first(std::min(left.size(), limits::kMaxErasureTargets));
      left = left.subspan(some.size());
      out.push_back(
          draft_of(erasure, erasure_act_operation({.effect = effect,
                                                   .reason = grounds.reason,
                                                   .basis = grounds.basis,
                                                   .asked_by = grounds.asked_by,
                                                   .targets = {some.begin(), some.end()}})));
    }
  };
  add_acts(ErasureEffect::kErase, targets.erase);
  add_acts(ErasureEffect::kRestrict, targets.restrict);
  if (out.empty()) return fail(Errc::kInvalidArgument, "nothing to erase");
  if (out.size() > limits::kMaxErasureActs) return fail(Errc::kLimit, "kMaxErasureActs");
  return out;
}

Result<replica::ChangeDraft> plan_lift(const RecordId& lift, const ErasureGrounds& grounds,
                                       const std::vector<ChangeId>& acts) {
  CUNJU_TRYV(check_grounds(grounds));
  if (acts.empty()) return fail(Errc::kInvalidArgument, "nothing to lift");
  if (acts.size() > limits::kMaxErasureActs) return fail(Errc::kLimit, "kMaxErasureActs");
  return draft_of(lift, erasure_act_operation({.effect = ErasureEffect::kLift,
                                               .reason = grounds.reason,
                                               .basis = grounds.basis,
                                               .asked_by = grounds.asked_by,
                                               .targets = {},
                                               .lifted = acts}));
}

bool may_be_approved(const replica::ErasureEntry& act, std::span<const replica::ErasureEntry> all,
                     const std::set<ChangeId>& late) {
  // What was taken back is not to go; what takes it back needs nobody; and whose author had no
  // right any more is in force for nobody's approval, but hidden for good once enough give it.
  const bool is_taken_back = act.said.effect == ErasureEffect::kErase && act.is_lifted;
  const bool takes_back =
      act.said.effect == ErasureEffect::kLift && all.front().said.effect != ErasureEffect::kLift;
  return act.fate != Fate::kNone && act.fate != Fate::kDestroyed && !is_taken_back && !takes_back &&
         !late.contains(act.act);
}

bool does_approval_count(std::span<const replica::ErasureEntry> acts,
                         const std::set<ChangeId>& late, const MemberId& member,
                         std::size_t needed) {
  return std::ranges::any_of(acts, [&](const replica::ErasureEntry& act) {
    if (!may_be_approved(act, acts, late)) return false;
    std::set<MemberId> heard;
    for (const replica::HeardApproval& each : act.approvals)
      if (!late.contains(each.id)) heard.insert(each.member);
    // A voice more, or one that brings together what was approved apart.
    return heard.insert(member).second || heard.size() >= needed;
  });
}

Result<replica::ChangeDraft> plan_erasure_approval(std::span<const replica::ErasureEntry> acts,
                                                   const std::set<ChangeId>& late) {
  CUNJU_CHECK(!acts.empty(), "there is an erasure to approve of");
  ErasureApproval approval;
  std::map<MemberId, ChangeId> earlier;
  for (const replica::ErasureEntry& entry : acts) {
    if (!may_be_approved(entry, acts, late)) continue;
    approval.acts.push_back(entry.act);
    // With a late one it would be confirmed and never destroyed.
    for (const replica::HeardApproval& each : entry.approvals)
      if (!late.contains(each.id)) earlier[each.member] = each.id;
  }
  if (approval.acts.empty()) return fail(Errc::kExists, "all of it is decided");
  if (approval.acts.size() > limits::kMaxErasureActs) return fail(Errc::kLimit, "kMaxErasureActs");
  for (const auto& [member, id] : earlier) approval.earlier.push_back(id);
  if (approval.earlier.size() > limits::kMaxPriorApprovals)
    return fail(Errc::kLimit, "kMaxPriorApprovals");
  return draft_of(acts.front().erasure, erasure_approval_operation(std::move(approval)));
}

}  // namespace cunju::council
