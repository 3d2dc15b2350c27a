// SPDX-License-Identifier: Apache-2.0
//
// The key of one scope for one epoch, and how it is handed to one device. Says nothing about who is
// entitled: that is the roster's. Pure; randomness is passed in. docs/formats/envelope.md
//   epoch id := BLAKE2b-256(key = epoch key, "cunju epoch id 1" | space | scope)
//   wrap     := format u8 = 1 | ephemeral[32] | commitment[32] | ciphertext[32] | tag[16]
#pragma once

#include <compare>

#include "crdt/base/bytes.h"
#include "crdt/base/ids.h"
#include "crdt/base/result.h"
#include "crdt/crypto/crypto.h"

namespace cunju::crypto {

/// Names an epoch of one scope and commits to its key: an officer can't give two devices different
/// keys under one name.
using EpochId = FixedBytes<struct EpochTag, 32>;

/// Opens every part of its scope and epoch.
struct EpochKey {
  Secret<32> secret;

  static EpochKey generate(RandomSource& random);
};

EpochId epoch_id(const EpochKey& key, const SpaceId& space, Scope scope);

/// What a wrap is bound to. `recipient` and `sender` are devices of the roster; the sender is the
/// author of the change that carries the wrap, whose signature is what authenticates it.
struct WrapContext {
  SpaceId space;
  Scope scope;
  EpochId epoch;
  AuthorKey recipient;
  AuthorKey sender;
};

inline constexpr std::size_t kWrapBytes = 1 + 32 + 32 + 32 + kTagBytes;

/// Makes an epoch's key readable to the recipient alone, under an ephemeral X25519 key that is
/// forgotten at once. The epoch must be `key`'s own (CUNJU_CHECK). Error kMalformed when the
/// recipient's key is no usable Ed25519 point: such a roster entry belongs to nobody.
Result<Bytes> wrap_epoch_key(const EpochKey& key, const WrapContext& context, RandomSource& random);

/// `recipient` must be the key pair of context.recipient (CUNJU_CHECK). Errors: kMalformed (size),
/// kUnsupported (format of a newer program), kTampered (shared secret, commitment, ciphertext or
/// epoch id: named in the context).
Result<EpochKey> unwrap_epoch_key(const SigningKey& recipient, const WrapContext& context,
                                  ByteView wrap);

}  // namespace cunju::crypto
