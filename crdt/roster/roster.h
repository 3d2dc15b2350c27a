// SPDX-License-Identifier: Apache-2.0
//
// Who may do what in a space, as of some roster heads. A value computed by RosterGraph; asking it
// is pure. The built-in roles and their rights are the table in roster.cc: SetPolicy operations
// override its lines.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "crdt/roster/operations.h"

namespace cunju {

/// The registry names with a meaning of their own.
inline constexpr std::string_view kRosterRegistry = "roster";
inline constexpr std::string_view kDefinitionRegistry = "definition";
/// Statements of nodes about what they hold (crdt/witness). Nodes write it and nothing else, and
/// people's devices never do; the line "*" says nothing about it.
inline constexpr std::string_view kWitnessRegistry = "witness";
/// Keys of confidential scopes, handed to devices that came later (crdt/scopes/handed_epoch.h).
inline constexpr std::string_view kScopesRegistry = "scopes";
/// With a scope's name behind it: the registry whose policy lines say who may read the scope. The
/// line "*" says nothing about it, or whoever keeps all registers would be entitled to everything.
inline constexpr std::string_view kScopeRegistryPrefix = "scope:";
/// Acts of erasing and their approvals (crdt/erasure); one record for each erasure.
inline constexpr std::string_view kErasuresRegistry = "erasures";
/// What nodes have destroyed: a registry of its own, because whoever may write the other one can
/// hide records.
inline constexpr std::string_view kReceiptsRegistry = "erasure_receipts";
/// With a number behind it: a registry of which a policy line of any role with kApprove says how
/// many members have to approve of an erasure (crdt/erasure/erasures.h).
inline constexpr std::string_view kErasureMembersPrefix = "erasures:";
/// The program itself writes these; they are in the logs, and hold no records for people.
constexpr bool is_registry_of_program(std::string_view registry) {
  return registry == kWitnessRegistry || registry == kScopesRegistry ||
         registry == kErasuresRegistry || registry == kReceiptsRegistry;
}
/// The roster is one record; its id is the same in every space.
inline constexpr RecordId kRosterRecord{};

struct BuiltinRole {
  std::string_view id;  ///< chair, clerk, mediator, supervisor, teller, grid, office, auditor
  std::string_view zh;
  std::string_view en;
};
std::span<const BuiltinRole> builtin_roles();
/// The default rights, one line a (role, registry); "*" stands for all registries without a line.
struct PolicyLine {
  std::string_view role;
  std::string_view registry;
  std::uint8_t rights;
};
std::span<const PolicyLine> default_policy();

struct RoleGrant {
  std::string role;
  std::string term_from;
  std::string term_until;
  friend auto operator<=>(const RoleGrant&, const RoleGrant&) = default;
};

struct Member {
  MemberId id;
  std::string name;
  std::set<RoleGrant> roles;
  std::set<AuthorKey> devices;
};

/// A confidential scope: the name that its number got first, and its epochs in force by the
/// (depth, id) of the changes that opened them. Concurrent ones stand side by side.
struct NamedScope {
  std::string name;
  std::vector<crypto::EpochId> epochs;  ///< Never empty; the last one is what is sealed with.

  const crypto::EpochId& current() const { return epochs.back(); }
  friend bool operator==(const NamedScope&, const NamedScope&) = default;
};

struct Roster {
  std::string space_name;
  std::string space_code;
  /// False when an operation or rules version of a newer program is among the ancestors: then the
  /// space is shown as far as understood and nothing is signed there.
  bool is_understood = true;
  std::map<MemberId, Member> members;
  std::map<AuthorKey, MemberId> devices;
  /// Everybody who ever was a member, by the name of the first admission in force, and every key
  /// that ever was somebody's: for showing who wrote what, and never for what anybody may do. Acts
  /// that are void name nobody.
  std::map<MemberId, std::string> names;
  std::map<AuthorKey, MemberId> owners;
  /// Lines of forked logs under which changes of a key stand in records (roster_law.h), for showing
  /// who wrote what. Filled in by who knows the logs.
  std::map<AuthorKey, AuthorKey> lines;
  /// A node or wire key belongs to the first entry by (depth, id) that stands; of SetReplication
  /// that come after it in that order, the last counts.
  std::map<NodeKey, AddNode> nodes;
  std::map<std::pair<std::string, std::string>, std::uint8_t> policy;
  std::map<Scope, NamedScope> scopes;
  SetQuorum quorum;  ///< The recovery quorum; threshold 0: none speaks.
  /// So many were named for the next place beside each other, and it is not decided which; else 0.
  std::size_t undecided_quorums = 0;

  const Member* find_author(const AuthorKey& author) const;
  /// Name of whoever the key, or the key's line, belongs or belonged to; empty when unknown.
  std::string_view name_of(const AuthorKey& author) const;
  const AddNode* find_wire(const WireKey& wire) const;
  /// The node that signs with this key.
  const AddNode* find_node(const AuthorKey& author) const;
  /// Whether the key may have a log at all: a member's device or a node.
  bool is_author(const AuthorKey& author) const {
    return find_author(author) != nullptr || find_node(author) != nullptr;
  }
  /// The scope of that name: of several numbers, which two officers may have given it apart, the
  /// least. None: nobody has opened an epoch of it.
  std::optional<Scope> find_scope(std::string_view name) const;
  /// All of the scope, or what is sealed from their coming on.
  bool may_read_scope(const Member& member, std::string_view name) const;
  bool may_read_scope(const AuthorKey& author, std::string_view name) const;
  /// All of it, whenever it was sealed.
  bool may_read_earlier(const AuthorKey& author, std::string_view name) const;
  /// Whether an epoch of the scope may be handed to the device: any to who may read all of it, and
  /// to who may read from their coming on those of their time (RosterGraph::in_whose_time).
  bool may_be_handed(const AuthorKey& device, std::string_view name,
                     const std::set<MemberId>& in_whose_time) const;
  /// Whether some role may read a scope from its members' coming on and not what was before.
  bool has_from_now() const;
  /// The devices of everybody who may read the scope, ascending.
  std::vector<AuthorKey> entitled_devices(std::string_view name) const;
  /// Union over the member's roles of the line for the registry, or else of the "*" line, which
  /// does not speak of kWitnessRegistry and of scopes.
  std::uint8_t rights(const Member& member, std::string_view registry) const;
  /// In kWitnessRegistry a node may what its member's roles may, and nobody else anything;
  /// elsewhere only devices may.
  bool may(const AuthorKey& author, std::string_view registry, Right right) const;
};

/// The registry of the policy lines that say who may read the scope.
std::string scope_registry(std::string_view name);
/// The number for a scope that gets its first epoch: made from the name, so that officers who do it
/// apart choose the same; the next one that is free where the roster has given it to another name.
Scope pick_scope_number(const Roster& roster, std::string_view name);

}  // namespace cunju
