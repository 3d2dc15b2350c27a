// SPDX-License-Identifier: Apache-2.0
#include "crdt/erasure/erasures.h"

#include <algorithm>
#include <charconv>

#include "crdt/base/check.h"
#include "crdt/change/part_codec.h"

namespace cunju {
namespace {

using ById = std::map<ChangeId, const ErasureStatement*>;

/// The members of an approval and of those before it that it rests on. `only_in_time`: of those
/// that are not late.
std::set<MemberId> approvers_of(const ErasureStatement& statement, const ChangeId& act,
                                const ById& approvals, bool only_in_time) {
  std::set<MemberId> out;
  if (only_in_time && statement.is_late) return out;
  out.insert(statement.voice.member);
  for (const ChangeId& id : statement.approval->earlier) {
    auto earlier = approvals.find(id);
    if (earlier == approvals.end() || (only_in_time && earlier->second->is_late)) continue;
    if (std::ranges::binary_search(earlier->second->approval->acts, act))
      out.insert(earlier->second->voice.member);
  }
  return out;
}

/// Members with a device who may approve. Without kWrite an approval is void, so nobody counts
/// by kApprove alone.
std::size_t possible_approvers(const Roster& roster) {
  constexpr std::uint8_t kBoth = kApprove | kWrite;
  std::set<MemberId> out;
  for (const auto& [device, owner] : roster.devices) {
    const auto member = roster.members.find(owner);
    if (member != roster.members.end() &&
        (roster.rights(member->second, kErasuresRegistry) & kBoth) == kBoth)
      out.insert(owner);
  }
  return out.size();
}

/// Who asked for it, and whoever may approve of it, may take an erasure back that is not confirmed:
/// its record is shown again and can be named anew. Nobody's device is nobody's act.
bool may_take_back(const ErasureStatement& lift, const ErasureStatement& act) {
  if (lift.is_late || lift.voice.member == MemberId{}) return false;
  return lift.voice.may_approve || lift.voice.member == act.voice.member;
}

Fate confirm(const ErasureStatement& approval, const ErasureStatement& act, const ById& approvals) {
  const std::size_t needed = approval.voice.needed;
  if (approvers_of(approval, act.id, approvals, false).size() < needed) return Fate::kNone;
  const bool is_safe =
      !act.is_late && approvers_of(approval, act.id, approvals, true).size() >= needed;
  return is_safe ? Fate::kDestroyed : Fate::kConfirmed;
}

}  // namespace

std::size_t members_needed(const Roster& roster) {
  std::size_t out = 0;
  for (const auto& [line, rights] : roster.policy) {
    const std::string& registry = line.second;
    if ((rights & kApprove) == 0 || !registry.starts_with(kErasureMembersPrefix)) continue;
    const char* const end = registry.data() + registry.size();
    std::size_t number = 0;
    const auto read = std::from_chars(registry.data() + kErasureMembersPrefix.size(), end, number);
    if (read.ec != std::errc() || read.ptr != end) continue;
    if (number >= 1 && number <= limits::kMaxErasureMembers) out = std::max(out, number);
  }
  if (out == 0) return kErasureMembers;
  // Whoever may change the policy may not decide alone by it, where there is somebody beside him.
  return std::max({out, std::min(kErasureMembers, possible_approvers(roster)), std::size_t{1}});
}

ErasureVoice erasure_voice(const Roster& roster, const AuthorKey& author) {
  const Member* member = roster.find_author(author);
  if (member == nullptr) return {};
  return {.member = member->id,
          .may_approve = (roster.rights(*member, kErasuresRegistry) & kApprove) != 0,
          .needed = members_needed(roster)};
}

Erasures::Erasures(std::vector<ErasureStatement> statements) : statements_(std::move(statements)) {
  ById approvals;
  for (const ErasureStatement& statement : statements_) {
    if (statement.act) acts_.emplace(statement.id, ActStanding{.statement = &statement});
    if (statement.approval && statement.voice.may_approve)
      approvals.emplace(statement.id, &statement);
  }
  for (auto& [id, act] : acts_) act.fate = act.statement->is_late ? Fate::kNone : Fate::kHidden;
  for (const auto& [id, approval] : approvals) {
    for (const ChangeId& named : approval->approval->acts) {
      auto act = acts_.find(named);
      if (act == acts_.end()) continue;
      act->second.approvers.insert(approval->voice.member);
      act->second.fate =
          std::max(act->second.fate, confirm(*approval, *act->second.statement, approvals));
    }
  }
  settle_lifts();
  for (const auto& [id, act] : acts_) {
    if (act.fate == Fate::kNone || act.is_lifted) continue;
    const bool restricts = act.statement->act->effect == ErasureEffect::kRestrict;
    const Fate reached = restricts ? Fate::kHidden : act.fate;
    for (const ErasureTarget& target : act.statement->act->targets) {
      Fate& fate = fates_[target];
      fate = std::max(fate, reached);
    }
  }
}

void Erasures::settle_lifts() {
  for (const auto& [id, lift] : acts_) {
    if (lift.statement->act->effect != ErasureEffect::kLift) continue;
    const bool is_confirmed = lift.fate == Fate::kDestroyed;
    for (const ChangeId& named : lift.statement->act->lifted) {
      auto found = acts_.find(named);
      if (found == acts_.end()) continue;
      ActStanding& act = found->second;
      const ErasureEffect effect = act.statement->act->effect;
      if (effect == ErasureEffect::kRestrict && is_confirmed) act.is_lifted = true;
      if (effect == ErasureEffect::kErase && act.fate < Fate::kConfirmed &&
          (is_confirmed || may_take_back(*lift.statement, *act.statement)))
        act.is_lifted = true;
    }
  }
}

Fate Erasures::fate_of(const ErasureTarget& target) const {
  auto found = fates_.find(target);
  return found == fates_.end() ? Fate::kNone : found->second;
}

bool may_be_erased(const Part& part) {
  if (part.scope != kOpenScope) return true;
  Result<Links> links = decode_links(part.links);
  if (links.has_error()) return true;
  const std::string& registry = links.value().registry;
  return links.value().record != kRosterRecord && registry != kRosterRegistry &&
         registry != kDefinitionRegistry && !is_registry_of_program(registry);
}

bool apply_fates(Change& change, const FateOf& fate_of, Fate erased_from) {
  bool is_changed = false;
  for (std::size_t i = 0; i < change.parts.size(); ++i) {
    Part& part = change.parts[i];
    const bool is_present = part.presence == Presence::kPresent;
    if (!is_present && part.presence != Presence::kErased) continue;
    const Fate fate = fate_of({change.id, static_cast<std::uint16_t>(i)});
    if (is_present && (fate == Fate::kNone || !may_be_erased(part))) continue;
    const bool is_erased = is_present || (fate >= erased_from && may_be_erased(part));
    if (is_erased && !is_present) continue;
    part.presence = is_erased ? Presence::kErased : Presence::kWithheld;
    if (!is_erased) part.links.clear();
    part.body.clear();
    is_changed = true;
  }
  return is_changed;
}

Part erased_form(const Part& part) {
  CUNJU_CHECK(part.presence == Presence::kPresent, "only what is here can be erased");
  Part out = part;
  out.presence = Presence::kErased;
  out.body_hash = crypto::hash({part.body});
  crypto::wipe(out.body);
  out.body.clear();
  return out;
}

}  // namespace cunju
