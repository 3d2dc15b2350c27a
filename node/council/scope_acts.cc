// SPDX-License-Identifier: Apache-2.0
#include "node/council/scope_acts.h"

#include <algorithm>
#include <iterator>
#include <set>

#include "crdt/base/limits.h"
#include "node/council/roster_outlook.h"

namespace cunju::council {

std::vector<std::string> scope_names(const Roster& roster) {
  std::set<std::string> out;
  for (const auto& [line, rights] : roster.policy) {
    const std::string& registry = line.second;
    if (registry.starts_with(kScopeRegistryPrefix) && registry.size() > kScopeRegistryPrefix.size())
      out.insert(registry.substr(kScopeRegistryPrefix.size()));
  }
  for (const auto& [number, scope] : roster.scopes) out.insert(scope.name);
  return {out.begin(), out.end()};
}

std::vector<ScopeTurn> find_turns(const Roster& before, const Roster& after) {
  std::set<std::string> names;
  for (const Roster* roster : {&before, &after})
    for (std::string& name : scope_names(*roster)) names.insert(std::move(name));
  std::vector<ScopeTurn> out;
  for (const std::string& name : names) {
    const std::vector<AuthorKey> was = before.entitled_devices(name);
    const std::vector<AuthorKey> is = after.entitled_devices(name);
    ScopeTurn turn{.name = name, .out = {}, .in = {}, .narrowed = {}, .widened = {}};
    std::ranges::set_difference(was, is, std::back_inserter(turn.out));
    std::ranges::set_difference(is, was, std::back_inserter(turn.in));
    for (const AuthorKey& device : is) {
      if (!std::ranges::binary_search(was, device)) continue;
      const bool had = before.may_read_earlier(device, name);
      if (had != after.may_read_earlier(device, name))
        (had ? turn.narrowed : turn.widened).push_back(device);
    }
    if (turn.opens_epoch() || !turn.widened.empty()) out.push_back(std::move(turn));
  }
  return out;
}

Result<OpenEpoch> plan_epoch(const Roster& roster, const SpaceId& space, std::string_view name,
                             const AuthorKey& sender, crypto::RandomSource& random) {
  OpenEpoch out;
  out.scope = roster.find_scope(name).value_or(pick_scope_number(roster, name));
  if (out.scope == kOpenScope) return fail(Errc::kLimit, "numbers of scopes");
  if (name.empty() || name.size() > limits::kMaxNameBytes)
    return fail(Errc::kInvalidArgument, "the name of a scope");
  out.name = name;
  const crypto::EpochKey key = crypto::EpochKey::generate(random);
  out.epoch = crypto::epoch_id(key, space, out.scope);
  for (const AuthorKey& device : roster.entitled_devices(name)) {
    // The others get theirs from whoever has one (Replica::hand_over_epochs).
    if (out.wraps.size() == limits::kMaxEpochWraps) break;
    Result<Bytes> wrap = crypto::wrap_epoch_key(key,
                                                {.space = space,
                                                 .scope = out.scope,
                                                 .epoch = out.epoch,
                                                 .recipient = device,
                                                 .sender = sender},
                                                random);
    // A roster entry that is no key belongs to nobody.
    if (wrap.has_value()) out.wraps.push_back({device, std::move(wrap).value()});
  }
  return out;
}

Result<std::vector<ScopeTurn>> add_epochs(replica::Replica& replica, const SpaceId& space,
                                          const AuthorKey& sender, crypto::RandomSource& random,
                                          std::vector<RosterOperation>& operations) {
  const bool is_of_quorum = std::ranges::any_of(operations, [](const RosterOperation& operation) {
    return std::holds_alternative<Epoch>(operation);
  });
  if (is_of_quorum) return std::vector<ScopeTurn>();
  CUNJU_TRY(std::shared_ptr<const Roster> before, replica.roster(space));
  Roster after = roster_after(*before, operations);
  std::vector<ScopeTurn> out;
  for (ScopeTurn& turn : find_turns(*before, after)) {
    if (!turn.opens_epoch() || after.entitled_devices(turn.name).empty()) continue;
    CUNJU_TRY(OpenEpoch opening, plan_epoch(after, space, turn.name, sender, random));
    after.scopes[opening.scope].name = turn.name;
    after.scopes[opening.scope].epochs.push_back(opening.epoch);
    operations.push_back(std::move(opening));
    out.push_back(std::move(turn));
  }
  return out;
}

std::uint64_t closed_parts(const Roster& roster, const replica::ScopeStatus& status,
                           const std::set<AuthorKey>& own) {
  std::uint64_t out = 0;
  if (std::ranges::none_of(
          own, [&](const AuthorKey& device) { return roster.may_read_scope(device, status.name); }))
    return out;
  for (const auto* epochs : {&status.epochs, &status.fallen}) {
    for (const replica::EpochStatus& epoch : *epochs) {
      const bool may_get = std::ranges::any_of(own, [&](const AuthorKey& device) {
        return roster.may_be_handed(device, status.name, epoch.in_whose_time);
      });
      if (!epoch.has_key && !may_get) out += epoch.parts;
    }
  }
  return out;
}

namespace {

ScopeTrouble trouble_of(const Roster& roster, const replica::ScopeStatus& status,
                        const std::set<AuthorKey>& own) {
  ScopeTrouble out{.scope = status.name.empty() ? std::to_string(status.scope.value) : status.name,
                   .unopened_from = {},
                   .unopened_at = {},
                   .outsiders = {},
                   .without_current = {}};
  auto add_unopened = [&](const replica::EpochStatus& epoch) {
    for (const auto& [device, senders] : epoch.unopened) {
      if (!roster.may_read_scope(device, status.name)) continue;
      if (own.contains(device)) {
        out.unopened_from.insert(senders.begin(), senders.end());
      } else {
        out.unopened_at.insert(device);
      }
    }
  };
  // Who may not have it is not to ask for it.
  auto may_get = [&](const replica::EpochStatus& epoch) {
    return std::ranges::any_of(own, [&](const AuthorKey& device) {
      return roster.may_be_handed(device, status.name, epoch.in_whose_time);
    });
  };
  for (const replica::EpochStatus& epoch : status.epochs) add_unopened(epoch);
  for (const replica::EpochStatus& epoch : status.fallen) {
    if (status.name.empty()) out.is_orphaned = true;
    if (epoch.name != status.name) continue;
    add_unopened(epoch);
    if (may_get(epoch) && !epoch.has_key) out.fallen_parts += epoch.parts;
  }
  // Where nobody may read the scope a new epoch would be for nobody, and nobody writes under the
  // old.
  if (status.epochs.empty() || roster.entitled_devices(status.name).empty()) return out;
  for (const AuthorKey& device : status.epochs.back().wrapped)
    if (!roster.may_read_scope(device, status.name)) out.outsiders.insert(device);
  const replica::EpochStatus& current = status.epochs.back();
  for (const AuthorKey& device : roster.entitled_devices(status.name))
    if (!current.wrapped.contains(device) &&
        !roster.may_be_handed(device, status.name, current.in_whose_time))
      out.without_current.insert(device);
  return out;
}

}  // namespace

Result<std::vector<ScopeTrouble>> find_scope_troubles(replica::Replica& replica,
                                                      const SpaceId& space) {
  CUNJU_TRY(const std::shared_ptr<const Roster> roster, replica.roster(space));
  CUNJU_TRY(const std::vector<replica::ScopeStatus> all, replica.scopes(space));
  std::vector<ScopeTrouble> out;
  for (const replica::ScopeStatus& status : all) {
    ScopeTrouble trouble = trouble_of(*roster, status, replica.own_devices());
    if (!trouble.is_none()) out.push_back(std::move(trouble));
  }
  return out;
}

}  // namespace cunju::council
