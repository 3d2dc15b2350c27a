// SPDX-License-Identifier: Apache-2.0
#include "node/council/entry_act.h"

#include <algorithm>

#include "node/council/roster_copy.h"

namespace cunju::council {
namespace {

Result<bool> is_retired(replica::Replica& replica, const SpaceId& space, const AuthorKey& author) {
  CUNJU_TRY(const RosterCopy copy, RosterCopy::read(replica, space));
  return std::ranges::any_of(copy.entries(), [&](const RosterEntry& entry) {
    return entry.is_in_force &&
           std::ranges::any_of(entry.operations, [&](const RosterOperation& operation) {
             const auto* retired = std::get_if<RetireDevice>(&operation);
             return retired != nullptr && retired->cut.author == author;
           });
  });
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

Result<std::vector<RosterOperation>> plan_entry(replica::Replica& replica, const SpaceId& space,
                                                const Newcomer& newcomer) {
  CUNJU_TRY(const std::shared_ptr<const Roster> roster, replica.roster(space));
  const MemberId member = entering_member(*roster, newcomer.author, newcomer.invited);
  const std::string name =
      entering_name(*roster, newcomer.author, newcomer.name, newcomer.own_name);
  const AddNode node{.node = newcomer.node,
                     .wire = newcomer.wire,
                     .name = name,
                     .replication = newcomer.replication,
                     .member = member,
                     .signature = newcomer.node_entry};
  if (!verify_node_entry(node, space)) return fail(Errc::kBadSignature, "the new node's entry");
  const AddDevice device{
      .member = member, .author = newcomer.author, .signature = newcomer.device_entry};
  if (!verify_device_entry(device, space))
    return fail(Errc::kBadSignature, "the new device's entry");
  const bool is_known = roster->owners.contains(newcomer.author);
  if (is_known && !newcomer.name.empty() && newcomer.name != name) return fail(Errc::kExists, name);
  const bool is_in_use = roster->devices.contains(newcomer.author);
  if (is_known && !is_in_use) {
    CUNJU_TRY(const bool is_gone, is_retired(replica, space, newcomer.author));
    if (is_gone) return fail(Errc::kPermission, std::string(kRetiredKey));
  }
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
