// SPDX-License-Identifier: Apache-2.0
#include "node/council/entry_act.h"

#include <algorithm>
#include <optional>

#include "node/council/roster_copy.h"

namespace cunju::council {
namespace {

/// What the roster's acts in force say of a computer that was in the space.
struct Before {
  bool is_retired = false;  ///< Its key was.
  std::optional<AddNode> node;
  std::optional<AddDevice> device;
  std::optional<Replication> replication;  ///< What the computer kept last.
};

Result<Before> read_before(replica::Replica& replica, const SpaceId& space, const AddNode& node,
                           const AddDevice& device) {
  Before out;
  CUNJU_TRY(const RosterCopy copy, RosterCopy::read(replica, space));
  for (const RosterEntry& entry : copy.entries()) {
    if (!entry.is_in_force) continue;
    for (const RosterOperation& operation : entry.operations) {
      if (const auto* retired = std::get_if<RetireDevice>(&operation))
        out.is_retired = out.is_retired || retired->cut.author == device.author;
      if (const auto* narrowed = std::get_if<SetReplication>(&operation))
        if (narrowed->node == node.node) out.replication = narrowed->replication;
      if (const auto* known = std::get_if<AddNode>(&operation))
        if (known->node == node.node) out.replication = known->replication;
      if (const auto* known = std::get_if<AddNode>(&operation))
        if (known->node == node.node && known->wire == node.wire && known->member == node.member)
          out.node = *known;
      if (const auto* known = std::get_if<AddDevice>(&operation))
        if (known->author == device.author && known->member == device.member) out.device = *known;
    }
  }
  return out;
}

}  // namespace

MemberId entering_member(const Roster& roster, const AuthorKey& author, const MemberId& invited) {
  const auto owner = roster.owners.find(author);
  return owner == roster.owners.end() ? invited : owner->second;
}

bool is_entered(const Roster& roster, const AuthorKey& author, const WireKey& wire) {
  return roster.devices.contains(author) && roster.find_wire(wire) != nullptr;
}

std::string entering_name(const Roster& roster, const AuthorKey& author, std::string_view invited,
                          std::string_view own_name) {
  const std::string_view known = roster.name_of(author);
  if (!known.empty()) return std::string(known);
  return std::string(invited.empty() ? own_name : invited);
}

Result<std::optional<Returning>> find_returning(replica::Replica& replica, const SpaceId& space,
                                                const AuthorKey& author, const NodeKey& node,
                                                const WireKey& wire) {
  CUNJU_TRY(const std::shared_ptr<const Roster> roster, replica.roster(space));
  const auto owner = roster->owners.find(author);
  if (owner == roster->owners.end() || is_entered(*roster, author, wire))
    return std::optional<Returning>();
  Returning out{
      .member = owner->second, .name = std::string(roster->name_of(author)), .taken_out = {}};
  const bool is_member = roster->members.contains(out.member);
  CUNJU_TRY(const RosterCopy copy, RosterCopy::read(replica, space));
  for (const RosterEntry& entry : copy.entries()) {
    if (!entry.is_in_force) continue;
    for (const RosterOperation& operation : entry.operations) {
      const auto* removed = std::get_if<RemoveMember>(&operation);
      const auto* retired = std::get_if<RetireNode>(&operation);
      const bool takes = is_member ? retired != nullptr && retired->node == node
                                   : removed != nullptr && removed->member == out.member;
      if (takes)
        out.taken_out = Returning::TakenOut{.by = std::string(roster->name_of(entry.author)),
                                            .claimed_ms = entry.claimed_ms,
                                            .is_member = !is_member};
    }
  }
  return std::optional(std::move(out));
}

Result<std::vector<RosterOperation>> plan_entry(replica::Replica& replica, const SpaceId& space,
                                                const Newcomer& newcomer) {
  CUNJU_TRY(const std::shared_ptr<const Roster> roster, replica.roster(space));
  const MemberId member = entering_member(*roster, newcomer.author, newcomer.invited);
  const std::string name =
      entering_name(*roster, newcomer.author, newcomer.name, newcomer.own_name);
  AddNode node{.node = newcomer.node,
               .wire = newcomer.wire,
               .name = name,
               .replication = newcomer.replication,
               .member = member,
               .signature = newcomer.node_entry};
  AddDevice device{.member = member, .author = newcomer.author, .signature = newcomer.device_entry};
  const bool is_known = roster->owners.contains(newcomer.author);
  const bool is_in_use = roster->devices.contains(newcomer.author);
  CUNJU_TRY(const Before before, read_before(replica, space, node, device));
  // Whatever role it comes back with: it was narrowed for what it is, or where it stands.
  if (before.replication) node.replication = std::max(node.replication, *before.replication);
  if (is_known) {
    if (!newcomer.name.empty() && newcomer.name != name) return fail(Errc::kExists, name);
    if (before.is_retired && !is_in_use) return fail(Errc::kPermission, std::string(kRetiredKey));
    // It may not have heard whose its key is by now, when that was replaced: then what it signed
    // for that member before holds.
    if (!verify_node_entry(node, space) && before.node) node.signature = before.node->signature;
    if (!verify_device_entry(device, space) && before.device)
      device.signature = before.device->signature;
  }
  if (!verify_node_entry(node, space)) return fail(Errc::kBadSignature, "the new node's entry");
  if (!verify_device_entry(device, space))
    return fail(Errc::kBadSignature, "the new device's entry");
  std::vector<RosterOperation> out;
  const auto known = roster->members.find(member);
  const bool has_role = known != roster->members.end() &&
                        std::ranges::find(known->second.roles, newcomer.role, &RoleGrant::role) !=
                            known->second.roles.end();
  if (known == roster->members.end()) out.push_back(AdmitMember{.member = member, .name = name});
  if (!has_role) out.push_back(GrantRole{.member = member, .role = newcomer.role});
  if (!is_in_use) out.push_back(device);
  if (roster->find_wire(newcomer.wire) == nullptr) out.push_back(node);
  return out;
}

}  // namespace cunju::council
