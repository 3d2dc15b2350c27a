// SPDX-License-Identifier: Apache-2.0
//
// The two messages of pairing. A new device asks once and the inviting node answers once, inside a
// channel on one-time keys (docs/protocol_channel.md). Each signs its lasting wire key over the
// channel's handshake hash with its node key, so nothing here can be replayed into another channel:
//   request: Ed25519(node, "cunju pair 1"   || suite || handshake hash || wire || author)
//   proof:   Ed25519(author, "cunju device 1" || suite || space || handshake hash || node || wire
//            || member), so that nobody can have somebody else's device key admitted as its own
//   reply:   Ed25519(node, "cunju paired 1" || suite || handshake hash || wire || space)
#pragma once

#include <cstdint>
#include <string>

#include "crdt/base/bytes.h"
#include "crdt/base/ids.h"
#include "crdt/base/result.h"
#include "crdt/crypto/crypto.h"

namespace cunju::wire {

struct PairRequest {
  NodeKey node;
  WireKey wire;
  AuthorKey author;
  std::string name;  ///< Of the member, as typed; 1 to kMaxNameBytes of UTF-8. Not signed: shown.
  Signature signature;
  /// sign_node_entry(space, wire, member) of crdt/roster, for the member that the invitation names:
  /// the roster keeps it, so that everybody can check that the node agreed to its entry.
  Signature entry;
  /// In the same way device_entry(space, member), by the author.
  Signature device_entry;
  Signature proof;
  friend bool operator==(const PairRequest&, const PairRequest&) = default;
};

/// Numbers of the wire: never reused.
enum class PairStatus : std::uint16_t {
  kAdmitted = 0,  ///< The roster names the node and the author now.
  kWaiting = 1,   ///< Someone has to confirm first; syncing works once that is done.
  kRefused = 2,
};

/// The channel protects the status; the signature is what outlives the channel. A refusal may leave
/// the space zero.
struct PairReply {
  PairStatus status = PairStatus::kRefused;
  SpaceId space;
  NodeKey node;
  WireKey wire;
  Signature signature;
  friend bool operator==(const PairReply&, const PairReply&) = default;
};

/// The place in a roster that an invitation offers.
struct PairPlace {
  SpaceId space;
  MemberId member;
};

PairRequest sign_pair_request(const crypto::SigningKey& node, const crypto::SigningKey& author,
                              ByteView handshake_hash, const WireKey& wire, const PairPlace& place,
                              std::string name);
PairReply sign_pair_reply(const crypto::SigningKey& node, ByteView handshake_hash,
                          const WireKey& wire, const SpaceId& space, PairStatus status);
/// Both signatures; the entries are the roster's to check.
bool verify_pair_request(const PairRequest& request, ByteView handshake_hash,
                         const PairPlace& place);
bool verify_pair_reply(const PairReply& reply, ByteView handshake_hash);

/// Errors: kInvalidArgument (the name).
Result<Bytes> encode_pair_request(const PairRequest& request);
Result<Bytes> encode_pair_reply(const PairReply& reply);
/// Signatures are not checked here. Errors: kMalformed, kLimit, kProtocol (the other message),
/// kUnsupported (a status of a newer version).
Result<PairRequest> decode_pair_request(ByteView bytes);
Result<PairReply> decode_pair_reply(ByteView bytes);

}  // namespace cunju::wire
