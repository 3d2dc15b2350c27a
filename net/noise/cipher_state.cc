// SPDX-License-Identifier: Apache-2.0
#include "net/noise/cipher_state.h"

#include <array>
#include <limits>
#include <optional>
#include <utility>

#include "crdt/base/limits.h"

namespace cunju::noise {
namespace {

// Section 12.3: 32 zero bits, then the counter in little endian.
std::array<std::uint8_t, 12> encode_nonce(std::uint64_t counter) {
  std::array<std::uint8_t, 12> out{};
  for (std::size_t i = 0; i < 8; ++i) out[4 + i] = static_cast<std::uint8_t>(counter >> (8 * i));
  return out;
}

}  // namespace

Result<void> CipherState::require_nonce() const {
  if (nonce_ == std::numeric_limits<std::uint64_t>::max())
    return fail(Errc::kLimit, "the message counter of this key is exhausted");
  return ok();
}

Result<Bytes> CipherState::encrypt(ByteView associated, ByteView plaintext) {
  const std::size_t overhead = has_key_ ? crypto::kTagBytes : 0;
  if (plaintext.size() > limits::kMaxNoiseMessageBytes - overhead)
    return fail(Errc::kLimit, "Noise message too long");
  if (!has_key_) return to_bytes(plaintext);
  CUNJU_TRYV(require_nonce());
  return crypto::aead_seal(key_.view(), encode_nonce(nonce_++), associated, plaintext);
}

Result<Bytes> CipherState::decrypt(ByteView associated, ByteView ciphertext) {
  if (ciphertext.size() > limits::kMaxNoiseMessageBytes)
    return fail(Errc::kLimit, "Noise message too long");
  if (!has_key_) return to_bytes(ciphertext);
  CUNJU_TRYV(require_nonce());
  std::optional<Bytes> plaintext =
      crypto::aead_open(key_.view(), encode_nonce(nonce_), associated, ciphertext);
  if (!plaintext) return fail(Errc::kBadSignature, "Noise message does not authenticate");
  ++nonce_;
  return std::move(*plaintext);
}

}  // namespace cunju::noise
