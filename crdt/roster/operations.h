// SPDX-License-Identifier: Apache-2.0
//
// The roster's operations and their bytes (roster.capnp). Some give, some take away; what a taking
// does to changes that did not know of it is said by its cuts. What they mean together is the law
// in roster_law.h. An operation this program does not know decodes to UnknownRosterOperation and
// makes the space's roster not understood from there on.
#pragma once

#include <span>
#include <string>
#include <variant>
#include <vector>

#include "crdt/base/ids.h"
#include "crdt/base/result.h"
#include "crdt/crypto/crypto.h"
#include "crdt/crypto/epoch_key.h"

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
/// Signed by both sides: by the device here, by the officer in the change that carries it. Or
/// somebody could enter a key of another's making for a member of his, and be senior to its owner.
struct AddDevice {
  MemberId member;
  AuthorKey author;
  Signature signature;
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

/// kReadFromNow speaks of scopes alone: who has it without kRead may read what is sealed from their
/// coming on. A bit of its own, because a program of before it takes the line for one that gives
/// nothing.
enum Right : std::uint8_t { kRead = 1, kWrite = 2, kApprove = 4, kCertify = 8, kReadFromNow = 16 };

/// Which changes of a device stand before an act that takes something from it: the first `end` of
/// its log, the last of which is `last`.
struct Cut {
  AuthorKey author;
  std::uint64_t end = 0;
  ChangeId last;  ///< Zero when `end` is 0.
  friend bool operator==(const Cut&, const Cut&) = default;
};
using Cuts = std::vector<Cut>;

struct SetPolicy {
  std::string role;
  std::string registry;  ///< "*": every registry that has no line of its own for the role.
  std::uint8_t rights = 0;
  Cuts cuts = {};  ///< For each device of the role, when rights are taken away.
  friend bool operator==(const SetPolicy&, const SetPolicy&) = default;
};
/// Ends every grant of the role to the member, whatever its term.
struct EndRole {
  MemberId member;
  std::string role;
  Cuts cuts = {};
  friend bool operator==(const EndRole&, const EndRole&) = default;
};
/// Takes the member's admission, roles, devices and nodes.
struct RemoveMember {
  MemberId member;
  Cuts cuts = {};
  friend bool operator==(const RemoveMember&, const RemoveMember&) = default;
};
/// Ends the use of one key: replaced, lost or stolen; the cut says which.
struct RetireDevice {
  Cut cut;
  friend bool operator==(const RetireDevice&, const RetireDevice&) = default;
};
struct RetireNode {
  NodeKey node;
  friend bool operator==(const RetireNode&, const RetireNode&) = default;
};
struct SetReplication {
  NodeKey node;
  Replication replication = Replication::kFull;
  friend bool operator==(const SetReplication&, const SetReplication&) = default;
};
/// Puts changes of the late tray in force.
struct AdmitLate {
  std::vector<ChangeId> changes;
  friend bool operator==(const AdmitLate&, const AdmitLate&) = default;
};
/// Whose signatures together stand above every removal: the recovery quorum.
struct SetQuorum {
  std::uint16_t threshold = 0;
  std::vector<AuthorKey> keys;
  friend bool operator==(const SetQuorum&, const SetQuorum&) = default;
};
struct Cosignature {
  AuthorKey author;
  Signature signature;
  friend bool operator==(const Cosignature&, const Cosignature&) = default;
};
/// The change that carries it is an act of the recovery quorum, if enough have signed. `voided`:
/// roster changes that say nothing from here on; neither the founding change nor the quorum's acts.
struct Epoch {
  std::vector<ChangeId> voided;
  std::vector<Cosignature> signatures;
  friend bool operator==(const Epoch&, const Epoch&) = default;
};
/// An epoch key as one device can open it.
struct EpochWrap {
  AuthorKey recipient;
  Bytes wrap;  ///< crypto::wrap_epoch_key; the sender is the author of the change.
  friend bool operator==(const EpochWrap&, const EpochWrap&) = default;
};
/// From here on the scope's parts are sealed under this key. The first one in force gives the
/// number its name. Who else is entitled gets a wrap some other way (crdt/scopes/handed_epoch.h).
struct OpenEpoch {
  Scope scope;       ///< Not the open one.
  std::string name;  ///< kScopeRegistryPrefix + name is whose policy lines say who may read.
  crypto::EpochId epoch;
  std::vector<EpochWrap> wraps;  ///< At most limits::kMaxEpochWraps.
  friend bool operator==(const OpenEpoch&, const OpenEpoch&) = default;
};
/// In an act of the recovery quorum: what it pins, and all before that, is final (roster_law.h).
struct Seal {
  friend bool operator==(const Seal&, const Seal&) = default;
};
struct UnknownRosterOperation {
  friend bool operator==(const UnknownRosterOperation&, const UnknownRosterOperation&) = default;
};

using RosterOperation =
    std::variant<UnknownRosterOperation, FoundSpace, AdmitMember, GrantRole, AddDevice, AddNode,
                 SetPolicy, EndRole, RemoveMember, RetireDevice, RetireNode, SetReplication,
                 AdmitLate, SetQuorum, Epoch, OpenEpoch, Seal>;

/// The cuts of an operation that takes something; of others there are none.
std::span<const Cut> cuts_of(const RosterOperation& operation);

/// A whole AddDevice, of which the device signs "cunju entry 1" || suite || space || member. A
/// founding change signs a zero space, because the space's id does not exist yet.
AddDevice device_entry(const crypto::SigningKey& device, const SpaceId& space,
                       const MemberId& member);
bool verify_device_entry(const AddDevice& entry, const SpaceId& space);

/// The node's half of an AddNode: signs "cunju node 1" || suite || space || wire || member. The
/// space of a founding change is zero here as well.
Signature sign_node_entry(const crypto::SigningKey& node, const SpaceId& space, const WireKey& wire,
                          const MemberId& member);
bool verify_node_entry(const AddNode& entry, const SpaceId& space);

/// What the members of a recovery quorum sign: everything that the carrier's change at `pins` is to
/// say, but their signatures. The carrier is in it, or anybody could publish it once more.
Hash epoch_hash(const SpaceId& space, const AuthorKey& carrier, std::span<const ChangeId> pins,
                std::span<const RosterOperation> operations);
Cosignature cosign_epoch(const crypto::SigningKey& key, const Hash& epoch);
bool verify_cosignature(const Cosignature& cosignature, const Hash& epoch);

Bytes encode_roster_operation(const RosterOperation& operation);
/// Errors: kMalformed, kLimit.
Result<RosterOperation> decode_roster_operation(ByteView packed);

}  // namespace cunju
