// SPDX-License-Identifier: Apache-2.0
//
// One direction of an encrypted stream: a key and a counter (Noise specification, revision 34,
// section 5.1) over ChaCha20-Poly1305. Order is part of what it authenticates: a message that was
// dropped, repeated or moved does not open. One thread at a time.
#pragma once

#include <cstdint>

#include "crdt/base/bytes.h"
#include "crdt/base/result.h"
#include "crdt/crypto/crypto.h"

namespace cunju::noise {

class CipherState {
 public:
  /// Without a key: bytes pass through unchanged, as the first handshake messages need it.
  CipherState() = default;
  explicit CipherState(const crypto::Secret<32>& key) : key_(key.clone()), has_key_(true) {}

  bool has_key() const { return has_key_; }
  /// The counter of the next message; 2^64-1 is reserved and means exhausted.
  void set_nonce(std::uint64_t nonce) { nonce_ = nonce; }

  /// Errors: kLimit when the result would exceed limits::kMaxNoiseMessageBytes or the counter is
  /// exhausted. The counter moves only on success.
  Result<Bytes> encrypt(ByteView associated, ByteView plaintext);
  /// Errors: as encrypt; kBadSignature when the tag does not verify.
  Result<Bytes> decrypt(ByteView associated, ByteView ciphertext);

 private:
  Result<void> require_nonce() const;

  crypto::Secret<32> key_;
  bool has_key_ = false;
  std::uint64_t nonce_ = 0;
};

}  // namespace cunju::noise
