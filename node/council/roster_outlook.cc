// SPDX-License-Identifier: Apache-2.0
#include "node/council/roster_outlook.h"

#include <algorithm>
#include <array>
#include <optional>

#include "crdt/witness/statement.h"

namespace cunju::council {
namespace {

constexpr std::array<std::string_view, 1> kSupervisingRoles{"supervisor"};
/// A chair is of the committee; a clerk often is.
constexpr std::array<std::string_view, 2> kSupervisedRoles{"chair", "clerk"};

bool has_role(const Member& member, std::string_view role) {
  return std::ranges::find(member.roles, role, &RoleGrant::role) != member.roles.end();
}

std::vector<MemberId> owners_of(const Roster& roster, std::span<const AuthorKey> keys) {
  std::vector<MemberId> out;
  for (const AuthorKey& key : keys) {
    auto owner = roster.owners.find(key);
    if (owner != roster.owners.end() && roster.members.contains(owner->second))
      out.push_back(owner->second);
  }
  std::ranges::sort(out);
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

// What one operation does to the roster. Those that are about changes do nothing to it that is
// asked here.
struct Apply {
  Roster& roster;

  template <class Other>
  void operator()(const Other&) const {}
  void operator()(const AdmitMember& admit) const {
    Member& member = roster.members[admit.member];
    member.id = admit.member;
    member.name = admit.name;
    roster.names.try_emplace(admit.member, admit.name);
  }
  void operator()(const GrantRole& grant) const {
    auto member = roster.members.find(grant.member);
    if (member == roster.members.end()) return;
    member->second.roles.insert({grant.role, grant.term_from, grant.term_until});
  }
  void operator()(const AddDevice& add) const {
    auto member = roster.members.find(add.member);
    const auto owner = roster.owners.try_emplace(add.author, add.member).first;
    // A key belongs to whoever had it first.
    if (member == roster.members.end() || owner->second != add.member) return;
    member->second.devices.insert(add.author);
    roster.devices[add.author] = add.member;
  }
  void operator()(const AddNode& add) const {
    if (roster.members.contains(add.member) && roster.find_wire(add.wire) == nullptr)
      roster.nodes.try_emplace(add.node, add);
  }
  void operator()(const RetireNode& retire) const { roster.nodes.erase(retire.node); }
  void operator()(const SetReplication& set) const {
    const auto node = roster.nodes.find(set.node);
    if (node != roster.nodes.end()) node->second.replication = set.replication;
  }
  void operator()(const SetPolicy& set) const {
    roster.policy[{set.role, set.registry}] = set.rights;
  }
  void operator()(const EndRole& end) const {
    auto member = roster.members.find(end.member);
    if (member == roster.members.end()) return;
    std::erase_if(member->second.roles,
                  [&](const RoleGrant& grant) { return grant.role == end.role; });
  }
  void operator()(const RemoveMember& removal) const {
    roster.members.erase(removal.member);
    std::erase_if(roster.devices,
                  [&](const auto& entry) { return entry.second == removal.member; });
    std::erase_if(roster.nodes,
                  [&](const auto& entry) { return entry.second.member == removal.member; });
  }
  void operator()(const RetireDevice& retire) const {
    roster.devices.erase(retire.cut.author);
    for (auto& [id, member] : roster.members) member.devices.erase(retire.cut.author);
  }
  void operator()(const SetQuorum& quorum) const { roster.quorum = quorum; }
};

template <class Operation>
bool has_operation(const RosterAct& act) {
  return std::ranges::any_of(act.operations, [](const RosterOperation& operation) {
    return std::holds_alternative<Operation>(operation);
  });
}

/// Keys of the quorum that the act is about.
std::vector<AuthorKey> quorum_keys_of(const Roster& roster, const RosterAct& act) {
  std::set<MemberId> given;
  for (const RosterOperation& operation : act.operations)
    if (const auto* add = std::get_if<AddDevice>(&operation)) given.insert(add->member);
  std::vector<AuthorKey> out;
  for (const AuthorKey& key : roster.quorum.keys) {
    auto owner = roster.owners.find(key);
    const bool is_cut = std::ranges::any_of(
        act.devices, [&](const CutDevice& device) { return device.cut.author == key; });
    if (is_cut || (owner != roster.owners.end() && given.contains(owner->second)))
      out.push_back(key);
  }
  return out;
}

}  // namespace

Result<std::set<AuthorKey>> forked_keys(replica::Replica& replica, const SpaceId& space) {
  CUNJU_TRY(auto forks, replica.forks(space));
  std::set<AuthorKey> out;
  for (const auto& [author, at] : forks) out.insert(author);
  return out;
}

bool is_fork_settled(const Roster& roster, const std::set<AuthorKey>& forked,
                     const AuthorKey& key) {
  if (roster.is_author(key)) return false;
  auto owner = roster.owners.find(key);
  if (owner == roster.owners.end()) return true;
  auto member = roster.members.find(owner->second);
  return member == roster.members.end() ||
         std::ranges::any_of(member->second.devices,
                             [&](const AuthorKey& device) { return !forked.contains(device); });
}

Result<std::set<AuthorKey>> find_signing_keys(replica::Replica& replica, const SpaceId& space,
                                              const MemberId& member) {
  CUNJU_TRY(std::shared_ptr<const Roster> roster, replica.roster(space));
  CUNJU_TRY(const std::set<AuthorKey> forked, forked_keys(replica, space));
  std::set<AuthorKey> out;
  auto found = roster->members.find(member);
  if (found != roster->members.end()) out = found->second.devices;
  std::erase_if(out, [&](const AuthorKey& key) { return forked.contains(key); });
  return out;
}

Result<std::vector<MemberId>> find_officers(replica::Replica& replica, const SpaceId& space) {
  CUNJU_TRY(std::shared_ptr<const Roster> roster, replica.roster(space));
  CUNJU_TRY(const std::set<AuthorKey> forked, forked_keys(replica, space));
  return control_of(*roster, forked).officers;
}

Result<std::optional<AuthorKey>> find_founder(replica::Replica& replica, const SpaceId& space,
                                              const Roster& roster) {
  for (const auto& [author, owner] : roster.owners) {
    CUNJU_TRY(const std::optional<ChangeId> first, replica.find_change(space, author, Seq{0}));
    if (first && first->value == space.value) return std::optional(author);
  }
  return std::optional<AuthorKey>();
}

Control control_of(const Roster& roster, const std::set<AuthorKey>& forked) {
  auto can_sign = [&](const AuthorKey& key) { return !forked.contains(key); };
  Control out;
  bool has_publisher = false;
  for (const auto& [id, member] : roster.members) {
    if (std::ranges::none_of(member.devices, can_sign)) continue;
    has_publisher = true;
    if ((roster.rights(member, kRosterRegistry) & kWrite) != 0) out.officers.push_back(id);
  }
  // A cosignature is no change of a log, so a forked key can give it.
  out.quorum_keys = static_cast<std::size_t>(std::ranges::count_if(
      roster.quorum.keys, [&](const AuthorKey& key) { return roster.devices.contains(key); }));
  out.quorum_can_act =
      roster.quorum.threshold > 0 && out.quorum_keys >= roster.quorum.threshold && has_publisher;
  return out;
}

Roster roster_after(const Roster& roster, std::span<const RosterOperation> operations) {
  Roster out = roster;
  for (const RosterOperation& operation : operations) std::visit(Apply{out}, operation);
  return out;
}

std::vector<BothSides> find_both_sides(const Roster& after,
                                       std::span<const RosterOperation> operations) {
  std::vector<BothSides> out;
  std::set<MemberId> told;
  for (const RosterOperation& operation : operations) {
    const auto* grant = std::get_if<GrantRole>(&operation);
    if (grant == nullptr) continue;
    auto member = after.members.find(grant->member);
    if (member == after.members.end() || !told.insert(grant->member).second) continue;
    for (std::string_view over : kSupervisingRoles) {
      for (std::string_view under : kSupervisedRoles) {
        if (has_role(member->second, over) && has_role(member->second, under))
          out.push_back({grant->member, std::string(over), std::string(under)});
      }
    }
  }
  return out;
}

Result<ActOutlook> read_outlook(replica::Replica& replica, const SpaceId& space,
                                const RosterAct& act, const AuthorKey& acting) {
  CUNJU_TRY(std::shared_ptr<const Roster> roster, replica.roster(space));
  CUNJU_TRY(const std::set<AuthorKey> forked, forked_keys(replica, space));
  const Roster after = roster_after(*roster, act.operations);
  ActOutlook out{.before = control_of(*roster, forked),
                 .after = control_of(after, forked),
                 .quorum_keys = {},
                 .both_sides = find_both_sides(after, act.operations)};
  const SetQuorum& quorum = roster->quorum;
  const bool names_quorum = has_operation<SetQuorum>(act), is_epoch = has_operation<Epoch>(act);
  if (is_epoch || (names_quorum && quorum.threshold > 0)) {
    out.authority = Authority::kQuorum;
    out.able = owners_of(*roster, quorum.keys);
    out.may_act = is_epoch && roster->devices.contains(acting) && !forked.contains(acting);
  } else if (names_quorum) {
    out.authority = Authority::kFounder;
    CUNJU_TRY(const std::optional<AuthorKey> founder, find_founder(replica, space, *roster));
    if (founder && roster->may(*founder, kRosterRegistry, kWrite) && !forked.contains(*founder)) {
      out.able = owners_of(*roster, std::span(&*founder, 1));
      out.may_act = *founder == acting;
    }
  } else {
    out.able = out.before.officers;
    out.may_act = roster->may(acting, kRosterRegistry, kWrite) && !forked.contains(acting);
    CUNJU_TRY(out.needs_quorum, replica.needs_quorum(space, acting, act.operations));
  }
  out.is_key_forked = forked.contains(acting);
  out.quorum_keys = quorum_keys_of(*roster, act);
  return out;
}

Result<StatedCounts> read_stated_counts(replica::Replica& replica, const SpaceId& space,
                                        const Roster& roster) {
  StatedCounts out;
  for (const auto& [key, node] : roster.nodes) {
    const AuthorKey witness{key.value};
    if (!roster.may(witness, kWitnessRegistry, kWrite)) continue;
    CUNJU_TRYV(replica.scan_log(space, witness, Seq{0}, [&](const Change& change) {
      for (const WitnessedHead& head :
           read_statement(change).value_or(std::vector<WitnessedHead>{})) {
        std::uint64_t& count = out[head.author][witness];
        count = std::max(count, head.seq.value + 1);
      }
      return true;
    }));
  }
  return out;
}

Result<std::uint64_t> held_of(replica::Replica& replica, const SpaceId& space,
                              const AuthorKey& author) {
  CUNJU_TRY(const std::vector<replica::Branch> branches, replica.branches(space, author));
  std::uint64_t out = 0;
  for (const replica::Branch& branch : branches) out = std::max(out, branch.end);
  return out;
}

}  // namespace cunju::council
