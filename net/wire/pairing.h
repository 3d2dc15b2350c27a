// SPDX-License-Identifier: Apache-2.0
//
// The three messages of pairing, inside a channel on one-time keys (docs/protocol_channel.md): the
// inviting node's offer, the new device's request, the inviting node's reply. Each signs its
// lasting wire key over the channel's handshake hash with its node key, so nothing here can be
// replayed into another channel:
//   offer:   commitment := BLAKE2b-256("cunju commit 1" || nonce of the reply)
//   request: Ed25519(node, "cunju pair 1"   || suite || handshake hash || wire || author || nonce
//            || verdict u8 || earlier)
//   proof:   Ed25519(author, "cunju device 1" || suite || space || handshake hash || node || wire
//            || member), so that nobody can have somebody else's device key admitted as its own
//   reply:   Ed25519(node, "cunju paired 1" || suite || handshake hash || wire || space || nonce)
// The words that both people compare are made of the transcript: handshake hash, place, all keys
// and both nonces. The inviting node fixes its nonce before it sees the other's, and shows it after
// the new device has fixed everything of its own, so neither can choose what the words will be.
#pragma once

#include <cstdint>
#include <string>

#include "crdt/base/bytes.h"
#include "crdt/base/ids.h"
#include "crdt/base/result.h"
#include "crdt/crypto/crypto.h"

namespace cunju::wire {

using PairNonce = FixedBytes<struct PairNonceTag, 32>;

/// What the inviting node says first.
struct PairOffer {
  Hash commitment;
  friend bool operator==(const PairOffer&, const PairOffer&) = default;
};

/// What the person at the new device has said about the words so far. Numbers of the wire.
enum class PairVerdict : std::uint8_t { kNone = 0, kSame = 1, kDifferent = 2 };

struct PairRequest {
  NodeKey node;
  WireKey wire;
  AuthorKey author;
  std::string name;  ///< Of the member, as typed; 1 to kMaxNameBytes of UTF-8. Not signed: shown.
  Signature signature;
  /// sign_node_entry(space, wire, member) of crdt/roster, for the member that the invitation names,
  /// or to whom the author's key belongs: the roster keeps it, so that everybody can check that the
  /// node agreed to its entry.
  Signature entry;
  /// In the same way device_entry(space, member), by the author.
  Signature device_entry;
  Signature proof;
  PairNonce nonce;
  PairVerdict verdict = PairVerdict::kNone;
  /// The transcript whose words this device shows its person already; zero: it has none.
  Hash earlier;
  friend bool operator==(const PairRequest&, const PairRequest&) = default;
};

/// Numbers of the wire: never reused.
enum class PairStatus : std::uint16_t {
  kAdmitted = 0,      ///< The roster names the node and the author now.
  kWaiting = 1,       ///< A person has to compare this conversation's words first.
  kRefused = 2,       ///< Another device came first, or the invitation has been used.
  kStillWaiting = 3,  ///< As kWaiting; the words of the `earlier` transcript stand.
  kMistaken = 4,      ///< A person said that the words differ: the invitation is over.
  kUsedUp = 5,        ///< Too many attempts: the invitation is over.
  kCancelled = 6,     ///< Taken back by who gave it.
};

/// The channel protects the status; the signature is what outlives the channel. A refusal may leave
/// the space zero.
struct PairReply {
  PairStatus status = PairStatus::kRefused;
  SpaceId space;
  NodeKey node;
  WireKey wire;
  PairNonce nonce;
  Signature signature;
  friend bool operator==(const PairReply&, const PairReply&) = default;
};

/// The place in a roster that an invitation offers.
struct PairPlace {
  SpaceId space;
  MemberId member;
};

/// What a new device says for itself beside its keys.
struct PairSayings {
  std::string name;
  PairNonce nonce;
  PairVerdict verdict = PairVerdict::kNone;
  Hash earlier;
};

PairRequest sign_pair_request(const crypto::SigningKey& node, const crypto::SigningKey& author,
                              ByteView handshake_hash, const WireKey& wire, const PairPlace& place,
                              PairSayings sayings);
PairReply sign_pair_reply(const crypto::SigningKey& node, ByteView handshake_hash,
                          const WireKey& wire, const SpaceId& space, PairStatus status,
                          const PairNonce& nonce);
PairOffer make_pair_offer(const PairNonce& nonce);
/// What both sides' words are made of; equal on both sides exactly if nobody stands between them.
Hash pair_transcript(ByteView handshake_hash, const PairPlace& place, const PairRequest& request,
                     const PairReply& reply);
/// Both signatures; the entries are the roster's to check.
bool verify_pair_request(const PairRequest& request, ByteView handshake_hash,
                         const PairPlace& place);
bool verify_pair_reply(const PairReply& reply, ByteView handshake_hash);

/// Errors: kInvalidArgument (the name).
Result<Bytes> encode_pair_request(const PairRequest& request);
Result<Bytes> encode_pair_reply(const PairReply& reply);
Result<Bytes> encode_pair_offer(const PairOffer& offer);
/// Signatures are not checked here. Errors: kMalformed, kLimit, kProtocol (the other message),
/// kUnsupported (a status or verdict of a newer version).
Result<PairRequest> decode_pair_request(ByteView bytes);
Result<PairReply> decode_pair_reply(ByteView bytes);
Result<PairOffer> decode_pair_offer(ByteView bytes);

}  // namespace cunju::wire
