// SPDX-License-Identifier: Apache-2.0
#include "node/council/scope_holders.h"

#include <algorithm>
#include <array>
#include <map>

#include "node/council/roster_outlook.h"

namespace cunju::council {
namespace {

/// The devices of everybody who can read the scope.
std::vector<AuthorKey> reading_devices(const Roster& roster, const EnteredComputers& entered,
                                       const std::string& scope) {
  std::vector<AuthorKey> out = roster.entitled_devices(scope);
  std::erase_if(out, [&](const AuthorKey& device) {
    return !use_of(roster, entered, roster.devices.at(device)).reads;
  });
  return out;
}

/// The scopes as they are once a key has taken its predecessor's place on the same computer.
std::vector<replica::ScopeStatus> after_replacing(std::vector<replica::ScopeStatus> scopes,
                                                  const Roster& before,
                                                  std::span<const RosterOperation> operations) {
  for (const RosterOperation& taking : operations) {
    const auto* retired = std::get_if<RetireDevice>(&taking);
    const auto owner =
        retired == nullptr ? before.owners.end() : before.owners.find(retired->cut.author);
    if (owner == before.owners.end()) continue;
    for (const RosterOperation& giving : operations) {
      const auto* added = std::get_if<AddDevice>(&giving);
      if (added == nullptr || added->member != owner->second) continue;
      for (replica::ScopeStatus& scope : scopes)
        for (replica::EpochStatus& epoch : scope.epochs)
          if (epoch.wrapped.contains(retired->cut.author)) epoch.wrapped.insert(added->author);
    }
  }
  return scopes;
}

}  // namespace

Unable unable_readers(const Roster& roster, const EnteredComputers& entered,
                      const std::string& scope) {
  std::set<MemberId> shells, nowhere;
  for (const AuthorKey& device : roster.entitled_devices(scope)) {
    const MemberId& member = roster.devices.at(device);
    const ComputerUse use = use_of(roster, entered, member);
    if (!use.exchanges) {
      nowhere.insert(member);
    } else if (!use.reads) {
      shells.insert(member);
    }
  }
  return {.shells = {shells.begin(), shells.end()}, .nowhere = {nowhere.begin(), nowhere.end()}};
}

std::vector<UnheldEpoch> find_unheld(const Roster& roster, const EnteredComputers& entered,
                                     std::span<const replica::ScopeStatus> scopes) {
  std::vector<UnheldEpoch> out;
  for (const replica::ScopeStatus& scope : scopes) {
    // Nobody misses the key of what nobody wrote; and a number without a name has no readers.
    if (scope.parts == 0 || scope.name.empty()) continue;
    const std::vector<AuthorKey> reading = reading_devices(roster, entered, scope.name);
    // Where each part says under which key it is, also nobody misses a key under which none is.
    std::uint64_t told = 0;
    for (const auto* epochs : {&scope.epochs, &scope.fallen})
      for (const replica::EpochStatus& epoch : *epochs) told += epoch.parts;
    for (const replica::EpochStatus& epoch : scope.epochs) {
      if (told == scope.parts && epoch.parts == 0) continue;
      auto holds = [&](const AuthorKey& device) { return epoch.wrapped.contains(device); };
      if (std::ranges::any_of(reading, holds)) continue;
      const bool has_readers = std::ranges::any_of(reading, [&](const AuthorKey& device) {
        return roster.may_be_handed(device, scope.name, epoch.in_whose_time);
      });
      UnheldEpoch unheld{.scope = scope.name,
                         .epoch = epoch.epoch,
                         .is_here = epoch.has_key,
                         .has_readers = has_readers,
                         .holders = {}};
      for (const AuthorKey& device : epoch.wrapped) {
        const Member* member = roster.find_author(device);
        if (member != nullptr && use_of(roster, entered, member->id).exchanges)
          unheld.holders.insert(member->id);
      }
      out.push_back(std::move(unheld));
    }
  }
  std::ranges::stable_sort(out, {}, &UnheldEpoch::scope);
  return out;
}

Result<EnteredComputers> find_computers(replica::Replica& replica, const SpaceId& space,
                                        std::span<const Roster* const> rosters,
                                        std::span<const replica::ScopeStatus> scopes) {
  EnteredComputers own;
  for (const Roster* roster : rosters)
    for (const auto& [member, nodes] : own_computers(replica, *roster))
      own[member].insert(nodes.begin(), nodes.end());
  for (const Roster* roster : rosters) {
    // As if nobody without a computer could do anything.
    EnteredComputers strict = own;
    for (const auto& [member, entry] : roster->members) strict[member].insert(NodeKey{});
    if (find_unheld(*roster, own, scopes) != find_unheld(*roster, strict, scopes))
      return read_entered_computers(replica, space);
  }
  return own;
}

Result<std::vector<UnheldEpoch>> find_left_unheld(replica::Replica& replica, const SpaceId& space,
                                                  const Roster& before,
                                                  std::span<const RosterOperation> operations,
                                                  const AuthorKey& sender) {
  const Roster rough = roster_after(before, operations);
  CUNJU_TRY(const std::vector<replica::ScopeStatus> scopes,
            replica.scopes(space, rough.has_from_now()));
  CUNJU_TRY(const EnteredComputers entered,
            find_computers(replica, space, std::array{&before, &rough}, scopes));
  const Roster after = roster_after(before, entered, operations);
  const std::vector<UnheldEpoch> now = find_unheld(before, entered, scopes);
  std::vector<UnheldEpoch> out =
      find_unheld(after, entered, after_replacing(scopes, before, operations));
  const Member* const own = after.find_author(sender);
  const bool can_pass_on = own != nullptr && use_of(after, entered, own->id).exchanges;
  for (UnheldEpoch& each : out) each.is_here = each.is_here && can_pass_on;
  std::erase_if(out, [&](const UnheldEpoch& each) {
    if (each.is_here && each.has_readers) return true;
    const auto was = std::ranges::find(now, each.epoch, &UnheldEpoch::epoch);
    return was != now.end() && (was->is_lost() || !each.is_lost());
  });
  return out;
}

std::vector<ScopeReader> readers_of(const Roster& roster, const EnteredComputers& entered,
                                    const std::string& scope,
                                    std::span<const replica::ScopeStatus> scopes) {
  std::map<MemberId, std::set<AuthorKey>> devices;
  for (const AuthorKey& device : reading_devices(roster, entered, scope))
    devices[roster.devices.at(device)].insert(device);
  std::vector<ScopeReader> out;
  for (const auto& [member, keys] : devices) {
    ScopeReader reader{.member = member,
                       .is_from_now = !roster.may_read_earlier(*keys.begin(), scope)};
    for (const replica::ScopeStatus& status : scopes) {
      if (status.name != scope) continue;
      for (const replica::EpochStatus& epoch : status.epochs) {
        const bool is_given = std::ranges::any_of(
            keys, [&](const AuthorKey& device) { return epoch.wrapped.contains(device); });
        reader.has_all = reader.has_all && is_given;
        reader.is_waiting =
            reader.is_waiting ||
            (!is_given && roster.may_be_handed(*keys.begin(), scope, epoch.in_whose_time));
      }
    }
    out.push_back(reader);
  }
  return out;
}

std::vector<ReadingRole> roles_reading(const Roster& roster, const std::string& scope) {
  std::vector<ReadingRole> out;
  for (const auto& [line, rights] : roster.policy)
    if (line.second == scope_registry(scope) && (rights & (kRead | kReadFromNow)) != 0)
      out.push_back({.role = line.first, .reads_earlier = (rights & kRead) != 0});
  return out;
}

}  // namespace cunju::council
