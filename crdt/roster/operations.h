// SPDX-License-Identifier: Apache-2.0
//
// The roster's operations and their bytes (roster.capnp). They add; what takes away comes with cuts
// (docs/architecture.md). An operation this program does not know decodes to UnknownRosterOperation
// and makes the space's roster not understood from there on.
#pragma once

#include <string>
#include <variant>

#include "crdt/base/ids.h"
#include "crdt/base/result.h"
#include "crdt/crypto/crypto.h"

namespace cunju {

/// Version of the rules that fold() follows; a founding change of a newer one is not understood.
inline constexpr std::uint16_t kRosterRules = 1;

struct FoundSpace {
  std::string name;
  std::string code;  ///< 12-digit division code, as typed.
  std::uint16_t rules = kRosterRules;
  friend bool operator==(const FoundSpace&, const FoundSpace&) = default;
};
struct AdmitMember {
  MemberId member;
  std::string name;
  friend bool operator==(const AdmitMember&, const AdmitMember&) = default;
};
struct GrantRole {
  MemberId member;
  std::string role;
  std::string term_from;  ///< ISO dates, shown only: no clock ends a role.
  std::string term_until;
  friend bool operator==(const GrantRole&, const GrantRole&) = default;
};
struct AddDevice {
  MemberId member;
  AuthorKey author;
  friend bool operator==(const AddDevice&, const AddDevice&) = default;
};

/// What a node may hold: everything, headers and open parts, or headers.
enum class Replication : std::uint8_t { kFull = 0, kShell = 1, kWitness = 2 };

/// Binds a node's two keys in one entry signed by both sides: the node here, the officer by the
/// change that carries it.
struct AddNode {
  NodeKey node;
  WireKey wire;
  std::string name;
  Replication replication = Replication::kFull;
  MemberId member;
  Signature signature;
  friend bool operator==(const AddNode&, const AddNode&) = default;
};

enum Right : std::uint8_t { kRead = 1, kWrite = 2, kApprove = 4, kCertify = 8 };

struct SetPolicy {
  std::string role;
  std::string registry;  ///< "*": every registry that has no line of its own for the role.
  std::uint8_t rights = 0;
  friend bool operator==(const SetPolicy&, const SetPolicy&) = default;
};
struct UnknownRosterOperation {
  friend bool operator==(const UnknownRosterOperation&, const UnknownRosterOperation&) = default;
};

using RosterOperation = std::variant<UnknownRosterOperation, FoundSpace, AdmitMember, GrantRole,
                                     AddDevice, AddNode, SetPolicy>;

/// The node's half of an AddNode: signs "cunju node 1" || suite || space || wire || member. A
/// founding change signs a zero space, because the space's id does not exist yet.
Signature sign_node_entry(const crypto::SigningKey& node, const SpaceId& space, const WireKey& wire,
                          const MemberId& member);
bool verify_node_entry(const AddNode& entry, const SpaceId& space);

Bytes encode_roster_operation(const RosterOperation& operation);
/// Errors: kMalformed, kLimit.
Result<RosterOperation> decode_roster_operation(ByteView packed);

}  // namespace cunju
