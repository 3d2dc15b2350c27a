// SPDX-License-Identifier: Apache-2.0
#include "node/council/scope_holders.h"

#include <algorithm>
#include <map>

#include "node/council/roster_outlook.h"

namespace cunju::council {
namespace {

/// The devices of everybody who can read the scope.
std::vector<AuthorKey> reading_devices(const Roster& roster, const std::string& scope) {
  std::vector<AuthorKey> out = roster.entitled_devices(scope);
  std::erase_if(out, [&](const AuthorKey& device) {
    return has_shells_only(roster, roster.devices.at(device));
  });
  return out;
}

}  // namespace

bool has_shells_only(const Roster& roster, const MemberId& member) {
  bool has_node = false;
  for (const auto& [key, node] : roster.nodes) {
    if (node.member != member) continue;
    if (node.replication == Replication::kFull) return false;
    has_node = true;
  }
  return has_node;
}

std::vector<MemberId> shell_readers_of(const Roster& roster, const std::string& scope) {
  std::set<MemberId> out;
  for (const AuthorKey& device : roster.entitled_devices(scope)) {
    const MemberId& member = roster.devices.at(device);
    if (has_shells_only(roster, member)) out.insert(member);
  }
  return {out.begin(), out.end()};
}

std::vector<UnheldEpoch> find_unheld(const Roster& roster,
                                     std::span<const replica::ScopeStatus> scopes) {
  std::vector<UnheldEpoch> out;
  for (const replica::ScopeStatus& scope : scopes) {
    // Nobody misses the key of what nobody wrote; and a number without a name has no readers.
    if (scope.parts == 0 || scope.name.empty()) continue;
    const std::vector<AuthorKey> entitled = reading_devices(roster, scope.name);
    for (const replica::EpochStatus& epoch : scope.epochs) {
      auto holds = [&](const AuthorKey& device) { return epoch.wrapped.contains(device); };
      if (std::ranges::any_of(entitled, holds)) continue;
      UnheldEpoch unheld{.scope = scope.name,
                         .epoch = epoch.epoch,
                         .is_here = epoch.has_key,
                         .has_readers = !entitled.empty(),
                         .holders = {}};
      for (const AuthorKey& device : epoch.wrapped)
        if (const Member* member = roster.find_author(device)) unheld.holders.insert(member->id);
      out.push_back(std::move(unheld));
    }
  }
  std::ranges::stable_sort(out, {}, &UnheldEpoch::scope);
  return out;
}

Result<std::vector<UnheldEpoch>> find_left_unheld(replica::Replica& replica, const SpaceId& space,
                                                  const Roster& before,
                                                  std::span<const RosterOperation> operations,
                                                  const AuthorKey& sender) {
  CUNJU_TRY(const std::vector<replica::ScopeStatus> scopes, replica.scopes(space));
  const std::vector<UnheldEpoch> now = find_unheld(before, scopes);
  const Roster after = roster_after(before, operations);
  std::vector<UnheldEpoch> out = find_unheld(after, scopes);
  std::erase_if(out, [&](const UnheldEpoch& each) {
    const bool was_so = std::ranges::find(now, each.epoch, &UnheldEpoch::epoch) != now.end();
    const bool is_passed_on =
        each.is_here && each.has_readers && after.find_author(sender) != nullptr;
    return was_so || is_passed_on;
  });
  return out;
}

std::vector<ScopeReader> readers_of(const Roster& roster, const std::string& scope,
                                    std::span<const replica::ScopeStatus> scopes) {
  std::map<MemberId, std::set<AuthorKey>> devices;
  for (const AuthorKey& device : reading_devices(roster, scope))
    devices[roster.devices.at(device)].insert(device);
  std::vector<ScopeReader> out;
  for (const auto& [member, keys] : devices) {
    ScopeReader reader{.member = member};
    for (const replica::ScopeStatus& status : scopes) {
      if (status.name != scope) continue;
      for (const replica::EpochStatus& epoch : status.epochs)
        reader.has_all = reader.has_all && std::ranges::any_of(keys, [&](const AuthorKey& device) {
                           return epoch.wrapped.contains(device);
                         });
    }
    out.push_back(reader);
  }
  return out;
}

std::vector<std::string> roles_reading(const Roster& roster, const std::string& scope) {
  std::vector<std::string> out;
  for (const auto& [line, rights] : roster.policy)
    if (line.second == scope_registry(scope) && (rights & kRead) != 0) out.push_back(line.first);
  return out;
}

}  // namespace cunju::council
