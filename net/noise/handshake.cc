// SPDX-License-Identifier: Apache-2.0
#include "net/noise/handshake.h"

#include <utility>

#include "crdt/base/check.h"
#include "crdt/base/limits.h"

namespace cunju::noise {
namespace {

auto dead_handshake() { return fail(Errc::kProtocol, "the handshake has failed before"); }

}  // namespace

Handshake::Handshake(const Pattern& pattern, Role role, ByteView prologue, HandshakeKeys keys)
    : pattern_(&pattern),
      role_(role),
      symmetric_(pattern.protocol_name),
      local_static_(std::move(keys.local_static)),
      remote_static_(keys.remote_static),
      psk_(std::move(keys.psk)) {
  const bool initiator = role_ == Role::kInitiator;
  CUNJU_CHECK(remote_static_.has_value() == (initiator && pattern.knows_responder),
              "the pattern says who knows whom before the handshake");
  CUNJU_CHECK(psk_.has_value() == pattern.has_psk, "the pattern says whether there is a psk");
  symmetric_.mix_hash(prologue);
  if (pattern.knows_responder)
    symmetric_.mix_hash(initiator ? remote_static_->view() : ByteView(local_static_.public_key()));
}

bool Handshake::is_my_turn() const {
  const bool initiators_turn = next_message_ % 2 == 0;
  return !finished() && initiators_turn == (role_ == Role::kInitiator);
}

Result<Bytes> Handshake::write_message(ByteView payload, crypto::RandomSource& random) {
  CUNJU_CHECK(is_my_turn(), "messages alternate");
  if (dead_) return dead_handshake();
  Result<Bytes> message = write_tokens(payload, random);
  if (message) ++next_message_;
  dead_ = !message;
  return message;
}

Result<Bytes> Handshake::read_message(ByteView message) {
  CUNJU_CHECK(!finished() && !is_my_turn(), "messages alternate");
  if (dead_) return dead_handshake();
  Result<Bytes> payload = read_tokens(message);
  if (payload) ++next_message_;
  dead_ = !payload;
  return payload;
}

Result<Bytes> Handshake::write_tokens(ByteView payload, crypto::RandomSource& random) {
  Bytes out;
  for (Token token : pattern_->messages[next_message_]) {
    if (token == Token::kE) {
      local_ephemeral_ = crypto::DhKey::generate(random);
      append(out, local_ephemeral_->public_key());
      mix_ephemeral(local_ephemeral_->wire());
    } else if (token == Token::kS) {
      CUNJU_TRY(Bytes sealed, symmetric_.encrypt_and_hash(local_static_.public_key()));
      append(out, sealed);
    } else {
      CUNJU_TRYV(mix_secret(token));
    }
  }
  CUNJU_TRY(Bytes sealed, symmetric_.encrypt_and_hash(payload));
  append(out, sealed);
  if (out.size() > limits::kMaxNoiseMessageBytes)
    return fail(Errc::kLimit, "handshake message too long");
  return out;
}

Result<Bytes> Handshake::read_tokens(ByteView message) {
  if (message.size() > limits::kMaxNoiseMessageBytes)
    return fail(Errc::kLimit, "handshake message too long");
  ByteReader reader(message);
  for (Token token : pattern_->messages[next_message_]) {
    if (token == Token::kE) {
      remote_ephemeral_ = WireKey{reader.array<WireKey::kSize>()};
      if (!reader.ok()) return fail(Errc::kMalformed, "handshake message ends in a key");
      mix_ephemeral(*remote_ephemeral_);
    } else if (token == Token::kS) {
      const std::size_t tag = symmetric_.has_key() ? crypto::kTagBytes : 0;
      ByteView sealed = reader.take(WireKey::kSize + tag);
      if (!reader.ok()) return fail(Errc::kMalformed, "handshake message ends in a key");
      CUNJU_TRY(Bytes key, symmetric_.decrypt_and_hash(sealed));
      remote_static_ = WireKey::from(key);
    } else {
      CUNJU_TRYV(mix_secret(token));
    }
  }
  return symmetric_.decrypt_and_hash(reader.take(reader.remaining()));
}

Result<void> Handshake::mix_secret(Token token) {
  const bool initiator = role_ == Role::kInitiator;
  if (token == Token::kPsk) {
    symmetric_.mix_key_and_hash(psk_->view());
    return ok();
  }
  // The first letter is the initiator's key, the second the responder's.
  const bool initiator_static = token == Token::kSe || token == Token::kSs;
  const bool responder_static = token == Token::kEs || token == Token::kSs;
  const bool own_static = initiator ? initiator_static : responder_static;
  const bool peer_static = initiator ? responder_static : initiator_static;
  CUNJU_CHECK(own_static || local_ephemeral_, "patterns send e before they use it");
  return mix_exchange(own_static ? local_static_ : *local_ephemeral_,
                      peer_static ? remote_static_ : remote_ephemeral_);
}

Result<void> Handshake::mix_exchange(const crypto::DhKey& own, const std::optional<WireKey>& peer) {
  CUNJU_CHECK(peer.has_value(), "patterns send a key before they use it");
  std::optional<crypto::Secret<32>> secret = own.exchange(peer->view());
  if (!secret) return fail(Errc::kProtocol, "the peer's key has a low order");
  symmetric_.mix_key(secret->view());
  return ok();
}

void Handshake::mix_ephemeral(const WireKey& key) {
  symmetric_.mix_hash(key.view());
  if (pattern_->has_psk) symmetric_.mix_key(key.view());
}

Session Handshake::finish() const {
  CUNJU_CHECK(finished() && !dead_, "only a finished handshake has session keys");
  SymmetricState::Split split = symmetric_.split();
  const bool initiator = role_ == Role::kInitiator;
  return {.send = std::move(initiator ? split.from_initiator : split.from_responder),
          .receive = std::move(initiator ? split.from_responder : split.from_initiator),
          .hash = symmetric_.hash(),
          .remote_static = *remote_static_};
}

}  // namespace cunju::noise
