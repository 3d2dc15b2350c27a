// SPDX-License-Identifier: Apache-2.0
//
// The running hash and key of a handshake (Noise specification, revision 34, section 5.2) over
// BLAKE2b: everything said so far, and every secret agreed so far. One thread at a time.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "crdt/base/bytes.h"
#include "crdt/base/result.h"
#include "crdt/crypto/crypto.h"
#include "net/noise/cipher_state.h"

namespace cunju::noise {

/// BLAKE2b-512 of the whole handshake: unique per session and known to exactly its two ends.
using HandshakeHash = std::array<std::uint8_t, 64>;

class SymmetricState {
 public:
  /// `protocol_name` has at most 64 bytes.
  explicit SymmetricState(std::string_view protocol_name);

  void mix_key(ByteView input);
  void mix_hash(ByteView data);
  void mix_key_and_hash(ByteView input);
  bool has_key() const { return cipher_.has_key(); }
  const HandshakeHash& hash() const { return hash_; }

  /// Errors: as CipherState's.
  Result<Bytes> encrypt_and_hash(ByteView plaintext);
  Result<Bytes> decrypt_and_hash(ByteView ciphertext);

  struct Split {
    CipherState from_initiator;
    CipherState from_responder;
  };
  Split split() const;

 private:
  HandshakeHash hash_{};
  crypto::Secret<64> chaining_key_;
  CipherState cipher_;
};

}  // namespace cunju::noise
