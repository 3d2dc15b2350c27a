// SPDX-License-Identifier: Apache-2.0
#include "net/noise/symmetric_state.h"

#include <algorithm>
#include <utility>

#include "crdt/base/check.h"

namespace cunju::noise {
namespace {

using Key64 = crypto::Secret<64>;

Key64 hmac(ByteView key, std::initializer_list<ByteView> parts) {
  std::array<std::uint8_t, 64> digest = crypto::hmac512(key, parts);
  Key64 out(digest);
  crypto::wipe(digest);
  return out;
}

// Section 4.3: N outputs chained from one extracted key.
template <std::size_t N>
std::array<Key64, N> hkdf(const Key64& chaining_key, ByteView input) {
  const Key64 extracted = hmac(chaining_key.view(), {input});
  std::array<Key64, N> out;
  ByteView previous;
  for (std::size_t i = 0; i < N; ++i) {
    const std::array<std::uint8_t, 1> index = {static_cast<std::uint8_t>(i + 1)};
    out[i] = hmac(extracted.view(), {previous, index});
    previous = out[i].view();
  }
  return out;
}

CipherState cipher_from(const Key64& key) {
  return CipherState(crypto::Secret<32>(key.view().first(32)));
}

}  // namespace

SymmetricState::SymmetricState(std::string_view protocol_name) {
  CUNJU_CHECK(protocol_name.size() <= hash_.size(), "longer names would have to be hashed");
  std::copy(protocol_name.begin(), protocol_name.end(), hash_.begin());
  chaining_key_ = Key64(hash_);
}

void SymmetricState::mix_key(ByteView input) {
  std::array<Key64, 2> keys = hkdf<2>(chaining_key_, input);
  chaining_key_ = std::move(keys[0]);
  cipher_ = cipher_from(keys[1]);
}

void SymmetricState::mix_hash(ByteView data) { hash_ = crypto::hash512({hash_, data}); }

void SymmetricState::mix_key_and_hash(ByteView input) {
  std::array<Key64, 3> keys = hkdf<3>(chaining_key_, input);
  chaining_key_ = std::move(keys[0]);
  mix_hash(keys[1].view());
  cipher_ = cipher_from(keys[2]);
}

Result<Bytes> SymmetricState::encrypt_and_hash(ByteView plaintext) {
  CUNJU_TRY(Bytes ciphertext, cipher_.encrypt(hash_, plaintext));
  mix_hash(ciphertext);
  return ciphertext;
}

Result<Bytes> SymmetricState::decrypt_and_hash(ByteView ciphertext) {
  CUNJU_TRY(Bytes plaintext, cipher_.decrypt(hash_, ciphertext));
  mix_hash(ciphertext);
  return plaintext;
}

SymmetricState::Split SymmetricState::split() const {
  const std::array<Key64, 2> keys = hkdf<2>(chaining_key_, {});
  return {.from_initiator = cipher_from(keys[0]), .from_responder = cipher_from(keys[1])};
}

}  // namespace cunju::noise
