// SPDX-License-Identifier: Apache-2.0
//
// The envelope of one part of a confidential scope: its links and its body, sealed for one place,
// committing to key and place. Knows no roster and no store. Pure; randomness is passed in.
//   links := format u8 = 1 | hint[4] | salt[16] | commitment[32] | ciphertext | tag[16]
//   body  := ciphertext | tag[16]
// Both ciphertexts are padded to buckets (padding.h). Derivations: docs/formats/envelope.md; why
// this construction: docs/decisions/0009.
#pragma once

#include "crdt/base/bytes.h"
#include "crdt/base/ids.h"
#include "crdt/base/result.h"
#include "crdt/crypto/crypto.h"
#include "crdt/crypto/epoch_key.h"

namespace cunju::crypto {

/// Where a part stands. An envelope opens there and nowhere else.
struct Place {
  SpaceId space;  ///< Never zero: a founding change has no epochs yet.
  AuthorKey author;
  Seq seq;
  ChangeId prev;
  std::uint16_t part_index = 0;  ///< Position among all parts of the change.
  Scope scope;                   ///< Not the open one.
  EpochId epoch;
};

/// Opens one sealing of one part and nothing else: what an auditor is shown.
struct PartKey {
  Secret<32> secret;
};

/// The first bytes of an epoch's id: says which key to take, and proves nothing.
using EpochHint = FixedBytes<struct EpochHintTag, 4>;
EpochHint epoch_hint(const EpochId& epoch);

/// Packed links and body, as the change would carry them in an open scope. Each begins with a salt
/// of its own; the body's keeps an erased body from being guessed by who has the epoch's key.
struct PartPlaintext {
  ByteView links;
  ByteView body;
};

/// They stand where links and body of an open part do. The links can be opened without the body,
/// which may have been erased; the body needs the links.
struct SealedPart {
  Bytes links;
  Bytes body;
};

/// Seals under a fresh salt, so sealing twice at one place (after a crash, in a fork) repeats no
/// key. Error kLimit when the result exceeds kMaxLinksBytes or kMaxBodyBytes. A place in the open
/// scope, or with a zero space, is a programmer error.
Result<SealedPart> seal_part(const EpochKey& key, const Place& place,
                             const PartPlaintext& plaintext, RandomSource& random);

/// Which epoch the part names. Errors: kMalformed, kUnsupported (format of a newer program),
/// kLimit. Several epochs of a scope may share a hint; then each is tried.
Result<EpochHint> read_epoch_hint(ByteView sealed_links);

/// The part's own key. Errors as read_epoch_hint, and kTampered: header (another epoch's hint) or
/// commitment (another key or another place).
Result<PartKey> derive_part_key(const EpochKey& key, const Place& place, ByteView sealed_links);

/// Opens with the part's key alone. Errors as derive_part_key, and kTampered: size (not a
/// bucket's), ciphertext, or padding.
Result<Bytes> open_links(const PartKey& key, const Place& place, ByteView sealed_links);
/// `sealed_links` must be those the body was sealed with.
Result<Bytes> open_body(const PartKey& key, const Place& place, ByteView sealed_links,
                        ByteView sealed_body);

}  // namespace cunju::crypto
