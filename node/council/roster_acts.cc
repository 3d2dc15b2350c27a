// SPDX-License-Identifier: Apache-2.0
#include "node/council/roster_acts.h"

#include <algorithm>
#include <functional>
#include <set>
#include <utility>

#include "crdt/base/limits.h"
#include "crdt/roster/demanded_cuts.h"

namespace cunju::council {
namespace {

Result<const Member*> require_member(const Roster& roster, const MemberId& id) {
  auto member = roster.members.find(id);
  if (member == roster.members.end()) return fail(Errc::kNotFound, "member " + id.hex());
  return &member->second;
}

bool has_role(const Member& member, std::string_view role) {
  return std::ranges::any_of(member.roles,
                             [&](const RoleGrant& grant) { return grant.role == role; });
}

/// Where what stands of a log ends here, or the branch that was chosen; of a forked one on a branch
/// that an officer may name, if there is one. The longest: what stands is cut by its number alone.
Result<Cut> cut_device(replica::Replica& replica, const SpaceId& space, const AuthorKey& device,
                       const CutChoice& choice) {
  if (auto chosen = choice.branches.find(device); chosen != choice.branches.end())
    return replica.cut_of(space, device, std::nullopt, chosen->second);
  CUNJU_TRY(const Cut standing, replica.cut_of(space, device, std::nullopt));
  CUNJU_TRY(const std::vector<replica::Branch> branches, replica.branches(space, device));
  if (branches.size() < 2 || choice.is_of_quorum) return standing;
  auto drops = [&](const Cut& cut) {
    const RosterOperation retirement = RetireDevice{.cut = cut};
    return replica.needs_quorum(space, AuthorKey{}, std::span(&retirement, 1));
  };
  CUNJU_TRY(const bool standing_drops, drops(standing));
  if (!standing_drops) return standing;
  std::optional<Cut> out;
  for (const replica::Branch& branch : branches) {
    CUNJU_TRY(const Cut cut, replica.cut_of(space, device, std::nullopt, branch.head));
    if (out && cut.end <= out->end) continue;
    CUNJU_TRY(const bool branch_drops, drops(cut));
    if (!branch_drops) out = cut;
  }
  return out.value_or(standing);
}

/// Cuts every device of the member where its log ends here, and the statements of its nodes. Keys
/// that it had once are among them: what was written with a laptop that is retired rests on the
/// member as well.
Result<Cuts> cut_devices(replica::Replica& replica, const SpaceId& space, const Roster& roster,
                         const Member& member, const CutChoice& choice, RosterAct& act) {
  Cuts out;
  std::set<AuthorKey> keys = member.devices;
  for (const auto& [key, owner] : roster.owners)
    if (owner == member.id) keys.insert(key);
  for (const auto& [key, node] : roster.nodes) {
    // One key may be both, and of two cuts for one log the first counts.
    if (node.member != member.id || keys.contains(AuthorKey{key.value})) continue;
    CUNJU_TRY(Cut cut, replica.cut_of(space, AuthorKey{key.value}, std::nullopt));
    if (cut.end > 0) out.push_back(cut);
  }
  for (const AuthorKey& device : keys) {
    CUNJU_TRY(const Cut cut, cut_device(replica, space, device, choice));
    out.push_back(cut);
    act.devices.push_back({.member = member.id, .cut = cut, .held = cut.end});
  }
  return out;
}

/// No more cuts than there surely is room for: those of keys in use first, of these and of the
/// others the longest logs.
void keep_room(const Roster& roster, Cuts& cuts, RosterAct& act) {
  if (cuts.size() <= kMaxDemandedCuts) return;
  std::ranges::stable_sort(cuts, std::greater{}, [&](const Cut& cut) {
    return std::pair(roster.devices.contains(cut.author), cut.end);
  });
  cuts.resize(kMaxDemandedCuts);
  std::erase_if(act.devices, [&](const CutDevice& device) {
    return std::ranges::find(cuts, device.cut) == cuts.end();
  });
}

}  // namespace

Result<MemberId> find_member(const Roster& roster, std::string_view name_or_id) {
  std::vector<MemberId> found;
  for (const auto& [id, member] : roster.members) {
    if (member.name == name_or_id) found.push_back(id);
  }
  if (found.empty() && name_or_id.size() >= kFewestDigits) {
    for (const auto& [id, member] : roster.members)
      if (id.hex().starts_with(name_or_id)) found.push_back(id);
  }
  if (found.empty()) return fail(Errc::kNotFound, std::string(name_or_id));
  if (found.size() > 1) {
    std::string ids;
    for (const MemberId& id : found) ids += " " + id.hex();
    return fail(Errc::kConflict, std::string(name_or_id) + ":" + ids);
  }
  return found.front();
}

Result<AuthorKey> find_device(const Roster& roster, std::string_view hex_prefix) {
  if (hex_prefix.size() < kFewestDigits)
    return fail(Errc::kInvalidArgument, "key " + std::string(hex_prefix));
  std::vector<AuthorKey> found;
  for (const auto& [device, member] : roster.devices)
    if (device.hex().starts_with(hex_prefix)) found.push_back(device);
  if (found.empty()) return fail(Errc::kNotFound, "key " + std::string(hex_prefix));
  if (found.size() > 1) return fail(Errc::kConflict, "key " + std::string(hex_prefix));
  return found.front();
}

Result<std::vector<CutDevice>> devices_of(replica::Replica& replica, const SpaceId& space,
                                          std::span<const RosterOperation> operations) {
  CUNJU_TRY(std::shared_ptr<const Roster> roster, replica.roster(space));
  std::vector<CutDevice> out;
  for (const RosterOperation& operation : operations) {
    for (const Cut& cut : cuts_of(operation)) {
      auto owner = roster->owners.find(cut.author);
      if (owner == roster->owners.end() ||
          std::ranges::find(out, cut, &CutDevice::cut) != out.end())
        continue;
      CUNJU_TRY(const Cut end, replica.cut_of(space, cut.author, std::nullopt));
      CutDevice device{.member = owner->second, .cut = cut, .held = end.end};
      if (cut.end > 0) {
        CUNJU_TRY(device.is_here, replica.has_change(space, cut.last));
      }
      out.push_back(device);
    }
  }
  return out;
}

Result<RosterAct> plan_removal(replica::Replica& replica, const SpaceId& space,
                               const MemberId& member, const CutChoice& choice) {
  CUNJU_TRY(std::shared_ptr<const Roster> roster, replica.roster(space));
  CUNJU_TRY(const Member* found, require_member(*roster, member));
  RosterAct out;
  CUNJU_TRY(Cuts cuts, cut_devices(replica, space, *roster, *found, choice, out));
  keep_room(*roster, cuts, out);
  out.operations.push_back(RemoveMember{.member = member, .cuts = std::move(cuts)});
  return out;
}

Result<RosterAct> plan_role_end(replica::Replica& replica, const SpaceId& space,
                                const MemberId& member, std::string_view role,
                                const CutChoice& choice) {
  CUNJU_TRY(std::shared_ptr<const Roster> roster, replica.roster(space));
  CUNJU_TRY(const Member* found, require_member(*roster, member));
  if (!has_role(*found, role)) return fail(Errc::kNotFound, found->name + " " + std::string(role));
  RosterAct out;
  CUNJU_TRY(Cuts cuts, cut_devices(replica, space, *roster, *found, choice, out));
  keep_room(*roster, cuts, out);
  out.operations.push_back(
      EndRole{.member = member, .role = std::string(role), .cuts = std::move(cuts)});
  return out;
}

Result<RosterAct> plan_retirement(replica::Replica& replica, const SpaceId& space,
                                  const AuthorKey& device, std::optional<std::uint64_t> keep,
                                  const std::optional<ChangeId>& branch) {
  CUNJU_TRY(std::shared_ptr<const Roster> roster, replica.roster(space));
  auto owner = roster->devices.find(device);
  if (owner == roster->devices.end()) return fail(Errc::kNotFound, "key " + device.hex());
  CUNJU_TRY(const Cut all, replica.cut_of(space, device, std::nullopt, branch));
  if (keep && *keep > all.end)
    return fail(Errc::kInvalidArgument, std::to_string(*keep) + " > " + std::to_string(all.end));
  CUNJU_TRY(Cut cut, replica.cut_of(space, device, keep, branch));
  RosterAct out;
  out.operations.push_back(RetireDevice{.cut = cut});
  out.devices.push_back({.member = owner->second, .cut = cut, .held = all.end});
  return out;
}

Result<RosterAct> plan_replacement(replica::Replica& replica, const KeyRequest& request,
                                   std::optional<std::uint64_t> keep,
                                   const std::optional<ChangeId>& branch) {
  CUNJU_TRY(std::shared_ptr<const Roster> roster, replica.roster(request.space));
  auto owner = roster->owners.find(request.old_key);
  if (owner == roster->owners.end()) return fail(Errc::kNotFound, "key " + request.old_key.hex());
  if (owner->second != request.member || roster->owners.contains(request.new_key))
    return fail(Errc::kConflict, "the key's member");
  RosterAct out;
  if (roster->devices.contains(request.old_key)) {
    CUNJU_TRY(out, plan_retirement(replica, request.space, request.old_key, keep, branch));
  }
  out.operations.push_back(
      AddDevice{.member = request.member, .author = request.new_key, .signature = request.entry});
  return out;
}

std::vector<RosterAct> plan_late_admission(std::vector<ChangeId> changes) {
  std::ranges::sort(changes);
  changes.erase(std::unique(changes.begin(), changes.end()), changes.end());
  std::vector<RosterAct> out;
  for (std::span<const ChangeId> left = changes; !left.empty();) {
    const auto next = left.first(std::min(left.size(), limits::kMaxNamedChanges));
    out.push_back(
        {.operations = {AdmitLate{.changes = {next.begin(), next.end()}}}, .devices = {}});
    left = left.subspan(next.size());
  }
  return out;
}

Result<RosterAct> plan_node_retirement(replica::Replica& replica, const SpaceId& space,
                                       const NodeKey& node) {
  CUNJU_TRY(std::shared_ptr<const Roster> roster, replica.roster(space));
  if (!roster->nodes.contains(node)) return fail(Errc::kNotFound, "node " + node.hex());
  return RosterAct{.operations = {RetireNode{.node = node}}, .devices = {}};
}

Result<RosterAct> plan_policy(replica::Replica& replica, const SpaceId& space,
                              std::string_view role, std::string_view registry,
                              std::uint8_t rights) {
  CUNJU_TRY(std::shared_ptr<const Roster> roster, replica.roster(space));
  RosterAct out;
  Cuts cuts;
  for (const auto& [id, member] : roster->members) {
    if (!has_role(member, role)) continue;
    CUNJU_TRY(Cuts more, cut_devices(replica, space, *roster, member, {}, out));
    cuts.insert(cuts.end(), more.begin(), more.end());
  }
  keep_room(*roster, cuts, out);
  out.operations.push_back(SetPolicy{.role = std::string(role),
                                     .registry = std::string(registry),
                                     .rights = rights,
                                     .cuts = std::move(cuts)});
  return out;
}

}  // namespace cunju::council
