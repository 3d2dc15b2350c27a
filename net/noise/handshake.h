// SPDX-License-Identifier: Apache-2.0
//
// A Noise handshake driven by a pattern's tokens (Noise specification, revision 34, section 5.3):
// messages in, messages out, no I/O. Ephemeral keys come from the RandomSource passed in. One
// thread at a time. After an error the handshake is dead: every later call returns kProtocol.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "crdt/base/bytes.h"
#include "crdt/base/ids.h"
#include "crdt/base/result.h"
#include "crdt/crypto/crypto.h"
#include "net/noise/cipher_state.h"
#include "net/noise/pattern.h"
#include "net/noise/symmetric_state.h"

namespace cunju::noise {

enum class Role : std::uint8_t { kInitiator, kResponder };

struct HandshakeKeys {
  crypto::DhKey local_static;
  std::optional<WireKey> remote_static;   ///< Exactly for an initiator that knows the responder.
  std::optional<crypto::Secret<32>> psk;  ///< Exactly for patterns with a psk.
};

/// What a finished handshake leaves to its owner.
struct Session {
  CipherState send;
  CipherState receive;
  HandshakeHash hash;
  WireKey remote_static;
};

class Handshake {
 public:
  /// `pattern` outlives the handshake. Keys that do not fit the pattern are a programmer error.
  Handshake(const Pattern& pattern, Role role, ByteView prologue, HandshakeKeys keys);

  bool finished() const { return next_message_ == pattern_->messages.size(); }
  /// True when the next message is ours to write.
  bool is_my_turn() const;
  /// The peer's static key as soon as a message has carried it (it is proven only by the
  /// messages that follow, see section 7.7), or as given.
  const std::optional<WireKey>& remote_static() const { return remote_static_; }

  /// Only when is_my_turn(). Errors: kLimit for a payload too long, kProtocol for a peer's key
  /// that gives an all-zero secret (a low-order point: the session would have no secret).
  Result<Bytes> write_message(ByteView payload, crypto::RandomSource& random);
  /// Only when it is the peer's turn. Returns the payload. Errors: kMalformed (too short),
  /// kLimit (too long), kBadSignature (wrong keys or changed bytes), kProtocol (low-order point).
  Result<Bytes> read_message(ByteView message);
  /// Only when finished().
  Session finish() const;

 private:
  Result<Bytes> write_tokens(ByteView payload, crypto::RandomSource& random);
  Result<Bytes> read_tokens(ByteView message);
  Result<void> mix_secret(Token token);
  Result<void> mix_exchange(const crypto::DhKey& own, const std::optional<WireKey>& peer);
  void mix_ephemeral(const WireKey& key);

  const Pattern* pattern_;
  Role role_;
  SymmetricState symmetric_;
  crypto::DhKey local_static_;
  std::optional<crypto::DhKey> local_ephemeral_;
  std::optional<WireKey> remote_static_;
  std::optional<WireKey> remote_ephemeral_;
  std::optional<crypto::Secret<32>> psk_;
  std::size_t next_message_ = 0;
  bool dead_ = false;
};

}  // namespace cunju::noise
